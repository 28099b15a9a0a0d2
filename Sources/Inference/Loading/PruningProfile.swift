// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import ModelFile
import Platform
import Records

/// Which parts of a model's attention are not computed, as measured once: a file beside the model.
public struct PruningProfile: Sendable, Hashable, Codable {
  /// A vision tower and what is left out of it.
  public struct Vision: Sendable, Hashable, Codable {
    /// The tower; other towers refuse the profile.
    public var tower: ModelFingerprint
    /// Heads and attention maps that are not computed.
    public var pruning: AttentionPruning

    /// Memberwise; checks nothing.
    public init(tower: ModelFingerprint, pruning: AttentionPruning) {
      self.tower = tower
      self.pruning = pruning
    }
  }

  /// The language model; other models refuse the profile.
  public var model: ModelFingerprint
  /// Key-value heads of the language model that are not computed.
  public var language: AttentionPruning
  /// What is left out of the vision tower; nil where it was not measured.
  public var vision: Vision?
  /// A description of what was measured, and how much.
  public var origin: String

  /// Memberwise; checks nothing.
  public init(model: ModelFingerprint, language: AttentionPruning, vision: Vision?, origin: String) {
    self.model = model
    self.language = language
    self.vision = vision
    self.origin = origin
  }

  private static let file = ProfileFile(
    name: "pruning profile", version: 1, command: "edgeassist profile --pruning")

  /// The files that a profile may replace: earlier profiles of any version.
  public static let replaceable = OutputFile.Replacement.kind(
    "a pruning profile", beginning: "{\n  \"format\" : \"edgeassist pruning ")

  /// Reads a profile.
  ///
  /// - Throws: `ReportedError.modelUnreadable` for a file that cannot be read, that is none or damaged.
  public init(path: String) throws(ReportedError) {
    do throws(ProfileFileError) { self = try Self.file.read(PruningProfile.self, from: path) } catch {
      switch error {
      case .unreadable(let reason):
        throw .modelUnreadable(message: "the pruning profile \(path) cannot be read: \(reason)")
      case .malformed(let reason), .unwritable(let reason):
        throw .modelUnreadable(message: "\(path) is not a pruning profile, or a damaged one: \(reason)")
      }
    }
    let parts = [(model, language)] + [vision].compactMap { $0 }.map { ($0.tower, $0.pruning) }
    guard language.reusedMaps.isEmpty,
      parts.allSatisfy({ $1.fits(layers: $0.layers, heads: $0.keyValueHeads) })
    else {
      throw .modelUnreadable(
        message: "the pruning profile \(path) names heads or layers that its model does not have; it is damaged")
    }
    guard parts.allSatisfy({ $1.headCount < $0.layers * $0.keyValueHeads || $1.headCount == 0 }) else {
      throw .modelUnreadable(
        message:
          "the pruning profile \(path) leaves out all heads of its model, which could then see nothing that came "
          + "before; make one with `edgeassist profile --pruning`")
    }
  }

  /// Writes the profile, replacing an earlier one as a whole or not at all.
  ///
  /// - Parameter stop: ends the wait for the reader of a pipe, with an error.
  /// - Throws: `ReportedError.outputUnwritable`.
  public func write(to path: String, stop: StopSource? = nil) throws(ReportedError) {
    do throws(ProfileFileError) { try Self.file.write(self, to: path, replacing: Self.replaceable, stop: stop) } catch {
      guard case .unwritable(let reason) = error else { return }
      throw .outputUnwritable(message: "the pruning profile \(path) cannot be written: \(reason)")
    }
  }

  /// A short text for identities: profiles that leave out the same have the same.
  var summary: String {
    let maps = vision?.pruning.reusedMaps ?? []
    return "pruned \(language.heads) \(vision?.pruning.heads ?? []) \(maps)"
  }

  /// Checks that the profile was measured on the language model of a file.
  ///
  /// - Throws: `ReportedError.modelUnreadable` naming both, or what is wrong with the file.
  public func check(_ file: GGUFFile) throws(ReportedError) {
    let sizes: DecoderConfiguration
    do { sizes = try DecoderConfiguration(file: file) } catch { throw .modelUnreadable(message: error.description) }
    let name = try? file.metadata.nameIfPresent("general.name")
    try check(ModelFingerprint(file: file, name: name ?? file.path, shape: sizes.cacheShape))
  }

  /// Checks that the profile was measured on a model.
  ///
  /// - Throws: `ReportedError.modelUnreadable` naming both.
  func check(_ loaded: ModelFingerprint) throws(ReportedError) { try Self.check(model, loaded) }

  /// Checks that the profile was measured on a vision tower.
  ///
  /// - Throws: `ReportedError.modelUnreadable` naming both, or the layer that has no map to reuse.
  func check(_ tower: VisionTower, _ loaded: ModelFingerprint) throws(ReportedError) {
    guard let vision else { return }
    try Self.check(vision.tower, loaded)
    guard let layer = vision.pruning.reusedMaps.first(where: { !tower.canReuseMap($0) }) else { return }
    throw .modelUnreadable(
      message: "the pruning profile has layer \(layer) of the vision tower reuse a map of another kind of attention; "
        + "it is damaged")
  }

  private static func check(_ profile: ModelFingerprint, _ loaded: ModelFingerprint) throws(ReportedError) {
    guard profile.shape != loaded.shape || profile.digest != loaded.digest else { return }
    throw .modelUnreadable(
      message: "the pruning profile was measured on \(profile), the model loaded is \(loaded); make one with "
        + "`edgeassist profile --pruning`")
  }
}
