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

  @Test("and the manual page and the completions have every option of every command")
  func assets() async throws {
    let shipped = try DocumentedOptions()
    for command in try await CommandDump.ofProgram().all {
      let title = (["edgeassist"] + command.path).joined(separator: " ")
      let names = try #require(command.arguments).compactMap(\.longName)
      #expect(names.count > 1, "\(title) has --version and --help")
      for name in names {
        for (place, has) in shipped.places(of: command, option: name) {
          #expect(has, "\(place) does not have --\(name) of \(title): UPDATE_ASSETS=1 swift test --filter AssetTests")
        }
      }
    }
  }

  @Test("names the options of one run, and every other can be set as a variable and in the settings file")
  func settable() async throws {
    let root = try await CommandDump.ofProgram()
    let sentences = unwrapped(try #require(root.discussion)).components(separatedBy: ". ")
    let sentence = try #require(sentences.first { $0.contains("belong to one run") }, "the help names no such options")
    let ofOneRun = Set(sentence.matches(of: /--([a-z-]+)/).map { String($0.1) })
    #expect(ofOneRun.count > 1)
    // The parser's own, and the settings file itself.
    let others: Set = ["help", "version", "config"]
    var tried: Set<String> = []
    for argument in try #require(root.arguments) {
      guard let name = argument.longName, !name.hasPrefix("no-"), !others.contains(name) else { continue }
      for run in try await SettingTrial.of(name, isFlag: argument.kind == "flag").runs {
        #expect(!run.isUnknown, "\(run.source) is not known as a setting")
        #expect(
          run.isOfOneRun == ofOneRun.contains(name),
          "--\(name): the help and the program differ on whether it belongs to one run: \(run.program.errors)")
        #expect(run.isOfOneRun || run.takesEffect, "\(run.source) has no effect: \(run.program.errors)")
      }
      tried.insert(name)
    }
    #expect(tried.count > 30)
    #expect(ofOneRun.isSubset(of: tried), "the help names options that do not exist")
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

  @Test("says what an option does, so a subcommand refuses an option that would do nothing", arguments: uselessOptions)
  func useless(command: String, options: [String]) async throws {
    for option in options {
      let run = try await Program.run((command + " " + option).split(separator: " ").map(String.init))
      #expect(run.status == 64, "\(command) \(option): \(run.errors)")
      let name = String(option.prefix { $0 != " " })
      let message = String(run.errors.prefix { $0 != "\n" })
      #expect(message.contains(name), "\(command) \(option): \(message)")
    }
  }

  /// Command lines, and the options that would do nothing in them. A message names the first word of each.
  private static let uselessOptions: [(String, [String])] = [
    ("code tasks", ["--mmproj m", "--vision-precision exact", "--lora a.gguf", "--code-model a --model b"]),
    ("profile --output x", ["--lora coder=a.gguf"]),
    ("profile --output x --requests r --answers a", ["--questions 9"]),
    ("profile --output x --requests r --answers a", optionsOfDrawnStreams),
    ("eval --requests r --answers a", ["--questions 9"]),
    ("eval --requests r --answers a", optionsOfDrawnStreams),
    ("eval --suite code", optionsOfDrawnStreams),
    (
      "eval --suite code",
      [
        "--requests r --answers a", "--configurations full", "--kv-ratios 1/2", "--kv-budget 512", "--kv-memory 1MiB",
        "--kv-profile p", "--kv-offload o", "--mmproj m", "--vision-precision fast", "--lora a.gguf", "--plot z.png",
        "--code-model a --model b",
      ]
    ),
    (
      "eval",
      [
        "--tasks t", "--methods adapters", "--code-model m", "--code-exemplars 3", "--code-rounds 5",
        "--code-seconds 9", "--code-tokens 9", "--unsafe-run", "--lora coder=a.gguf", "--kv-profile p",
        "--kv-offload o", "--kv-ratios 1/2 --kv-budget 512", "--kv-ratios 1/2 --kv-memory 1MiB",
      ]
    ),
    ("eval --configurations full+offload --kv-offload o", ["--kv-profile p"]),
    (
      "eval --configurations full,full+q8_0",
      ["--kv-ratios 1/2", "--kv-budget 512", "--kv-memory 1MiB", "--plot z.png"]
    ),
    ("eval --configurations full+profile --kv-profile p", ["--kv-offload o"]),
    ("quantize a.gguf --type Q4_0 --dry-run", ["--force", "--no-tuned"]),
    ("bench", ["--type q4_0", "--mmproj-type f16", "--keep x.gguf", "--lora coder=a.gguf"]),
    (
      "bench --only load",
      [
        "--prompt-lengths 32", "--context 0", "--image-size 60x60", "--minutes 1", "--kv-budget 512", "--kv-type q4",
      ]
    ),
    ("bench --only bandwidth,vision", ["--prompt-lengths 32", "--context 0", "--minutes 1", "--kv-budget 512"]),
    ("bench --only prefill", ["--context 0", "--image-size 60x60", "--kv-budget 512"]),
    ("bench --only long-stream", ["--repetitions 3", "--context 0"]),
    ("bench --only memory", ["--quick", "--repetitions 3"]),
    (
      "bench --compare old.json new.json",
      [
        "--only decode", "--quick", "--repetitions 3", "--prompt-lengths 32", "--context 0", "--image-size 60x60",
        "--minutes 1", "--kv-budget 512", "--kv-type f16", "--model m", "--mmproj m", "--vision-precision fast",
        "--lora a.gguf", "--threads 1", "--mlock", "--prefetch", "--mmap-only", "--scrub", "--no-tuned",
        "--shape qwen2-0.5b",
        "--type q4_0", "--json -",
      ]
    ),
    ("doctor", ["--flips 3", "--seed 2", "--threads 1"]),
    ("models --remove o/m", ["--json"]),
  ]

  /// Of `eval` and `profile`, but for `--questions`.
  private static let optionsOfDrawnStreams = [
    "--seconds 20", "--visits 2", "--kinds static", "--warmup-seconds 9", "--questions-per-stream 3", "--seed 2",
  ]
}
