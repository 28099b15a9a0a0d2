// SPDX-License-Identifier: Apache-2.0

/// Two runs side by side.
public struct BenchmarkComparison: Sendable, Equatable {
  /// What became of a figure.
  public enum Verdict: Sendable, Equatable {
    case better
    case worse
    /// Some round of either run gave what the other gave too.
    case withinSpread
  }

  public struct Row: Sendable, Equatable {
    public var name: String
    public var unit: BenchmarkResult.Unit
    public var old: MedianRange
    public var new: MedianRange
    public var verdict: Verdict

    /// New medians over old.
    public var ratio: Double { new.median / old.median }
    /// The least and the most that it can be by the rounds' ranges.
    public var ratioRange: ClosedRange<Double> {
      let least = new.lowest / old.highest
      return least...max(least, new.highest / old.lowest)
    }
  }

  /// Figures that both have, in the new run's order.
  public var rows: [Row]
  /// Names of those that one alone has.
  public var onlyOld: [String]
  public var onlyNew: [String]
  /// What else differs, such as machine or model, in words.
  public var differences: [String]

  public init(old: BenchmarkReport, new: BenchmarkReport) {
    var rows: [Row] = []
    for figure in new.figures {
      guard let before = old.figures.first(where: { $0.name == figure.name && $0.unit == figure.unit }) else {
        continue
      }
      rows.append(
        Row(
          name: figure.name, unit: figure.unit, old: before.value, new: figure.value,
          verdict: Self.verdict(from: before.value, to: figure.value, isRate: figure.unit.isRate)))
    }
    self.rows = rows
    let common = Set(rows.map(\.name))
    onlyOld = old.figures.map(\.name).filter { !common.contains($0) }
    onlyNew = new.figures.map(\.name).filter { !common.contains($0) }
    differences = Self.differences(old, new)
  }

  private static func verdict(from old: MedianRange, to new: MedianRange, isRate: Bool) -> Verdict {
    if old.overlaps(new) { return .withinSpread }
    return (new.median > old.median) == isRate ? .better : .worse
  }

  private static func differences(_ old: BenchmarkReport, _ new: BenchmarkReport) -> [String] {
    func note(_ what: String, _ before: String, _ after: String) -> String? {
      before == after ? nil : "\(what): \(before) → \(after)"
    }
    return [
      note("processor", old.machine.processor, new.machine.processor),
      note("kernels", old.machine.instructions, new.machine.instructions),
      note("threads", "\(old.machine.threads)", "\(new.machine.threads)"),
      note("system", old.machine.system, new.machine.system),
      note("model", old.subject.name, new.subject.name),
      note("weights", old.subject.types, new.subject.types),
      note("keys and values", old.subject.cacheType, new.subject.cacheType),
    ].compactMap(\.self)
  }
}
