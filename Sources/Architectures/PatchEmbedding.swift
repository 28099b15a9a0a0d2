// SPDX-License-Identifier: Apache-2.0

import Compute
import Images
import ModelFile

/// The first step of a vision tower: embeds each patch of a temporal patch's frames, `[patches][hidden size]`. Some
/// towers add a learned embedding of the patch's position.
struct PatchEmbedding {
  /// For each frame of a temporal patch, its slice of the 3D convolution, `[hidden size][3 * patchSize * patchSize]`.
  private let kernels: [WeightMatrix]
  private let bias: FloatBuffer?
  private let reader: PatchReader
  private let positions: PositionEmbeddings?

  init(loader: ModelLoader, sizes: VisionConfiguration) throws(ModelError) {
    let inputs = [sizes.patchSize, sizes.patchSize, 3]
    var kernels: [WeightMatrix] = []
    for name in ["v.patch_embd.weight", "v.patch_embd.weight.1"].prefix(sizes.temporalPatchSize) {
      kernels.append(try loader.matrix(name, inputs: inputs, outputs: sizes.hiddenSize))
    }
    self.kernels = kernels
    let design = sizes.family.design
    bias = design.hasPatchBias ? try loader.vector("v.patch_embd.bias", sizes.hiddenSize) : nil
    positions = design.hasPositionEmbeddings ? try PositionEmbeddings(loader: loader, sizes: sizes) : nil
    reader = PatchReader(sizes: sizes)
  }

  var matrices: [WeightMatrix] { kernels }

  /// Fills a workspace's position embeddings for images of another size.
  func fillPositions(of space: VisionWorkspace, layout: PatchLayout, loader: ModelLoader) throws(ModelError) {
    guard let positions, let rows = space.positionEmbeddings else { return }
    try positions.fill(rows, layout: layout, loader: loader)
  }

  /// Fills `space.hidden`, a row for each patch that is computed.
  /// - Parameter images: the frames of the temporal patch; those after `temporalPatchSize` are not read.
  func run(
    _ images: [Image], layout: PatchLayout, computing computed: VisionRows, in space: VisionWorkspace, engine: Engine,
    stages: inout StageRecording?
  ) {
    for (index, kernel) in kernels.enumerated() {
      reader.read(images[index], layout: layout, computing: computed, into: space.patches)
      stages?.add(space.patches.values(computed.count), of: .patches(image: index))
      space.forEachBlock(of: computed.count) { start, rows in
        engine.multiply(
          space.patches.from(start), count: rows,
          Engine.Product(
            kernel, bias: index == 0 ? bias : nil, to: space.hidden.from(start), accumulate: index > 0))
      }
    }
    if let positions = space.positionEmbeddings {
      if !computed.isDense { computed.gather(positions, to: space.normed) }
      engine.add(computed.isDense ? positions : space.normed, count: computed.count, to: space.hidden)
    }
    stages?.add(space.hidden.values(computed.count), of: .patchEmbedding)
  }
}

/// A table of learned position embeddings for a square grid of patches, `[side * side][hidden size]`. It is
/// interpolated to an image's grid, as Qwen3-VL's `fast_pos_embed_interpolate` and SigLIP 2's
/// `resize_positional_embeddings` do in transformers, or the nearest row before it is taken, as MiniCPM-V does.
private struct PositionEmbeddings {
  private let table: WeightMatrix
  private let side: Int
  /// nil takes the nearest row.
  private let alignment: BilinearInterpolation.Alignment?

  init(loader: ModelLoader, sizes: VisionConfiguration) throws(ModelError) {
    let name = "v.position_embd.weight"
    let width = sizes.hiddenSize
    let count = try loader.outputs(of: name)
    side = Int(Double(count).squareRoot().rounded())
    let expected = sizes.fixedImageSide.map { $0 / sizes.patchSize } ?? side
    guard side * side == count, side == expected else {
      throw .wrongShape(
        path: loader.file.path, tensor: name, expected: [width, expected * expected], found: [width, count])
    }
    table = try loader.matrix(name, inputs: [width], outputs: count)
    switch sizes.family {
    case .lfm2: alignment = .antialiasedEdges
    case .minicpmV46: alignment = nil
    default: alignment = .corners
    }
  }

  func fill(_ rows: FloatMatrix, layout: PatchLayout, loader: ModelLoader) throws(ModelError) {
    let source = try loader.rows(table.rows, width: table.columns)
    for row in 0..<table.rows { table.dequantize(row: row, into: source.from(row)) }
    guard let alignment else {
      layout.forEachPatch { index, row, column in
        rows.copy(row: index, from: source, row: side * row / layout.height * side + side * column / layout.width)
      }
      return
    }
    let interpolation = BilinearInterpolation(
      from: (side, side), to: (layout.height, layout.width), alignment: alignment)
    layout.forEachPatch { index, row, column in
      interpolation.fill(rows, row: index, from: source, index: row * layout.width + column)
    }
  }
}
