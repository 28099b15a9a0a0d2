// SPDX-License-Identifier: Apache-2.0

extension KeyValueCache {
  /// Thins every head's vision part down to so many frames' worth of tokens, group by group; the tail moves down behind.
  func compress(keeping frames: [Int]) -> CompressionReport? {
    guard let size = frameSize else { return nil }
    let start = ContinuousClock.now
    let before = visionCount
    gatherCaptions()
    let frameStart = systemCount + layout.captionTokens
    let starts = origins.starts
    for (group, members) in groups.members.enumerated() {
      let held = frameTokens[group]
      let kept = frames[group] * size.tokensPerTemporalPatch
      guard kept < held else { continue }
      let grid = GridTHW(temporalPatches: held / size.tokensPerTemporalPatch, height: size.height, width: size.width)
      selector.prepare(
        grid: grid, keeping: kept, rotation: rotation, starts: starts,
        proxy: proxyQueries.map { ($0, origins.length) })
      for member in members {
        scratch.read(storage, member, slots: frameStart..<frameStart + held)
        let index = member.layer * shape.keyValueHeads + member.head
        if proxyQueries != nil { systemScratch.read(storage, member, slots: 0..<systemCount) }
        let system = proxyQueries == nil ? 0 : systemCount
        scratch.withNumbers(held * shape.headDimension) { keys, values in
          systemScratch.withNumbers(system * shape.headDimension) { systemKeys, _ in
            selector.select(
              policy, layer: member.layer, head: member.head, keys: keys, values: values, system: systemKeys,
              origins: origins.heads[index])
          }
        }
        offload?.archive(
          member, rows: scratch, count: held, kept: selector.kept, origins: origins.heads[index],
          streamIndices: origins.streamIndices, starts: starts)
        origins.keep(selector.kept, head: index)
        storage.compact(
          layer: member.layer, head: member.head, start: frameStart, kept: selector.kept,
          textStart: frameStart + held, tail: textCount)
      }
      frameTokens[group] = kept
    }
    if frameTokens.allSatisfy({ $0 == 0 }) { frameSize = nil }
    thinCaptions(toFrames: frames.min() ?? 0)
    compressionCount += 1
    revision &+= 1
    return CompressionReport(before: before, after: visionCount, seconds: (ContinuousClock.now - start) / .seconds(1))
  }

  // MARK: Captions

  /// Moves all captions in front of all frames.
  func gatherCaptions() {
    guard !layout.isGathered else { return }
    var bytes: [UInt8] = []
    for (group, members) in groups.members.enumerated() {
      // Groups differ only in what passes have left them, which is the first run.
      var runs = layout.runs
      runs[0].frameTokens = frameTokens[group] - runs.dropFirst().reduce(0) { $0 + $1.frameTokens }
      for member in members {
        storage.gather(runs, layer: member.layer, head: member.head, start: systemCount, scratch: &bytes)
      }
    }
    layout.gather(keeping: layout.captions, frameTokens: frameTokens[0])
  }

  /// Keeps the gathered captions at `slots` (counted from the first caption's) alone; what follows moves down.
  func keepCaptions(_ kept: [VisionLayout.Caption], slots: [Int]) {
    let before = layout.captionTokens
    if slots.count < before {
      for (group, members) in groups.members.enumerated() {
        for member in members {
          storage.compact(
            layer: member.layer, head: member.head, start: systemCount, kept: slots,
            textStart: systemCount + before, tail: frameTokens[group] + textCount)
        }
      }
    }
    layout.gather(keeping: kept, frameTokens: frameTokens[0])
  }

  /// Keeps the captions of the frames of which most is held, one for each frame's worth of tokens that a pass kept.
  private func thinCaptions(toFrames frames: Int) {
    guard layout.captionTokens > 0 else { return layout.gather(keeping: [], frameTokens: frameTokens[0]) }
    let kept = layout.captions(ofBest: frames, held: origins.cachedTokens())
    let keptTemporalPatches = Set(kept.map(\.frame))
    var slot = 0
    var slots: [Int] = []
    for caption in layout.captions {
      if keptTemporalPatches.contains(caption.frame) { slots.append(contentsOf: slot..<slot + caption.tokens) }
      slot += caption.tokens
    }
    keepCaptions(kept, slots: slots)
  }
}
