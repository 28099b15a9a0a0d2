// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import ModelFile
import Records
import TestSupport
import Testing

@Suite("Flipped bits")
struct FaultInjectorTests {
  private static let model = Checkout.root.appending(path: "Models/edgeassist-tiny-Q8_0.gguf").path

  private func report(_ flips: Int, seed: UInt64 = 7) throws -> FaultReport {
    try FaultInjector(path: Self.model, flips: flips, seed: seed, threads: 1).run()
  }

  @Test("are in a copy: the file itself stays as it is")
  func original() throws {
    let before = try Data(contentsOf: URL(fileURLWithPath: Self.model))
    #expect(try report(4).outcomes.count == 4)
    #expect(try Data(contentsOf: URL(fileURLWithPath: Self.model)) == before)
  }

  @Test("are the same for the same seed, with the same effects, and others for another")
  func seed() throws {
    let (first, second) = (try report(6), try report(6))
    #expect(first.outcomes == second.outcomes)
    #expect(try report(6, seed: 8).outcomes.map(\.fault) != first.outcomes.map(\.fault))
  }

  @Test("all change their tensor's checksum, and those of scales do more than those of codes")
  func effects() throws {
    let report = try report(60, seed: 1)
    #expect(report.isComplete && report.perplexity > 1)
    for outcome in report.outcomes {
      #expect(outcome.isSeenByChecksum)
      #expect((outcome.guardedLayer == nil) == (outcome.divergence != nil))
    }
    let summaries = Dictionary(uniqueKeysWithValues: report.summaries.map { ($0.meaning, $0) })
    let (scale, code) = (try #require(summaries[.scale]), try #require(summaries[.code]))
    #expect(scale.flips == 12 && code.flips == 12)
    #expect(code.share > 0.8 && scale.share < 0.1)
    #expect((scale.largestDivergence ?? .infinity) > (try #require(code.largestDivergence)))
  }

  @Test("are not made in a file that is no language model")
  func otherFile() {
    let path = Checkout.root.appending(path: "Models/mmproj-edgeassist-tiny-F16.gguf").path
    let error = #expect(throws: ReportedError.self) {
      _ = try FaultInjector(path: path, flips: 1, seed: 1, threads: 1).run()
    }
    #expect(error?.code == .modelUnreadable)
  }
}
