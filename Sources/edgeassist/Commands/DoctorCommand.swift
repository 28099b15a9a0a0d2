// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation

/// `edgeassist doctor`: what this machine offers, and what that means.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Report what this machine offers: processor, memory, video, terminal, programs, and what that means.",
    discussion: """
      The sandbox is tried out, and each installed language compiles and runs a small program in it.

      edgeassist doctor --json | jq .sandbox    for scripts
      """)

  @Flag(name: .long, help: "Print one JSON object instead of a report.")
  var json = false

  func run() async throws {
    let findings = await MachineFindings.gather(environment: ProcessInfo.processInfo.environment)
    try StandardStreams.print(json ? findings.json.text : DoctorReport(findings, style: .standardOutput).text)
  }
}
