// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BoundedCache
import Dialogue
import Records

/// The KV cache: how large it is, and what it retains.
struct CacheOptions: ParsableArguments {
  @OptionGroup var budget: BudgetOptions
  @OptionGroup var type: CacheTypeOptions

  @Option(
    name: .customLong("kv-policy"),
    help: ArgumentHelp("Which tokens are retained when the budget is full.", valueName: "policy"))
  var policy: RetentionPolicy = .infinipotV

  @Option(
    name: .customLong("kv-variant"),
    help: ArgumentHelp(
      "Changes to InfiniPot-V, separated by commas; published for InfiniPot-V as published.", valueName: "names"))
  var variants = CompressionVariants()

  @OptionGroup var files: CacheFileOptions
}

/// The files that a KV cache reads and writes.
struct CacheFileOptions: ParsableArguments {
  @Option(
    name: .customLong("kv-profile"),
    help: ArgumentHelp(
      "Budget of each attention head, from a file that `edgeassist profile` has written.", valueName: "file"),
    completion: .file())
  var profile: String?

  @Option(
    name: .customLong("kv-offload"),
    help: ArgumentHelp(
      "Offload evicted tokens to this file, and retrieve those that a question needs.", valueName: "file"),
    completion: .file())
  var offload: String?

  @Option(
    name: .customLong("kv-offload-size"),
    help: ArgumentHelp("Largest size of the offload file. (default: 256MiB)", valueName: "size"))
  var offloadSize: ByteSize?

  func validate() throws {
    if offloadSize != nil && offload == nil { throw ValidationError("--kv-offload-size needs --kv-offload FILE") }
  }

  /// The names of those that were given.
  var given: [String] {
    GivenOptions.names(of: [
      "--kv-profile": profile != nil, "--kv-offload": offload != nil, "--kv-offload-size": offloadSize != nil,
    ])
  }

  var offloadOptions: OffloadOptions? {
    offload.map { OffloadOptions(path: $0, byteCount: offloadSize?.bytes ?? OffloadOptions.defaultByteCount) }
  }

  /// Reads the head budget profile.
  ///
  /// - Returns: nil if none is named.
  /// - Throws: `ReportedError.profileUnusable`.
  func headBudgetProfile() throws(ReportedError) -> HeadBudgetProfile? {
    guard let profile else { return nil }
    do { return try HeadBudgetProfile(path: profile) } catch { throw .profileUnusable(message: error.description) }
  }
}

/// Names of variants, separated by commas.
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
