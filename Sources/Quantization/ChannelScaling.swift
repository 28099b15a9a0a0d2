// SPDX-License-Identifier: Apache-2.0

import ModelFile

/// Scales of the channels between a decoder's matrices, folded into its tensors: the model computes the same, with
/// weights and activations that lose less.
///
/// The scales of values change their norms, by which a compressed KV cache ranks tokens, a little.
public struct ChannelScaling: Sendable {
  /// Factors on a tensor's values.
  public struct Factors: Sendable, Equatable {
    /// Of each column, `[columns]`, or of each value of a vector; nil for 1.
    public var columns: [Float]?
    /// Of each row, `[rows]`; nil for 1.
    public var rows: [Float]?

    /// Memberwise.
    package init(columns: [Float]? = nil, rows: [Float]? = nil) {
      self.columns = columns
      self.rows = rows
    }

    /// Importance of the columns after scaling: an activation is divided by what its column is multiplied by.
    func importance(_ importance: [Float]?) -> [Float]? {
      guard let importance, let columns, columns.count == importance.count else { return importance }
      return zip(importance, columns).map { $0 / ($1 * $1) }
    }
  }

  /// What was found for one input.
  public struct Choice: Sendable, Equatable {
    /// The input.
    public let input: ScalableInput
    /// The rule of its scales; nil where the channels stay as they are.
    public let rule: ScaleSearch.Rule?
    /// Squared error of the products with this input on the sample, relative to that of the products, as they are.
    public let errorBefore: Double
    /// The same with the scales.
    public let errorAfter: Double
  }

  /// Factors by the name of the tensor.
  public private(set) var factors: [String: Factors] = [:]
  /// One for each input that was tried.
  public private(set) var choices: [Choice] = []
  /// Inputs that cannot be scaled.
  public internal(set) var unscalable: [ScalableInput.Unscalable] = []

  /// No scales.
  init() {}

  /// Factors by the name of the tensor, which must cancel each other.
  package init(factors: [String: Factors]) { self.factors = factors }

  /// Adds what was found for an input.
  ///
  /// - Parameters:
  ///   - scales: of the channels that its sources make; nil leaves them.
  ///   - file: has the shapes.
  mutating func add(_ choice: Choice, scales: [Float]?, file: GGUFFile) {
    choices.append(choice)
    guard let scales else { return }
    for name in choice.input.matrices {
      guard let columns = file.tensor(name)?.dimensions.first else { continue }
      factors[name, default: Factors()].columns = choice.input.expanded(scales, channels: columns)
    }
    let inverse = scales.map { 1 / $0 }
    for name in choice.input.sources {
      // A vector is one row.
      let isVector = file.tensor(name)?.dimensions.count == 1
      if isVector {
        factors[name, default: Factors()].columns = inverse
      } else {
        factors[name, default: Factors()].rows = inverse
      }
    }
  }
}
