import Compute
import ModelFile
import Pictures

/// The vision tower of Qwen2-VL: turns two pictures that follow each other (one temporal patch) into vectors for the
/// language model, one for each square of 28 × 28 pixels.
///
/// One caller uses a tower at a time. Working memory grows to the largest picture seen and stays.
public final class VisionTower {
  public let configuration: VisionConfiguration
  /// The vector that ends a sequence of frames in LLaVA-OneVision, as wide as the language model; nil in others.
  public var newline: [Float]? { nil }

  /// Looks at every stage's output, if set.
  package var observer: StageObserver?

  private let loader: WeightLoader
  private let engine: Engine
  private let patchEmbeddings: (WeightMatrix, WeightMatrix)
  private let blocks: [VisionBlock]
  private let outputNorm: LayerNorm
  private let merger: (Linear, Linear)
  private let reader: PatchReader
  private var workspace: VisionWorkspace?

  /// Rows of the feed-forward network that are computed together.
  private static let feedForwardRows = 1024

  /// - Throws: `ModelError` naming the file and what is wrong with it.
  public convenience init(file: GGUFFile, threads: ThreadPool) throws(ModelError) {
    try self.init(file: file, threads: threads, instructionSet: .best)
  }

  package init(file: GGUFFile, threads: ThreadPool, instructionSet: InstructionSet) throws(ModelError) {
    let sizes = try VisionConfiguration(file: file)
    let loader = WeightLoader(file: file)
    let width = sizes.embeddingLength
    let merged = width * sizes.mergeSize * sizes.mergeSize
    let patch = [sizes.patchSize, sizes.patchSize, 3]
    patchEmbeddings = (
      try loader.matrix("v.patch_embd.weight", inputs: patch, outputs: width),
      try loader.matrix("v.patch_embd.weight.1", inputs: patch, outputs: width)
    )
    var blocks: [VisionBlock] = []
    for index in 0..<sizes.layers { blocks.append(try VisionBlock(loader: loader, sizes: sizes, index: index)) }
    self.blocks = blocks
    outputNorm = try LayerNorm(loader: loader, name: "v.post_ln", width: width)
    merger = (
      try loader.linear("mm.0", inputs: merged, outputs: merged),
      try loader.linear("mm.2", inputs: merged, outputs: sizes.outputLength)
    )
    reader = PatchReader(sizes: sizes)
    let isQuantized =
      blocks.contains(where: \.isQuantized) || merger.0.weight.type.isQuantized || merger.1.weight.type.isQuantized
    do {
      engine = try Engine(
        threads: threads, maximumRows: VisionTower.feedForwardRows,
        maximumColumns: isQuantized ? max(merged, sizes.feedForwardLength) : 0, maximumHeads: sizes.heads,
        instructionSet: instructionSet)
    } catch { throw .compute(path: file.path, error) }
    configuration = sizes
    self.loader = loader
  }

  /// Throws `visionDoesNotFit` unless the vectors are as wide as the language model's.
  public func check(fits model: LanguageModel) throws(ModelError) {
    guard configuration.outputLength == model.configuration.embeddingLength else {
      throw .visionDoesNotFit(
        visionPath: loader.file.path, visionWidth: configuration.outputLength, modelPath: model.path,
        modelWidth: model.configuration.embeddingLength)
    }
  }

  /// The vectors of two pictures that follow each other; a still picture is given twice.
  ///
  /// - Returns: (height / 28) · (width / 28) rows, row by row of the picture.
  /// - Throws: `unsuitablePicture` unless both have the same size with sides that are multiples of 28.
  public func encode(_ first: Picture, _ second: Picture) throws(ModelError) -> EmbeddingBlock {
    var block = EmbeddingBlock()
    try encode(first, second, into: &block)
    return block
  }

  /// The same into a block whose memory is used again.
  public func encode(_ first: Picture, _ second: Picture, into block: inout EmbeddingBlock) throws(ModelError) {
    let multiple = configuration.sideMultiple
    for picture in [first, second] {
      let (pixels, overflow) = picture.width.multipliedReportingOverflow(by: picture.height)
      guard picture.width > 0, picture.height > 0, picture.width % multiple == 0, picture.height % multiple == 0,
        picture.width == first.width, picture.height == first.height, !overflow, pixels <= configuration.maximumPixels
      else {
        throw .unsuitablePicture(
          width: picture.width, height: picture.height, multiple: multiple,
          maximumPixels: configuration.maximumPixels)
      }
    }
    let layout = PatchLayout(
      height: first.height / configuration.patchSize, width: first.width / configuration.patchSize,
      merge: configuration.mergeSize)
    let space = try workspace(for: layout)
    embed(first, second, layout: layout, in: space)
    for (index, weights) in blocks.enumerated() {
      attend(weights, count: layout.count, in: space)
      feedForward(weights, count: layout.count, in: space)
      observe(.visionBlock(index), space.hidden, layout.count)
    }
    merge(count: layout.count, in: space, into: &block)
    if let observer { observer(.merger, block.values) }
  }

  private func observe(_ stage: ModelStage, _ rows: Rows, _ count: Int) {
    if let observer { observer(stage, rows.values(count)) }
  }

  private func workspace(for layout: PatchLayout) throws(ModelError) -> VisionWorkspace {
    if let workspace, workspace.capacity >= layout.count {
      if workspace.layout != layout { workspace.turn(to: layout) }
      return workspace
    }
    workspace = nil
    let larger = try VisionWorkspace(
      loader: loader, sizes: configuration, capacity: layout.count,
      feedForwardRows: min(layout.count, VisionTower.feedForwardRows))
    larger.turn(to: layout)
    workspace = larger
    return larger
  }

  // MARK: Stages

  private func embed(_ first: Picture, _ second: Picture, layout: PatchLayout, in space: VisionWorkspace) {
    reader.read(first, layout: layout, into: space.patches)
    observe(.patches(picture: 0), space.patches, layout.count)
    engine.multiply(space.patches, count: layout.count, Engine.Product(patchEmbeddings.0, to: space.hidden))
    reader.read(second, layout: layout, into: space.patches)
    observe(.patches(picture: 1), space.patches, layout.count)
    engine.multiply(
      space.patches, count: layout.count, Engine.Product(patchEmbeddings.1, to: space.hidden, accumulate: true))
    observe(.patchEmbedding, space.hidden, layout.count)
  }

  private func attend(_ weights: VisionBlock, count: Int, in space: VisionWorkspace) {
    normalize(space.hidden, count: count, weights.attentionNorm, to: space.normed)
    inBlocks(count) { start, rows in
      engine.multiply(
        space.normed.from(start), count: rows, weights.query.product(to: space.queries.from(start)),
        weights.key.product(to: space.keys.from(start)), weights.value.product(to: space.values.from(start)))
    }
    for rows in [space.queries, space.keys] {
      engine.rotate(rows, count: count, heads: configuration.heads, cosines: space.rotary.cosines, sines: space.rotary.sines)
    }
    // The norm's output is no longer needed: the heads' outputs take its place.
    engine.attendFully(
      queries: space.queries, keys: space.keys, values: space.values, count: count, heads: configuration.heads,
      headSize: configuration.headDimension, output: space.normed)
    inBlocks(count) { start, rows in
      engine.multiply(
        space.normed.from(start), count: rows,
        weights.attentionOutput.product(to: space.hidden.from(start), accumulate: true))
    }
  }

  private func feedForward(_ weights: VisionBlock, count: Int, in space: VisionWorkspace) {
    normalize(space.hidden, count: count, weights.feedForwardNorm, to: space.normed)
    inBlocks(count) { start, rows in
      engine.multiply(space.normed.from(start), count: rows, weights.up.product(to: space.inner))
      if configuration.usesGELU {
        engine.gelu(space.inner, count: rows)
      } else {
        engine.quickGELU(space.inner, count: rows)
      }
      engine.multiply(space.inner, count: rows, weights.down.product(to: space.hidden.from(start), accumulate: true))
    }
  }

  private func merge(count: Int, in space: VisionWorkspace, into block: inout EmbeddingBlock) {
    let factor = configuration.mergeSize * configuration.mergeSize
    normalize(space.hidden, count: count, outputNorm, to: space.normed)
    let squares = space.normed.joined(by: factor)
    let inner = space.queries.joined(by: factor)
    block.resize(rows: count / factor, width: configuration.outputLength)
    inBlocks(count / factor) { start, rows in
      engine.multiply(squares.from(start), count: rows, merger.0.product(to: inner.from(start)))
      engine.gelu(inner.from(start), count: rows)
      engine.multiply(
        inner.from(start), count: rows, merger.1.weight, bias: merger.1.bias, to: &block.values, row: start)
    }
  }

  private func normalize(_ rows: Rows, count: Int, _ norm: LayerNorm, to output: Rows) {
    engine.layerNorm(
      rows, count: count, weight: norm.weight, bias: norm.bias, epsilon: configuration.normEpsilon, to: output)
  }

  private func inBlocks(_ count: Int, _ body: (_ start: Int, _ rows: Int) -> Void) {
    for start in stride(from: 0, to: count, by: VisionTower.feedForwardRows) {
      body(start, min(VisionTower.feedForwardRows, count - start))
    }
  }
}
