// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Records

extension FaultReport {
  // MARK: Text

  /// The report of `doctor --inject`.
  ///
  /// - Parameter model: the name of the file.
  func text(model: String, style: ReportStyle) -> String {
    var lines = [
      style.wrapped(
        "\(outcomes.count) bits of a copy of \(visible(model)) were flipped, one at a time; the file itself is as "
          + "it was. The model read \(tokens) tokens each time; without a flip their perplexity is "
          + "\(decimal(perplexity, places: 2)).", indent: 0), "",
    ]
    guard !outcomes.isEmpty else { return lines.joined(separator: "\n") }
    var table = TextTable(numeric: Set(1...8))
    table.add("bits of", "of all", "flips", "checksum", "guards", "range", "KL, mean", "KL, largest", "top changed")
    for summary in summaries {
      table.add(
        summary.meaning.rawValue, percent(summary.share), "\(summary.flips)", "\(summary.seenByChecksum)",
        "\(summary.stoppedByGuard)", "\(summary.outOfRange)", number(summary.meanDivergence),
        number(summary.largestDivergence), summary.changedTop.map(percent) ?? "–")
    }
    var rows = table.lines(indent: 0)
    rows[0] = style.bold(rows[0])
    lines += rows + [""]
    lines += explanation.map { style.wrapped($0, indent: 0) }
    let worst = worst(5).filter { $0.divergence ?? 0 > 0 }
    if !worst.isEmpty { lines += ["", style.bold("What did most without being stopped")] }
    for outcome in worst {
      lines.append(
        "  \(visible(outcome.fault.tensor)) (\(outcome.fault.type.name)), byte \(outcome.fault.byte), bit "
          + "\(outcome.fault.bit), \(outcome.fault.meaning.rawValue): KL \(number(outcome.divergence)), perplexity "
          + "× \(number(outcome.lossIncrease.map { exp($0) }))")
    }
    if !isComplete { lines += ["", "The run was stopped early."] }
    return lines.joined(separator: "\n")
  }

  private var explanation: [String] {
    [
      "checksum: flips that change the tensor's checksum, so that --scrub names it. guards: flips after which a layer "
        + "gives values that are not numbers, or far above those of a calibration that the file tells of, so that the "
        + "answer stops with an error. range: those, and flips after which a layer gives more than "
        + "\(decimal(Double(Self.rangeFactor), places: 1)) times its largest value on this text without a flip.",
      "KL: divergence of the predictions in nats, of flips that no guard stopped. top changed: tokens after which "
        + "another one is the likeliest.",
    ]
  }

  private func percent(_ share: Double) -> String {
    share > 0 && share < 0.001 ? "< 0.1 %" : decimal(share * 100, places: 1) + " %"
  }

  private func number(_ value: Double?) -> String { value.map { String(format: "%.3g", $0) } ?? "–" }

  // MARK: JSON

  /// The same as one JSON object on one line.
  func json(model: String) -> String {
    SnakeCaseJSON.text(
      of: Contents(
        model: model, tokens: tokens, perplexity: perplexity, isComplete: isComplete,
        summaries: summaries.map(Contents.Summary.init), flips: outcomes.map(Contents.Flip.init)))
  }

  private struct Contents: Encodable {
    struct Summary: Encodable {
      let bits: String
      let share: Double
      let flips, seenByChecksum, stoppedByGuard, outOfRange: Int
      let meanDivergence, largestDivergence, changedTop: Double?

      init(_ summary: FaultReport.Summary) {
        bits = summary.meaning.rawValue
        share = summary.share
        flips = summary.flips
        seenByChecksum = summary.seenByChecksum
        stoppedByGuard = summary.stoppedByGuard
        outOfRange = summary.outOfRange
        meanDivergence = summary.meanDivergence
        largestDivergence = summary.largestDivergence
        changedTop = summary.changedTop
      }
    }

    struct Flip: Encodable {
      let tensor, type, bits: String
      let byte, bit: Int
      let seenByChecksum, outOfRange: Bool
      let guardedLayer: String?
      let divergence, lossIncrease, sameTop: Double?

      init(_ outcome: FaultOutcome) {
        tensor = outcome.fault.tensor
        type = outcome.fault.type.name
        bits = outcome.fault.meaning.rawValue
        byte = outcome.fault.byte
        bit = outcome.fault.bit
        seenByChecksum = outcome.isSeenByChecksum
        outOfRange = outcome.isOutOfRange
        guardedLayer = outcome.guardedLayer
        divergence = outcome.divergence
        lossIncrease = outcome.lossIncrease
        sameTop = outcome.sameTop
      }
    }

    let model: String
    let tokens: Int
    let perplexity: Double
    let isComplete: Bool
    let summaries: [Summary]
    let flips: [Flip]
  }
}
