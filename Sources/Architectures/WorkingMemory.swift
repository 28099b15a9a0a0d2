// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

extension LanguageModel {
  /// Foretells `workingByteCount` without setting that memory aside: the file is loaded as for use, counting only.
  ///
  /// - Throws: `ModelError` as loading does.
  public static func workingByteCount(
    of file: GGUFFile, threads: ThreadPool, maximumBlock: Int = 256
  ) throws(ModelError) -> Int {
    try LanguageModel(
      file: file, threads: threads, maximumBlock: maximumBlock, instructionSet: .best,
      weights: .repacked, counter: AllocationCounter(isForecast: true)
    ).workingByteCount
  }
}

extension VisionTower {
  /// Bytes set aside beside the mapped weights so far.
  package var workingByteCount: Int { loader.counter.byteCount + engine.workingByteCount }

  /// What a tower's weights take once all are read.
  public static func weightByteCount(of file: GGUFFile, weights: WeightLayout) -> Int {
    guard weights == .repackedQ8, InstructionSet.best.supportsRepacking else { return file.byteCount }
    return file.tensors.reduce(file.byteCount) { sum, tensor in
      // Matrices of floats are rounded; what is as long as a row only is not a matrix.
      guard !tensor.type.isQuantized, tensor.dimensions.count == 2, let columns = tensor.dimensions.first,
        columns % TensorType.q8_0.elementsPerBlock == 0
      else { return sum }
      let rounded = tensor.elementCount / TensorType.q8_0.elementsPerBlock * TensorType.q8_0.bytesPerBlock
      return sum - tensor.byteCount + rounded
    }
  }

  /// Foretells what a tower sets aside for pictures of this size, the vectors that it hands over included; see the
  /// language model's function of this name.
  ///
  /// - Parameter pixels: the area of the largest picture.
  /// - Throws: `ModelError` as loading does.
  public static func workingByteCount(
    of file: GGUFFile, threads: ThreadPool, pixels: Int, weights: WeightLayout = .repacked
  ) throws(ModelError) -> Int {
    let tower = try VisionTower(
      file: file, threads: threads, instructionSet: .best, weights: weights,
      counter: AllocationCounter(isForecast: true))
    let sizes = tower.configuration
    let patches = max(1, min(pixels, sizes.maximumPixels) / (sizes.patchSize * sizes.patchSize))
    _ = try VisionWorkspace(
      loader: tower.loader, sizes: sizes, capacity: patches, mergedLength: tower.merger.innerLength)
    let tokens = patches / (sizes.mergeSize * sizes.mergeSize)
    let vectors = tokens * sizes.outputLength * (1 + sizes.deepstackCount) * MemoryLayout<Float>.stride
    return tower.workingByteCount + vectors
  }
}
