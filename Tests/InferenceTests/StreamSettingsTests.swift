// SPDX-License-Identifier: Apache-2.0

import Inference
import InferenceTestSupport
import Testing

@Suite("Settings of a stream")
struct StreamSettingsTests {
  @Test("say for how long a live source may send nothing, or leave it at ten seconds")
  func signalTimeout() throws {
    let model = try SharedEmbeddedModel().get()
    #expect(try StreamSettings().options(for: model, isHeadless: true).timeout == 10)
    #expect(try StreamSettings(signalTimeout: 90).options(for: model, isHeadless: true).timeout == 90)
  }
}
