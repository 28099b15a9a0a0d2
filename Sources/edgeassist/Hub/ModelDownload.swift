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
  /// False leaves the vision tower out.
  var withTower = true
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
    let selection = try pull.choose(mmprojType: mmprojType, withTower: withTower)
    let name = "\(reference.repository):\(selection.quantization)"
    let missing = pull.missingByteCount(of: selection)
    if missing > 0 { try prepare(pull, selection, name: name, missing: missing, line) }
    let model = try pull.download(selection, report: line.show)
    for file in pull.uncheckedFiles {
      line.say("warning: \(file) could not be checked: the hub gives no SHA-256 of it")
    }
    do throws(ReportedError) {
      try checkParts(of: selection, inspection(model.languageModel, model.mmproj))
    } catch {
      let folder = settings.cache.folder + "/" + reference.repository
      throw try rejection(of: selection, name: name, because: error, folder: folder, by: pull)
    }
    return model
  }

  /// Says what is to be downloaded, and checks beforehand that it can be used.
  private func prepare(
    _ pull: ModelPull, _ selection: ModelSelection, name: String, missing: Int, _ line: PullProgressLine
  ) throws {
    let files = selection.files.map { "\($0.name) \(memorySize($0.byteCount))" }
    line.say("\(name): \(memorySize(missing)) to download (\(files.joined(separator: ", ")))")
    if selection.mmproj == nil, withTower {
      line.say("\(reference.repository) has no vision tower (mmproj): it reads text only; name a tower with --mmproj")
    }
    try checkSize(of: selection, name: name)
    try pull.checkDisk(for: selection)
    do {
      if let verdict = try verdict(pull, name: name, selection: selection, line) { line.say(verdict) }
    } catch let error as ReportedError {
      pull.discard()
      throw error
    }
  }

  // MARK: Headers

  /// How much of the files is fetched for their headers, in multiples of what most headers take.
  private static let headerScales = [1, 4, 16]

  private func inspection(_ languageModel: String, _ mmproj: String?) throws(ReportedError) -> ModelInspection {
    try ModelInspection(
      path: languageModel, vision: mmproj.map { .file($0) } ?? (withTower ? .beside : .without),
      threads: ThreadOptions.perProcessor)
  }

  /// Files may have the names of parts and be whole models, of which the first alone would be used.
  private func checkParts(of selection: ModelSelection, _ inspection: ModelInspection) throws(ReportedError) {
    let named = selection.languageModel.count
    guard inspection.file.partPaths.count != named else { return }
    throw .modelUnreadable(
      message: "\(inspection.file.path) is named as one of \(named) parts, and by its header it is a whole model")
  }

  /// The error of a file that nobody can use, of which nothing stays in the cache.
  private func rejection(
    of selection: ModelSelection, name: String, because error: ReportedError, folder: String, by pull: ModelPull
  ) throws(HubError) -> ReportedError {
    try pull.remove(selection)
    // What the message advises, such as another download, does not help.
    let message = error.message.replacing(folder + "/", with: "")
    let sentences = message.split(separator: ". ")
    let statement = sentences.count > 1 ? sentences.dropLast().joined(separator: ". ") : Self.unended(message)
    let others = selection.available.filter { $0 != selection.quantization }
    let advice =
      others.isEmpty ? "another repository" : "another quantization (\(others.joined(separator: ", "))) or repository"
    return .modelUnreadable(
      message: "\(name) cannot be used: \(statement). That is how the repository has it, and nothing of it is kept; "
        + "choose \(advice)")
  }

  /// A message without the full stop at its end.
  private static func unended(_ message: String) -> String {
    message.hasSuffix(".") ? String(message.dropLast()) : message
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
  /// - Returns: a line that says so; nil where it cannot be told before the files' checksums are known to be right.
  /// - Throws: `ReportedError` for a model that does not fit, or cannot be run or read.
  private func verdict(
    _ pull: ModelPull, name: String, selection: ModelSelection, _ line: PullProgressLine
  ) throws -> String? {
    for scale in Self.headerScales {
      let beginnings = try pull.fetchBeginnings(of: selection, scale: scale, report: line.show)
      let inspection: ModelInspection
      do throws(ReportedError) {
        inspection = try self.inspection(beginnings.languageModel, beginnings.mmproj)
      } catch {
        if beginnings.areWhole { return nil }
        // A header may be longer than what is there of it.
        guard !beginnings.areGGUF || scale == Self.headerScales.last else { continue }
        throw try rejection(of: selection, name: name, because: error, folder: beginnings.folder, by: pull)
      }
      do throws(ReportedError) { try checkParts(of: selection, inspection) } catch {
        throw try rejection(of: selection, name: name, because: error, folder: beginnings.folder, by: pull)
      }
      return try verdict(inspection, in: beginnings.folder, name: name, selection: selection)
    }
    return nil
  }

  private func verdict(
    _ inspection: ModelInspection, in folder: String, name: String, selection: ModelSelection
  ) throws(ReportedError) -> String? {
    if let obstacle = obstacle(of: inspection), let wayRoundMemory {
      let what = Self.unended(obstacle.replacing(folder + "/", with: ""))
      throw .modelUnreadable(message: "\(name) cannot be run: \(what). To download it all the same: \(wayRoundMemory)")
    }
    guard let estimate = inspection.estimate, let machine = inspection.machine else { return nil }
    let need = "\(name) needs \(memorySize(estimate.total)) of memory with a KV cache of \(estimate.budget) tokens"
    if estimate.total <= machine.limit { return "\(need). It fits\(machine.fitStatement(of: estimate.total))" }
    let there = "\(machine.owner) \(memorySize(machine.limit))"
    let fitting = estimate.budget(fitting: machine.limit)
    if fitting >= Self.leastBudget { return "\(need), but \(there): it fits with --kv-budget \(fitting) at most" }
    try refuse(need, machine, selection)
    return "\(need): it does not fit, \(there)"
  }

  private func obstacle(of inspection: ModelInspection) -> String? {
    switch inspection.file.kind {
    case .languageModel: inspection.obstacle
    case .adapter: "\(inspection.file.path) is an adapter, not a language model"
    case .visionTower: "\(inspection.file.path) is a vision tower, not a language model"
    }
  }

  private func refuse(
    _ need: String, _ machine: MachineMemory, _ selection: ModelSelection
  ) throws(ReportedError) {
    guard let wayRoundMemory else { return }
    throw .insufficientMemory(
      message: "\(need), but \(machine.owner) \(memorySize(machine.limit)). Choose a smaller one (this has "
        + "\(selection.available.joined(separator: ", "))), or to download it all the same: \(wayRoundMemory)")
  }
}
