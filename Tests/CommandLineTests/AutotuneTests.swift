// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite("edgeassist autotune")
struct AutotuneTests {
  private let cache: TemporaryFolder

  init() throws { cache = try TemporaryFolder() }

  private var environment: [String: String] { ["XDG_CACHE_HOME": cache.url.path, "COLUMNS": "400"] }

  private func run(_ arguments: [String], input: String? = nil) async throws -> Program {
    try await Program.run(arguments, input: input, environment: environment, folder: cache.url)
  }

  private var files: [URL] {
    let folder = cache.url.appending(path: "edgeassist/schedules")
    return (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
  }

  private func products(in file: URL) throws -> [NSDictionary] {
    let contents = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
    return try #require(contents?["products"] as? [NSDictionary])
  }

  private let few = ["autotune", "--trials", "2", "--threads", "2", "--mmproj", "none"]

  @Test("measures the embedded model's products once, and every command uses what it found")
  func tuned() async throws {
    let first = try await run(few)
    #expect(first.status == 0 && first.errors.isEmpty, "\(first.errors)")
    for word in ["decode", "prefill", "standard", "±", "Used from the next start on", "Q8_0"] {
      #expect(first.output.contains(word), "\(word)")
    }
    #expect(!first.output.contains(" *"))
    let file = try #require(files.first)
    #expect(files.count == 1 && file.lastPathComponent.hasSuffix("-2-threads.json"))
    let written = try products(in: file)
    let second = try await run(few)
    #expect(second.status == 0 && second.output.contains(" *") && second.output.contains("--force"), "\(second)")
    // One that took less than a percent of the time may take more now, and be added.
    #expect(try products(in: file).prefix(written.count).elementsEqual(written), "nothing is measured again")
    let report = try await run(["bench", "--quick", "--only", "load", "--threads", "2", "--json", "-"])
    #expect(report.status == 0 && report.errors.isEmpty, "\(report.errors)")
  }

  /// A file in which every product has another schedule.
  private func writeSchedules() async throws -> URL {
    _ = try await run(few)
    let file = try #require(files.first)
    let text = try String(contentsOf: file, encoding: .utf8)
    let schedule = #"{"chunks":3,"pass":24,"prefetch":0,"segments":2,"threads":1,"tile":4}"#
    let tuned = text.replacing(/"schedule":\{[^}]*\}/, with: "\"schedule\":" + schedule)
    try tuned.write(to: file, atomically: true, encoding: .utf8)
    return file
  }

  @Test("changes no answer, and bench, doctor and bench --compare tell whether it is in use")
  func used() async throws {
    _ = try await writeSchedules()
    let request = #"{"id":"a","ask":"What do you see?","max_tokens":12}"#
    let answers = try await [[], ["--no-tuned"]].asyncMap { options in
      let run = try await run(["--batch", "-", "--threads", "2"] + options, input: request)
      #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
      return run.records.first?["answer"] as? String
    }
    #expect(answers[0] != nil && answers[0] == answers[1])
    let bench = ["bench", "--quick", "--only", "prefill", "--prompt-lengths", "16", "--threads", "2", "--json"]
    #expect(try await run(bench + ["standard.json", "--no-tuned"]).status == 0)
    let tuned = try await run(bench + ["tuned.json"])
    #expect(tuned.status == 0 && tuned.output.contains("tuned product"), "\(tuned.output)")
    let compared = try await run(["bench", "--compare", "standard.json", "tuned.json"])
    #expect(compared.output.contains("products: standard schedules →"), "\(compared.output)")
    #expect(compared.output.contains("tuned by autotune"))
    let other = try await run(["bench", "--quick", "--only", "load", "--threads", "1"])
    #expect(!other.output.contains("tuned product"), "another number of threads has a file of its own")
  }

  @Test("A file that is damaged or of another build is named in one notice, and the run goes on")
  func unusable() async throws {
    let file = try await writeSchedules()
    let good = try String(contentsOf: file, encoding: .utf8)
    let load = ["bench", "--quick", "--only", "load", "--threads", "2"]
    for (bad, word) in [
      ("{", "damaged"), (good.replacing("\"tile\":4", with: "\"tile\":4000"), "out of bounds"),
      (good.replacing(/"build":"[^"]*"/, with: "\"build\":\"0\""), "another build"),
      (good.replacing(/"processor":"[^"]*"/, with: "\"processor\":\"Z80\""), "another machine"),
    ] {
      try bad.write(to: file, atomically: true, encoding: .utf8)
      let run = try await run(load)
      #expect(run.status == 0 && !run.output.contains("tuned product"))
      #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
      #expect(run.errors.contains(file.path) && run.errors.contains(word), "\(run.errors)")
      let without = try await self.run(load + ["--no-tuned"])
      #expect(without.status == 0 && without.errors.isEmpty, "\(without.errors)")
    }
    let again = try await run(few)
    #expect(again.status == 0 && again.errors.contains("another machine"), "\(again.errors)")
    #expect(try await run(load).errors.isEmpty, "it was measured again")
  }

  @Test("Ctrl-C keeps what was measured, and the same command goes on with it")
  func interrupted() async throws {
    let run = try await Program.shell(
      """
      export XDG_CACHE_HOME="$PWD" COLUMNS=400
      "$0" autotune --trials 10000 --threads 2 --mmproj none > out & pid=$!
      has_ended() { grep -q "^State:.Z" /proc/$pid/status; }
      until grep -qs trial_points edgeassist/schedules/*.json || has_ended; do sleep 0.02; done
      kill -INT $pid
      wait $pid; echo $?
      """, folder: cache.url)
    #expect(run.output == "130\n", "\(run)")
    let output = try String(contentsOf: cache.url.appending(path: "out"), encoding: .utf8)
    #expect(output.contains("Stopped early") && output.contains("decode"), "\(output)")
    let next = try await self.run(few)
    #expect(next.status == 0 && next.output.contains("decode *"), "\(next)")
    #expect(!next.output.contains("not finished"))
  }

  @Test(
    "says with status 64 what there is",
    arguments: [
      (["--trials", "0"], "--trials"), (["--shape", "qwen1"], "qwen2-vl-2b"), (["--type", "q4_0"], "--shape"),
      (["--shape", "qwen2-0.5b", "--model", "x"], "excludes"), (["--threads", "0"], "--threads"),
    ])
  func wrongUsage(arguments: [String], word: String) async throws {
    let run = try await Program.run(["autotune"] + arguments)
    #expect(run.status == 64 && run.errors.contains(word), "\(run.errors)")
  }

  @Test("says with status 2 what cannot be read or written")
  func unwritable() async throws {
    let missing = try await run(["autotune", "--model", "/nonexistent.gguf"])
    #expect(missing.status == 2 && missing.errors.contains("/nonexistent.gguf"), "\(missing.errors)")
    let nowhere = try await Program.run(["autotune"], environment: ["HOME": ""])
    #expect(nowhere.status == 2 && nowhere.errors.contains("XDG_CACHE_HOME"), "\(nowhere.errors)")
    let folder = try await Program.run(["autotune"], environment: ["XDG_CACHE_HOME": "/dev/null"])
    #expect(folder.status == 2 && folder.errors.contains("/dev/null"), "\(folder.errors)")
  }
}

extension Sequence {
  fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
    var results: [Result] = []
    for element in self { results.append(try await transform(element)) }
    return results
  }
}
