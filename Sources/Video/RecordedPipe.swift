// SPDX-License-Identifier: Apache-2.0

import CFFmpeg

/// Recordings that come through a pipe, one behind the other. They are walked through as they come, and no byte is
/// handed on before it is known which of them it belongs to.
extension RecordedFile {
  /// Waits until a byte can be read at `position`.
  /// - Returns: how many can, or FFmpeg's code for the end, a stop or an error.
  func waitForByte(at position: Int64, of number: Int) -> Int64 {
    guard let pipe else { return Int64(shim_error_end_of_file()) }
    while true {
      walkThroughPipe()
      pipe.drop(before: min(position, keptPosition))
      let end = min(recordings[number].bytes.upperBound, handedPosition)
      if end > position { return end - position }
      if position >= recordings[number].bytes.upperBound { return Int64(shim_error_end_of_file()) }
      let result = pipe.fill()
      if result <= 0, !pipe.isAtEnd || position >= pipe.end { return Int64(result) }
    }
  }

  /// Reads on until another recording begins, or the pipe ends.
  func findMoreInPipe() {
    guard let pipe else { return }
    let count = recordings.count
    while walk != nil, recordings.count == count {
      walkThroughPipe()
      // The beginning of the one that was found is kept.
      if recordings.count > count { return }
      pipe.drop(before: keptPosition)
      if pipe.fill() <= 0 && !pipe.isAtEnd { return }
    }
  }

  /// Tells from the first bytes which container they are of.
  func beginPipe() {
    guard let pipe else { return }
    while !isEnough(pipe.bytes(from: 0), for: nil), pipe.fill() > 0 {}
    let head = pipe.bytes(from: 0)
    let container = Container(headerOf: head) ?? (TransportPacket.areThere(in: head) ? .transportStream : nil)
    recordings = [Recording(bytes: 0..<size, container: container)]
    if container != nil { walk = RecordingWalk(at: 0) }
  }

  private func walkThroughPipe() {
    guard let pipe else { return }
    while let walk, walk.place < pipe.end || pipe.isAtEnd, isEnough(pipe.bytes(from: walk.place), for: walk) {
      budget = .max
      let count = recordings.count
      step()
      let goesOn = self.walk == nil || self.walk?.place != walk.place || recordings.count > count
      if !goesOn, pipe.isAtEnd { finish() }
      if !goesOn { return }
    }
    lookIntoElement()
  }

  /// Looks for another recording in what has come of the latest element: its writer may have ended within it. What
  /// follows the element decides, or that none of it follows for long.
  private func lookIntoElement() {
    guard let pipe, let walk, let latest = walk.latest, !walk.isSearching else { return }
    if let candidate = walk.candidate {
      guard pipe.end - candidate > Self.longestDoubt,
        let container = Container(headerOf: pipe.bytes(from: candidate))
      else { return }
      return begin(container, at: candidate)
    }
    let start = max(walk.inspected, latest + 1, pipe.start)
    let part = pipe.bytes(from: start)
    let count = min(Int64(part.count) - (pipe.isAtEnd ? 0 : Int64(Container.longestMark)), walk.place - start)
    guard count > 0 else { return }
    let found = part.prefix(Int(count)).indices.first { place in
      Container.mayBegin(with: part[place], fifth: place + 4 < part.endIndex ? part[place + 4] : 0)
        && Container(headerOf: part[place...]) != nil
    }
    let candidate = found.map { start + Int64($0 - part.startIndex) }
    self.walk?.candidate = candidate
    self.walk?.inspected = candidate ?? start + count
  }

  /// Whether these bytes tell what they are: of a header, and of what is no element, more are needed.
  private func isEnough(_ head: ArraySlice<UInt8>, for walk: RecordingWalk?) -> Bool {
    if pipe?.isAtEnd == true { return true }
    let container = walk == nil ? nil : recordings.last?.container
    let isPacket = head.first == ProgramTable.syncByte
    let isSearching = walk.map { $0.isSearching || $0.unknown != nil || $0.doubted != nil } ?? false
    if isSearching || container == .transportStream && !isPacket { return head.count > 2 * Container.longestMark }
    if container == .transportStream { return head.count >= TransportPacket.length }
    if isPacket { return head.count >= Container.longestMark }
    switch head.first {
    case 0x1A: return head.count >= Container.longestDocumentHeader
    case UInt8(ascii: "O"): return head.count >= Container.longestPageHeader
    default: return head.count >= Self.longestElementHeader
    }
  }

  /// Up to where bytes are handed on.
  private var handedPosition: Int64 {
    guard let pipe, let walk else { return pipe?.end ?? 0 }
    return min(pipe.end, walk.place, possibleBeginning ?? .max, walk.candidate ?? .max)
  }

  /// From where on bytes are kept: those that have not been looked into too, and a packet that may have been cut.
  private var keptPosition: Int64 {
    guard let walk else { return .max }
    let isPackets = recordings.last?.container == .transportStream
    let before = isPackets ? walk.place - Int64(TransportPacket.length) : max(walk.inspected, walk.latest ?? .max)
    return min(walk.place, before, possibleBeginning ?? .max)
  }

  /// Where another recording begins, or bytes that are part of none, if what follows confirms it.
  private var possibleBeginning: Int64? {
    guard let walk, let position = [walk.joins.possibleBeginning, walk.gap].compactMap({ $0 }).min(),
      walk.place - position < Self.longestDoubt
    else { return nil }
    return position
  }

  /// Bytes of an object of ASF up to its data, of which there are most.
  private static let longestElementHeader = 24

  /// Bytes that are kept back at most: packets may be missing that nothing confirms.
  private static let longestDoubt: Int64 = 1 << 20
}
