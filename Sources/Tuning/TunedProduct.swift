// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

/// A product that was tuned, or begun to be.
public struct TunedProduct: Sendable, Equatable {
  /// What was multiplied.
  public var shape: ProductShape
  /// Tokens with which it was measured.
  public var tokens: Int
  /// What was measured, in its order.
  public var trials: [ScheduleTuner.Measurement]
  /// What came of it; nil while the search has not come to its end.
  public var result: Result?

  /// What came of a search.
  public struct Result: Sendable, Equatable {
    /// The schedule to use: the standard one where none was faster by more than the noise.
    public var schedule: ProductSchedule
    /// The fastest schedule that was measured, whether it is used or not.
    public var candidate: ProductSchedule
    /// The standard schedule's time.
    public var standardSeconds: Double
    /// The candidate's time divided by the standard schedule's.
    public var ratio: Double
    /// How far that ratio is from the true one.
    public var noise: Double

    /// A candidate that has won its duel is used.
    public init(candidate: ProductSchedule, duel: ScheduleDuel) {
      schedule = duel.isWon ? candidate : .standard
      self.candidate = candidate
      standardSeconds = duel.standardSeconds
      ratio = duel.ratio
      noise = duel.noise
    }

    init(schedule: ProductSchedule, candidate: ProductSchedule, standardSeconds: Double, ratio: Double, noise: Double) {
      self.schedule = schedule
      self.candidate = candidate
      self.standardSeconds = standardSeconds
      self.ratio = ratio
      self.noise = noise
    }
  }

  /// Memberwise; checks nothing.
  public init(
    shape: ProductShape, tokens: Int, trials: [ScheduleTuner.Measurement] = [], result: Result? = nil
  ) {
    self.shape = shape
    self.tokens = tokens
    self.trials = trials
    self.result = result
  }
}

// MARK: In the file

/// A product as the file has it, with nothing that was not checked.
struct TunedProductRecord: Codable {
  struct Matrix: Codable {
    var type: String
    var repacked: Bool
    var rows: Int
  }

  struct Result: Codable {
    var schedule: [String: Int]
    var candidate: [String: Int]
    var standardSeconds: Double
    var ratio: Double
    var noise: Double
  }

  var matrices: [Matrix]
  var columns: Int
  var tokens: Int
  var trialPoints: [Int]
  var trialSeconds: [Double]
  var result: Result?

  init(_ product: TunedProduct) {
    matrices = product.shape.matrices.map { Matrix(type: $0.type.name, repacked: $0.isRepacked, rows: $0.rows) }
    columns = product.shape.columns
    tokens = product.tokens
    trialPoints = product.trials.map(\.point)
    trialSeconds = product.trials.map(\.seconds)
    result = product.result.map { result in
      Result(
        schedule: Self.values(of: result.schedule), candidate: Self.values(of: result.candidate),
        standardSeconds: result.standardSeconds, ratio: result.ratio, noise: result.noise)
    }
  }

  /// - Throws: `Refusal` with what is wrong.
  func product() throws(Refusal) -> TunedProduct {
    guard (1...3).contains(matrices.count), (1...Self.largest).contains(columns), (1...Self.largest).contains(tokens),
      trialPoints.count == trialSeconds.count
    else { throw Refusal(reason: "a product of it cannot be") }
    var known: [ProductShape.Matrix] = []
    for matrix in matrices {
      guard let type = TensorType.allCases.first(where: { $0.name == matrix.type }),
        ProductShape.Matrix.exists(type, isRepacked: matrix.repacked), (1...Self.largest).contains(matrix.rows)
      else { throw Refusal(reason: "a matrix of it cannot be") }
      known.append(ProductShape.Matrix(type: type, isRepacked: matrix.repacked, rows: matrix.rows))
    }
    var product = TunedProduct(shape: ProductShape(known, columns: columns, tokens: tokens), tokens: tokens)
    product.trials = zip(trialPoints, trialSeconds).map { ScheduleTuner.Measurement(point: $0, seconds: $1) }
    if let result {
      product.result = TunedProduct.Result(
        schedule: try Self.schedule(result.schedule), candidate: try Self.schedule(result.candidate),
        standardSeconds: result.standardSeconds, ratio: result.ratio, noise: result.noise)
    }
    return product
  }

  /// Why a file is not used.
  struct Refusal: Error {
    var reason: String
  }

  /// The most rows, columns and tokens of a product that is believed.
  private static let largest = 1 << 24

  private static func values(of schedule: ProductSchedule) -> [String: Int] {
    var values: [String: Int] = [:]
    for knob in ScheduleKnob.allCases { values[knob.rawValue] = schedule[knob] }
    return values
  }

  private static func schedule(_ values: [String: Int]) throws(Refusal) -> ProductSchedule {
    var schedule = ProductSchedule.standard
    for (name, value) in values {
      guard let knob = ScheduleKnob(rawValue: name) else {
        throw Refusal(reason: "a schedule of it has an unknown knob")
      }
      schedule[knob] = value
    }
    guard schedule.isWithinBounds else { throw Refusal(reason: "a schedule of it is out of bounds") }
    return schedule
  }
}
