// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SessionInterface

/// LoRA adapters for the language model and for the roles of the programming agent.
struct AdapterOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "LoRA adapter (GGUF) for the language model. ROLE=FILE adapts a role of the programming agent: "
        + "\(CodeRole.allCases.map(\.rawValue).joined(separator: ", ")). May be given more than once.",
      valueName: "file"),
    completion: .file(extensions: ["gguf"]))
  var lora: [AdapterArgument] = []

  /// The language model's adapter. Of several, the last counts.
  var path: String? { lora.last { $0.role == nil }?.path }

  /// Adapters of the programming agent's roles. Of a role named twice, the last counts.
  var roles: [CodeRole: String] {
    var found: [CodeRole: String] = [:]
    for adapter in lora { if let role = adapter.role { found[role] = adapter.path } }
    return found
  }
}

/// A LoRA adapter for the language model, where no programs are written.
struct ModelAdapterOptions: ParsableArguments {
  @Option(
    name: .long, help: ArgumentHelp("LoRA adapter (GGUF) for the language model.", valueName: "file"),
    completion: .file(extensions: ["gguf"]))
  var lora: ModelAdapterArgument?

  var path: String? { lora?.path }
}

/// LoRA adapters for the roles of the programming agent, where there is no dialogue.
struct RoleAdapterOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "LoRA adapter (GGUF) for a role of the programming agent: "
        + "\(CodeRole.allCases.map(\.rawValue).joined(separator: ", ")). May be given more than once.",
      valueName: "role=file"),
    completion: .file(extensions: ["gguf"]))
  var lora: [RoleAdapterArgument] = []

  /// Of a role named twice, the last counts.
  var roles: [CodeRole: String] { Dictionary(lora.map { ($0.role, $0.path) }) { $1 } }
}

/// A LoRA adapter: a file for the dialogue, or `ROLE=FILE` for a role of the programming agent.
struct AdapterArgument: ExpressibleByArgument {
  var role: CodeRole?
  var path: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    // A path may contain an equals sign too. Only a word without slashes and dots before it can be a role.
    guard parts.count == 2, !parts[0].contains("/"), !parts[0].contains(".") else {
      path = argument
      return
    }
    guard let role = CodeRole(rawValue: String(parts[0])), !parts[1].isEmpty else { return nil }
    self.role = role
    path = String(parts[1])
  }
}

/// A LoRA adapter without a role.
struct ModelAdapterArgument: ExpressibleByArgument {
  var path: String

  init?(argument: String) {
    guard let adapter = AdapterArgument(argument: argument), adapter.role == nil else { return nil }
    path = adapter.path
  }
}

/// A LoRA adapter with its role.
struct RoleAdapterArgument: ExpressibleByArgument {
  var role: CodeRole
  var path: String

  init?(argument: String) {
    guard let adapter = AdapterArgument(argument: argument), let role = adapter.role else { return nil }
    self.role = role
    path = adapter.path
  }
}
