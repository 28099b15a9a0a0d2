// SPDX-License-Identifier: Apache-2.0

import CodeAgent
import CodeTasks
import Platform
import SessionInterface
import Testing

@Suite("Hidden tests of a task")
struct HiddenTestsTests {
  private let program = CodeProgram(language: .python, text: "good", plan: nil, round: 0)
  private let tests = [CodeExample(input: "1\n", output: "1\n"), CodeExample(input: "2\n", output: "2\n")]

  @Test("Are passed when each is")
  func passed() async throws {
    let hidden = HiddenTests(tests)
    let good = ScriptedChecking(good: ["good"])
    #expect(try await hidden.arePassed(by: program, checker: good, seconds: nil, stop: StopSource()) == true)
    #expect(
      try await hidden.arePassed(by: program, checker: ScriptedChecking(), seconds: nil, stop: StopSource()) == false)
    #expect(try await hidden.arePassed(by: nil, checker: good, seconds: nil, stop: StopSource()) == false)
    #expect(try await HiddenTests([]).arePassed(by: program, checker: good, seconds: nil, stop: StopSource()) == nil)
  }

  @Test("End at the limit of time, and when the run is stopped", .timeLimit(.minutes(10)))
  func limits() async throws {
    let endless = HiddenTests(Array(repeating: tests[0], count: 20_000))
    let checker = ScriptedChecking(good: ["good"], secondsOfExample: 0.1)
    #expect(try await endless.arePassed(by: program, checker: checker, seconds: 0.3, stop: StopSource()) == nil)
    let stop = StopSource()
    async let stopped = endless.arePassed(by: program, checker: checker, seconds: nil, stop: stop)
    try await Task.sleep(for: .milliseconds(200))
    stop.stop()
    #expect(try await stopped == nil)
  }
}
