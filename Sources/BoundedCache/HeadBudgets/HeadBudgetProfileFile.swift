// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform
import Records

/// A head budget profile as a file beside a model: one JSON object with keys in snake_case, which people can read too.
extension HeadBudgetProfile {
  /// Format of the file. It tells profiles from any other JSON, and this version's from others'.
  private struct Header: Decodable {
    static let format = "edgeassist head budget profile 2"
    var format: String
  }

  /// The file's root object.
  private struct Envelope: Codable {
    var format = Header.format
    var profile: HeadBudgetProfile
  }

  /// The largest file in bytes; a thousand layers of a hundred heads take less.
  private static let largestFile = 16 << 20

  /// Reads a profile and checks it.
  ///
  /// - Throws: `unreadable`, `malformed`, `wrongShape`, `invalidValue`, `nothingDemanded`.
  public init(path: String) throws(HeadBudgetProfileError) {
    let data: Data
    do throws(InputError) {
      data = Data(try InputFile.bytes(of: path, limit: HeadBudgetProfile.largestFile))
    } catch {
      throw .unreadable(path: path, reason: error.explanation)
    }
    do {
      let found = try SnakeCaseJSON.decode(Header.self, from: data).format
      guard found == Header.format else {
        throw HeadBudgetProfileError.malformed(
          path: path,
          reason: "its format is “\(found)”, not “\(Header.format)”; make a profile with `edgeassist profile`")
      }
      var profile = try SnakeCaseJSON.decode(Envelope.self, from: data).profile
      try profile.normalize()
      self = profile
    } catch let error as HeadBudgetProfileError {
      throw error
    } catch let error as DecodingError {
      throw .malformed(path: path, reason: HeadBudgetProfile.describe(error))
    } catch {
      throw .malformed(path: path, reason: "\(error)")
    }
  }

  /// The files that a profile may replace: earlier profiles of any version.
  public static let replaceable = OutputFile.Replacement.kind(
    "a head budget profile", beginning: "{\n  \"format\" : \"edgeassist head ")

  /// Writes the profile, replacing an earlier one as a whole or not at all.
  ///
  /// - Parameter stop: ends the wait for the reader of a pipe, with an error.
  /// - Throws: `unwritable`.
  public func write(to path: String, stop: StopSource? = nil) throws(HeadBudgetProfileError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    do {
      let data = try encoder.encode(Envelope(profile: self))
      try OutputFile.write(Array(data + Data("\n".utf8)), to: path, replacing: Self.replaceable, stop: stop)
    } catch let error as OutputError {
      throw .unwritable(path: path, reason: error.explanation)
    } catch {
      throw .unwritable(path: path, reason: (error as NSError).localizedDescription)
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
