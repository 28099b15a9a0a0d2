// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform
import Records

/// A head budget profile as a file beside a model: one JSON object, which people can read too.
extension HeadBudgetProfile {
  /// The file's root object; `format` tells it from any other JSON.
  private struct Envelope: Codable {
    static let format = "edgeassist head profile 1"
    var format: String
    var profile: HeadBudgetProfile

    func checked() throws -> HeadBudgetProfile {
      guard format == Envelope.format else {
        throw DecodingError.dataCorrupted(.init(codingPath: [CodingKeys.format], debugDescription: ""))
      }
      var profile = profile
      try profile.normalize()
      return profile
    }
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
      self = try JSONDecoder().decode(Envelope.self, fromUntrusted: data).checked()
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
    "a head budget profile", beginning: "{\n  \"format\" : \"edgeassist head profile")

  /// Writes the profile, replacing an earlier one as a whole or not at all.
  ///
  /// - Throws: `unwritable`.
  public func write(to path: String) throws(HeadBudgetProfileError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      let data = try encoder.encode(Envelope(format: Envelope.format, profile: self))
      try OutputFile.write(Array(data + Data("\n".utf8)), to: path, replacing: Self.replaceable)
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
