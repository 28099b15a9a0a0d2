// SPDX-License-Identifier: Apache-2.0

import Foundation
import Inference
import ModelFile
import Platform
import Quantization

/// A model with random weights: as large as a real model of its shape, and as much work.
public struct RandomModel: Sendable {
  /// The architecture and the sizes.
  public var shape: ModelShape
  private let recipe: QuantizationRecipe
  private let visionRecipe: QuantizationRecipe

  /// Receives the bytes that are written, and the bytes of all files.
  public typealias Progress = (_ done: Int, _ all: Int) -> Void

  /// - Parameters:
  ///   - type: quantization type, such as `q4_0`. Some matrices get another type, as in real files.
  ///   - visionType: quantization type of the vision tower.
  /// - Throws: `BenchmarkError.unknownType`.
  public init(shape: ModelShape, type: String, visionType: String) throws(BenchmarkError) {
    guard let recipe = QuantizationRecipe(named: type) else { throw .unknownType(type) }
    guard let visionRecipe = QuantizationRecipe(named: visionType) else { throw .unknownType(visionType) }
    self.shape = shape
    self.recipe = recipe
    self.visionRecipe = visionRecipe
  }

  /// Bytes of the tensors in all files.
  public var byteCount: Int { (language.declarations + (vision?.declarations ?? [])).reduce(0) { $0 + $1.byteCount } }

  /// Writes the language model to `path`, and the vision tower, if the shape has one, to a file beside it with the
  /// prefix
  /// `mmproj-`. Takes little memory whatever the size.
  ///
  /// - Parameter stop: looked at after each piece of some hundred KiB.
  /// - Throws: `exists`, `noRoom`, `cancelled`, or `file`. Nothing is left on the disk then.
  public func write(
    to path: String, progress: Progress = { _, _ in }, stop: StopSource? = nil
  ) throws(BenchmarkError) -> ModelPaths {
    let visionPath = vision == nil ? nil : Self.visionPath(beside: path)
    for file in [path, visionPath].compactMap(\.self) where FileManager.default.fileExists(atPath: file) {
      throw .exists(path: file)
    }
    try checkRoom(for: path)
    var done = 0
    let all = byteCount
    func step(_ bytes: Int) throws(BenchmarkError) {
      done += bytes
      progress(done, all)
      if stop?.isStopped == true { throw .cancelled }
    }
    try language.write(to: path, step)
    if let vision, let visionPath {
      do {
        try vision.write(to: visionPath, step)
      } catch {
        unlink(path)
        throw error
      }
    }
    return ModelPaths(languageModel: path, vision: visionPath, isEmbedded: false)
  }

  private static func visionPath(beside path: String) -> String {
    let url = URL(filePath: path)
    return url.deletingLastPathComponent().appending(path: "mmproj-" + url.lastPathComponent).path
  }

  /// Bytes of the disk that must stay free.
  private static let reserve = 64 << 20

  private func checkRoom(for path: String) throws(BenchmarkError) {
    let folder = URL(filePath: path).deletingLastPathComponent().path
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
    let needed = byteCount + Self.reserve
    // If the folder does not exist, the writer reports that.
    if let free = (attributes?[.systemFreeSize] as? NSNumber)?.intValue, free < needed {
      throw .noRoom(path: path, needed: needed, free: free)
    }
  }

  // MARK: The two files

  private var language: RandomFile {
    RandomFile(metadata: shape.metadata, tensors: shape.tensors, recipe: recipe, queriesPerKey: shape.queriesPerKey)
  }

  private var vision: RandomFile? {
    shape.vision.map {
      RandomFile(
        metadata: $0.metadata(name: shape.name, outputs: shape.hiddenSize),
        tensors: $0.tensors(outputs: shape.hiddenSize),
        recipe: visionRecipe, queriesPerKey: 1)
    }
  }
}

/// A GGUF file with random weights: its metadata, and its tensors with their types.
private struct RandomFile {
  var metadata: GGUFMetadata
  var tensors: [RandomTensorDescription]
  var declarations: [GGUFWriter.Declaration]

  init(metadata: GGUFMetadata, tensors: [RandomTensorDescription], recipe: QuantizationRecipe, queriesPerKey: Int) {
    self.metadata = metadata
    self.metadata["general.file_type"] = .uint32(recipe.fileTypeCode)
    if recipe.type.isQuantized { self.metadata["general.quantization_version"] = .uint32(2) }
    self.tensors = tensors
    let types = recipe.types(of: tensors.map { ($0.name, $0.dimensions) }, queriesPerKey: queriesPerKey)
    declarations = zip(tensors, types).map { tensor, type in
      // Small matrices that are never quantized are stored in 16 bits.
      let kept: TensorType = tensor.kind == .matrix ? .f16 : .f32
      return GGUFWriter.Declaration(name: tensor.name, dimensions: tensor.dimensions, type: type ?? kept)
    }
  }

  /// - Parameter step: called with the bytes of each piece.
  func write(to path: String, _ step: (Int) throws(BenchmarkError) -> Void) throws(BenchmarkError) {
    do {
      let writer = try GGUFWriter(path: path, metadata: metadata, tensors: declarations)
      var weights = RandomWeights(seed: 1)
      for (tensor, declaration) in zip(tensors, declarations) {
        switch tensor.kind {
        case .vector(let around):
          try writer.append(weights.vector(tensor.dimensions.reduce(1, *), around: around))
        case .matrix:
          let inputs = tensor.dimensions.dropLast().reduce(1, *)
          try weights.matrix(declaration.type, inputs: inputs, byteCount: declaration.byteCount) { piece in
            try writer.append(piece)
            try step(piece.count)
          }
        }
      }
      try writer.finish()
    } catch let error as GGUFError {
      throw .file(error)
    } catch let error as BenchmarkError {
      throw error
    } catch {
      throw .file(.unwritable(path: path, reason: String(describing: error)))
    }
  }
}

extension GGUFWriter.Declaration {
  /// Bytes of the tensor. Rows of all shapes are whole blocks.
  fileprivate var byteCount: Int { TensorDescription.byteCount(dimensions: dimensions, type: type) ?? 0 }
}
