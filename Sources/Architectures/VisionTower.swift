// SPDX-License-Identifier: Apache-2.0

import Compute
import Images
import ModelFile

/// A vision tower: encodes a temporal patch (two frames that follow each other, one in some families) as embeddings
/// for the language model.
///
/// All families are made of the same pieces; `VisionDesign` says which. One caller uses a tower at a time. Working
/// memory grows to the largest image encoded and stays.
public final class VisionTower {
  /// The sizes, from the mmproj file's metadata.
  public let configuration: VisionConfiguration
  /// The embedding that ends a sequence of frames in LLaVA-OneVision, `[hidden size]` of the language model; nil in
  /// other families.
  public let imageNewline: [Float]?

  /// Keeps every stage's output, if set.
  package var stages: StageRecording?

  let loader: ModelLoader
  let engine: Engine
  private let embedding: PatchEmbedding
  private let blocks: [VisionBlock]
  let projector: VisionProjector
  /// After `windowMergerLayer`; nil in towers without.
  private let windowMerger: WindowMerger?
  /// For each of `deepstackLayers`.
  private let deepstackProjectors: [VisionProjector]
  private var workspace: VisionWorkspace?
  /// By layer, as the kernels take it.
  private var prunedHeads: [[Bool]]
  /// Embeddings of the pass under way, or of the last one.
  private(set) var embeddings = VisionTokenEmbeddings()
  /// Forward passes begun, which is the number of the newest.
  private(set) var passesBegun = 0

  /// - Parameters:
  ///   - weights: how they are stored; `repackedQ8` rounds floats to Q8_0 as well.
  ///   - inventory: receives the weights that are copied out of the file.
  /// - Throws: `ModelError` naming the file and what is wrong with it.
  public convenience init(
    file: GGUFFile, threads: ThreadPool, weights: WeightLayout = .repacked, inventory: WeightInventory? = nil
  ) throws(ModelError) {
    try self.init(
      file: file, threads: threads, instructionSet: .best, weights: weights, inventory: inventory,
      counter: WorkingMemoryCounter())
  }

  /// The same with the kernels of one instruction set, for tests that compare them.
  ///
  /// - Throws: `ModelError` naming the file and what is wrong with it.
  package convenience init(
    file: GGUFFile, threads: ThreadPool, instructionSet: InstructionSet, weights: WeightLayout = .repacked
  ) throws(ModelError) {
    try self.init(
      file: file, threads: threads, instructionSet: instructionSet, weights: weights, counter: WorkingMemoryCounter())
  }

  init(
    file: GGUFFile, threads: ThreadPool, instructionSet: InstructionSet, weights: WeightLayout,
    inventory: WeightInventory? = nil, counter: WorkingMemoryCounter
  ) throws(ModelError) {
    let sizes = try VisionConfiguration(file: file)
    let loader = ModelLoader(file: file, counter: counter, layout: weights, inventory: inventory)
    embedding = try PatchEmbedding(loader: loader, sizes: sizes)
    var blocks: [VisionBlock] = []
    for index in 0..<sizes.layers { blocks.append(try VisionBlock(loader: loader, sizes: sizes, index: index)) }
    self.blocks = blocks
    projector = try VisionProjector(loader: loader, sizes: sizes)
    windowMerger = sizes.windowMergerLayer == nil ? nil : try WindowMerger(loader: loader, sizes: sizes)
    var deepstack: [VisionProjector] = []
    for block in sizes.deepstackLayers {
      deepstack.append(try VisionProjector(loader: loader, sizes: sizes, deepstackOf: block))
    }
    deepstackProjectors = deepstack
    imageNewline = try VisionTower.imageNewline(loader, sizes)
    let matrices =
      embedding.matrices + blocks.flatMap(\.matrices) + ([projector] + deepstack).flatMap(\.matrices)
      + (windowMerger?.matrices ?? [])
    do {
      engine = try Engine(
        threads: threads, maximumRows: VisionWorkspace.blockRows,
        maximumColumns: matrices.filter(\.takesQuantizedActivations).map(\.columns).max() ?? 0,
        maximumHeads: sizes.heads,
        bf16Attention: weights == .repackedQ8 ? .auto : .never, instructionSet: instructionSet)
    } catch { throw .compute(path: file.path, error) }
    configuration = sizes
    prunedHeads = Array(repeating: [], count: sizes.layers)
    self.loader = loader
  }

  /// Heads that are left out, and layers that reuse the attention map of the layer before.
  ///
  /// - Precondition: heads and layers are the tower's, and `canReuseMap` holds for these layers.
  public var pruning = AttentionPruning() {
    didSet {
      let heads = configuration.heads
      precondition(pruning.fits(layers: configuration.layers, heads: heads), "heads of another model")
      precondition(pruning.reusedMaps.allSatisfy(canReuseMap), "a layer that has a map of its own")
      prunedHeads = (0..<configuration.layers).map { pruning.mask(ofLayer: $0, heads: heads) }
    }
  }

  /// Whether a layer's attention is of the same kind as the layer's before it, over the same patches, and the queries
  /// and keys of that layer are still there when it runs.
  public func canReuseMap(_ layer: Int) -> Bool {
    guard (1..<configuration.layers).contains(layer) else { return false }
    let areWindowed = [layer - 1, layer].map { configuration.windows?.areUsed(inBlock: $0) ?? false }
    // Projectors use the memory of the queries.
    return areWindowed[0] == areWindowed[1] && configuration.windowMergerLayer != layer - 1
      && !configuration.deepstackLayers.contains(layer - 1)
  }

  /// How exponentials, reciprocals, roots and activation functions are computed.
  public var nonlinear: NonlinearMode {
    get { engine.nonlinear }
    set { engine.nonlinear = newValue }
  }

  private static func imageNewline(_ loader: ModelLoader, _ sizes: VisionConfiguration) throws(ModelError) -> [Float]? {
    guard sizes.family == .llavaOneVision else { return nil }
    guard let name = ["model.image_newline", "v.image_newline"].first(where: loader.has) else { return nil }
    return try loader.vector(name, sizes.outHiddenSize).values
  }

  /// Throws `visionOfOtherFamily` or `visionDoesNotFit` unless the language model reads the tower's embeddings.
  public func check(fits model: LanguageModel) throws(ModelError) {
    try configuration.check(fits: model.configuration, path: loader.file.path, modelPath: model.path)
  }

  /// Whether a pass can compute only some places of an image. The tokens of LLaVA-OneVision are pooled from places that
  /// overlap, and a reused attention map has no keys of its own.
  public var isSparseSupported: Bool { configuration.family.design.merger != .pooled && pruning.reusedMaps.isEmpty }

  /// Begins to encode a temporal patch: two frames that follow each other, or one frame given twice. Families whose
  /// temporal patch is one frame take the first.
  ///
  /// - Parameters:
  ///   - cache: what is kept of the stream's temporal patches before; receives what is computed. nil keeps nothing.
  ///   - active: whether each place of `VisionConfiguration.tokenGrid` is computed, row by row; the others are as
  ///     `cache` has them. At least one is. All of them are computed where this is nil, or where the cache has no image
  ///     of this size.
  /// - Throws: `unsuitableImage` unless both have the same size with sides that are multiples of
  ///   `VisionConfiguration.sideMultiple`, or `compute` where there is no memory.
  /// - Precondition: `isSparseSupported` where there is a cache.
  public func begin(
    _ first: Image, _ second: Image, cache: VisionCache? = nil, active: [Bool]? = nil
  ) throws(ModelError) -> VisionPass {
    try check([first, second])
    let layout = PatchLayout(
      height: first.height / configuration.patchSize, width: first.width / configuration.patchSize,
      spatialMergeSize: configuration.spatialMergeSize, windowSide: configuration.windows?.side,
      innerSide: configuration.windowMergerLayer == nil ? nil : WindowMerger.side)
    let space = try workspace(for: layout)
    let grid = configuration.tokenGrid(width: first.width, height: first.height)
    var rows = VisionRows(layout)
    if let cache {
      precondition(isSparseSupported, "this tower has no sparse passes")
      if let active, cache.covers(layout) {
        precondition(active.count == grid.rows * grid.columns, "a value for each place")
        rows = VisionRows(layout, active: active)
      } else {
        try cache.reserve(layout, rows: cachedRows(patches: layout.count), sizes: configuration, loader: loader)
      }
      // What is kept is whole again at the end of the pass.
      cache.removeAll()
    }
    space.gatherRoPE(of: rows)
    embeddings.resize(
      rows: rows.isDense ? grid.rows * grid.columns : rows.count / rows.rowsPerGroup,
      width: configuration.embeddingWidth)
    passesBegun += 1
    return VisionPass(
      tower: self, images: [first, second], layout: layout, rows: rows, cache: cache, space: space, number: passesBegun)
  }

  /// The embeddings of a temporal patch, in one go; see `VisionPass.embeddings`.
  ///
  /// - Throws: as `begin` and `VisionPass.step` do.
  public func encode(
    _ first: Image, _ second: Image, cache: VisionCache? = nil, active: [Bool]? = nil
  ) throws(ModelError) -> VisionTokenEmbeddings {
    var pass = try begin(first, second, cache: cache, active: active)
    while try pass.step() {}
    return pass.embeddings
  }

  /// Rows that a cache keeps of each block.
  func cachedRows(patches: Int) -> [Int] {
    (0..<configuration.layers).map { isMerged(atBlock: $0) ? patches / WindowMerger.groupSize : patches }
  }

  private func isMerged(atBlock index: Int) -> Bool { configuration.windowMergerLayer.map { index > $0 } ?? false }

  // MARK: Steps of a pass

  func embedPatches(
    _ images: [Image], layout: PatchLayout, computing rows: VisionRows, in space: VisionWorkspace
  ) throws(ModelError) {
    embedding.run(images, layout: layout, computing: rows, in: space, engine: engine, stages: &stages)
    try check(space.hidden, count: rows.count, "v.patch_embd")
  }

  /// Runs a block, and the projector of its output where the language model takes that as well (deepstack).
  ///
  /// - Parameter patches: the patches that are computed.
  func runBlock(
    _ index: Int, layout: PatchLayout, patches: VisionRows, cache: VisionCache?, in space: VisionWorkspace
  ) throws(ModelError) {
    let rows = isMerged(atBlock: index) ? patches.merged(by: WindowMerger.groupSize) : patches
    let keys = blocks[index].attention.run(
      rows, kept: cache?.block(index),
      windows: WindowEnds(keys: space.windowEnds, queries: rows.gatheredEnds(of: space.windowEnds)),
      reusesMap: pruning.reusedMaps.contains(index), pruned: prunedHeads[index], in: space, engine: engine)
    // Attention could hide what is not a number.
    try check(space.queries, count: rows.count, "v.blk.\(index)")
    try check(keys, count: rows.total, "v.blk.\(index)")
    blocks[index].feedForward.run(count: rows.count, in: space, engine: engine)
    try check(space.hidden, count: rows.count, "v.blk.\(index)")
    stages?.add(space.hidden.values(rows.count), of: .visionBlock(index))
    if index == configuration.windowMergerLayer { windowMerger?.run(rows, in: space, engine: engine) }
    guard let level = configuration.deepstackLayers.firstIndex(of: index) else { return }
    deepstackProjectors[level].run(
      rows, layout: layout, in: space, engine: engine, to: &embeddings,
      column: configuration.outHiddenSize * (level + 1))
  }

  /// - Parameter patches: the patches that are computed.
  func project(
    layout: PatchLayout, patches: VisionRows, cache: VisionCache?, in space: VisionWorkspace
  ) throws(ModelError) {
    let rows = isMerged(atBlock: configuration.layers) ? patches.merged(by: WindowMerger.groupSize) : patches
    projector.run(rows, layout: layout, in: space, engine: engine, to: &embeddings, column: 0)
    guard embeddings.values[...].areFinite else { throw .notFinite(path: loader.file.path, layer: "mm") }
    stages?.add(embeddings.values, of: .merger)
    cache?.complete(layout, computed: patches, embeddings: embeddings)
  }

  private func check(_ rows: FloatMatrix, count: Int, _ layer: String) throws(ModelError) {
    guard !rows.isFinite(rows: count) else { return }
    throw .notFinite(path: loader.file.path, layer: layer)
  }

  private func check(_ images: [Image]) throws(ModelError) {
    let multiple = configuration.sideMultiple
    for image in images {
      let (pixels, overflow) = image.width.multipliedReportingOverflow(by: image.height)
      guard image.width > 0, image.height > 0, image.width % multiple == 0, image.height % multiple == 0,
        image.width == images[0].width, image.height == images[0].height, !overflow,
        pixels <= configuration.maximumPixels
      else {
        throw .unsuitableImage(
          width: image.width, height: image.height, multiple: multiple,
          maximumPixels: configuration.maximumPixels)
      }
    }
  }

  private func workspace(for layout: PatchLayout) throws(ModelError) -> VisionWorkspace {
    if let workspace, workspace.capacity >= layout.count {
      if workspace.layout != layout { try prepare(workspace, for: layout) }
      return workspace
    }
    workspace = nil
    let larger = try VisionWorkspace(
      loader: loader, sizes: configuration, capacity: layout.count, projectorSize: projector.intermediateSize)
    try prepare(larger, for: layout)
    workspace = larger
    return larger
  }

  private func prepare(_ space: VisionWorkspace, for layout: PatchLayout) throws(ModelError) {
    try embedding.fillPositions(of: space, layout: layout, loader: loader)
    space.relayout(to: layout)
  }
}
