// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation

/// `edgeassist doctor`: what this machine offers, and what that means.
struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Say what this machine offers, and what that means: processor, memory, video, terminal, programs.",
    discussion: """
      Nothing is taken on trust: the sandbox is tried, and so is each language that is installed, by compiling and \
      running a small program.

      edgeassist doctor --json | jq .sandbox    for scripts
      """)

  @Flag(name: .long, help: "One JSON object instead of a report.")
  var json = false

  func run() async throws {
    let findings = await MachineFindings.gather(environment: ProcessInfo.processInfo.environment)
    print(json ? findings.json.text : DoctorReport(findings, style: .standardOutput).text)
  }
}
