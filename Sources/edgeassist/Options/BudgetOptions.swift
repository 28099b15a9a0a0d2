// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BoundedCache
import Compute

/// The KV cache budget in tokens.
struct TokenBudgetOptions: ParsableArguments {
  @Option(
    name: .customLong("kv-budget"),
    help: ArgumentHelp(
      "KV cache budget in tokens. (default: 4096; in bench: 1024, with --quick 512; in eval: --kv-ratios)",
      valueName: "tokens"))
  var tokens: Int?

  func validate() throws {
    if let tokens, tokens < 1 { throw ValidationError("--kv-budget must be above 0, not \(tokens)") }
  }
}

/// The KV cache budget, in tokens or in bytes.
struct BudgetOptions: ParsableArguments {
  @OptionGroup private var count: TokenBudgetOptions

  @Option(
    name: .customLong("kv-memory"),
    help: ArgumentHelp("KV cache budget in bytes, for example 64MiB.", valueName: "size"))
  var memory: ByteSize?

  func validate() throws {
    if tokens != nil && memory != nil { throw ValidationError("--kv-budget and --kv-memory exclude each other") }
  }

  var tokens: Int? { count.tokens }

  var cacheBudget: CacheBudget {
    if let memory { return .bytes(memory.bytes) }
    if let tokens { return .tokens(tokens) }
    return CacheBudget.standard
  }
}

/// How keys and values are stored.
struct CacheTypeOptions: ParsableArguments {
  @Option(
    name: .customLong("kv-type"),
    help: ArgumentHelp(
      "Number format of keys and values: q8_0 takes half the memory of f16, q4 a quarter.", valueName: "type"))
  var type: KeyValueType = .f16
}

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
