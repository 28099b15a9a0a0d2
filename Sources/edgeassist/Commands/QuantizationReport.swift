import Foundation
import Quantization

/// What `edgeassist quantize` did or would do, as a table or as JSON.
struct QuantizationReport {
  var plan: QuantizationPlan
  var output: String?
  /// Of each tensor, nil where it was kept; no entries before anything is done.
  var errors: [Double?] = []
  var seconds: Double?

  private var bitsPerWeight: Double { Double(plan.bytesAfter) * 8 / Double(max(plan.elementCount, 1)) }

  // MARK: Table

  func table() -> String {
    var rows = [["tensor", "shape", "from", "to"] + (errors.isEmpty ? ["size"] : ["size", "error"])]
    for (index, entry) in plan.entries.enumerated() {
      var row = [
        entry.tensor.name, entry.tensor.dimensions.map(String.init).joined(separator: "×"), entry.tensor.type.name,
        entry.isKept ? "kept" : entry.target.name + (entry.unsuitable.map { " (for \($0.name))" } ?? ""),
        byteText(entry.byteCount),
      ]
      if !errors.isEmpty { row.append(errors[index].map { String(format: "%.3f %%", $0 * 100) } ?? "") }
      rows.append(row)
    }
    let before = byteText(plan.bytesBefore)
    let after = byteText(plan.bytesAfter)
    var lines = Self.aligned(rows)
    lines.append("")
    lines.append(
      "\(plan.recipe.name): \(before) → \(after) of weights, "
        + String(format: "%.2f bits a weight", bitsPerWeight) + (seconds.map { String(format: ", %.1f s", $0) } ?? ""))
    lines += plan.notes.map { "Note: \($0)" }
    if let output { lines.append(errors.isEmpty ? "Nothing was written to \(output)." : "Written: \(output)") }
    return lines.joined(separator: "\n")
  }

  /// Columns two spaces apart; sizes and errors on the right.
  private static func aligned(_ rows: [[String]]) -> [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, text in
        let space = String(repeating: " ", count: widths[column] - text.count)
        return column < 4 ? text + space : space + text
      }
      return cells.joined(separator: "  ").trimmingTrailingSpaces()
    }
  }

  // MARK: JSON

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let tensors = plan.entries.enumerated().map { index, entry in
      Tensor(
        name: entry.tensor.name, shape: entry.tensor.dimensions, from: entry.tensor.type.name, to: entry.target.name,
        bytes: entry.byteCount, relativeError: errors.isEmpty ? nil : errors[index])
    }
    let summary = Summary(
      type: plan.recipe.name, output: output, written: !errors.isEmpty, bytesBefore: plan.bytesBefore,
      bytesAfter: plan.bytesAfter, bitsPerWeight: bitsPerWeight, seconds: seconds, notes: plan.notes, tensors: tensors)
    return String(decoding: try encoder.encode(summary), as: UTF8.self)
  }

  private struct Summary: Encodable {
    var type: String
    var output: String?
    var written: Bool
    var bytesBefore: Int
    var bytesAfter: Int
    var bitsPerWeight: Double
    var seconds: Double?
    var notes: [String]
    var tensors: [Tensor]
  }

  private struct Tensor: Encodable {
    var name: String
    var shape: [Int]
    var from: String
    var to: String
    var bytes: Int
    /// Root mean square of the error as a part of the values'.
    var relativeError: Double?
  }
}

extension String {
  fileprivate func trimmingTrailingSpaces() -> String {
    var text = Substring(self)
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
