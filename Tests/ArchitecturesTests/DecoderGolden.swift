// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Foundation
import ModelFile
import Testing

/// A small random language model and what Hugging Face transformers computes with it; see
/// Goldens/make_decoder_goldens.py.
struct DecoderGolden {
  let file: GGUFFile
  private let golden: GGUFFile

  init(_ name: String) throws {
    self.init(
      file: try GGUFFile(path: goldenPath(name + ".gguf")),
      golden: try GGUFFile(path: goldenPath(name + "-golden.gguf")))
  }

  init(file: GGUFFile, golden: GGUFFile) {
    self.file = file
    self.golden = golden
  }

  func values(of name: String) throws -> [Float] {
    golden.bytes(of: try golden.requiredTensor(name)).bindMemory(to: Float.self).map { $0 }
  }

  func integer(_ key: String) throws -> Int { try golden.metadata.integer(key) }

  func sequence(_ label: String) throws -> Sequence {
    let flat = try golden.metadata.integers(label + ".positions").map(Int32.init)
    let sizes = try golden.metadata.integers(label + ".segments")
    return Sequence(
      segments: stride(from: 0, to: sizes.count, by: 3).map {
        sizes[$0] > 0
          ? .text(count: sizes[$0])
          : .temporalPatch(GridTHW(temporalPatches: 1, height: sizes[$0 + 1], width: sizes[$0 + 2]))
      },
      tokens: try golden.metadata.integers(label + ".tokens"),
      positions: stride(from: 0, to: flat.count, by: 3).map {
        MRoPEPosition(time: flat[$0], height: flat[$0 + 1], width: flat[$0 + 2])
      },
      vision: golden.tensor(label + ".vision") == nil ? [] : try values(of: label + ".vision"))
  }

  /// Text and temporal patches alternate, text last. `tokens` and `positions` are of all of them, `vision` of the
  /// patches.
  struct Sequence {
    enum Segment {
      case text(count: Int)
      case temporalPatch(GridTHW)
    }

    let segments: [Segment]
    let tokens: [Int]
    let positions: [MRoPEPosition]
    let vision: [Float]
  }
}

/// Runs a golden sequence through a decoder and collects what it makes.
struct DecoderRun {
  /// All rows of every layer's output.
  private(set) var layers: [Int: [Float]] = [:]
  /// The logits of each token of the last text, or of its last one alone where it was read in one go.
  private(set) var logits: [[Float]] = []
  /// Compressions that made room for a temporal patch or the last text.
  private(set) var compressions = 0

  /// - Parameters:
  ///   - block: tokens that the decoder reads at once; 1 reads the last text token by token through `decode`.
  ///   - budget: of the cache; nil for one in which everything fits.
  ///   - adapter: makes an adapter for the model.
  init(
    _ file: GGUFFile, _ sequence: DecoderGolden.Sequence, block: Int = 256, threads: Int = 2,
    instructionSet: InstructionSet = .best, isRecorded: Bool = true, budget: Int? = nil,
    adapter: (LanguageModel) throws -> LoRAAdapter? = { _ in nil }
  ) throws {
    let model = try LanguageModel(
      file: file, threads: ThreadPool(threads: threads), maximumBlock: block, instructionSet: instructionSet)
    model.adapter = try adapter(model)
    if isRecorded { model.stages = StageRecording() }
    let cache = try KeyValueCache(
      shape: model.configuration.cacheShape, budget: budget ?? sequence.positions.count, policy: .infinipotV)
    let width = model.configuration.visionEmbeddingWidth
    var start = 0
    var row = 0
    for (index, segment) in sequence.segments.enumerated() {
      switch segment {
      case .text(let count):
        let isLast = index == sequence.segments.count - 1
        let tokens = Array(sequence.tokens[start..<start + count])
        let positions = Array(sequence.positions[start..<start + count])
        if isLast { try cache.ensureCapacity(for: count) }
        if isLast, block == 1 {
          for (token, position) in zip(tokens, positions) {
            try model.decode(token: token, position: position, into: cache.ticket(for: .text))
            logits.append(model.logits)
          }
        } else {
          try model.prefill(
            tokens: tokens, positions: positions,
            into: cache.ticket(for: isLast ? .text : index == 0 ? .system : .vision))
          if isLast { logits.append(model.logits) }
        }
        start += count
      case .temporalPatch(let grid):
        let count = grid.tokenCount
        try cache.ensureCapacity(for: count, in: .vision)
        try model.prefill(
          embeddings: VisionTokenEmbeddings(
            rows: count, width: width, values: Array(sequence.vision[row * width..<(row + count) * width])),
          positions: Array(sequence.positions[start..<start + count]), into: cache.ticket(for: .vision, grid: grid))
        start += count
        row += count
      }
    }
    compressions = cache.compressionCount
    for case (.decoderLayer(let index), let rows) in model.stages?.outputs ?? [:] { layers[index] = rows }
  }
}
