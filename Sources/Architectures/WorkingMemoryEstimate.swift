// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

extension LanguageModel {
  /// The `workingByteCount` that a model will have, without the allocation: the file is loaded with allocations counted
  /// only.
  ///
  /// - Throws: `ModelError` as loading does.
  public static func estimatedWorkingByteCount(
    of file: GGUFFile, threads: ThreadPool, maximumBlock: Int = 256
  ) throws(ModelError) -> Int {
    try LanguageModel(
      file: file, threads: threads, maximumBlock: maximumBlock, instructionSet: .best,
      weights: .repacked, counter: WorkingMemoryCounter(countsOnly: true)
    ).workingByteCount
  }
}

extension VisionTower {
  /// Bytes of working memory that are allocated so far, beside the mapped weights.
  package var workingByteCount: Int { loader.counter.byteCount + engine.workingByteCount }

  /// Bytes of a tower's weights once all of them have been read.
  public static func weightByteCount(of file: GGUFFile, weights: WeightLayout) -> Int {
    guard weights == .repackedQ8, InstructionSet.best.supportsRepacking else { return file.byteCount }
    return file.tensors.reduce(file.byteCount) { sum, tensor in
      // Matrices of floats are quantized to Q8_0. Vectors are not.
      guard !tensor.type.isQuantized, tensor.dimensions.count == 2, let columns = tensor.dimensions.first,
        columns % TensorType.q8_0.elementsPerBlock == 0
      else { return sum }
      let quantized = tensor.elementCount / TensorType.q8_0.elementsPerBlock * TensorType.q8_0.bytesPerBlock
      return sum - tensor.byteCount + quantized
    }
  }

  /// Bytes of working memory that a tower will allocate for images of this size, its embeddings included; see the
  /// language model's function of this name.
  ///
  /// - Parameters:
  ///   - pixels: area of the largest image.
  ///   - cache: how a stream's `VisionCache` keeps keys and values; nil for none.
  /// - Throws: `ModelError` as loading does.
  public static func estimatedWorkingByteCount(
    of file: GGUFFile, threads: ThreadPool, pixels: Int, weights: WeightLayout = .repacked,
    cache: VisionCache.Precision? = nil
  ) throws(ModelError) -> Int {
    let tower = try VisionTower(
      file: file, threads: threads, instructionSet: .best, weights: weights,
      counter: WorkingMemoryCounter(countsOnly: true))
    let sizes = tower.configuration
    let patches = max(1, min(pixels, sizes.maximumPixels) / (sizes.patchSize * sizes.patchSize))
    _ = try VisionWorkspace(
      loader: tower.loader, sizes: sizes, capacity: patches, projectorSize: tower.projector.intermediateSize)
    let tokens = patches / (sizes.spatialMergeSize * sizes.spatialMergeSize)
    let embeddings = tokens * sizes.embeddingWidth * MemoryLayout<Float>.stride
    guard let cache, tower.isSparseSupported else { return tower.workingByteCount + embeddings }
    // The cache has embeddings of its own.
    return tower.workingByteCount + 2 * embeddings
      + VisionCache.byteCount(rows: tower.cachedRows(patches: patches), precision: cache, sizes: sizes)
  }
}
