// SPDX-License-Identifier: Apache-2.0

import Screen
import SessionInterface
import Testing

@Suite("The signal of a live source")
struct SignalLossTests {
  private let lost = 1_700_000_000.0

  @Test("is live, or lost since a time of day, or over")
  func states() {
    var screen = TestScreen()
    screen.tell(.ready(.camera))
    #expect(screen.text.contains("0:00 live"))
    screen.tell(.signal(lostSince: lost))
    #expect(screen.text.contains("no signal since \(timeOfDay(lost))"))
    #expect(!screen.text.contains("live"))
    screen.tell(.signal(lostSince: nil))
    #expect(screen.text.contains("0:00 live") && !screen.text.contains("no signal"))
    screen.tell(.signal(lostSince: lost), .streamEnded(time: 8))
    #expect(screen.text.contains("0:00 ended") && !screen.text.contains("no signal since"))
  }

  @Test("is none of a file without a length")
  func file() {
    var screen = TestScreen()
    screen.tell(.ready(.pipe))
    #expect(!screen.text.contains("live"))
  }

  @Test("that is lost stands under an answer")
  func answer() {
    var screen = TestScreen()
    screen.tell(.ready(.camera), .signal(lostSince: lost))
    screen.talk("what is there", "A cat is in view.")
    #expect(screen.text.contains("no signal since \(timeOfDay(lost)) · 0.42 s"))
  }

  @Test("has a time of day in hours and minutes")
  func time() {
    for hour in 0..<24 { #expect(timeOfDay(lost + Double(hour) * 3600).wholeMatch(of: /\d\d:\d\d/) != nil) }
    #expect(timeOfDay(-5) == timeOfDay(0) && !timeOfDay(.infinity).isEmpty)
  }

  @Test("goes on after an end that was gone back from")
  func seekAfterEnd() {
    var screen = TestScreen()
    screen.tell(.ready(.pipe), .streamEnded(time: 8))
    #expect(screen.state.streamEnded)
    screen.tell(.frameSeen(time: 3))
    #expect(!screen.state.streamEnded)
  }
}
