// SPDX-License-Identifier: Apache-2.0

/// Which rows of which heads each worker reads when one token is decoded.
///
/// A plan is made ahead of time from the heads' KV budgets, so that all workers read equally many rows however much the
/// budgets differ. It holds shares of a head's rows instead of row numbers, because a head caches as many rows as its
/// budget only at times.
public struct AttentionPlan: Sendable, Equatable {
  /// A share of one head's rows, from `start` to `end` in units of 1 / `whole`.
  private struct Part: Sendable, Equatable {
    let head: Int
    let start: Int
    let end: Int

    /// The rows of this part if the head has `count` cached. Parts begin at multiples of 16 rows.
    func rows(of count: Int) -> Range<Int> {
      Part.row(at: start, of: count)..<Part.row(at: end, of: count)
    }

    private static func row(at share: Int, of count: Int) -> Int {
      share == whole ? count : min((count * share / whole + 8) / 16 * 16, count)
    }
  }

  /// The end of a part that reaches a head's last row.
  private static let whole = 1 << 20

  /// Key-value heads that the plan is for.
  public let headCount: Int
  /// The parts of the first worker, then those of the second, and so on. A head's parts follow each other and cover it.
  private let parts: [Part]
  /// For each worker, the index after its last part.
  private let ends: [Int]

  /// Workers that the plan is for.
  public var workerCount: Int { ends.count }

  /// Calls `body` with each range of rows that one worker reads.
  /// - Parameters:
  ///   - worker: from 0 to `workerCount` - 1.
  ///   - rowCount: cached rows of a head.
  package func forEachPart(
    of worker: Int, rowCount: (_ head: Int) -> Int, _ body: (_ head: Int, _ rows: Range<Int>) -> Void
  ) {
    for part in parts[(worker > 0 ? ends[worker - 1] : 0)..<ends[worker]] {
      body(part.head, part.rows(of: rowCount(part.head)))
    }
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
    var before = 0.0  // rows of the heads before `head`
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
