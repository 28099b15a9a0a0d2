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
      meter: MemoryMeter(isForecast: true)
    ).workingByteCount
  }
}

extension VisionTower {
  /// Bytes set aside beside the mapped weights so far.
  package var workingByteCount: Int { loader.meter.byteCount + engine.workingByteCount }

  /// Foretells what a tower sets aside for pictures of this size, the vectors that it hands over included; see the
  /// language model's function of this name.
  ///
  /// - Parameter pixels: the area of the largest picture.
  /// - Throws: `ModelError` as loading does.
  public static func workingByteCount(
    of file: GGUFFile, threads: ThreadPool, pixels: Int
  ) throws(ModelError) -> Int {
    let tower = try VisionTower(
      file: file, threads: threads, instructionSet: .best, meter: MemoryMeter(isForecast: true))
    let sizes = tower.configuration
    let patches = max(1, min(pixels, sizes.maximumPixels) / (sizes.patchSize * sizes.patchSize))
    _ = try VisionWorkspace(
      loader: tower.loader, sizes: sizes, capacity: patches, mergedLength: tower.merger.innerLength)
    let tokens = patches / (sizes.mergeSize * sizes.mergeSize)
    let vectors = tokens * sizes.outputLength * (1 + sizes.deepstackCount) * MemoryLayout<Float>.stride
    return tower.workingByteCount + vectors
  }
}
