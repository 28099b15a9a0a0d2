import ArgumentParser
import Assistant
import BoundedCache
import Compute

/// How much may be held.
struct BudgetOptions: ParsableArguments {
  @Option(
    name: .customLong("kv-budget"),
    help: ArgumentHelp("Most tokens held in the key-value cache. (default: 4096)", valueName: "tokens"))
  var budget: Int?

  @Option(
    name: .customLong("kv-memory"),
    help: ArgumentHelp("The same as memory, for example 64MiB.", valueName: "size"))
  var memory: ByteSize?

  @Option(
    name: .customLong("kv-type"),
    help: ArgumentHelp(
      "How keys and values are stored: q8_0 takes half the memory of f16, q4 a quarter.", valueName: "type"))
  var type: KeyValueType = .f16

  func validate() throws {
    if budget != nil && memory != nil { throw ValidationError("--kv-budget and --kv-memory exclude each other") }
    if let budget, budget < 1 { throw ValidationError("--kv-budget must be above 0, not \(budget)") }
  }

  var dialogueBudget: DialogueOptions.Budget {
    if let memory { return .bytes(memory.bytes) }
    if let budget { return .tokens(budget) }
    return DialogueOptions.defaultBudget
  }
}

/// How much may be held, and what.
struct MemoryOptions: ParsableArguments {
  @OptionGroup var size: BudgetOptions

  @Option(
    name: .customLong("kv-policy"),
    help: ArgumentHelp("What to keep when the budget is full.", valueName: "policy"))
  var policy: RetentionPolicy = .infinipotV

  @Option(
    name: .customLong("kv-variant"),
    help: ArgumentHelp(
      "How InfiniPot-V departs from its paper: best, published (not at all), or some of true-places, before-time, true-pooling, "
        + "foreseen-questions, with commas between them.", valueName: "names"))
  var variants = CompressionVariants()

  @Option(
    name: .customLong("kv-profile"),
    help: ArgumentHelp(
      "Shares of the budget, head by head, as `edgeassist profile` measures them.", valueName: "file"))
  var profile: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Keep what passes give up in this file, and recall from it what a question needs.", valueName: "file"))
  var recall: String?

  @Option(
    name: .customLong("recall-size"),
    help: ArgumentHelp("The most that the recall file may take. (default: 256MiB)", valueName: "size"))
  var recallSize: ByteSize?

  func validate() throws {
    if recallSize != nil && recall == nil { throw ValidationError("--recall-size needs --recall FILE") }
  }

  var recallOptions: RecallOptions? {
    recall.map { RecallOptions(path: $0, byteCount: recallSize?.bytes ?? RecallOptions.defaultByteCount) }
  }

  func headProfile() throws(AssistantError) -> HeadProfile? {
    guard let profile else { return nil }
    do { return try HeadProfile(path: profile) } catch { throw .profileUnusable(message: error.description) }
  }

  var dialogueBudget: DialogueOptions.Budget { size.dialogueBudget }
}

/// Names of variants with commas between them.
struct CompressionVariants: ExpressibleByArgument {
  var names = CompressionVariant.best

  init() {}

  init?(argument: String) {
    if argument == "best" { return }
    names = []
    if argument == "published" { return }
    for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let variant = CompressionVariant(rawValue: String(name)) else { return nil }
      names.insert(variant)
    }
  }

  var defaultValueDescription: String { "best" }

  static var allValueStrings: [String] { ["published", "best"] + CompressionVariant.allCases.map(\.rawValue) }
}

extension RetentionPolicy: ExpressibleByArgument {}
extension KeyValueType: ExpressibleByArgument {}

/// A size as people write it: 512k, 64MiB, 1.5GB.
struct ByteSize: ExpressibleByArgument, Equatable {
  var bytes: Int

  init?(argument: String) {
    let digits = argument.prefix { $0.isNumber || $0 == "." }
    guard let number = Double(digits), number > 0 else { return nil }
    let unit = argument.dropFirst(digits.count).lowercased()
    let factors: [String: Double] = [
      "": 1, "b": 1, "k": 1024, "kb": 1e3, "kib": 1024, "m": 1_048_576, "mb": 1e6, "mib": 1_048_576,
      "g": 1_073_741_824, "gb": 1e9, "gib": 1_073_741_824,
    ]
    guard let factor = factors[unit], number * factor < 0x1p52 else { return nil }
    bytes = Int(number * factor)
  }
}
