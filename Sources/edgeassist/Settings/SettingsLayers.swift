// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation

/// The assistant's options from three places, weakest first: the settings file, the environment, the command line.
///
/// Settings are turned into the flags they stand for and put before the flags that were typed: of a flag given twice
/// the last one counts, and the parser checks all of them alike.
enum SettingsLayers {
  /// Flags that may be set beforehand.
  static let names: Set<String> = [
    "video", "model", "vision", "vision-precision", "adapter", "threads", "kv-budget", "kv-memory", "kv-policy",
    "kv-variant", "kv-type",
    "fps", "max-pixels", "pace", "max-tokens", "temperature", "top-k", "top-p", "min-p", "repeat-penalty", "seed",
    "system", "log", "code-model", "code-exemplars", "code-rounds", "code-seconds", "code-tokens",
  ]

  /// Flags of which one silences the other, wherever each is set.
  private static let rivals = ["kv-budget": "kv-memory", "kv-memory": "kv-budget"]

  /// What the parser is given.
  ///
  /// - Parameters:
  ///   - typed: the command line without the program's name.
  ///   - environment: variables `EDGEASSIST_KV_BUDGET` and so on.
  /// - Throws: `SettingsError` naming the file and line or the variable.
  static func arguments(typed: [String], environment: [String: String]) throws(SettingsError) -> [String] {
    // Subcommands and requests for help stand on their own.
    if let first = typed.first, !first.hasPrefix("-") { return typed }
    if !Set(typed).isDisjoint(with: ["--help", "-h", "--version", "--help-hidden"]) { return typed }
    let named = Set(typed.compactMap(flagName))
    var layers = try SettingsFile.read(path: path(typed: typed, environment: environment))
    for setting in try variables(in: environment) {
      layers.removeAll { $0.name == setting.name || $0.name == rivals[setting.name] }
      layers.append(setting)
    }
    layers.removeAll { named.contains($0.name) || named.contains(rivals[$0.name] ?? $0.name) }
    for setting in layers { try check(setting) }
    return layers.flatMap { ["--\($0.name)=\($0.value)"] } + typed
  }

  private static func flagName(_ argument: String) -> String? {
    argument.hasPrefix("--") ? String(argument.dropFirst(2).prefix { $0 != "=" }) : nil
  }

  /// The settings file to read; nil when none was named and the usual one is not there.
  private static func path(typed: [String], environment: [String: String]) throws(SettingsError) -> String? {
    for (index, argument) in typed.enumerated() {
      if argument == "--config", index + 1 < typed.count { return typed[index + 1] }
      if argument.hasPrefix("--config=") { return String(argument.dropFirst("--config=".count)) }
    }
    if let path = environment["EDGEASSIST_CONFIG"] { return path }
    let home = environment["HOME"].map { $0 + "/.config" }
    guard let folder = environment["XDG_CONFIG_HOME"] ?? home else { return nil }
    let path = folder + "/edgeassist/config.toml"
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }

  private static func variables(in environment: [String: String]) throws(SettingsError) -> [Setting] {
    let prefix = "EDGEASSIST_"
    // Two variables say where files lie and are no flags.
    let places: Set<String> = ["EDGEASSIST_HOME", "EDGEASSIST_CONFIG"]
    var settings: [Setting] = []
    for (variable, value) in environment.sorted(by: { $0.key < $1.key })
    where variable.hasPrefix(prefix) && !places.contains(variable) {
      let name = variable.dropFirst(prefix.count).lowercased().replacingOccurrences(of: "_", with: "-")
      guard names.contains(name) else { throw .unknown(place: variable, name: name) }
      settings.append(Setting(name: name, value: value, place: variable))
    }
    return settings
  }

  /// Parses one setting alone, so that a bad value is blamed on the place where it stands.
  private static func check(_ setting: Setting) throws(SettingsError) {
    do {
      _ = try Assist.parse(["--\(setting.name)=\(setting.value)"])
    } catch {
      throw .invalid(place: setting.place, reason: Assist.message(for: error))
    }
  }
}

/// One option set beforehand.
struct Setting: Equatable {
  /// The flag's name without the dashes.
  var name: String
  var value: String
  /// Where it was set, for messages: a file with a line, or a variable.
  var place: String
}

/// Why settings cannot be used.
enum SettingsError: Error, Equatable {
  case unreadable(path: String, reason: String)
  case malformed(path: String, line: Int, reason: String)
  case unknown(place: String, name: String)
  case invalid(place: String, reason: String)

  var message: String {
    switch self {
    case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)"
    case .malformed(let path, let line, let reason): "\(path), line \(line): \(reason)"
    case .unknown(let place, let name):
      "\(place): there is no setting “\(name)”; there are \(SettingsLayers.names.sorted().joined(separator: ", "))"
    case .invalid(let place, let reason): "\(place): \(reason)"
    }
  }
}
