// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Inference
import Platform
import TestSupport
import Testing

/// Embeddings of drawn streams under weather, light and camera, sparse against dense. With EDGEASSIST_FIGURES=1 each
/// test prints its row of the table in Sources/Inference/README.md.
@Suite("Sparse embeddings of disturbed streams", .serialized)
struct SparseErrorTests {
  @Test("stay near the dense ones, and most of a stream without disturbance is left out")
  func undisturbed() async throws {
    let figures = try await Comparison().figures(of: nil)
    #expect(figures.activeShare < 0.6 && figures.median < 0.25, "\(figures)")
  }

  @Test("stay near the dense ones", arguments: Disturbance.allCases)
  func disturbed(disturbance: Disturbance) async throws {
    let figures = try await Comparison().figures(of: disturbance)
    #expect(figures.activeShare <= 1 && figures.median < 0.35, "\(figures)")
  }
}

private struct Figures {
  var activeShare: Double
  /// ‖sparse − dense‖ / ‖dense‖ of a token, over all tokens of all temporal patches.
  var median, percentile99: Double
}

/// Encodes a stream twice, on a thread of its own as the models want it.
private actor Comparison {
  func figures(of disturbance: Disturbance?) async throws -> Figures {
    var options = DoorstepOptions(seed: 9, questions: 10, seconds: 90, kinds: [.spread])
    options.disturbances = disturbance.map { [$0] } ?? []
    let suite = DoorstepSuite(options)
    let encodings: [VisionEncoding] = [.dense, .sparse(.q8, isReadSparsely: true)]
    var encoded: [EncodedTemporalPatches] = []
    for encoding in encodings {
      let model = try LoadedModel(
        paths: try ModelPaths.resolve(languageModel: nil), threads: 1,
        memory: ModelLoadingOptions(visionEncoding: encoding))
      var patches = EncodedTemporalPatches(model: model)
      try await suite.show(suite.streams[0], to: &patches, model: model, stop: StopSource(), on: self)
      encoded.append(patches)
    }
    var errors: [Double] = []
    for (dense, sparse) in zip(encoded[0].patches, encoded[1].patches) {
      let width = dense.embeddings.width
      for token in 0..<dense.embeddings.rows {
        let row = token * width..<(token + 1) * width
        errors.append(relativeDifference(Array(sparse.embeddings.values[row]), Array(dense.embeddings.values[row])))
      }
    }
    errors.sort()
    let figures = Figures(
      activeShare: encoded[1].activeShare ?? 1, median: errors[errors.count / 2],
      percentile99: errors[errors.count * 99 / 100])
    if ProcessInfo.processInfo.environment["EDGEASSIST_FIGURES"] != nil {
      let numbers = [figures.activeShare, figures.median, figures.percentile99].map { String(format: "%.3f", $0) }
      print("| \(disturbance?.rawValue ?? "none") | \(numbers.joined(separator: " | ")) |")
    }
    return figures
  }
}
