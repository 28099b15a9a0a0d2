// SPDX-License-Identifier: Apache-2.0

/// One key-value head of a decoder.
public struct HeadIndex: Sendable, Hashable, Comparable {
  public var layer: Int
  public var head: Int

  public init(layer: Int, head: Int) {
    self.layer = layer
    self.head = head
  }

  public static func < (one: HeadIndex, other: HeadIndex) -> Bool {
    (one.layer, one.head) < (other.layer, other.head)
  }
}

/// Which model a head profile was measured on.
public struct ModelFingerprint: Sendable, Hashable, Codable {
  public var name: String
  public var layers: Int
  public var keyValueHeads: Int
  public var headDimension: Int
  /// A digest of the model's tensors, in hexadecimal.
  public var digest: String

  public init(name: String, shape: CacheShape, digest: String) {
    self.name = name
    layers = shape.layers
    keyValueHeads = shape.keyValueHeads
    headDimension = shape.headDimension
    self.digest = digest
  }

  public var shape: CacheShape {
    CacheShape(layers: layers, keyValueHeads: keyValueHeads, headDimension: headDimension)
  }
}

/// How much of a cache each key-value head has use for, measured once on streams with questions.
///
/// Heads differ: some look at few tokens, some at many. What a head demands hardly depends on the input, so that shares
/// measured ahead of time serve all streams (Tangram). `HeadBudgets` makes budgets of them.
public struct HeadBudgetProfile: Sendable, Hashable, Codable {
  /// How like the single streams' rankings of heads are to the ranking of their mean, by Spearman's coefficient.
  public struct RankStability: Sendable, Hashable, Codable {
    public var mean: Double
    public var least: Double

    public init(mean: Double, least: Double) {
      self.mean = mean
      self.least = least
    }
  }

  /// What was measured, so that a profile can be judged and made again.
  public struct Origin: Sendable, Hashable, Codable {
    /// What a head's demand is, in words.
    public var measure: String
    /// Share of all heads' tokens that counted as demanded.
    public var ratio: Double
    public var streams: Int
    public var questions: Int
    /// Of generated streams.
    public var seed: UInt64?

    public init(measure: String, ratio: Double, streams: Int, questions: Int, seed: UInt64? = nil) {
      self.measure = measure
      self.ratio = ratio
      self.streams = streams
      self.questions = questions
      self.seed = seed
    }
  }

  public var model: ModelFingerprint
  /// Each head's share of the whole, `[layer][head]`. They add up to 1.
  public private(set) var shares: [[Double]]
  /// The share's standard deviation from stream to stream, `[layer][head]`.
  public private(set) var deviations: [[Double]]
  public var stability: RankStability
  /// Share of the heads whose demand hardly changes from stream to stream: by less than a tenth of an equal share.
  public var coverage: Double
  public var origin: Origin

  /// - Parameters:
  ///   - shares: in any unit; they are scaled to add up to 1, and the deviations with them.
  /// - Throws: `wrongShape`, `invalidNumber`, `nothingDemanded`.
  public init(
    model: ModelFingerprint, shares: [[Double]], deviations: [[Double]], stability: RankStability, coverage: Double,
    origin: Origin
  ) throws(HeadBudgetProfileError) {
    self.model = model
    self.shares = shares
    self.deviations = deviations
    self.stability = stability
    self.coverage = coverage
    self.origin = origin
    try normalize()
  }

  /// Checks every number and scales the shares.
  mutating func normalize() throws(HeadBudgetProfileError) {
    for (name, table) in [("shares", shares), ("deviations", deviations)] {
      let isWhole = table.count == model.layers && table.allSatisfy { $0.count == model.keyValueHeads }
      guard isWhole else { throw .wrongShape(table: name, layers: model.layers, heads: model.keyValueHeads) }
      for (layer, row) in table.enumerated() {
        for (head, value) in row.enumerated() where !(value >= 0 && value.isFinite) {
          throw .invalidNumber(table: name, at: HeadIndex(layer: layer, head: head), value: value)
        }
      }
    }
    let total = shares.joined().reduce(0, +)
    guard total > 0, total.isFinite else { throw .nothingDemanded }
    shares = shares.map { $0.map { $0 / total } }
    deviations = deviations.map { $0.map { $0 / total } }
  }

  /// Checks that the profile was made for a model.
  ///
  /// - Throws: `otherModel` with both names.
  public func check(_ fingerprint: ModelFingerprint) throws(HeadBudgetProfileError) {
    guard fingerprint.shape == model.shape, fingerprint.digest == model.digest else {
      throw .otherModel(profile: model, loaded: fingerprint)
    }
  }
}

/// Why a head profile cannot be used.
public enum HeadBudgetProfileError: Error, Equatable, Sendable {
  case unreadable(path: String, reason: String)
  case unwritable(path: String, reason: String)
  /// Not a head profile, or a damaged one.
  case malformed(path: String, reason: String)
  /// A table is not `[layers][heads]`.
  case wrongShape(table: String, layers: Int, heads: Int)
  /// A number that is negative or not finite.
  case invalidNumber(table: String, at: HeadIndex, value: Double)
  /// All shares are zero.
  case nothingDemanded
  /// Measured on another model.
  case otherModel(profile: ModelFingerprint, loaded: ModelFingerprint)
}

extension HeadBudgetProfileError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "the head profile \(path) cannot be read: \(reason)"
    case .unwritable(let path, let reason): "the head profile \(path) cannot be written: \(reason)"
    case .malformed(let path, let reason): "\(path) is not a head profile, or a damaged one: \(reason)"
    case .wrongShape(let table, let layers, let heads):
      "the head profile's \(table) are not \(layers) layers of \(heads) heads, as it says of its model; it is damaged"
    case .invalidNumber(let table, let index, let value):
      "the head profile's \(table) have \(value) for layer \(index.layer), head \(index.head), which cannot be; "
        + "it is damaged"
    case .nothingDemanded: "in the head profile no head has any share; it is damaged"
    case .otherModel(let profile, let loaded):
      "the head profile was measured on \(HeadBudgetProfileError.words(profile)), the model loaded is "
        + "\(HeadBudgetProfileError.words(loaded)); make one with `edgeassist profile`"
    }
  }

  private static func words(_ model: ModelFingerprint) -> String {
    "\(model.name) (\(model.layers) layers × \(model.keyValueHeads) heads × \(model.headDimension), \(model.digest))"
  }
}
