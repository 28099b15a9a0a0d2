// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("Help")
struct HelpTests {
  /// A text with each run of white space as one space, so that line breaks do not matter.
  private func unwrapped(_ text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }

  @Test("of every command shows each of its arguments with a text about it")
  func arguments() async throws {
    let commands = try await CommandDump.ofProgram().all
    #expect(commands.count > 7, "the root and its subcommands")
    for command in commands {
      let run = try await Program.run(command.path + ["--help"])
      #expect(run.status == 0)
      let help = unwrapped(run.output)
      let title = (["edgeassist"] + command.path).joined(separator: " ")
      let arguments = try #require(command.arguments)
      #expect(arguments.count > 2, "\(title) has more than --version and --help")
      for argument in arguments {
        let name = try #require(argument.longName.map { "--" + $0 } ?? argument.valueName.map { "<\($0)>" })
        let text = try #require(argument.abstract, "\(title) \(name) has no help text")
        #expect(text.count > 10)
        #expect(help.contains(" \(name)") || help.contains("/\(name)"), "\(title) --help does not show \(name)")
        #expect(help.contains(unwrapped(text)), "\(title) --help does not show the text of \(name)")
      }
    }
  }

  @Test("of the program comes by --help, -h and help, and of a subcommand by help NAME")
  func ways() async throws {
    let help = try await Program.run(["--help"]).output
    for word in ["--video", "--kv-budget", "config.toml", "EDGEASSIST_KV_BUDGET", "inspect", "doctor"] {
      #expect(help.contains(word), "\(word)")
    }
    for arguments in [["-h"], ["help"]] { #expect(try await Program.run(arguments).output == help) }
    let inspect = try await Program.run(["inspect", "--help"])
    #expect(try await Program.run(["help", "inspect"]).output == inspect.output)
  }

  @Test("comes also when the settings are wrong")
  func wrongSettings() async throws {
    for arguments in [["--help"], ["help"], ["inspect", "--help"], ["--version"]] {
      let run = try await Program.run(arguments, environment: ["EDGEASSIST_SPEED": "9"])
      #expect(run.status == 0 && !run.output.isEmpty, "\(arguments)")
    }
  }

  @Test("Options after a subcommand are the subcommand's, also those that the program has too")
  func optionsOfSubcommands() async throws {
    let model = Program.checkout.appending(path: "Models/edgeassist-tiny-Q8_0.gguf").path
    let run = try await Program.run(["inspect", model, "--kv-budget", "77"])
    #expect(run.status == 0 && run.output.contains("77 tokens"))
    let before = try await Program.run(["--kv-budget", "77", "inspect", model])
    #expect(before.status == 64 && before.errors.contains("edgeassist inspect"), "\(before.errors)")
  }
}
