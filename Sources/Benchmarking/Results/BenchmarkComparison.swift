// SPDX-License-Identifier: Apache-2.0

/// The results of two runs side by side.
public struct BenchmarkComparison: Sendable, Equatable {
  /// How the new run compares with the old one.
  public enum Verdict: Sendable, Equatable {
    /// The new range lies wholly on the better side of the old one.
    case better
    /// The new range lies wholly on the worse side of the old one.
    case worse
    /// The ranges of the two runs overlap.
    case withinRange
  }

  /// One result of both runs.
  public struct Row: Sendable, Equatable {
    /// The result's part and condition.
    public var name: String
    /// The unit of both values.
    public var unit: BenchmarkResult.Unit
    /// The value of the old run.
    public var old: MedianRange
    /// The value of the new run.
    public var new: MedianRange
    /// How the values compare.
    public var verdict: Verdict

    /// The new median divided by the old one.
    public var ratio: Double { new.median / old.median }
    /// The lowest and the highest ratio that the ranges allow.
    public var ratioRange: ClosedRange<Double> {
      let least = new.lowest / old.highest
      return least...max(least, new.highest / old.lowest)
    }
  }

  /// Results that both runs have, in the new run's order.
  public var rows: [Row]
  /// Names of results that only the old run has.
  public var onlyOld: [String]
  /// Names of results that only the new run has.
  public var onlyNew: [String]
  /// Other differences, such as machine or model, each as a line of text.
  public var differences: [String]

  /// Pairs results by name and unit; the order is the new report's.
  public init(old: BenchmarkReport, new: BenchmarkReport) {
    var rows: [Row] = []
    for result in new.results {
      guard let before = old.results.first(where: { $0.name == result.name && $0.unit == result.unit }) else {
        continue
      }
      rows.append(
        Row(
          name: result.name, unit: result.unit, old: before.value, new: result.value,
          verdict: Self.verdict(from: before.value, to: result.value, isRate: result.unit.isRate)))
    }
    self.rows = rows
    let common = Set(rows.map(\.name))
    onlyOld = old.results.map(\.name).filter { !common.contains($0) }
    onlyNew = new.results.map(\.name).filter { !common.contains($0) }
    differences = Self.differences(old, new)
  }

  private static func verdict(from old: MedianRange, to new: MedianRange, isRate: Bool) -> Verdict {
    if old.overlaps(new) { return .withinRange }
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
      note("products", old.machine.scheduling, new.machine.scheduling),
      note("model", old.model.name, new.model.name),
      note("weights", old.model.types, new.model.types),
      note("keys and values", old.model.cacheType, new.model.cacheType),
    ].compactMap(\.self)
  }
}

extension Machine {
  fileprivate var scheduling: String { tunedProducts.map { "\($0) tuned by autotune" } ?? "standard schedules" }
}
