// SPDX-License-Identifier: Apache-2.0

import Foundation
import TOMLKit

/// The settings file: TOML, one key for each flag, without tables.
enum SettingsFile {
  /// - Parameter path: nil stands for no file.
  /// - Throws: `SettingsError` naming the file, and the line where it is known.
  static func read(path: String?) throws(SettingsError) -> [Setting] {
    guard let path else { return [] }
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw .unreadable(path: path, reason: error.localizedDescription)
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
      guard SettingsLayers.names.contains(key) else { throw .unknown(place: path, name: key) }
      guard let text = value.string ?? value.int.map({ String($0) }) ?? value.double.map({ String($0) }) else {
        throw .invalid(place: "\(path), “\(key)”", reason: "the value must be a string or a number")
      }
      settings.append(Setting(name: key, value: text, place: "\(path), “\(key)”"))
    }
    return settings
  }
}
