// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite("The vision tower of a run")
struct VisionTowerTests {
  private static let arguments = ["--batch", "-", "--mmproj", "none"]

  @Test("With --mmproj none a model whose tower lies beside it reads text only")
  func withoutTower() async throws {
    let text = #"{"id":"a","ask":"hello","max_tokens":2}"# + "\n"
    let video = #"{"id":"v","video":"\#(Checkout.sampleClip)","ask":"What is in view?","at":1}"# + "\n"
    let run = try await Program.run(Self.arguments, input: text + video)
    #expect(run.records.map { $0["status"] as? String } == ["ok", "error"], "\(run.output)")
    let error = run.records.last?["error"] as? [String: Any]
    #expect(error?["code"] as? String == "vision_missing", "\(run.output)")
    #expect((error?["message"] as? String)?.contains("--mmproj FILE") == true)
  }

  @Test("With --mmproj none its memory is that of the language model alone")
  func inspected() async throws {
    let whole = try await Program.run(["inspect", "--json", Checkout.model])
    let alone = try await Program.run(["inspect", "--json", Checkout.model, "--mmproj", "none"])
    #expect(whole.records.first?["vision"] is [String: Any] && alone.records.first?["vision"] is NSNull)
    let totals = [whole, alone].map { ($0.records.first?["memory"] as? [String: Any])?["total"] as? Int ?? 0 }
    #expect(totals[1] > 0 && totals[1] < totals[0], "\(totals)")
  }
}
