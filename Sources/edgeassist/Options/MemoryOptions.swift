// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BoundedCache
import Compute
import Dialogue
import Records

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

  var dialogueBudget: CacheBudget {
    if let memory { return .bytes(memory.bytes) }
    if let budget { return .tokens(budget) }
    return CacheBudget.standard
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
      "How InfiniPot-V departs from its paper: published (not at all), or some of proxy-queries, patch-aligned, "
        + "patch-pooling, pre-rope, with commas between them.", valueName: "names"))
  var variants = CompressionVariants()

  @Option(
    name: .customLong("kv-profile"),
    help: ArgumentHelp(
      "Shares of the budget, head by head, as `edgeassist profile` measures them.", valueName: "file"))
  var profile: String?

  @Option(
    name: .customLong("kv-offload"),
    help: ArgumentHelp(
      "Write evicted tokens to this file, and retrieve from it what a question needs.", valueName: "file"))
  var offload: String?

  @Option(
    name: .customLong("kv-offload-size"),
    help: ArgumentHelp("The most that the offload file may take. (default: 256MiB)", valueName: "size"))
  var offloadSize: ByteSize?

  func validate() throws {
    if offloadSize != nil && offload == nil { throw ValidationError("--kv-offload-size needs --kv-offload FILE") }
  }

  var offloadOptions: OffloadOptions? {
    offload.map { OffloadOptions(path: $0, byteCount: offloadSize?.bytes ?? OffloadOptions.defaultByteCount) }
  }

  func headProfile() throws(ReportedError) -> HeadBudgetProfile? {
    guard let profile else { return nil }
    do { return try HeadBudgetProfile(path: profile) } catch { throw .profileUnusable(message: error.description) }
  }

  var dialogueBudget: CacheBudget { size.dialogueBudget }
}

/// Names of variants with commas between them.
struct CompressionVariants: ExpressibleByArgument {
  var names = CompressionVariant.standard

  init() {}

  init?(argument: String) {
    names = []
    if argument == "published" { return }
    for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let variant = CompressionVariant(rawValue: String(name)) else { return nil }
      names.insert(variant)
    }
  }

  var defaultValueDescription: String { names.map(\.rawValue).sorted().joined(separator: ",") }

  static var allValueStrings: [String] { ["published"] + CompressionVariant.allCases.map(\.rawValue) }
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
