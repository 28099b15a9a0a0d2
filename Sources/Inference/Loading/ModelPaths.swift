// SPDX-License-Identifier: Apache-2.0

import Architectures
import Foundation
import ModelFile
import Platform
import Records

/// Which files make up a model.
public struct ModelPaths: Sendable, Equatable {
  /// The decoder's GGUF file; the first part of a split one.
  public var languageModel: String
  /// The vision tower's file (mmproj); nil for a model that only reads.
  public var vision: String?
  /// A LoRA adapter for the language model; nil for none.
  public var adapter: String?
  /// True for the model that comes with the program.
  public var isEmbedded: Bool

  /// Memberwise; opens nothing.
  public init(languageModel: String, vision: String?, adapter: String? = nil, isEmbedded: Bool) {
    self.languageModel = languageModel
    self.vision = vision
    self.adapter = adapter
    self.isEmbedded = isEmbedded
  }

  /// Decides which files to use.
  ///
  /// - Parameters:
  ///   - languageModel: what the user named; nil for the embedded model.
  ///   - vision: which vision tower.
  /// - Throws: `ReportedError.modelUnreadable` when the embedded model is asked for and cannot be found.
  public static func resolve(
    languageModel: String?, vision: VisionTowerChoice = .beside
  ) throws(ReportedError) -> ModelPaths {
    if let languageModel {
      return ModelPaths(
        languageModel: languageModel, vision: visionFile(vision, for: languageModel), isEmbedded: false)
    }
    let folders = InstalledFiles.folders(named: "Models")
    for folder in folders {
      let found = ggufFiles(in: folder).first { $0.hasPrefix("edgeassist-tiny") }
      if let found {
        let path = folder + "/" + found
        return ModelPaths(languageModel: path, vision: visionFile(vision, for: path), isEmbedded: true)
      }
    }
    throw .modelUnreadable(
      message: "the embedded model was not found (looked in \(folders.joined(separator: ", "))); "
        + "name a model with --model FILE, or set EDGEASSIST_HOME to the folder that holds Models/")
  }

  private static func visionFile(_ choice: VisionTowerChoice, for languageModel: String) -> String? {
    switch choice {
    case .beside: visionFile(beside: languageModel)
    case .file(let path): path
    case .without: nil
    }
  }

  /// The mmproj file that lies beside a language model, of those whose embeddings it can read: one of like name, else
  /// the first. A folder may hold models that only read beside others that see. A file that cannot be read is taken
  /// where no other fits, so that whoever loads it says what is wrong with it.
  static func visionFile(beside languageModel: String) -> String? {
    let folder = parentFolder(of: languageModel)
    let files = ggufFiles(in: folder.isEmpty ? "." : folder).filter { $0.lowercased().contains("mmproj") }
    let stem = commonStem((languageModel as NSString).lastPathComponent)
    let paths = { (name: String) in folder.isEmpty ? name : folder + "/" + name }
    let fits = files.map { (name: $0, fit: fit(paths($0), languageModel)) }
    let fitting = fits.filter { $0.fit == .fits }
    let candidates = (fitting.isEmpty ? fits.filter { $0.fit == .unknown } : fitting).map(\.name)
    let named = candidates.first { commonStem($0).contains(stem) || stem.contains(commonStem($0)) }
    return (named ?? candidates.first).map(paths)
  }

  /// Whether a language model can read a vision tower's vectors.
  private enum Fit {
    case fits
    case differs
    /// One of the files cannot be read.
    case unknown
  }

  private static func fit(_ vision: String, _ languageModel: String) -> Fit {
    guard let tower = try? VisionConfiguration(file: GGUFFile(path: vision)),
      let decoder = try? DecoderConfiguration(file: GGUFFile(path: languageModel))
    else { return .unknown }
    return (try? tower.check(fits: decoder, path: vision, modelPath: languageModel)) != nil ? .fits : .differs
  }

  /// A file name without what differs between a language model and its vision tower: ending, number of a part, type,
  /// the word mmproj.
  private static func commonStem(_ name: String) -> String {
    let whole = name.lowercased().replacing(/(-\d{5}-of-\d{5})?\.gguf$/, with: "")
    let parts = whole.split { "-._".contains($0) }
    let types: Set<Substring> = ["mmproj", "f16", "f32", "bf16", "q8", "q4", "0", "1", "k", "m", "s"]
    return parts.filter { !types.contains($0) }.joined(separator: "-")
  }

  private static func ggufFiles(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".gguf") }.sorted()
  }
}
