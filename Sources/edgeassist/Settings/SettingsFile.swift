// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform
import TOMLKit

/// The settings file: TOML without tables, one key for each option.
enum SettingsFile {
  /// Bytes of the largest file that is read.
  private static let largestFile = 1 << 20

  /// - Parameter path: nil for no file.
  /// - Throws: `SettingsError` naming the file and the line.
  static func read(path: String?, options: SettableOptions) throws(SettingsError) -> [Setting] {
    guard let path else { return [] }
    let text: String
    do throws(InputError) {
      text = try InputFile.text(of: path, limit: largestFile)
    } catch {
      throw .unreadable(path: path, reason: error.explanation)
    }
    let table: TOMLTable
    do {
      table = try TOMLTable(string: text)
    } catch {
      guard let error = error as? TOMLParseError else { throw .malformed(path: path, line: 1, reason: "\(error)") }
      throw .malformed(path: path, line: Int(error.source.begin.line), reason: error.description)
    }
    var settings: [Setting] = []
    for (key, value) in table {
      let source = "\(path), line \(line(of: key, in: text)), “\(key)”"
      let kind = try SettingsLayers.kind(of: key, options: options, source: source)
      settings.append(try Setting(name: key, texts: try texts(of: value, source: source), kind: kind, source: source))
    }
    return settings
  }

  /// The line, from 1, that begins with a key. The parser keeps no lines for values.
  private static func line(of key: String, in text: String) -> Int {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let index = lines.firstIndex { line in
      guard let end = line.firstIndex(of: "=") else { return false }
      return line[..<end].trimmingCharacters(in: CharacterSet(charactersIn: " \t\"'")) == key
    }
    return (index ?? 0) + 1
  }

  private static func texts(of value: any TOMLValueConvertible, source: String) throws(SettingsError) -> [String] {
    guard let array = value.array else { return [try text(of: value, source: source)] }
    var texts: [String] = []
    for element in array { texts.append(try text(of: element, source: source)) }
    return texts
  }

  private static func text(of value: any TOMLValueConvertible, source: String) throws(SettingsError) -> String {
    if let text = value.string { return text }
    if let number = value.int { return String(number) }
    if let number = value.double { return String(number) }
    if let isOn = value.bool { return String(isOn) }
    throw .invalid(source: source, reason: "the value must be a string, a number, true, false or an array of these")
  }
}
