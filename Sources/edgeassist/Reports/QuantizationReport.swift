// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile
import Quantization
import Records

/// The report of `edgeassist quantize`, as a table or as JSON.
struct QuantizationReport {
  var plan: QuantizationPlan
  var output: String?
  /// Relative error of each tensor, nil where it was not changed; empty for a dry run.
  var errors: [Double?] = []
  /// Relative error of each tensor's products on the calibration's inputs; empty without a calibration.
  var outputErrors: [Double?] = []
  var seconds: Double?

  private var bitsPerWeight: Double { Double(plan.bytesAfter) * 8 / Double(max(plan.elementCount, 1)) }

  // MARK: Table

  func text(style: ReportStyle) -> String {
    var table = TextTable(numeric: [5, 6, 7])
    table.add(
      "tensor", "shape", "from", "to", "product", "size", errors.isEmpty ? "" : "error",
      outputErrors.isEmpty ? "" : "of outputs")
    for (index, entry) in plan.entries.enumerated() {
      let target = entry.target.name + (entry.unsuitable.map { " (for \($0.name))" } ?? "")
      let error = errors.isEmpty ? nil : errors[index]
      table.add(
        entry.tensor.name, entry.tensor.dimensions.map(String.init).joined(separator: "×"), entry.tensor.type.name,
        entry.isKept ? "kept" : target, entry.precision?.name ?? "", memorySize(entry.byteCount), Self.percent(error),
        Self.percent(outputErrors.isEmpty ? nil : outputErrors[index]))
    }
    var lines = table.lines(indent: 0)
    lines[0] = style.bold(lines[0])
    lines += ["", summary(style: style, seconds: seconds)]
    if let output {
      lines.append(errors.isEmpty ? "Nothing was written to \(visible(output))." : "Written: \(visible(output))")
    }
    return lines.joined(separator: "\n")
  }

  /// What the plan amounts to, and how its types were chosen.
  func summary(style: ReportStyle, seconds: Double? = nil) -> String {
    var lines = plan.record.map { choice($0, style: style) } ?? []
    lines += [
      "\(plan.name): \(memorySize(plan.bytesBefore)) → \(memorySize(plan.bytesAfter)) of weights, "
        + String(format: "%.2f bits a weight", bitsPerWeight) + (seconds.map { String(format: ", %.1f s", $0) } ?? "")
    ]
    lines.append("Products: " + products)
    lines += plan.notes.map { "Note: " + style.wrapped(visible($0), indent: 6) }
    return lines.joined(separator: "\n")
  }

  /// How the products with all matrices are computed, those with most weights first.
  private var products: String {
    var counts: [String: (tensors: Int, weights: Int)] = [:]
    for entry in plan.entries {
      guard let name = entry.precision?.name else { continue }
      counts[name, default: (0, 0)].tensors += 1
      counts[name, default: (0, 0)].weights += entry.tensor.elementCount
    }
    return counts.sorted { ($0.value.weights, $1.key) > ($1.value.weights, $0.key) }
      .map { "\($0.key) in \($0.value.tensors) tensors" }.joined(separator: ", ")
  }

  /// The types that were chosen, with their share of the divergence.
  private func choice(_ record: PrecisionPlanRecord, style: ReportStyle) -> [String] {
    struct Share {
      var tensors = 0
      var bytes = 0
    }
    var shares: [TensorType: Share] = [:]
    for entry in plan.entries where !entry.isKept {
      shares[entry.target, default: Share()].tensors += 1
      shares[entry.target, default: Share()].bytes += entry.byteCount
    }
    var table = TextTable(numeric: [1, 2])
    table.add("type", "tensors", "size")
    for (type, share) in shares.sorted(by: { $0.value.bytes > $1.value.bytes }) {
      table.add(type.name, "\(share.tensors)", memorySize(share.bytes))
    }
    var lines = table.lines(indent: 0)
    lines[0] = style.bold(lines[0])
    return lines + [""] + record.lines(fileByteCount: plan.fileByteCount)
  }

  private static func percent(_ share: Double?) -> String {
    share.map { String(format: "%.3f %%", $0 * 100) } ?? ""
  }

  // MARK: JSON

  func json() -> String {
    let tensors = plan.entries.enumerated().map { index, entry in
      Tensor(
        name: entry.tensor.name, shape: entry.tensor.dimensions, from: entry.tensor.type.name, to: entry.target.name,
        precision: entry.precision?.name, bytes: entry.byteCount, relativeError: errors.isEmpty ? nil : errors[index],
        outputError: outputErrors.isEmpty ? nil : outputErrors[index])
    }
    let summary = Summary(
      type: plan.name, output: output, written: !errors.isEmpty, bytesBefore: plan.bytesBefore,
      bytesAfter: plan.bytesAfter, fileBytes: plan.fileByteCount, bitsPerWeight: bitsPerWeight, seconds: seconds,
      divergence: plan.record?.divergence, notes: plan.notes, tensors: tensors)
    return SnakeCaseJSON.text(of: summary)
  }

  private struct Summary: Encodable {
    var type: String
    var output: String?
    var written: Bool
    var bytesBefore: Int
    var bytesAfter: Int
    /// Bytes of the new file, with its header.
    var fileBytes: Int
    var bitsPerWeight: Double
    var seconds: Double?
    /// Of types that were chosen for a target: the divergence on the calibration text, in nats.
    var divergence: Double?
    var notes: [String]
    var tensors: [Tensor]
  }

  private struct Tensor: Encodable {
    var name: String
    var shape: [Int]
    var from: String
    var to: String
    /// How the runtime computes products with it, such as W4A8.
    var precision: String?
    var bytes: Int
    /// Root mean square of the error, divided by that of the values.
    var relativeError: Double?
    /// The same of its products on the calibration's inputs, as the runtime computes them.
    var outputError: Double?
  }
}

extension PrecisionPlanRecord {
  /// The target and what was reached, for people.
  ///
  /// - Parameter fileByteCount: bytes of the file with the plan.
  func lines(fileByteCount: Int) -> [String] {
    let wanted =
      switch target {
      case .bytes(let bytes): "a file of at most \(count(bytes)) bytes"
      case .divergence(let limit): "a KL divergence of at most \(String(format: "%.5f", limit))"
      }
    let sum = divergences.reduce(0) { $0 + Double($1) }
    return [
      "Chosen for \(wanted): \(count(fileByteCount)) bytes.",
      String(
        format: "KL divergence on the calibration text: %.5f over %d predictions; the tensors' own add up to %.5f.",
        divergence, tokens, sum),
    ]
  }
}
