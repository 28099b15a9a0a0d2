// SPDX-License-Identifier: Apache-2.0

import Compute
import Images
import ModelFile

/// A vision tower: turns two pictures that follow each other (one patch in time), or in some families one, into
/// vectors for the language model.
///
/// All families are made of the same pieces; `VisionDesign` says which. One caller uses a tower at a time. Working
/// memory grows to the largest picture seen and stays.
public final class VisionTower {
  public let configuration: VisionConfiguration
  /// The vector that ends a sequence of frames in LLaVA-OneVision, as wide as the language model; nil in others.
  public let imageNewline: [Float]?

  /// Looks at every stage's output, if set.
  package var observer: StageObserver?

  let loader: WeightLoader
  let engine: Engine
  private let embedding: PatchEmbedding
  private let blocks: [VisionBlock]
  let merger: VisionMerger
  /// For each of `deepstackLayers`.
  private let deepstackMergers: [VisionMerger]
  private var workspace: VisionWorkspace?

  /// - Parameter weights: how they are held; `rounded` computes with floats as with Q8_0.
  /// - Throws: `ModelError` naming the file and what is wrong with it.
  public convenience init(
    file: GGUFFile, threads: ThreadPool, weights: WeightLayout = .repacked
  ) throws(ModelError) {
    try self.init(file: file, threads: threads, instructionSet: .best, weights: weights)
  }

  package convenience init(
    file: GGUFFile, threads: ThreadPool, instructionSet: InstructionSet, weights: WeightLayout = .repacked
  ) throws(ModelError) {
    try self.init(
      file: file, threads: threads, instructionSet: instructionSet, weights: weights, counter: AllocationCounter())
  }

  init(
    file: GGUFFile, threads: ThreadPool, instructionSet: InstructionSet, weights: WeightLayout,
    counter: AllocationCounter
  ) throws(ModelError) {
    let sizes = try VisionConfiguration(file: file)
    let loader = WeightLoader(file: file, counter: counter, use: weights)
    embedding = try PatchEmbedding(loader: loader, sizes: sizes)
    var blocks: [VisionBlock] = []
    for index in 0..<sizes.layers { blocks.append(try VisionBlock(loader: loader, sizes: sizes, index: index)) }
    self.blocks = blocks
    merger = try VisionMerger(loader: loader, sizes: sizes)
    var deepstack: [VisionMerger] = []
    for block in sizes.deepstackLayers {
      deepstack.append(try VisionMerger(loader: loader, sizes: sizes, deepstackOf: block))
    }
    deepstackMergers = deepstack
    imageNewline = try VisionTower.imageNewline(loader, sizes)
    let matrices = embedding.matrices + blocks.flatMap(\.matrices) + ([merger] + deepstack).flatMap(\.matrices)
    do {
      engine = try Engine(
        threads: threads, maximumRows: VisionWorkspace.blockRows,
        maximumColumns: matrices.filter(\.takesQuantizedActivations).map(\.columns).max() ?? 0,
        maximumHeads: sizes.heads,
        bf16Attention: weights == .repackedQ8 ? .auto : .never, instructionSet: instructionSet)
    } catch { throw .compute(path: file.path, error) }
    configuration = sizes
    self.loader = loader
  }

  private static func imageNewline(_ loader: WeightLoader, _ sizes: VisionConfiguration) throws(ModelError) -> [Float]?
  {
    guard sizes.family == .llavaOneVision else { return nil }
    guard let name = ["model.image_newline", "v.image_newline"].first(where: loader.has) else { return nil }
    return try loader.vector(name, sizes.outputLength).values
  }

  /// Throws `visionDoesNotFit` unless the vectors are as wide as the language model's.
  public func check(fits model: LanguageModel) throws(ModelError) {
    guard configuration.vectorWidth == model.configuration.visionWidth else {
      throw .visionDoesNotFit(
        visionPath: loader.file.path, visionWidth: configuration.vectorWidth, modelPath: model.path,
        modelWidth: model.configuration.visionWidth)
    }
  }

  /// The vectors of two pictures that follow each other; a still picture is given twice. Families that read one
  /// picture at a time take the first.
  ///
  /// - Returns: a row for each token of `VisionConfiguration.tokenGrid`, row by row of the picture, each
  ///   `outputLength · (1 + deepstackCount)` wide: the last block's vector, then those of the inner blocks.
  /// - Throws: `unsuitableImage` unless both have the same size with sides that are multiples of
  ///   `VisionConfiguration.sideMultiple`.
  public func encode(_ first: Image, _ second: Image) throws(ModelError) -> VisionEmbeddings {
    var block = VisionEmbeddings()
    try encode(first, second, into: &block)
    return block
  }

  /// The same into a block whose memory is used again.
  ///
  /// - Parameter meanwhile: called between the tower's blocks. Anything may be done there but encoding with this tower.
  public func encode(
    _ first: Image, _ second: Image, into block: inout VisionEmbeddings, meanwhile: () -> Void = {}
  ) throws(ModelError) {
    try check([first, second])
    let layout = PatchLayout(
      height: first.height / configuration.patchSize, width: first.width / configuration.patchSize,
      merge: configuration.mergeSize, window: configuration.windows?.side)
    let space = try workspace(for: layout)
    let grid = configuration.tokenGrid(width: first.width, height: first.height)
    block.resize(
      rows: grid.rows * grid.columns, width: configuration.outputLength * (1 + configuration.deepstackCount))
    embedding.run([first, second], layout: layout, in: space, engine: engine, observer: observer)
    var handedOn = 0
    for (index, weights) in blocks.enumerated() {
      weights.attention.run(count: layout.count, in: space, engine: engine)
      weights.feedForward.run(count: layout.count, in: space, engine: engine)
      observer?(.visionBlock(index), space.hidden.values(layout.count))
      meanwhile()
      if handedOn < deepstackMergers.count, configuration.deepstackLayers[handedOn] == index {
        handedOn += 1
        deepstackMergers[handedOn - 1].run(
          layout: layout, in: space, engine: engine, to: &block, column: configuration.outputLength * handedOn)
      }
    }
    merger.run(layout: layout, in: space, engine: engine, to: &block, column: 0)
    observer?(.merger, block.values)
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
      if workspace.layout != layout { try turn(workspace, to: layout) }
      return workspace
    }
    workspace = nil
    let larger = try VisionWorkspace(
      loader: loader, sizes: configuration, capacity: layout.count, mergedLength: merger.innerLength)
    try turn(larger, to: layout)
    workspace = larger
    return larger
  }

  private func turn(_ space: VisionWorkspace, to layout: PatchLayout) throws(ModelError) {
    try embedding.fillPositions(of: space, layout: layout, loader: loader)
    space.turn(to: layout)
  }
}
