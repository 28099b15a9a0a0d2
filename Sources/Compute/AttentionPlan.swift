// SPDX-License-Identifier: Apache-2.0

/// Which part of which head's rows each worker takes when one token is decoded; made ahead of time from the heads'
/// budgets, so that all workers read equally many rows however unequal the budgets are.
///
/// Parts are shares of a head's rows, since a head holds its budget only at times.
public struct AttentionPlan: Sendable, Equatable {
  /// A share of one head's rows, in units of `whole`.
  struct Part: Sendable, Equatable {
    let head: Int
    let start: Int
    let end: Int

    /// The rows of this part where the head holds `count`; parts begin at multiples of 16 rows.
    func rows(of count: Int) -> Range<Int> {
      Part.row(at: start, of: count)..<Part.row(at: end, of: count)
    }

    private static func row(at share: Int, of count: Int) -> Int {
      share == whole ? count : min((count * share / whole + 8) / 16 * 16, count)
    }
  }

  /// What a part that takes all of a head's rows ends at.
  static let whole = 1 << 20

  public let headCount: Int
  /// The worker's parts follow each other; a head's parts lie side by side and cover it.
  let parts: [Part]
  /// For each worker, the index after its last part.
  let ends: [Int]

  public var workerCount: Int { ends.count }

  /// What a worker reads where the heads hold so many rows; for looking at.
  public func rows(of worker: Int, counts: [Int]) -> [(head: Int, rows: Range<Int>)] {
    parts[(worker > 0 ? ends[worker - 1] : 0)..<ends[worker]].map { ($0.head, $0.rows(of: counts[$0.head])) }
  }

  /// - Parameters:
  ///   - budgets: rows of each key-value head of one layer; at least one head.
  ///   - workers: at least 1.
  public init(budgets: [Int], workers: Int) {
    let rows = budgets.map { max($0, 1) }
    let workers = max(workers, 1)
    let total = Double(rows.reduce(0.0) { $0 + Double($1) })
    var parts: [Part] = []
    var ends: [Int] = []
    var head = 0
    var share = 0
    var before = 0.0  // rows of the heads already dealt out
    for worker in 1...workers {
      let target = total * Double(worker) / Double(workers)
      while head < rows.count {
        let height = Double(rows[head])
        let reached = (target - before) / height * Double(AttentionPlan.whole)
        let end = worker == workers ? AttentionPlan.whole : min(Int(reached.rounded()), AttentionPlan.whole)
        if end > share { parts.append(Part(head: head, start: share, end: end)) }
        share = max(end, share)
        guard share == AttentionPlan.whole else { break }
        before += height
        head += 1
        share = 0
      }
      ends.append(parts.count)
    }
    headCount = rows.count
    self.parts = parts
    self.ends = ends
  }
}
