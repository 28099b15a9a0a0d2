// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute
import ModelFile
import Records

/// How a model is loaded: how it is stored in memory, and how much memory there is.
public struct ModelLoadingOptions: Sendable, Equatable {
  /// The most that the KV cache will take; nil for what the model prefers.
  public var budget: CacheBudget?
  /// How keys and values will be stored.
  public var type: KeyValueType
  /// The area of the largest frame, in pixels; nil for what the model prefers.
  public var maximumPixels: Int?
  /// Weights are read at once and never paged out.
  public var isLocked: Bool
  /// Weights are read in the background from the start.
  public var isPrefetched: Bool
  /// Weights may exceed memory: they stay on disk and are paged in as they are needed.
  public var isMappedOnly: Bool
  /// The vision tower computes with its weights as the file stores them, and does not round floats to 8 bits.
  public var isVisionExact: Bool
  /// Which places of a stream's frames go through the vision tower.
  public var visionEncoding: VisionEncoding
  /// Bytes of weights that are checked again in a second while the model runs; nil for no checks, at loading either.
  public var scrubRate: Int?
  /// How exponentials, reciprocals, roots and activation functions are computed.
  public var nonlinear: NonlinearMode
  /// What is left out of attention; nil for nothing.
  public var pruning: PruningProfile?
  /// The format that the decoder's activations are cast to; nil for none.
  public var activationCast: ActivationCast?
  /// How products are divided; nil for the standard way. Results are the same.
  public var schedules: ScheduleTable?
  /// The memory there is; nil where it is not known, and nothing is refused then.
  public var machine: MachineMemory?

  /// The model's own budget, repacked weights that are not locked, and this machine, unless said otherwise.
  public init(
    budget: CacheBudget? = nil, type: KeyValueType = .f16, maximumPixels: Int? = nil,
    isLocked: Bool = false, isPrefetched: Bool = false, isMappedOnly: Bool = false, isVisionExact: Bool = false,
    visionEncoding: VisionEncoding = .dense, nonlinear: NonlinearMode = .exact, pruning: PruningProfile? = nil,
    activationCast: ActivationCast? = nil,
    scrubRate: Int? = nil, schedules: ScheduleTable? = nil, machine: MachineMemory? = .current()
  ) {
    self.budget = budget
    self.type = type
    self.maximumPixels = maximumPixels
    self.isLocked = isLocked
    self.isPrefetched = isPrefetched
    self.isMappedOnly = isMappedOnly
    self.isVisionExact = isVisionExact
    self.visionEncoding = visionEncoding
    self.scrubRate = scrubRate
    self.schedules = schedules
    self.nonlinear = nonlinear
    self.pruning = pruning
    self.activationCast = activationCast
    self.machine = machine
  }

  /// Whether a model is meant for half of the budget that its file states: where it reads sparsely, frames of its own
  /// size.
  var isBudgetHalved: Bool { visionEncoding.isReadSparsely && maximumPixels == nil }
  /// How the language model's matrices are laid out.
  var languageWeights: WeightLayout { isMappedOnly ? .mapped : .repacked }
  /// How the vision tower's matrices are laid out.
  var visionWeights: WeightLayout { isMappedOnly ? .mapped : isVisionExact ? .repacked : .repackedQ8 }

  /// Checks that the model will fit.
  ///
  /// - Throws: `ReportedError.insufficientMemory` with the figures and what to do.
  package func check(_ estimate: MemoryEstimate, path: String) throws(ReportedError) {
    guard let machine else { return }
    let need = isMappedOnly ? estimate.leastTotal : estimate.total
    guard need > machine.limit else { return }
    throw .insufficientMemory(message: refusal(estimate, need: need, machine: machine, path: path))
  }

  private func refusal(_ estimate: MemoryEstimate, need: Int, machine: MachineMemory, path: String) -> String {
    var parts = [
      "cache \(memorySize(estimate.cache)) at \(estimate.budget) tokens",
      "working memory \(memorySize(estimate.working))",
      "program \(memorySize(estimate.program))",
    ]
    if !isMappedOnly { parts.insert("weights \(memorySize(estimate.weights))", at: 0) }
    var remedies: [String] = []
    let fitting = estimate.budget(fitting: machine.limit, isMappedOnly: isMappedOnly)
    if fitting > 0 {
      remedies.append("a smaller --kv-budget (up to \(fitting))")
    } else {
      remedies.append("a smaller quantization or model")
      if !isMappedOnly, estimate.leastTotal <= machine.limit {
        remedies.append("--mmap-only, which leaves the weights on disk and is slow")
      }
    }
    let owner = machine.isConfined ? "this process's control group allows" : "this machine has"
    return "\(path) needs \(memorySize(need)) of memory (\(parts.joined(separator: ", "))), but \(owner) "
      + "\(memorySize(machine.limit)). Use \(remedies.joined(separator: ", or "))."
  }

  /// Prefetches the weights of these files and locks them in memory, as planned.
  ///
  /// - Returns: a warning for each file that cannot be locked; the model runs without.
  func apply(_ files: [GGUFFile]) -> [String] {
    var warnings: [String] = []
    for file in files {
      if isPrefetched { file.prefetch() }
      guard isLocked else { continue }
      do { try file.lock() } catch { warnings.append(error.message + " Going on without.") }
    }
    return warnings
  }
}
