// SPDX-License-Identifier: Apache-2.0

import Platform
import Records

/// A head budget profile as a file beside a model.
extension HeadBudgetProfile {
  private static let file = ProfileFile(name: "head budget profile", version: 2, command: "edgeassist profile")

  /// Reads a profile and checks it.
  ///
  /// - Throws: `unreadable`, `malformed`, `wrongShape`, `invalidValue`, `nothingDemanded`.
  public init(path: String) throws(HeadBudgetProfileError) {
    var profile: HeadBudgetProfile
    do throws(ProfileFileError) { profile = try Self.file.read(HeadBudgetProfile.self, from: path) } catch {
      throw HeadBudgetProfileError(error, path: path)
    }
    try profile.normalize()
    self = profile
  }

  /// The files that a profile may replace: earlier profiles of any version.
  public static let replaceable = OutputFile.Replacement.kind(
    "a head budget profile", beginning: "{\n  \"format\" : \"edgeassist head ")

  /// Writes the profile, replacing an earlier one as a whole or not at all.
  ///
  /// - Parameter stop: ends the wait for the reader of a pipe, with an error.
  /// - Throws: `unwritable`.
  public func write(to path: String, stop: StopSource? = nil) throws(HeadBudgetProfileError) {
    do throws(ProfileFileError) { try Self.file.write(self, to: path, replacing: Self.replaceable, stop: stop) } catch {
      throw HeadBudgetProfileError(error, path: path)
    }
  }
}

extension HeadBudgetProfileError {
  fileprivate init(_ error: ProfileFileError, path: String) {
    switch error {
    case .unreadable(let reason): self = .unreadable(path: path, reason: reason)
    case .malformed(let reason): self = .malformed(path: path, reason: reason)
    case .unwritable(let reason): self = .unwritable(path: path, reason: reason)
    }
  }
}
