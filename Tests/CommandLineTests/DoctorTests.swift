// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

struct DoctorTests {
  @Test("Doctor says of each part of the machine what it offers and what that means, without colours in a pipe")
  func report() async throws {
    let run = try await Program.run(["doctor"], environment: ["COLUMNS": "80", "TERM": "xterm-256color"])
    #expect(run.status == 0 && run.errors.isEmpty)
    for words in [
      "processor", "kernels", "memory", "free now", "libavformat", "xterm-256color, 256 colours, UTF-8",
      "Not a terminal", "programs", "Python", "Swift", "Hard limits", "Watched limits",
    ] { #expect(run.output.contains(words), "\(words)") }
    #expect(!run.output.contains("\u{1B}"))
    #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test("The same comes as one JSON object")
  func object() async throws {
    let run = try await Program.run(["doctor", "--json"], environment: ["TERM": "nonsense"])
    let record = try #require(run.records.first)
    #expect(Set(record.keys) == ["processor", "schedules", "memory", "ffmpeg", "terminal", "sandbox", "languages"])
    #expect((record["terminal"] as? [String: Any])?["known"] as? Bool == false)
    let sandbox = try #require(record["sandbox"] as? [String: Any])
    let limits = ["hard_limits", "watched_limits", "missing_limits"].map { sandbox[$0] as? [String] ?? [] }
    #expect(limits[0].contains("size of a file") || sandbox["containment"] as? String == "unavailable")
    #expect(Set(limits[0]).isDisjoint(with: limits[1]))
    let languages = try #require(record["languages"] as? [String: [String: Any]])
    #expect(Set(languages.keys) == ["python", "c", "swift"])
    // A language either runs or says why not.
    #expect(languages.values.allSatisfy { ($0["runs"] as? Bool == true) == ($0["problem"] is NSNull) })
  }

  @Test("With --inject it reports what flipped bits of a copy do, as tables and as JSON")
  func inject() async throws {
    let model = Program.checkout.appending(path: "Models/edgeassist-coder-Q8_0.gguf").path
    let text = try await Program.run(["doctor", "--inject", model, "--flips", "10", "--threads", "1"])
    #expect(text.status == 0 && text.errors.isEmpty, "\(text.errors)")
    for word in ["checksum", "guards", "KL", "scale", "code", "file itself"] {
      #expect(text.output.contains(word), "\(word)")
    }
    let run = try await Program.run(["doctor", "--inject", model, "--flips", "10", "--seed", "1", "--json"])
    let flips = try #require(run.records.first?["flips"] as? [[String: Any]])
    #expect(flips.count == 10 && flips.allSatisfy { $0["seen_by_checksum"] as? Bool == true })
    let alone = try await Program.run(["doctor", "--flips", "3"])
    #expect(alone.status == 64 && alone.errors.contains("--flips has no effect without --inject"))
    let missing = try await Program.run(["doctor", "--inject", "/nonexistent.gguf"])
    #expect(missing.status == 2 && missing.errors.contains("/nonexistent.gguf"))
  }

  @Test("With --source it says what is at an address, as text and as JSON")
  func source() async throws {
    let text = try await Program.run(["doctor", "--source", Program.sample])
    #expect(text.status == 0 && text.errors.isEmpty, "\(text.errors)")
    for words in ["codec", "h264", "frames", "reached by    file", "live          no", "length"] {
      #expect(text.output.contains(words), "\(words)")
    }
    let run = try await Program.run(["doctor", "--source", Program.sample, "--json"])
    let record = try #require(run.records.first)
    #expect(record["status"] as? String == "ok" && record["codec"] as? String == "h264")
    #expect(record["is_live"] as? Bool == false && record["measured_frames_per_second"] == nil)
    #expect(try #require(record["width"] as? Int) > 0 && (record["duration"] as? Double ?? 0) > 1)
  }

  @Test("A source that cannot be read is said in the words of --video, without its password")
  func badSource() async throws {
    let missing = try await Program.run(["doctor", "--source", "/nonexistent.mp4"])
    #expect(missing.status == 1 && missing.errors.contains("/nonexistent.mp4: no such file; check the path"))
    let camera = try await Program.run(["doctor", "--source", "rtsp://me:secret@127.0.0.1:1/cam", "--json"])
    #expect(camera.status == 1 && camera.errors.contains("cannot be reached"))
    #expect(!camera.errors.contains("secret") && !camera.output.contains("secret"))
    #expect(camera.records.first?["status"] as? String == "error")
    let both = try await Program.run(["doctor", "--source", "x", "--inject", "y"])
    #expect(both.status == 64)
  }

  @Test("A language that is not installed says what to install")
  func missingLanguage() async throws {
    let run = try await Program.run(["doctor"], environment: ["PATH": "/nonexistent", "COLUMNS": "400"])
    #expect(run.status == 0)
    #expect(run.output.contains("Python programs cannot be run: no python3 found; sudo apt install python3"))
  }
}
