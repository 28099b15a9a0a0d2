// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation

/// The root command's options from three sources, weakest first: the settings file, variables, the command line.
///
/// Settings become the words of the command line that they stand for, and come before the words that were typed. The
/// parser takes the last value of an option that is given twice, and checks values from all sources by the same rules.
enum SettingsLayers {
  /// The words for the parser.
  ///
  /// - Parameters:
  ///   - typed: the command line without the program's name.
  ///   - environment: variables `EDGEASSIST_KV_BUDGET` and so on.
  /// - Throws: `SettingsError` naming the file and line, or the variable.
  static func arguments(typed: [String], environment: [String: String]) throws(SettingsError) -> [String] {
    if asksForHelp(typed) { return typed }
    let options = SettableOptions.ofEdgeAssist
    var settings = try SettingsFile.read(path: path(typed: typed, environment: environment), options: options)
    for variable in try variables(in: environment, options: options) {
      settings.removeAll { variable.option.overrides($0.option) }
      settings.append(variable)
    }
    let given = typed.compactMap(options.option(givenBy:))
    settings.removeAll { setting in given.contains { $0.overrides(setting.option) } }
    let names = Set((given + settings.map(\.option)).map(\.name))
    settings.removeAll { !names.contains(SettableOptions.prerequisites[$0.option.name] ?? $0.option.name) }
    for setting in settings { try check(setting) }
    return settings.flatMap(\.arguments) + typed
  }

  /// Whether the program only describes itself, which must work with settings that are wrong.
  private static func asksForHelp(_ typed: [String]) -> Bool {
    let words: Set = [
      "--help", "-h", "--help-hidden", "--version", "--generate-completion-script", "--experimental-dump-help",
    ]
    return typed.first == "help" || typed.contains { word in words.contains(String(word.prefix { $0 != "=" })) }
  }

  /// The settings file to read; nil when none is named and there is none in the usual folder.
  static func path(typed: [String], environment: [String: String]) -> String? {
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

  private static func variables(
    in environment: [String: String], options: SettableOptions
  ) throws(SettingsError) -> [Setting] {
    let prefix = "EDGEASSIST_"
    // These two name a folder and a file, and are no options.
    let paths: Set<String> = ["EDGEASSIST_HOME", "EDGEASSIST_CONFIG"]
    var settings: [Setting] = []
    for (variable, value) in environment.sorted(by: { $0.key < $1.key })
    where variable.hasPrefix(prefix) && !paths.contains(variable) {
      let name = variable.dropFirst(prefix.count).lowercased().replacingOccurrences(of: "_", with: "-")
      let kind = try kind(of: name, options: options, source: variable)
      settings.append(try Setting(name: name, texts: [value], kind: kind, source: variable))
    }
    return settings
  }

  /// The kind of the option that a setting names.
  ///
  /// - Throws: `SettingsError` for a name that is no settable option.
  static func kind(
    of name: String, options: SettableOptions, source: String
  ) throws(SettingsError) -> SettableOptions.Kind {
    if let kind = options.kinds[name] { return kind }
    throw SettableOptions.ofOneRun.contains(name)
      ? .ofOneRun(source: source, name: name) : .unknown(source: source, name: name)
  }

  /// Parses one setting alone, so that the message names the source of a bad value.
  private static func check(_ setting: Setting) throws(SettingsError) {
    let prerequisite =
      SettableOptions.prerequisites[setting.option.name].map { name in
        [SettableOptions.ofEdgeAssist.kinds[name] == .flag ? "--\(name)" : "--\(name)=file"]
      } ?? []
    do {
      _ = try RootCommand.parse(prerequisite + setting.arguments)
    } catch {
      throw .invalid(source: setting.source, reason: RootCommand.message(for: error))
    }
  }
}
