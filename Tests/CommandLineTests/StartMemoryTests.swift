// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite("Memory at the start")
struct StartMemoryTests {
  private static let request = #"{"id":"a","ask":"hello","max_tokens":2}"#

  @Test("What exceeds the machine is refused with status 2, the figures and what to do")
  func refusal() async throws {
    for options in [[], ["--mmap-only"]] {
      let run = try await Program.run(["--batch", "-", "--kv-budget", "9000000000000"] + options, input: Self.request)
      #expect(run.status == 2 && run.output.isEmpty)
      #expect(run.errors.split(separator: "\n").count == 1)
      #expect(run.errors.contains("9000000000000 tokens") && run.errors.contains("--kv-budget (up to"), "\(run.errors)")
    }
    let screen = try await Program.run(["--kv-budget", "9000000000000"], environment: ["TERM": "xterm"])
    #expect(screen.status == 2 && screen.errors.contains("9000000000000 tokens"))
  }

  @Test("A large budget takes memory as it is filled, whether an option, a request or both set it")
  func largeBudget() async throws {
    let request = #"{"id":"b","ask":"hello","max_tokens":2,"kv_budget":600000}"#
    let run = try await Program.run(
      ["--batch", "-", "--kv-budget", "500000"], input: Self.request + "\n" + request)
    #expect(run.status == 0, "\(run.output)")
    for record in run.records {
      let resident = try #require((record["memory"] as? [String: Any])?["resident"] as? Int)
      let budget = try #require((record["kv"] as? [String: Any])?["budget"] as? Int)
      // A token of this model takes 3 KiB: together they would be more than 1 GB.
      #expect(budget >= 500_000 && resident < 1 << 28, "a budget of \(budget) tokens, \(resident) bytes resident")
    }
  }

  @Test("A request's budget that exceeds the machine is refused with the figures, and the next request is answered")
  func requestBeyondTheMachine() async throws {
    let request = #"{"id":"b","ask":"hello","kv_budget":9000000000000}"#
    let run = try await Program.run(["--batch", "-"], input: request + "\n" + Self.request)
    #expect(run.status == 1)
    let error = try #require(run.records.first?["error"] as? [String: Any])
    #expect(error["code"] as? String == "insufficient_memory")
    #expect(run.records.last?["status"] as? String == "ok")
  }

  @Test("A request's budget that the system refuses memory for is an error, and the next request is answered")
  func refusedMemory() async throws {
    let folder = try TemporaryFolder()
    let request = #"{"id":"b","ask":"hello","max_tokens":2,"kv_budget":1500000}"#
    try folder.write(request + "\n" + Self.request + "\n", to: "r.jsonl")
    // 3 GB of the budget, with 2.5 GB of addresses for the whole program.
    let run = try await Program.shell("ulimit -v 2500000; exec \"$0\" --batch r.jsonl", folder: folder.url)
    #expect(run.status == 1, "\(run.output) \(run.errors)")
    let error = try #require(run.records.first?["error"] as? [String: Any])
    #expect(error["code"] as? String == "insufficient_memory", "\(error)")
    #expect(run.records.last?["status"] as? String == "ok")
  }

  @Test(
    "Weights can be locked, prefetched, or left on disk",
    arguments: [
      ["--mlock"], ["--prefetch"], ["--mlock", "--prefetch"], ["--mmap-only"],
    ])
  func residency(options: [String]) async throws {
    let run = try await Program.run(["--batch", "-"] + options, input: Self.request)
    #expect(run.status == 0 && run.records.count == 1)
    #expect(run.errors.isEmpty || run.errors.contains("cannot be locked"), "\(run.errors)")
    #expect(try await Program.run(["--mlock", "--mmap-only"]).status == 64)
  }

  @Test("A run on a video takes no more memory than was estimated, and more than half of it")
  func estimate() async throws {
    let requests = (0..<2).map { #"{"id":"\#($0)","video":"\#(Program.sample)","ask":"What is in view?"}"# }
    let run = try await Program.run(
      ["--batch", "-", "--kv-budget", "300"], input: requests.joined(separator: "\n"))
    let resident = try #require((run.records.last?["memory"] as? [String: Any])?["resident"] as? Int)
    let model = Program.checkout.appending(path: "Models/edgeassist-tiny-Q8_0.gguf").path
    let inspected = try await Program.run(["inspect", "--json", model, "--kv-budget", "300"])
    let total = try #require((inspected.records.first?["memory"] as? [String: Any])?["total"] as? Int)
    let ratio = Double(resident) / Double(total)
    // Most of the memory of this small model is the program with its libraries, which differ between systems. The
    // estimate is for a video of 1920 × 1080, which is more than the sample takes, and a system that is short of memory
    // takes pages of files back.
    #expect(ratio > 0.5 && ratio < 1.1, "\(resident) bytes resident, \(total) estimated")
  }
}
