// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BoundedCache

/// The KV cache budget in tokens.
struct TokenBudgetOptions: ParsableArguments {
  @Option(
    name: .customLong("kv-budget"),
    help: ArgumentHelp(
      "KV cache budget in tokens. (default: the model's own, or 4096; in bench: 1024, with --quick 512; in eval: "
        + "--kv-ratios)",
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

  /// The names of those that were given.
  var given: [String] { GivenOptions.names(of: ["--kv-budget": tokens != nil, "--kv-memory": memory != nil]) }

  /// nil where none was given.
  var cacheBudget: CacheBudget? {
    if let memory { return .bytes(memory.bytes) }
    return tokens.map { .tokens($0) }
  }
}
