// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Standard streams that cannot be read or written, and signals.
@Suite("Standard streams and signals")
struct StandardStreamTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("{\"id\":\"a\",\"ask\":\"hello\",\"max_tokens\":2}\n", to: "r.jsonl")
    try folder.write("7\n", to: "tasks.jsonl")
    try folder.write(String(repeating: "7\n", count: 3000), to: "many.jsonl")
  }

  @Test(
    "A standard error that cannot be written changes nothing",
    arguments: ["2> /dev/full", "2> /dev/null < /dev/null", "2< /dev/null", "2>&-"])
  func errors(redirection: String) async throws {
    let run = try await Program.shell("\"$0\" --batch nosuch.jsonl \(redirection)", folder: folder.url)
    #expect(run.status == 2)
    let usage = try await Program.shell("\"$0\" --nosuch \(redirection)", folder: folder.url)
    #expect(usage.status == 64)
  }

  @Test(
    "A standard output that cannot be written is an error in every command",
    arguments: [
      "--help", "--version", "inspect --help", "--generate-completion-script bash", "doctor", "doctor --json",
      "inspect '\(QuantizeTests.model)'", "inspect '\(QuantizeTests.model)' --json",
      "quantize '\(QuantizeTests.model)' --type Q4_0 --dry-run", "--batch r.jsonl",
      "bench --only load --repetitions 1 --json -", "models", "code tasks.jsonl --model '\(QuantizeTests.model)'",
    ])
  func output(command: String) async throws {
    let full = try await Program.shell("\"$0\" \(command) > /dev/full", folder: folder.url)
    #expect(full.status == 2)
    #expect(full.errors == "edgeassist: standard output cannot be written: No space left on device\n")
    let gone = try await Program.shell("{ \"$0\" \(command); echo $? > status; } | true", folder: folder.url)
    #expect(gone.errors == "edgeassist: standard output cannot be written: Broken pipe\n")
    #expect(try String(contentsOf: folder.url.appending(path: "status"), encoding: .utf8) == "2\n")
    let closed = try await Program.shell("\"$0\" \(command) >&-", folder: folder.url)
    #expect(closed.status == 2)
    #expect(closed.errors == "edgeassist: standard output cannot be written: Bad file descriptor\n")
  }

  @Test("A folder as the input of a batch is an error and not its end")
  func folderAsInput() async throws {
    for command in ["--batch - < .", "--batch ."] {
      let run = try await Program.shell("\"$0\" \(command)", folder: folder.url)
      #expect(run.status == 2 && run.errors.contains("cannot be read"), "\(run.errors)")
    }
  }

  @Test("With too few open files the program says so", arguments: [3, 4, 5, 6, 8, 10])
  func fewDescriptors(limit: Int) async throws {
    let run = try await Program.shell("ulimit -n \(limit); exec \"$0\" --batch r.jsonl", folder: folder.url)
    // The loader of shared libraries needs some too.
    #expect(limit < 4 || (run.status == 2 && run.errors.contains("ulimit -n 256")), "\(run.errors)")
    #expect(run.status < 128)
  }

  @Test("With too few threads the program says so", arguments: [1, 2, 3, 4, 5, 6, 8, 64])
  func fewThreads(limit: Int) async throws {
    // The limit does not hold for root, so another user is tried, of this test case alone: one without other threads.
    let run = try await Program.shell(
      """
      user=; id=$((1000000000 + $$))
      [ $(id -u) != 0 ] || user="setpriv --reuid $id --regid $id --clear-groups"
      $user [ -x "$0" ] || { echo skipped; exit; }
      exec prlimit --nproc=\(limit) $user "$0" --batch - < r.jsonl
      """, folder: folder.url)
    if run.output == "skipped\n" { return }
    if limit < 8 {
      #expect(run.status == 2 && run.errors.contains("ulimit -u"), "\(run.errors)")
    } else if limit < 64 {
      #expect(run.status == 0 || run.errors.contains("ulimit -u"), "\(run.errors)")
    } else if geteuid() == 0 {
      // Of any other user, the threads of the other tests count against the limit.
      #expect(run.status == 0 && run.records.count == 1, "\(run.errors)")
    }
  }

  @Test(
    "A signal ends the wait for what does not come and for a reader that does not read",
    arguments: [
      "code pipe", "code /dev/stdin < idle", "code many.jsonl > idle", "code tasks.jsonl --output pipe",
      "code many.jsonl --output idle", "--batch many.jsonl > idle", "--batch many.jsonl --output idle",
      "--batch r.jsonl --output pipe", "bench --only load --repetitions 1 --json pipe",
    ])
  func signalWhileBlocked(command: String) async throws {
    let model = command.hasPrefix("code") ? "--model '\(QuantizeTests.model)'" : ""
    let run = try await Program.shell(
      """
      mkfifo pipe idle; exec 3<> idle
      "$0" \(command) \(model) & pid=$!
      # From when on signals are handled: bit 14 of the caught ones is SIGTERM.
      until grep -q '^SigCgt:.*[4-7c-f]...$' /proc/$pid/status; do sleep 0.1; done
      sleep 1
      kill -TERM $pid
      (for _ in $(seq 600); do kill -0 $pid || exit; sleep 0.1; done; kill -KILL $pid) > /dev/null 2>&1 & guard=$!
      wait $pid; echo $? >&2
      kill $guard 2> /dev/null
      """, folder: folder.url)
    #expect(run.errors == "130\n")
  }

  @Test(
    "A signal ends the wait for a video or for requests at once, and nothing is written for it",
    arguments: ["INT", "TERM"])
  func signals(signal: String) async throws {
    try folder.write("{\"id\":\"v\",\"video\":\"pipe\",\"ask\":\"hello\"}\n", to: "video.jsonl")
    let run = try await Program.shell(
      """
      mkfifo pipe requests
      for batch in video.jsonl requests; do
        "$0" --batch $batch --output out-$batch & pid=$!
        while [ ! -e out-$batch ]; do sleep 0.1; done
        sleep 1
        kill -\(signal) $pid
        (for _ in $(seq 600); do kill -0 $pid || exit; sleep 0.1; done; kill -KILL $pid) > /dev/null 2>&1 & guard=$!
        wait $pid; echo $?
        kill $guard 2> /dev/null
      done
      wc -c < out-video.jsonl
      """, folder: folder.url)
    #expect(run.output == "130\n130\n0\n", "\(run.errors)")
  }
}
