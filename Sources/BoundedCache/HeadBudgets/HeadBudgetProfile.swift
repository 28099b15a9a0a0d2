// SPDX-License-Identifier: Apache-2.0

/// How much of a KV cache each key-value head needs, measured once on streams with questions.
///
/// Heads differ: some attend to few tokens, some to many. A head's demand hardly depends on the input, so ratios that
/// were measured once serve all streams (Tangram). `HeadBudgets` makes budgets of them.
public struct HeadBudgetProfile: Sendable, Hashable, Codable {
  /// How similar the single streams' rankings of heads are to the ranking of their mean, by Spearman's coefficient.
  public struct RankStability: Sendable, Hashable, Codable {
    /// The mean over the streams, -1 … 1.
    public var mean: Double
    /// The lowest of any stream, -1 … 1.
    public var least: Double

    /// Memberwise; checks nothing.
    public init(mean: Double, least: Double) {
      self.mean = mean
      self.least = least
    }
  }

  /// Origin of a profile: measure, streams and questions, so that the profile can be judged and reproduced.
  public struct Origin: Sendable, Hashable, Codable {
    /// A description of how a head's demand was measured.
    public var measure: String
    /// Ratio of all heads' tokens that counted as demanded, 0 … 1.
    public var ratio: Double
    /// Streams measured.
    public var streams: Int
    /// Questions measured, of all streams together.
    public var questions: Int
    /// The seed of generated streams.
    public var seed: UInt64?

    /// Memberwise; checks nothing.
    public init(measure: String, ratio: Double, streams: Int, questions: Int, seed: UInt64? = nil) {
      self.measure = measure
      self.ratio = ratio
      self.streams = streams
      self.questions = questions
      self.seed = seed
    }
  }

  /// The model that the heads are of; other models refuse the profile.
  public var model: ModelFingerprint
  /// Each head's ratio of the budget, `[layer][head]`; the sum is 1.
  public private(set) var ratios: [[Double]]
  /// The standard deviation of each ratio over the streams, `[layer][head]`.
  public private(set) var deviations: [[Double]]
  /// How far the ranking of heads depends on the stream.
  public var stability: RankStability
  /// Ratio of the heads whose demand deviates over the streams by less than a tenth of an equal ratio, 0 … 1.
  public var coverage: Double
  /// Origin of the profile.
  public var origin: Origin

  /// - Parameters:
  ///   - ratios: in any unit; they are scaled to a sum of 1, and the deviations with them.
  /// - Throws: `wrongShape`, `invalidValue`, `nothingDemanded`.
  public init(
    model: ModelFingerprint, ratios: [[Double]], deviations: [[Double]], stability: RankStability, coverage: Double,
    origin: Origin
  ) throws(HeadBudgetProfileError) {
    self.model = model
    self.ratios = ratios
    self.deviations = deviations
    self.stability = stability
    self.coverage = coverage
    self.origin = origin
    try normalize()
  }

  /// Checks every value and scales the ratios.
  mutating func normalize() throws(HeadBudgetProfileError) {
    for (name, table) in [("ratios", ratios), ("deviations", deviations)] {
      let isWhole = table.count == model.layers && table.allSatisfy { $0.count == model.keyValueHeads }
      guard isWhole else { throw .wrongShape(table: name, layers: model.layers, heads: model.keyValueHeads) }
      for (layer, row) in table.enumerated() {
        for (head, value) in row.enumerated() where !(value >= 0 && value.isFinite) {
          throw .invalidValue(table: name, at: HeadIndex(layer: layer, head: head), value: value)
        }
      }
    }
    let total = ratios.joined().reduce(0, +)
    guard total > 0, total.isFinite else { throw .nothingDemanded }
    ratios = ratios.map { $0.map { $0 / total } }
    deviations = deviations.map { $0.map { $0 / total } }
  }

  /// Checks that the profile was measured on a model.
  ///
  /// - Throws: `otherModel` with both fingerprints.
  public func check(_ fingerprint: ModelFingerprint) throws(HeadBudgetProfileError) {
    guard fingerprint.shape == model.shape, fingerprint.digest == model.digest else {
      throw .otherModel(profile: model, loaded: fingerprint)
    }
  }
}

/// Why a head budget profile cannot be used.
public enum HeadBudgetProfileError: Error, Equatable, Sendable {
  /// The file cannot be opened or read.
  case unreadable(path: String, reason: String)
  /// The file cannot be written.
  case unwritable(path: String, reason: String)
  /// Not a head budget profile, or a damaged one.
  case malformed(path: String, reason: String)
  /// A table is not `[layers][heads]`.
  case wrongShape(table: String, layers: Int, heads: Int)
  /// A value that is negative or not finite.
  case invalidValue(table: String, at: HeadIndex, value: Double)
  /// All ratios are zero.
  case nothingDemanded
  /// Measured on another model.
  case otherModel(profile: ModelFingerprint, loaded: ModelFingerprint)
}

extension HeadBudgetProfileError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "the head budget profile \(path) cannot be read: \(reason)"
    case .unwritable(let path, let reason): "the head budget profile \(path) cannot be written: \(reason)"
    case .malformed(let path, let reason): "\(path) is not a head budget profile, or a damaged one: \(reason)"
    case .wrongShape(let table, let layers, let heads):
      "the head budget profile's \(table) are not \(layers) layers of \(heads) heads, as it says of its "
        + "model; it is damaged"
    case .invalidValue(let table, let index, let value):
      "the head budget profile's \(table) have \(value) for layer \(index.layer), head \(index.head), which is not "
        + "possible; it is damaged"
    case .nothingDemanded: "in the head budget profile all ratios are zero; it is damaged"
    case .otherModel(let profile, let loaded):
      "the head budget profile was measured on \(profile), the model loaded is "
        + "\(loaded); make one with `edgeassist profile`"
    }
  }
}
