// SPDX-License-Identifier: Apache-2.0

/// One option set in the settings file or as a variable.
struct Setting: Equatable {
  var option: GivenOption
  /// The words of the command line that set it.
  var arguments: [String]
  /// Where it is set, for messages: a line of a file, or a variable.
  var source: String

  /// - Parameters:
  ///   - name: of the option, without the dashes.
  ///   - texts: the values; more than one only for an option that may be repeated.
  ///   - kind: what the option takes.
  /// - Throws: `SettingsError.invalid` for a flag that is neither on nor off.
  init(name: String, texts: [String], kind: SettableOptions.Kind, source: String) throws(SettingsError) {
    self.source = source
    var isCleared = false
    switch kind {
    case .value(let isRepeating):
      guard isRepeating || texts.count == 1 else {
        throw .invalid(source: source, reason: "there must be one value, not \(texts.count)")
      }
      arguments = texts.map { "--\(name)=\($0)" }
    case .flag:
      guard let text = texts.first, texts.count == 1, let isOn = Self.switches[text.lowercased()] else {
        throw .invalid(
          source: source, reason: "the value must be true or false, not “\(texts.joined(separator: ", "))”")
      }
      arguments = [isOn ? "--\(name)" : "--no-\(name)"]
      isCleared = !isOn
    }
    option = GivenOption(name: name, isCleared: isCleared)
  }

  private static let switches = [
    "true": true, "1": true, "yes": true, "on": true, "false": false, "0": false, "no": false, "off": false,
  ]
}
