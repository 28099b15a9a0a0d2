// SPDX-License-Identifier: Apache-2.0

/// The JSON object of a summary: what was evaluated, whether all of it was, and a result for each row of the table.
struct SummaryJSON<Row: Encodable>: Encodable {
  /// What was evaluated, by name.
  var evaluation: [String: String]
  var isComplete: Bool
  var results: [Row]

  init(identity: [(name: String, value: String)], isComplete: Bool, results: [Row]) {
    evaluation = Dictionary(identity.map { ($0.name, $0.value) }) { first, _ in first }
    self.isComplete = isComplete
    self.results = results
  }
}
