// SPDX-License-Identifier: Apache-2.0

import Architectures
import Compute
import Evaluation
import Foundation
import Inference
import ModelFile
import Quantization

/// The embedded model in F32 with outlier channels, and quantized copies of it.
struct ScaledModel {
  let source: TextModel
  /// The model in F32.
  let plain: GGUFFile

  /// - Parameter outliers: how much larger four channels of the norms are, with the matrices behind them that much
  ///   smaller; 1 for the model as it is.
  init(outliers: Float) throws {
    source = try TextModel()
    let paths = try ModelPaths.resolve(languageModel: nil)
    let original = try GGUFFile(path: paths.languageModel)
    let path = source.folder.path("plain.gguf")
    var factors: [String: ChannelScaling.Factors] = [:]
    for input in ScalableInput.all(in: original).scalable where input.sources.first?.contains("norm") == true {
      let channels = try original.requiredTensor(input.matrices[0]).dimensions[0]
      var scales = Array(repeating: Float(1), count: channels)
      for channel in [3, 50, 101, 180] { scales[channel] = outliers }
      for name in input.sources { factors[name] = .init(columns: scales) }
      for name in input.matrices { factors[name] = .init(columns: scales.map { 1 / $0 }) }
    }
    let plan = try QuantizationPlan(file: original, recipe: try Self.recipe("F32"))
    _ = try QuantizationRun(file: original, plan: plan, threads: 1, scaling: ChannelScaling(factors: factors))
      .write(to: path)
    plain = try GGUFFile(path: path)
  }

  static func recipe(_ name: String) throws -> QuantizationRecipe {
    guard let recipe = QuantizationRecipe(named: name) else { throw CocoaError(.featureUnsupported) }
    return recipe
  }

  func load(_ path: String) throws -> LoadedModel {
    try LoadedModel(paths: ModelPaths(languageModel: path, vision: nil, isEmbedded: false), threads: 1)
  }

  func calibration() async throws -> Calibration? {
    var options = CalibrationOptions(source: .file(source.text), length: 64, windows: 6)
    options.sampledMatrices = Set(ScalableInput.all(in: plain).scalable.compactMap(\.matrices.first))
    return try await CalibrationRunner(model: load(plain.path), options: options).run()
  }

  /// The scales that a search finds for a type.
  func scaling(
    for type: String, after calibration: Calibration, change: (inout ScaleSearch.Options) -> Void = { _ in }
  ) throws -> ChannelScaling {
    var options = ScaleSearch.Options()
    change(&options)
    return try ScaleSearch(
      file: plain, plan: QuantizationPlan(file: plain, recipe: Self.recipe(type)),
      measurements: .init(sample: { calibration.samples[$0] }, meanSquares: { _ in nil }), threads: 1,
      options: options
    ).run()
  }

  /// A copy of the model's file with scaled channels, in another type.
  ///
  /// - Parameter type: F32 writes the model's own weights.
  func copy(_ type: String, _ scaling: ChannelScaling?) throws -> String {
    let path = source.folder.path("copy.gguf")
    let base =
      type == "F32" ? try GGUFFile(path: ModelPaths.resolve(languageModel: nil).languageModel) : plain
    let plan = try QuantizationPlan(file: base, recipe: Self.recipe(type))
    _ = try QuantizationRun(file: base, plan: plan, threads: 1, scaling: scaling).write(to: path)
    return path
  }

  /// How much more the cross-entropy of a text is in a copy than in F32, in nats, where the text is what the model in
  /// F32 would write after each token: the mean divergence.
  func loss(_ type: String, _ scaling: ChannelScaling?) async throws -> Double {
    let runner = try ComparisonRunner(
      reference: try load(plain.path), candidate: try load(try copy(type, scaling)),
      options: ComparisonOptions(data: source.text, context: 64, windows: 6))
    return ComparisonSummary(records: try await runner.run().records).divergence.value
  }
}
