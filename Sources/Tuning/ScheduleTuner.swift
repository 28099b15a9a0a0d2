// SPDX-License-Identifier: Apache-2.0

import Inference

/// Searches a space of schedules: measure some, learn what makes them fast, and choose the next ones.
///
/// As AutoTVM does, it mutates the fastest schedules that were measured and has a cost model predict how long the
/// mutants take. Of these it chooses the ones that are predicted to be fast and differ from each other, by the knobs in
/// which they have the same values: those that are much the same teach the cost model little. It is pulled: the caller
/// asks for a batch, measures it, and records the times. The same seed and the same times give the same batches.
public struct ScheduleTuner: Sendable {
  /// How the search goes.
  public struct Options: Sendable {
    /// Schedules that are chosen together.
    public var batch = 8
    /// What a schedule loses whose knobs are all those of another in the batch, on a scale on which the best prediction
    /// is 1 and the worst 0. Without such a loss the search is a plain greedy one.
    public var diversity = 0.5
    /// Mutants that a batch is chosen from.
    public var mutants = 128
    /// Of the fastest schedules, how many are mutated.
    public var parents = 8
    /// Of the mutants, how many are drawn at random instead.
    public var strangers = 32
    /// Whether the schedule that the engine has of itself comes first.
    public var beginsWithStandard = true

    /// Those of `autotune`.
    public init() {}
  }

  /// A schedule that was measured.
  public struct Measurement: Sendable, Equatable {
    /// The schedule.
    public var point: Int
    /// How long the product took.
    public var seconds: Double

    /// Memberwise; checks nothing.
    public init(point: Int, seconds: Double) {
      self.point = point
      self.seconds = seconds
    }
  }

  /// The schedules that are searched.
  public let space: ScheduleSpace
  /// In the order of measurement.
  public private(set) var measurements: [Measurement] = []
  private let options: Options
  private var model: CostModel
  private var random: SeededGenerator
  private var isMeasured: Set<Int> = []

  /// Nothing is measured yet.
  public init(space: ScheduleSpace, seed: UInt64, options: Options = Options()) {
    self.space = space
    self.options = options
    model = CostModel(space: space)
    random = SeededGenerator(seed: seed)
  }

  /// The fastest so far; nil before the first.
  public var best: Measurement? { measurements.min { ($0.seconds, $0.point) < ($1.seconds, $1.point) } }

  /// Takes a time down. A point that was measured before, or a time that is none, is left out.
  public mutating func record(_ measurement: Measurement) {
    guard (0..<space.count).contains(measurement.point), measurement.seconds > 0, measurement.seconds.isFinite,
      isMeasured.insert(measurement.point).inserted
    else { return }
    measurements.append(measurement)
  }

  /// The next schedules to measure; fewer than a batch where fewer are left, and none when all are measured.
  public mutating func nextBatch() -> [Int] {
    let wanted = min(options.batch, space.count - measurements.count)
    guard wanted > 0 else { return [] }
    let candidates = candidates(atLeast: wanted)
    var ranks: [Double]
    if measurements.isEmpty {
      ranks = candidates.map { _ in 0 }
    } else {
      model.fit(measurements.map { (space.coordinates(of: $0.point), $0.seconds) })
      ranks = Self.ranks(candidates.map { model.prediction(space.coordinates(of: $0)) })
    }
    if measurements.isEmpty, options.beginsWithStandard,
      let index = candidates.firstIndex(of: space.standardPoint)
    {
      ranks[index] = 2
    }
    return choose(wanted, of: candidates, ranks: ranks)
  }

  /// The candidate that is predicted to be fastest, then in turn the one whose rank, less its likeness to those that
  /// are chosen already, is highest.
  private func choose(_ wanted: Int, of candidates: [Int], ranks: [Double]) -> [Int] {
    let coordinates = candidates.map(space.coordinates)
    var likeness = Array(repeating: 0.0, count: candidates.count)
    var isChosen = Array(repeating: false, count: candidates.count)
    var chosen: [Int] = []
    while chosen.count < wanted {
      var next: (index: Int, score: Double)?
      for index in candidates.indices where !isChosen[index] {
        let score = ranks[index] - options.diversity * likeness[index]
        if next.map({ score > $0.score }) ?? true { next = (index, score) }
      }
      guard let index = next?.index else { break }
      isChosen[index] = true
      chosen.append(candidates[index])
      for other in candidates.indices {
        likeness[other] = max(likeness[other], space.similarity(coordinates[other], coordinates[index]))
      }
    }
    return chosen
  }

  /// Schedules that were not measured: mutants of the fastest ones, and some at random. All that are left where they
  /// are few.
  private mutating func candidates(atLeast wanted: Int) -> [Int] {
    let left = space.count - measurements.count
    guard left > max(options.mutants, wanted) else {
      return (0..<space.count).filter { !isMeasured.contains($0) }.shuffled(using: &random)
    }
    var candidates: [Int] = []
    var isCandidate = isMeasured
    func add(_ point: Int) {
      if isCandidate.insert(point).inserted { candidates.append(point) }
    }
    let fastest = measurements.sorted { ($0.seconds, $0.point) < ($1.seconds, $1.point) }.prefix(options.parents)
    if fastest.isEmpty, options.beginsWithStandard { add(space.standardPoint) }
    let bred = fastest.isEmpty ? 0 : options.mutants - options.strangers
    // A space may have fewer mutants of the fastest than are asked for.
    for _ in 0..<4 * bred where candidates.count < bred {
      let parent = fastest[fastest.startIndex + Int(random.next() % UInt64(fastest.count))]
      add(mutant(of: parent.point))
    }
    while candidates.count < options.mutants { add(Int(random.next() % UInt64(space.count))) }
    return candidates
  }

  /// The point with one or two knobs of other values.
  private mutating func mutant(of point: Int) -> Int {
    var coordinates = space.coordinates(of: point)
    for _ in 0...random.next() % 2 {
      let axis = Int(random.next() % UInt64(coordinates.count))
      coordinates[axis] = Int(random.next() % UInt64(space.axes[axis].values.count))
    }
    return space.point(at: coordinates)
  }

  /// 1 for the lowest value, 0 for the highest, and evenly between them by order.
  private static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var ranks = Array(repeating: 1.0, count: values.count)
    for (place, index) in order.enumerated() where values.count > 1 {
      ranks[index] = 1 - Double(place) / Double(values.count - 1)
    }
    return ranks
  }
}
