// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization
import Records

/// The report of `edgeassist quantize`, as a table or as JSON.
struct QuantizationReport {
  var plan: QuantizationPlan
  var output: String?
  /// Relative error of each tensor, nil where it was not changed; empty for a dry run.
  var errors: [Double?] = []
  var seconds: Double?

  private var bitsPerWeight: Double { Double(plan.bytesAfter) * 8 / Double(max(plan.elementCount, 1)) }

  // MARK: Table

  func text(style: ReportStyle) -> String {
    var table = TextTable(numeric: [4, 5])
    table.add("tensor", "shape", "from", "to", "size", errors.isEmpty ? "" : "error")
    for (index, entry) in plan.entries.enumerated() {
      let target = entry.target.name + (entry.unsuitable.map { " (for \($0.name))" } ?? "")
      let error = errors.isEmpty ? nil : errors[index]
      table.add(
        entry.tensor.name, entry.tensor.dimensions.map(String.init).joined(separator: "×"), entry.tensor.type.name,
        entry.isKept ? "kept" : target, memorySize(entry.byteCount),
        error.map { String(format: "%.3f %%", $0 * 100) } ?? "")
    }
    var lines = table.lines(indent: 0)
    lines[0] = style.bold(lines[0])
    lines += [
      "",
      "\(plan.recipe.name): \(memorySize(plan.bytesBefore)) → \(memorySize(plan.bytesAfter)) of weights, "
        + String(format: "%.2f bits a weight", bitsPerWeight) + (seconds.map { String(format: ", %.1f s", $0) } ?? ""),
    ]
    lines += plan.notes.map { "Note: " + style.wrapped(visible($0), indent: 6) }
    if let output {
      lines.append(errors.isEmpty ? "Nothing was written to \(visible(output))." : "Written: \(visible(output))")
    }
    return lines.joined(separator: "\n")
  }

  // MARK: JSON

  func json() -> String {
    let tensors = plan.entries.enumerated().map { index, entry in
      Tensor(
        name: entry.tensor.name, shape: entry.tensor.dimensions, from: entry.tensor.type.name, to: entry.target.name,
        bytes: entry.byteCount, relativeError: errors.isEmpty ? nil : errors[index])
    }
    let summary = Summary(
      type: plan.recipe.name, output: output, written: !errors.isEmpty, bytesBefore: plan.bytesBefore,
      bytesAfter: plan.bytesAfter, bitsPerWeight: bitsPerWeight, seconds: seconds, notes: plan.notes, tensors: tensors)
    return SnakeCaseJSON.text(of: summary)
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
    /// Root mean square of the error, divided by that of the values.
    var relativeError: Double?
  }
}
