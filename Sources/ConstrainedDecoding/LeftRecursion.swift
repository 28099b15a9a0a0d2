// SPDX-License-Identifier: Apache-2.0

/// Rules whose texts begin with texts of the same rule: a matcher would stack them without end.
///
/// A rule that stands last in its sequence needs no place to return to, so that `a ::= a | "x"` and repetitions of what
/// may be empty stack nothing.
struct LeftRecursion {
  private let symbols: [Grammar.Symbol]
  private let rules: [[Int]]
  /// Whether each rule has an empty text.
  private let isEmpty: [Bool]

  init(symbols: [Grammar.Symbol], rules: [[Int]]) {
    (self.symbols, self.rules) = (symbols, rules)
    isEmpty = RuleProperties(symbols: symbols, rules: rules) { $0 == .end }.isMet
  }

  /// The number of a rule that recurs; nil if none does.
  var first: Int? {
    let edges = rules.indices.map(edges)
    let components = Self.components(edges.map { $0.map(\.rule) })
    return rules.indices.first { rule in
      edges[rule].contains { !$0.isLast && components[$0.rule] == components[rule] }
    }
  }

  /// The rules with which texts of a rule can begin.
  private func edges(of rule: Int) -> [(rule: Int, isLast: Bool)] {
    var edges: [(rule: Int, isLast: Bool)] = []
    for start in rules[rule] {
      var place = start
      while case .rule(let next) = symbols[place] {
        edges.append((next, symbols[place + 1] == .end))
        guard isEmpty[next] else { break }
        place += 1
      }
    }
    return edges
  }

  /// The strongly connected component of each node (Tarjan, 1972), without recursion.
  private static func components(_ edges: [[Int]]) -> [Int] {
    var component = Array(repeating: -1, count: edges.count)
    var order = component
    var low = component
    var (count, time) = (0, 0)
    var open: [Int] = []
    for root in edges.indices where order[root] < 0 {
      var path: [(node: Int, edge: Int)] = [(root, 0)]
      while let (node, edge) = path.last {
        if edge == 0 {
          order[node] = time
          low[node] = time
          time += 1
          open.append(node)
        }
        if edge < edges[node].count {
          path[path.count - 1].edge += 1
          let next = edges[node][edge]
          if order[next] < 0 {
            path.append((next, 0))
          } else if component[next] < 0 {
            low[node] = min(low[node], order[next])
          }
          continue
        }
        path.removeLast()
        if let parent = path.last?.node { low[parent] = min(low[parent], low[node]) }
        guard low[node] == order[node] else { continue }
        while let member = open.popLast() {
          component[member] = count
          if member == node { break }
        }
        count += 1
      }
    }
    return component
  }
}
