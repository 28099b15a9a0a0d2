// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Records

/// The options of the root command that can be set in the settings file and as variables, as the parser declares them.
struct SettableOptions {
  /// The argument of an option.
  enum Kind: Equatable {
    /// A value; with `isRepeating`, each time it is given another one is added.
    case value(isRepeating: Bool)
    /// Nothing: `--mlock` sets it, `--no-mlock` clears it.
    case flag
  }

  /// By the option's name, without the dashes.
  let kinds: [String: Kind]

  /// Options of a single run. A settings file with `output` would have every run overwrite the same results.
  static let ofOneRun: Set<String> = ["batch", "output", "resume", "shard", "config", "help", "version"]

  /// Options that exclude each other. The one with the higher precedence removes the other's setting.
  static let rivals = ["kv-budget": "kv-memory", "kv-memory": "kv-budget", "mlock": "mmap-only", "mmap-only": "mlock"]

  /// Options that mean nothing without another. Their settings are ignored unless the other is given.
  static let prerequisites = ["kv-offload-size": "kv-offload", "scrub-rate": "scrub"]

  /// Those of `edgeassist` itself.
  static let ofEdgeAssist = SettableOptions(dump: RootCommand._dumpHelp())

  /// - Parameter dump: the parser's description of its commands, as `--experimental-dump-help` prints it.
  init(dump: String) {
    let arguments = (try? JSONDecoder().decode(Dump.self, fromUntrusted: Data(dump.utf8)))?.command.arguments ?? []
    var kinds: [String: Kind] = [:]
    for argument in arguments {
      for name in argument.names ?? [] where name.kind == "long" && !Self.ofOneRun.contains(name.name) {
        kinds[name.name] = argument.kind == "flag" ? .flag : .value(isRepeating: argument.isRepeating)
      }
    }
    for case (let name, .flag) in kinds { kinds["no-" + name] = nil }
    self.kinds = kinds
  }

  /// The option that a word of the command line gives; nil for a value.
  func option(givenBy word: String) -> GivenOption? {
    guard word.hasPrefix("--") else { return nil }
    let name = String(word.dropFirst(2).prefix { $0 != "=" })
    let positive = String(name.dropFirst(3))
    if name.hasPrefix("no-"), kinds[positive] == .flag { return GivenOption(name: positive, isCleared: true) }
    return GivenOption(name: name, isCleared: false)
  }

  private struct Dump: Decodable {
    struct Command: Decodable {
      var arguments: [Argument]
    }

    struct Argument: Decodable {
      var kind: String
      var isRepeating: Bool
      var names: [Name]?
    }

    struct Name: Decodable {
      var kind: String
      var name: String
    }

    var command: Command
  }
}

/// An option that is set or cleared.
struct GivenOption: Equatable {
  /// Without the dashes, `mlock` also for `--no-mlock`.
  var name: String
  /// True for `--no-mlock`.
  var isCleared: Bool

  /// Whether this makes a setting of lower precedence void: one of the same option, or of one that it excludes.
  func overrides(_ setting: GivenOption) -> Bool {
    setting.name == name || (!isCleared && SettableOptions.rivals[name] == setting.name)
  }
}
