// SPDX-License-Identifier: Apache-2.0

/// A property of a grammar's rules: a rule has it where all symbols of one of its sequences do.
struct RuleProperties {
  /// Whether each rule has it.
  private(set) var isMet: [Bool]

  /// - Parameter has: whether a symbol that is no rule has the property.
  init(symbols: [Grammar.Symbol], rules: [[Int]], has: (Grammar.Symbol) -> Bool) {
    // For each rule the sequences that use it, so that each is looked at once for each of its rules.
    var missing: [Int] = []
    var owners: [Int] = []
    var users = Array(repeating: [Int](), count: rules.count)
    var met: [Int] = []
    for (rule, starts) in rules.enumerated() {
      for start in starts {
        let sequence = symbols[start...].prefix { $0 != .end }
        var used = 0
        var canBeMet = true
        for symbol in sequence {
          if case .rule(let next) = symbol {
            users[next].append(missing.count)
            used += 1
          } else if !has(symbol) {
            canBeMet = false
          }
        }
        // One that never is has a user too many.
        missing.append(canBeMet ? used : used + 1)
        owners.append(rule)
        if canBeMet && used == 0 { met.append(rule) }
      }
    }
    isMet = Array(repeating: false, count: rules.count)
    while let rule = met.popLast() {
      guard !isMet[rule] else { continue }
      isMet[rule] = true
      for sequence in users[rule] {
        missing[sequence] -= 1
        if missing[sequence] == 0 { met.append(owners[sequence]) }
      }
    }
  }
}
