// SPDX-License-Identifier: Apache-2.0

/// The JSON object of a summary: the evaluation's identity, whether it is complete, and a result for each table row.
struct SummaryJSON<Row: Encodable>: Encodable {
  /// Identity of the evaluation, as values by name.
  var evaluation: [String: String]
  var isComplete: Bool
  var results: [Row]

  init(identity: [(name: String, value: String)], isComplete: Bool, results: [Row]) {
    evaluation = Dictionary(identity.map { ($0.name, $0.value) }) { first, _ in first }
    self.isComplete = isComplete
    self.results = results
  }
}
