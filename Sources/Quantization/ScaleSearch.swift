// SPDX-License-Identifier: Apache-2.0

import Compute
import Foundation
import ModelFile
import Platform

/// Activation-quantization-aware scaling (AQAS, arXiv 2311.05161): scales of channels by the error of products whose
/// weights and activations are both quantized.
///
/// Of each rule's scales and of no scales at all, the best are taken. The products are those that the runtime computes,
/// with activations in 8 bits by blocks of 32.
public final class ScaleSearch {
  /// A rule that makes scales of the activations X and the weights W of an input's channels j. They are then divided by
  /// the geometric mean of the largest and the smallest.
  public enum Rule: Sendable, Equatable {
    /// max|X_j|^α / max|W_j|^(1 − α), as SmoothQuant (arXiv 2211.10438) has them with a fixed α.
    case peaks(alpha: Float)
    /// The root mean square of X_j, to the power of α. AWQ (arXiv 2306.00978) takes the mean magnitude. Near α = 0 they
    /// change little, which suits weights whose blocks have scales of their own.
    case activations(alpha: Float)
  }

  /// What is tried.
  package struct Options: Sendable {
    /// The rules.
    package var rules: [Rule] =
      (0..<20).map { .peaks(alpha: Float($0) / 19) } + (1..<20).map { .activations(alpha: Float($0) / 19) }
    /// Whether no scales are tried as well.
    package var triesNone = true
    /// Whether activations are quantized too, where the weights' type asks for it.
    package var quantizesActivations = true

    /// Twenty exponents of each rule.
    package init() {}
  }

  /// What a calibration has measured.
  public struct Measurements {
    /// Sampled inputs of a matrix.
    public var sample: (String) -> InputSamples?
    /// Mean squares of the inputs of a matrix by column.
    public var meanSquares: (String) -> [Float]?

    /// Memberwise.
    public init(sample: @escaping (String) -> InputSamples?, meanSquares: @escaping (String) -> [Float]?) {
      self.sample = sample
      self.meanSquares = meanSquares
    }
  }

  private let file: GGUFFile
  private let types: [String: TensorType]
  private let measurements: Measurements
  private let options: Options
  private let quantizer: RowQuantizer
  private var engine: Engine?
  private var engineColumns = 0

  /// Rows of a matrix that stand for all of them.
  private static let rows = 512

  /// The whole search over the inputs of a plan's matrices. Reads nothing yet.
  public convenience init(file: GGUFFile, plan: QuantizationPlan, measurements: Measurements, threads: Int) {
    self.init(file: file, plan: plan, measurements: measurements, threads: threads, options: Options())
  }

  package init(
    file: GGUFFile, plan: QuantizationPlan, measurements: Measurements, threads: Int, options: Options
  ) {
    self.file = file
    types = Dictionary(uniqueKeysWithValues: plan.entries.map { ($0.tensor.name, $0.target) })
    self.measurements = measurements
    self.options = options
    quantizer = RowQuantizer(threads: threads)
  }

  /// Searches.
  ///
  /// - Parameters:
  ///   - progress: called after each input, with those done and those in all.
  ///   - stop: looked at after each input.
  /// - Throws: `QuantizationError.cancelled` or `noMemory`.
  public func run(
    progress: (Int, Int) -> Void = { _, _ in }, stop: StopSource? = nil
  ) throws(QuantizationError) -> ChannelScaling {
    let (inputs, unscalable) = ScalableInput.all(in: file)
    var scaling = ChannelScaling()
    scaling.unscalable = unscalable
    for (index, input) in inputs.enumerated() {
      do throws(ComputeError) { try choose(input, into: &scaling) } catch {
        throw .noMemory(path: file.path, detail: error.description)
      }
      if stop?.isStopped == true { throw .cancelled }
      progress(index + 1, inputs.count)
    }
    return scaling
  }

  private func choose(_ input: ScalableInput, into scaling: inout ChannelScaling) throws(ComputeError) {
    guard let first = input.matrices.first, let sample = measurements.sample(first) else { return }
    let tensors = input.matrices.compactMap { name in file.tensor(name).map { (name, $0) } }
    guard tensors.allSatisfy({ $0.1.dimensions.first == sample.columns }),
      let made = channelsMade(by: input, channels: sample.columns)
    else { return }
    let matrices = tensors.map { name, tensor in
      ScaledMatrix(
        file: file, tensor: tensor, target: types[name] ?? tensor.type, limit: Self.rows,
        importance: measurements.meanSquares(name))
    }
    var weightMaxima = Array(repeating: Float(0), count: sample.columns)
    for matrix in matrices {
      for (index, value) in matrix.maxima.enumerated() {
        weightMaxima[index] = max(weightMaxima[index], value)
      }
    }
    let activations = input.reduced(sample.maxima, channels: made)
    let weights = input.reduced(weightMaxima, channels: made)
    let means = input.reduced(sample.rootMeanSquares, channels: made)

    let trial = try ScaleTrial(
      sample: sample, matrices: matrices, engine: engine(columns: sample.columns, rows: sample.count),
      quantizer: quantizer, quantizesActivations: options.quantizesActivations)
    let before = try trial.error(with: nil)
    var best: (rule: Rule?, scales: [Float]?, error: Double) = (nil, nil, options.triesNone ? before : .infinity)
    for rule in options.rules {
      let scales =
        switch rule {
        case .peaks(let alpha):
          Self.scales(zip(activations, weights).map { pow($0, alpha) * pow($1, alpha - 1) })
        case .activations(let alpha): Self.scales(means.map { pow($0, alpha) })
        }
      let error = try trial.error(with: input.expanded(scales, channels: sample.columns))
      if error < best.error { best = (rule, scales, error) }
    }
    scaling.add(
      .init(input: input, rule: best.rule, errorBefore: before, errorAfter: min(best.error, .greatestFiniteMagnitude)),
      scales: best.scales, file: file)
  }

  /// Channels that an input's sources make; nil where the shapes do not fit.
  private func channelsMade(by input: ScalableInput, channels: Int) -> Int? {
    guard let made = input.sources.first.flatMap(file.tensor)?.dimensions.last else { return nil }
    guard let heads = input.heads else { return made == channels ? made : nil }
    return made * heads.repeats == channels ? made : nil
  }

  /// Scales around 1. Channels without activations or weights, whose raw scale is 0 or infinite, keep the scale 1.
  private static func scales(_ raw: [Float]) -> [Float] {
    let usable = raw.map { $0.isFinite && $0 > 0 ? $0 : nil }
    guard let largest = usable.compactMap(\.self).max(), let smallest = usable.compactMap(\.self).min() else {
      return raw.map { _ in 1 }
    }
    let mean = largest.squareRoot() * smallest.squareRoot()
    return usable.map { $0.map { min(max($0 / mean, Self.bounds.lowerBound), Self.bounds.upperBound) } ?? 1 }
  }

  /// Scales beyond these would leave the range of a block's scale in half precision.
  private static let bounds: ClosedRange<Float> = 1e-3...1e3

  private func engine(columns: Int, rows: Int) throws(ComputeError) -> Engine {
    if let engine, engineColumns >= columns * rows { return engine }
    let new = try Engine(threads: quantizer.pool, maximumRows: rows, maximumColumns: columns, maximumHeads: 1)
    engine = new
    engineColumns = columns * rows
    return new
  }
}
