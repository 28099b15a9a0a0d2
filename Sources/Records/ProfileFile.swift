// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform

/// Files beside a model that hold what was measured on it: one JSON object with a format and a profile, keys in
/// snake_case, which people can read too.
package struct ProfileFile: Sendable {
  /// What such a file is called in messages, without an article.
  package let name: String
  /// Tells such files from any other JSON, and this version's from others'.
  package let format: String
  /// Makes such a file.
  package let command: String

  /// The largest file in bytes; a thousand layers of a hundred heads take less.
  private static let largestFile = 16 << 20

  private struct Header: Decodable {
    var format: String
  }

  /// The file's root object.
  private struct Envelope<Profile: Codable>: Codable {
    var format: String
    var profile: Profile
  }

  /// - Parameters:
  ///   - version: of the format.
  ///   - command: that makes such a file.
  package init(name: String, version: Int, command: String) {
    self.name = name
    self.command = command
    format = "edgeassist \(name) \(version)"
  }

  /// Reads a profile.
  ///
  /// - Throws: `unreadable` or `malformed`.
  package func read<Profile: Codable>(_ type: Profile.Type, from path: String) throws(ProfileFileError) -> Profile {
    let data: Data
    do throws(InputError) { data = Data(try InputFile.bytes(of: path, limit: Self.largestFile)) } catch {
      throw .unreadable(reason: error.explanation)
    }
    do {
      let found = try SnakeCaseJSON.decode(Header.self, from: data).format
      guard found == format else {
        throw ProfileFileError.malformed(
          reason: "its format is “\(found)”, not “\(format)”; make one with `\(command)`")
      }
      return try SnakeCaseJSON.decode(Envelope<Profile>.self, from: data).profile
    } catch let error as ProfileFileError {
      throw error
    } catch let error as DecodingError {
      throw .malformed(reason: Self.describe(error))
    } catch {
      throw .malformed(reason: "\(error)")
    }
  }

  /// Writes a profile, replacing an earlier one as a whole or not at all.
  ///
  /// - Parameters:
  ///   - replaceable: the files that it may replace.
  ///   - stop: ends the wait for the reader of a pipe, with an error.
  /// - Throws: `unwritable`.
  package func write(
    _ profile: some Codable, to path: String, replacing replaceable: OutputFile.Replacement, stop: StopSource? = nil
  ) throws(ProfileFileError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    do {
      let data = try encoder.encode(Envelope(format: format, profile: profile))
      try OutputFile.write(Array(data + Data("\n".utf8)), to: path, replacing: replaceable, stop: stop)
    } catch let error as OutputError {
      throw .unwritable(reason: error.explanation)
    } catch {
      throw .unwritable(reason: (error as NSError).localizedDescription)
    }
  }

  private static func describe(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _): "“\(key.stringValue)” is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      context.codingPath.isEmpty
        ? "it is not valid JSON of this kind"
        : "“\(context.codingPath.map(\.stringValue).joined(separator: "."))” has another type or value than expected"
    @unknown default: "it cannot be decoded"
    }
  }
}

/// Why the file of a profile cannot be read or written.
package enum ProfileFileError: Error, Equatable, Sendable {
  /// The file cannot be opened or read.
  case unreadable(reason: String)
  /// Not a file of this kind, or a damaged one.
  case malformed(reason: String)
  /// The file cannot be written.
  case unwritable(reason: String)
}
