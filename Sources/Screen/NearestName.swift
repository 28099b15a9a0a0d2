// SPDX-License-Identifier: Apache-2.0

/// The name nearest to a mistyped one, if any is near: it begins so, or few letters differ.
package func nearestName(to word: String, among names: [String]) -> String? {
  let lowered = word.lowercased()
  guard !lowered.isEmpty else { return nil }
  if let begun = names.first(where: { $0.hasPrefix(lowered) }) { return begun }
  let ranked = names.map { (name: $0, distance: editDistance(lowered, $0)) }.min { $0.distance < $1.distance }
  guard let ranked, ranked.distance <= max(1, min(3, ranked.name.count / 2)) else { return nil }
  return ranked.name
}

/// Letters to insert, delete, replace or swap with their neighbour to make one word of the other (optimal string
/// alignment). Long words are compared by their beginnings.
package func editDistance(_ first: String, _ second: String) -> Int {
  let a = Array(first.prefix(64))
  let b = Array(second.prefix(64))
  var table = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
  for i in 0...a.count { table[i][0] = i }
  for j in 0...b.count { table[0][j] = j }
  guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
  for i in 1...a.count {
    for j in 1...b.count {
      var best = min(table[i - 1][j] + 1, table[i][j - 1] + 1)
      best = min(best, table[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { best = min(best, table[i - 2][j - 2] + 1) }
      table[i][j] = best
    }
  }
  return table[a.count][b.count]
}
