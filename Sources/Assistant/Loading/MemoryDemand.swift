import Compute
import ModelFile

/// How a model's weights are to be held in memory, and how much of it there is.
public struct MemoryDemand: Sendable, Equatable {
  /// What the key-value cache will be allowed.
  public var budget: DialogueOptions.Budget
  /// How keys and values will be stored.
  public var type: KeyValueType
  /// Weights are read at once and never paged out.
  public var isLocked: Bool
  /// Weights are read in the background from the start.
  public var isPrefetched: Bool
  /// Weights may exceed memory: they stay on disk, and are paged in as they are needed.
  public var isMappedOnly: Bool
  /// The vision tower computes with its weights as they are stored, and does not round floats to 8 bits.
  public var isVisionExact: Bool
  /// What there is; nil where it is not known, and nothing is refused then.
  public var machine: MachineMemory?

  public init(
    budget: DialogueOptions.Budget = DialogueOptions.defaultBudget, type: KeyValueType = .f16,
    isLocked: Bool = false, isPrefetched: Bool = false, isMappedOnly: Bool = false, isVisionExact: Bool = false,
    machine: MachineMemory? = .current()
  ) {
    self.budget = budget
    self.type = type
    self.isLocked = isLocked
    self.isPrefetched = isPrefetched
    self.isMappedOnly = isMappedOnly
    self.isVisionExact = isVisionExact
    self.machine = machine
  }

  /// How the language model's matrices are held.
  var languageWeights: WeightUse { isMappedOnly ? .inPlace : .turned }
  /// How the vision tower's are.
  var visionWeights: WeightUse { isMappedOnly ? .inPlace : isVisionExact ? .turned : .rounded }

  /// Checks that the model will fit.
  ///
  /// - Throws: `AssistantError.insufficientMemory` with the figures and what to do.
  func check(_ forecast: MemoryForecast, path: String) throws(AssistantError) {
    guard let machine else { return }
    let need = isMappedOnly ? forecast.leastTotal : forecast.total
    guard need > machine.limit else { return }
    throw .insufficientMemory(message: refusal(forecast, need: need, machine: machine, path: path))
  }

  private func refusal(_ forecast: MemoryForecast, need: Int, machine: MachineMemory, path: String) -> String {
    var parts = [
      "cache \(memorySize(forecast.cache)) at \(forecast.budget) tokens",
      "working memory \(memorySize(forecast.working))",
      "program \(memorySize(forecast.program))",
    ]
    if !isMappedOnly { parts.insert("weights \(memorySize(forecast.weights))", at: 0) }
    var remedies: [String] = []
    let fitting = forecast.budget(fitting: machine.limit, isMappedOnly: isMappedOnly)
    if fitting > 0 {
      remedies.append("a smaller --kv-budget (up to \(fitting))")
    } else {
      remedies.append("a smaller quantization or model")
      if !isMappedOnly, forecast.leastTotal <= machine.limit {
        remedies.append("--mmap-only, which leaves the weights on disk and is slow")
      }
    }
    let owner = machine.isConfined ? "this process's control group allows" : "this machine has"
    return "\(path) needs \(memorySize(need)) of memory (\(parts.joined(separator: ", "))), but \(owner) "
      + "\(memorySize(machine.limit)). Use \(remedies.joined(separator: ", or "))."
  }

  /// Does what was asked for the weights of these files.
  ///
  /// - Returns: what could not be done, in words; the model runs without it.
  func settle(_ files: [GGUFFile]) -> [String] {
    var warnings: [String] = []
    for file in files {
      if isPrefetched { file.prefetch() }
      guard isLocked else { continue }
      do { try file.lock() } catch { warnings.append(error.message + " Going on without.") }
    }
    return warnings
  }
}

/// Bytes in the unit that leaves a small number: `512 B`, `1.2 MiB`.
public func memorySize(_ bytes: Int) -> String {
  var value = Double(max(0, bytes))
  var unit = "B"
  for larger in ["KiB", "MiB", "GiB", "TiB"] where value >= 1023.95 {
    value /= 1024
    unit = larger
  }
  if unit == "B" || value >= 99.95 { return "\(Int(value.rounded())) \(unit)" }
  let tenths = Int((value * 10).rounded())
  return "\(tenths / 10).\(tenths % 10) \(unit)"
}
