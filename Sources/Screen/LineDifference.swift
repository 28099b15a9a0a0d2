/// A line of two texts laid beside each other.
package enum DifferenceLine: Equatable, Sendable {
  case same(String)
  case removed(String)
  case added(String)

  package var isSame: Bool {
    if case .same = self { true } else { false }
  }
}

/// What has to go from one text and what has to come to make the other of it, by a longest common subsequence of
/// lines.
package func lineDifference(from old: String, to new: String) -> [DifferenceLine] {
  var a = lines(old)[...]
  var b = lines(new)[...]
  var head: [DifferenceLine] = []
  var tail: [DifferenceLine] = []
  while let first = a.first, first == b.first {
    head.append(.same(first))
    a.removeFirst()
    b.removeFirst()
  }
  while let last = a.last, last == b.last {
    tail.append(.same(last))
    a.removeLast()
    b.removeLast()
  }
  return head + middle(Array(a), Array(b)) + tail.reversed()
}

/// The difference with only so many lines around each change; nil stands for lines left out.
package func changes(in difference: [DifferenceLine], context: Int) -> [DifferenceLine?] {
  var shown = Set<Int>()
  for index in difference.indices where !difference[index].isSame {
    for near in max(0, index - context)...min(difference.count - 1, index + context) { shown.insert(near) }
  }
  var result: [DifferenceLine?] = []
  var previous = -1
  for index in shown.sorted() {
    if index > previous + 1 { result.append(nil) }
    result.append(difference[index])
    previous = index
  }
  if !shown.isEmpty, previous < difference.count - 1 { result.append(nil) }
  return result
}

/// Beyond so many pairs of lines the texts count as wholly different.
private let mostPairs = 1_000_000

private func lines(_ text: String) -> [String] {
  var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
  if lines.last == "" { lines.removeLast() }
  return lines
}

private func middle(_ a: [String], _ b: [String]) -> [DifferenceLine] {
  guard !a.isEmpty, !b.isEmpty, a.count <= mostPairs / b.count else {
    return a.map { .removed($0) } + b.map { .added($0) }
  }
  // common[i][j]: the most lines that the rests from i and from j have in common.
  var common = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
  for i in a.indices.reversed() {
    for j in b.indices.reversed() {
      common[i][j] = a[i] == b[j] ? common[i + 1][j + 1] + 1 : max(common[i + 1][j], common[i][j + 1])
    }
  }
  var result: [DifferenceLine] = []
  var (i, j) = (0, 0)
  while i < a.count || j < b.count {
    if i < a.count, j < b.count, a[i] == b[j] {
      result.append(.same(a[i]))
      (i, j) = (i + 1, j + 1)
    } else if i < a.count, j == b.count || common[i + 1][j] >= common[i][j + 1] {
      result.append(.removed(a[i]))
      i += 1
    } else {
      result.append(.added(b[j]))
      j += 1
    }
  }
  return result
}
