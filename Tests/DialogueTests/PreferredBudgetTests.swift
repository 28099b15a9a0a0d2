// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Inference
import InferenceTestSupport
import SessionInterface
import Testing

/// The embedded model's file says which budget it is meant for.
@Suite("The KV cache budget that a model prefers", .serialized)
struct PreferredBudgetTests {
  private static let embedded = SharedEmbeddedModel()

  private func dialogue(_ change: (inout DialogueOptions) -> Void = { _ in }) throws -> VideoDialogue {
    var options = DialogueOptions()
    change(&options)
    return try VideoDialogue(model: try Self.embedded.get(), options: options)
  }

  @Test("is used where none is asked for")
  func isDefault() throws {
    let preferred = try #require(try Self.embedded.get().preferences.largestBudget)
    let dialogue = try dialogue()
    var statistics = SessionStatistics()
    dialogue.describe(into: &statistics)
    #expect(statistics.budget == preferred)
    #expect(dialogue.takeWarnings().isEmpty)
    let paths = try ModelPaths.resolve(languageModel: nil)
    #expect(try ModelInspection(path: paths.languageModel, threads: 1).estimate?.budget == preferred)
  }

  @Test("is named in a warning of a larger one, at the start and when it is changed")
  func warns() throws {
    let preferred = try #require(try Self.embedded.get().preferences.largestBudget)
    let expected = [
      "the model is meant for a KV cache of at most \(preferred) tokens; with \(preferred + 1) its answers about long "
        + "streams become wrong"
    ]
    let larger = try dialogue { $0.budget = .tokens(preferred + 1) }
    #expect(larger.takeWarnings() == expected)
    let changed = try dialogue()
    try changed.setBudget(tokens: preferred + 1)
    #expect(changed.takeWarnings() == expected)
    try changed.setBudget(tokens: preferred)
    #expect(changed.takeWarnings().isEmpty)
  }

  @Test("does not matter to a cache without a budget")
  func unbounded() throws {
    let dialogue = try dialogue { $0.policy = .full }
    #expect(dialogue.takeWarnings().isEmpty)
  }
}
