// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Inference
import ModelHub
import Platform
import Records

/// Brings a model from the hub into the cache. Says beforehand whether it fits this machine, and shows how far it is.
struct ModelDownload {
  var reference: ModelReference
  var settings: HubSettings
  /// The vision tower's type; nil for the preferred one.
  var mmprojType: String?
  /// The option or command, for messages, to download a model that cannot be run or does not fit; nil where such a
  /// model is downloaded anyway.
  var wayRoundMemory: String?
  /// Nothing but errors is written on standard error.
  var isQuiet = false

  /// Downloads the missing files.
  ///
  /// - Throws: `ReportedError.modelUnreadable` or `insufficientMemory`; `ExitStatus.interrupted` after a message.
  func run() throws -> CachedModel {
    let stop = StopSource()
    let signals = InterruptSignals { stop.stop() }
    let line = PullProgressLine(isQuiet: isQuiet)
    defer {
      line.finish()
      signals.stop()
    }
    do {
      return try download(ModelPull(reference, settings: settings, stop: stop), line)
    } catch let error as HubError {
      line.finish()
      guard error.reason == .stopped else { throw ReportedError.modelUnreadable(message: error.message) }
      StandardStreams.report(error.message)
      throw ExitStatus.interrupted
    }
  }

  private func download(_ pull: ModelPull, _ line: PullProgressLine) throws -> CachedModel {
    let selection = try pull.choose(mmprojType: mmprojType)
    let missing = pull.missingByteCount(of: selection)
    guard missing > 0 else { return try pull.download(selection, report: line.show) }
    let name = "\(reference.repository):\(selection.quantization)"
    let files = selection.files.map { "\($0.name) \(memorySize($0.byteCount))" }
    line.say("\(name): \(memorySize(missing)) to download (\(files.joined(separator: ", ")))")
    if selection.mmproj == nil {
      line.say("\(reference.repository) has no vision tower (mmproj): it reads text only; name a tower with --mmproj")
    }
    try checkSize(of: selection, name: name)
    try pull.checkDisk(for: selection)
    do {
      let beginnings = try pull.fetchBeginnings(of: selection, report: line.show)
      if let verdict = try verdict(beginnings, name: name, selection: selection) { line.say(verdict) }
    } catch let error as ReportedError {
      pull.discard()
      throw error
    }
    return try pull.download(selection, report: line.show)
  }

  // MARK: Memory

  /// Tokens of a KV cache in which a video can be talked about.
  private static let leastBudget = 512

  /// Refuses a model whose files alone are larger than memory, before anything of it is downloaded.
  private func checkSize(of selection: ModelSelection, name: String) throws(ReportedError) {
    let weights = selection.files.reduce(0) { $0 + $1.byteCount }
    guard let machine = MachineMemory.current(), weights > machine.limit else { return }
    try refuse("\(name) has \(memorySize(weights)) of weights", machine, selection)
  }

  /// Whether the model fits, by its headers.
  ///
  /// - Returns: a line that says so; nil where it cannot be told.
  /// - Throws: `ReportedError` for a model that does not fit or cannot be run.
  private func verdict(
    _ beginnings: ModelPull.Beginnings, name: String, selection: ModelSelection
  ) throws(ReportedError) -> String? {
    guard
      let inspection = try? ModelInspection(
        path: beginnings.languageModel, vision: beginnings.mmproj, threads: ThreadOptions.perProcessor)
    else { return nil }
    if let obstacle = inspection.obstacle, let wayRoundMemory {
      let what = obstacle.replacing(beginnings.folder + "/", with: "")
      throw .modelUnreadable(message: "\(name) cannot be run: \(what). To download it all the same: \(wayRoundMemory)")
    }
    guard let estimate = inspection.estimate, let machine = inspection.machine else { return nil }
    let need = "\(name) needs \(memorySize(estimate.total)) of memory with a KV cache of \(estimate.budget) tokens"
    let there = "\(Self.owner(machine)) \(memorySize(machine.limit))"
    if estimate.total <= machine.limit { return "\(need): it fits, \(there)" }
    let fitting = estimate.budget(fitting: machine.limit)
    if fitting >= Self.leastBudget { return "\(need), but \(there): it fits with --kv-budget \(fitting) at most" }
    try refuse(need, machine, selection)
    return "\(need): it does not fit, \(there)"
  }

  private func refuse(
    _ need: String, _ machine: MachineMemory, _ selection: ModelSelection
  ) throws(ReportedError) {
    guard let wayRoundMemory else { return }
    throw .insufficientMemory(
      message: "\(need), but \(Self.owner(machine)) \(memorySize(machine.limit)). Choose a smaller one (this has "
        + "\(selection.available.joined(separator: ", "))), or to download it all the same: \(wayRoundMemory)")
  }

  private static func owner(_ machine: MachineMemory) -> String {
    machine.isConfined ? "this process's control group allows" : "this machine has"
  }
}
