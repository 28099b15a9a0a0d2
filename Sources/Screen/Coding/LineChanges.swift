// SPDX-License-Identifier: Apache-2.0

/// The change of a line from one text to the next.
package enum LineChange: Equatable, Sendable {
  /// A line of both texts.
  case kept(String)
  /// A line of the old text only.
  case removed(String)
  /// A line of the new text only.
  case added(String)
  /// A number of lines that are the same in both, left out.
  case skipped(Int)
}

/// The changed lines from one text to another, with some unchanged lines around them.
///
/// The longest common subsequence of lines stays. Texts too long to compare in a moment are shown as removed and added.
package func lineChanges(from old: String, to new: String, context: Int = 2) -> [LineChange] {
  withoutDistantLines(allChanges(programLines(old), programLines(new)), context: context)
}

/// The lines of a program, line ends and tabs made ready to be shown, without blank lines at its end.
func programLines(_ text: String) -> [String] {
  var lines = normalizedLines(text).split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
  while let last = lines.last, last.allSatisfy(\.isWhitespace) { lines.removeLast() }
  return lines
}

/// The most cells of the table.
private let mostCompared = 1_000_000

private func allChanges(_ before: [String], _ after: [String]) -> [LineChange] {
  let head = zip(before, after).prefix { $0 == $1 }.count
  let most = min(before.count, after.count) - head
  let tail = zip(before.reversed(), after.reversed()).prefix(most).prefix { $0 == $1 }.count
  let old = Array(before[head..<(before.count - tail)])
  let new = Array(after[head..<(after.count - tail)])
  return before.prefix(head).map { .kept($0) } + changes(from: old, to: new) + before.suffix(tail).map { .kept($0) }
}

private func changes(from old: [String], to new: [String]) -> [LineChange] {
  guard !old.isEmpty, !new.isEmpty, old.count <= mostCompared / new.count else {
    return old.map { .removed($0) } + new.map { .added($0) }
  }
  // common[i][j]: lines that old from i and new from j have in common, in order.
  var common = [[Int]](repeating: [Int](repeating: 0, count: new.count + 1), count: old.count + 1)
  for i in old.indices.reversed() {
    for j in new.indices.reversed() {
      common[i][j] = old[i] == new[j] ? common[i + 1][j + 1] + 1 : max(common[i + 1][j], common[i][j + 1])
    }
  }
  var result: [LineChange] = []
  var (i, j) = (0, 0)
  while i < old.count || j < new.count {
    if i < old.count, j < new.count, old[i] == new[j] {
      result.append(.kept(old[i]))
      (i, j) = (i + 1, j + 1)
    } else if j == new.count || (i < old.count && common[i + 1][j] >= common[i][j + 1]) {
      result.append(.removed(old[i]))
      i += 1
    } else {
      result.append(.added(new[j]))
      j += 1
    }
  }
  return result
}

/// Runs of unchanged lines cut down to what stands next to a change.
private func withoutDistantLines(_ changes: [LineChange], context: Int) -> [LineChange] {
  var isNear = [Bool](repeating: false, count: changes.count)
  for (index, change) in changes.enumerated() {
    if case .kept = change { continue }
    for near in max(0, index - context)...min(changes.count - 1, index + context) { isNear[near] = true }
  }
  var result: [LineChange] = []
  var skipped = 0
  for (index, change) in changes.enumerated() {
    if !isNear[index] {
      skipped += 1
      continue
    }
    if skipped > 0 { result.append(.skipped(skipped)) }
    skipped = 0
    result.append(change)
  }
  if skipped > 0 { result.append(.skipped(skipped)) }
  return result
}
