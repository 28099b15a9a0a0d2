// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile
import TestSupport
import Testing

@Suite("edgeassist quantize")
struct QuantizeTests {
  static let model = Program.checkout.appending(path: "Models/edgeassist-tiny-Q8_0.gguf").path
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: String...) async throws -> Program {
    try await Program.run(["quantize"] + arguments, folder: folder.url)
  }

  @Test("writes a smaller file that the program answers with, and says what each tensor lost")
  func quantize() async throws {
    let run = try await run(Self.model, "small.gguf", "--type", "q4_k", "--json")
    #expect(run.status == 0, "\(run.errors)")
    let report = try #require(run.records.first)
    #expect(report["type"] as? String == "Q4_K_M" && report["written"] as? Bool == true)
    let tensors = try #require(report["tensors"] as? [[String: Any]])
    #expect(tensors.contains { $0["to"] as? String == "Q4_K" && ($0["relative_error"] as? Double ?? 1) < 0.15 })
    #expect((report["bytes_after"] as? Int ?? .max) < (report["bytes_before"] as? Int ?? 0))
    #expect(try folder.names() == ["small.gguf"])

    let requests = folder.url.appending(path: "requests.jsonl")
    try Data(#"{"id":"a","ask":"What is in view?","max_tokens":4}"#.utf8).write(to: requests)
    let vision = Program.checkout.appending(path: "Models/mmproj-edgeassist-tiny-F16.gguf").path
    let answer = try await Program.run(
      ["--batch", requests.path, "--model", folder.path("small.gguf"), "--mmproj", vision])
    #expect(answer.status == 0, "\(answer.errors)")
    #expect(answer.records.first?["status"] as? String == "ok")
  }

  @Test("with COPY changes no tensor and adds checksums, which inspect --checksums checks")
  func checksums() async throws {
    let copied = try await run(Self.model, "copy.gguf", "--type", "copy")
    #expect(copied.status == 0, "\(copied.errors)")
    let good = try await Program.run(["inspect", "copy.gguf", "--checksums"], folder: folder.url)
    #expect(good.status == 0 && good.output.contains("tensors are as their checksums say"), "\(good.errors)")
    let without = try await Program.run(["inspect", Self.model, "--checksums", "--json"])
    let report = try #require(without.records.first?["checksums"] as? [String: Any])
    #expect(without.status == 0 && report["kept"] as? Bool == false)

    let url = folder.url.appending(path: "copy.gguf")
    var bytes = try Data(contentsOf: url)
    bytes[bytes.count - 200] ^= 1
    try bytes.write(to: url)
    let bad = try await Program.run(["inspect", "copy.gguf", "--checksums", "--json"], folder: folder.url)
    let tensors = (bad.records.first?["checksums"] as? [String: Any])?["tensors"] as? [[String: Any]]
    let changed = try #require(tensors?.filter { $0["changed"] as? Bool == true })
    #expect(bad.status == 1 && changed.count == 1)
    let name = try #require(changed.first?["name"] as? String)
    let refused = try await Program.run(
      ["--model", "copy.gguf", "--scrub", "--batch", "-"], input: "", folder: folder.url)
    #expect(refused.status == 2 && refused.errors.contains("tensor \(name) is damaged"))
  }

  @Test("with --dry-run says what would be done, and does nothing")
  func dryRun() async throws {
    let run = try await run(Self.model, "--type", "Q4_0", "--dry-run")
    #expect(run.status == 0)
    for word in ["blk.0.attn_q.weight", "Q4_0", "bits a weight", "Note: "] {
      #expect(run.output.contains(word), "\(word)")
    }
    #expect(try folder.names().isEmpty)
  }

  @Test("never takes the place of what it calibrates on, or of a file that is no model")
  func inputs() async throws {
    let vision = Self.model.replacingOccurrences(of: "edgeassist-tiny-Q8_0", with: "mmproj-edgeassist-tiny-F16")
    try FileManager.default.copyItem(atPath: vision, toPath: folder.path("mm.gguf"))
    try folder.write(Data("{\"id\":\"a\",\"video\":\"\(Program.sample)\",\"ask\":\"What?\"}\n".utf8), to: "r.jsonl")
    try folder.write(Data("A cat came.".utf8), to: "t.txt")
    let names = ["mm.gguf", "r.jsonl", "t.txt"]
    let before = try names.map { try Data(contentsOf: folder.url.appending(path: $0)) }
    for arguments in [
      ["mm.gguf", "--calibrate", "r.jsonl", "--mmproj", "mm.gguf"], ["r.jsonl", "--calibrate", "r.jsonl"],
      ["t.txt", "--calibrate", "t.txt"], ["t.txt"],
    ] {
      let run = try await Program.run(
        ["quantize", Self.model] + arguments + ["--type", "Q4_0", "--force"], folder: folder.url)
      #expect(run.status == 2 && run.errors.contains(arguments[0]), "\(run.errors)")
    }
    #expect(try names.map { try Data(contentsOf: folder.url.appending(path: $0)) } == before)
  }

  @Test("does not take the place of a file unless told to")
  func force() async throws {
    let path = folder.url.appending(path: "there.gguf")
    try Data("GGUF something".utf8).write(to: path)
    let refused = try await run(Self.model, "there.gguf", "--type", "Q4_0")
    #expect(refused.status == 2 && refused.errors.contains("--force"))
    #expect(try Data(contentsOf: path) == Data("GGUF something".utf8))
    let forced = try await run(Self.model, "there.gguf", "--type", "Q4_0", "--force")
    #expect(forced.status == 0, "\(forced.errors)")
    let onItself = try await run("there.gguf", "there.gguf", "--type", "Q8_0", "--force")
    #expect(onItself.status == 2)
  }

  @Test("with --calibrate gives another file of the same size, and says on what it was measured")
  func calibrate() async throws {
    let text = String(repeating: "A cat came from the left. Then a person stopped at the door. ", count: 40)
    try folder.write(text, to: "text.txt")
    let plain = try await run(Self.model, "plain.gguf", "--type", "DINT4")
    let measured = try await run(
      Self.model, "measured.gguf", "--type", "DINT4", "--calibrate", "text.txt", "--calibrate-length", "64",
      "--calibrate-windows", "2")
    #expect(plain.status == 0 && measured.status == 0, "\(measured.errors)")
    #expect(measured.output.contains("on 128 tokens in 2 windows"))
    let files = try ["plain.gguf", "measured.gguf"].map { try Data(contentsOf: folder.url.appending(path: $0)) }
    #expect(files[0] != files[1])
    let metadata = try GGUFFile(path: folder.path("measured.gguf")).metadata
    #expect(try metadata.floats(GGUFMetadata.layerMaximaKey).count == metadata.integer("qwen2vl.block_count"))
    // But for the metadata that tells of it.
    #expect(abs(files[0].count - files[1].count) < 256)
    for (name, contents, word) in [
      ("empty.txt", Data(), "empty.txt has 0 tokens"), ("latin.txt", Data([0x41, 0xE9, 0x42]), "UTF-8"),
      ("short.txt", Data("A cat.".utf8), "less than a window of 512"),
    ] {
      try contents.write(to: folder.url.appending(path: name))
      let refused = try await run(Self.model, "out.gguf", "--type", "DINT4", "--calibrate", name)
      #expect(refused.status == 2 && refused.errors.contains(word), "\(refused.errors)")
    }
    #expect(!(try folder.names().contains("out.gguf")))
  }

  private var text: [String] {
    get throws {
      let text = String(repeating: "A cat came from the left. Then a person stopped at the door. ", count: 40)
      try folder.write(text, to: "text.txt")
      return ["--calibrate", "text.txt", "--calibrate-length", "64", "--calibrate-windows", "2"]
    }
  }

  @Test(
    "with --target-bytes chooses types for a file of that size, keeps the plan in it, and goes on from measurements")
  func targetBytes() async throws {
    let options = try text + ["--types", "Q4_K,Q8_0", "--sensitivity-windows", "1", "--json"]
    let arguments = ["quantize", Self.model, "small.gguf", "--target-bytes", "3MB"] + options
    let run = try await Program.run(arguments, folder: folder.url)
    #expect(run.status == 0, "\(run.errors)")
    let report = try #require(run.records.first)
    let bytes = try Data(contentsOf: folder.url.appending(path: "small.gguf")).count
    #expect(bytes <= 3_000_000 && bytes > 2_800_000 && report["file_bytes"] as? Int == bytes)
    let tensors = try #require(report["tensors"] as? [[String: Any]])
    #expect(tensors.contains { $0["to"] as? String == "Q4_K" } && tensors.contains { $0["to"] as? String == "Q8_0" })
    // What is measured with the runtime's products includes their 8-bit activations.
    for tensor in tensors where tensor["precision"] as? String == "W8A8" {
      #expect(try #require(tensor["relative_error"] as? Double?) ?? 0 <= (tensor["output_error"] as? Double ?? 1))
    }
    #expect(tensors.contains { $0["precision"] as? String == "W4A8" && ($0["output_error"] as? Double ?? 0) > 0.001 })

    let inspected = try await Program.run(["inspect", "small.gguf"], folder: folder.url)
    #expect(inspected.output.contains("Types chosen by sensitivity") && inspected.output.contains("3 000 000 bytes"))
    #expect(inspected.output.contains("W4A8"))

    // Another target needs no measurement: the file of them stays as it is.
    let kept = folder.url.appending(path: "edgeassist-tiny-Q8_0.sensitivities.jsonl")
    let measured = try Data(contentsOf: kept)
    let second = try await Program.run(
      ["quantize", Self.model, "--target-kl", "0.02", "--dry-run"] + options, folder: folder.url)
    #expect(second.status == 0, "\(second.errors)")
    #expect((second.records.first?["divergence"] as? Double ?? 1) <= 0.02)
    #expect(try Data(contentsOf: kept) == measured)
  }

  @Test("says which target cannot be reached, and what is missing to choose types")
  func targets() async throws {
    let calibrated = try text
    for (arguments, status, word) in [
      (["out.gguf", "--target-bytes", "1MB"] + calibrated, 2, "the smallest with these types has"),
      (["out.gguf", "--target-bytes", "3MB"], 64, "--calibrate self"),
      (["out.gguf", "--target-bytes", "3MB", "--target-kl", "0.1"] + calibrated, 64, "exclude each other"),
      (["out.gguf", "--target-kl", "0.1", "--type", "Q4_0"] + calibrated, 64, "--type excludes"),
      (["out.gguf", "--target-kl", "0"] + calibrated, 64, "--target-kl must be above 0"),
      (["out.gguf", "--target-kl", "0.1", "--types", "Q4_K,Q9"] + calibrated, 64, "Q9"),
      (["out.gguf", "--target-kl", "0.1", "--calibrate", "requests.jsonl"], 64, "not on conversations"),
      (["--target-kl", "0.1", "--dry-run", "--scale-channels"] + calibrated, 64, "--scale-channels is for writing"),
      (["out.gguf", "--type", "Q4_0", "--types", "Q4_K"], 64, "--types has no effect"),
      (["out.gguf", "--type", "Q4_0", "--split-neurons", "33"], 64, "multiple of 32"),
    ] as [([String], Int32, String)] {
      let run = try await Program.run(["quantize", Self.model] + arguments, folder: folder.url)
      #expect(run.status == status, "\(arguments)")
      #expect(run.errors.contains(word), "\(run.errors)")
    }
    #expect(try folder.names() == ["text.txt"])
  }

  @Test("with --split-neurons writes a larger model that predicts, and leaves no other file")
  func splitNeurons() async throws {
    let run = try await run(Self.model, "split.gguf", "--type", "Q4_0", "--split-neurons", "32", "--json")
    #expect(run.status == 0, "\(run.errors)")
    let tensors = try #require(run.records.first?["tensors"] as? [[String: Any]])
    let down = try #require(tensors.first { ($0["name"] as? String)?.hasSuffix("ffn_down.weight") == true })
    #expect((down["shape"] as? [Int])?.first == 544)
    #expect(try folder.names() == ["split.gguf"])
    let inspected = try await Program.run(["inspect", "split.gguf"], folder: folder.url)
    #expect(inspected.output.contains("intermediate size 544"))
  }

  @Test("with --attention-pruning leaves out the heads of a profile, for a target and with what else is asked for")
  func attentionPruning() async throws {
    let profile = [
      "profile", "--pruning", "--model", Self.model, "--data", "text.txt", "--windows", "1", "--prune-heads", "0.1",
      "--output", "heads.json",
    ]
    _ = try text
    #expect(try await Program.run(profile, folder: folder.url).status == 0)
    let options = try ["--attention-pruning", "heads.json"] + text + ["--types", "Q4_K,Q8_0"]
    let arguments = ["quantize", Self.model, "few.gguf", "--target-bytes", "3MB", "--sensitivity-windows", "1"]
    let run = try await Program.run(arguments + options, folder: folder.url)
    #expect(run.status == 0 && run.output.contains("heads whose weights are kept, by layer: "), "\(run.errors)")
    #expect(
      try folder.names() == ["edgeassist-tiny-Q8_0.sensitivities.jsonl", "few.gguf", "heads.json", "text.txt"])
    let compared = try await Program.run(
      ["compare", Self.model, "few.gguf", "--data", "text.txt", "--context", "64"], folder: folder.url)
    #expect(compared.status == 0, "\(compared.errors)")
    let other = try await self.run("few.gguf", "out.gguf", "--type", "COPY", "--attention-pruning", "heads.json")
    #expect(other.status == 2 && other.errors.contains("was measured on"), "\(other.errors)")
    let again = try await Program.run(
      ["profile", "--pruning", "--model", "few.gguf", "--data", "text.txt", "--output", "more.json"],
      folder: folder.url)
    #expect(again.status == 2 && again.errors.contains("make the profile of the original"), "\(again.errors)")

    // The type that the model has: nothing but the heads changes.
    let same = try await self.run(Self.model, "same.gguf", "--type", "Q8_0", "--attention-pruning", "heads.json")
    #expect(same.status == 0, "\(same.errors)")
    let inspected = try await Program.run(["inspect", "same.gguf"], folder: folder.url)
    #expect(inspected.output.contains("1 of 12 heads for keys and values"), "\(inspected.output)")
    let limited = try await Program.run(
      ["quantize", Self.model, "--target-kl", "0.02", "--dry-run", "--sensitivity-windows", "1"] + options,
      folder: folder.url)
    #expect(limited.output.contains("is that from the model without these heads"), "\(limited.errors)")
  }

  @Test("ends at a signal in its second phase as in its first", arguments: ["INT", "TERM", "HUP"])
  func signals(name: String) async throws {
    let options = try text.joined(separator: " ")
    let run = try await Program.shell(
      """
      "$0" quantize "\(Self.model)" out.gguf --target-bytes 3MB \(options) --sensitivities s.jsonl >&2 &
      n=0; while [ ! -s s.jsonl ] && [ $n -lt 1200 ]; do sleep 0.05; n=$((n + 1)); done
      kill -\(name) $!; wait $!; echo $?
      """, folder: folder.url)
    #expect(run.output == "130\n" && run.errors.contains("the same command goes on"), "\(run.output) \(run.errors)")
    #expect(try folder.names() == ["s.jsonl", "text.txt"])
  }

  @Test("ends at a signal that comes as one phase ends and the next begins")
  func signalsBetweenPhases() async throws {
    let options = try text.joined(separator: " ")
    let profile = try await Program.shell(
      """
      "$0" profile --pruning --model "\(Self.model)" --data text.txt --windows 1 --prune-heads 0.1 --output heads.json
      """, folder: folder.url)
    #expect(profile.status == 0, "\(profile.errors)")
    // The temporary model is there for a few milliseconds.
    let run = try await Program.shell(
      """
      for name in INT TERM HUP INT TERM HUP; do
        "$0" quantize "\(Self.model)" out.gguf --type Q4_0 --attention-pruning heads.json \(options) >&2 &
        while [ -d /proc/$! ] && ! ls .edgeassist-* > ls.txt 2>&1; do :; done
        kill -$name $!; wait $!; echo $?
      done
      rm ls.txt
      """, folder: folder.url)
    #expect(run.output == String(repeating: "130\n", count: 6), "\(run.output) \(run.errors)")
    #expect(try folder.names() == ["heads.json", "text.txt"])
  }

  @Test("with --scale-channels says how much the products lose less, and adapters are refused then")
  func scaleChannels() async throws {
    let arguments = try ["quantize", Self.model, "scaled.gguf", "--type", "Q4_0", "--scale-channels"] + text
    let measured = try await Program.run(arguments, folder: folder.url)
    #expect(measured.status == 0 && measured.output.contains("of 24 inputs of matrices"), "\(measured.errors)")
    let alone = try await run(Self.model, "out.gguf", "--type", "Q4_0", "--scale-channels")
    #expect(alone.status == 64 && alone.errors.contains("--calibrate"))
  }

  @Test("scales the channels of split neurons for types that were chosen, within the target")
  func everything() async throws {
    let options = try text + ["--types", "Q4_K,Q8_0", "--sensitivity-windows", "1"]
    let arguments = [
      "quantize", Self.model, "all.gguf", "--target-bytes", "3MB", "--split-neurons", "32", "--scale-channels",
    ]
    let run = try await Program.run(arguments + options, folder: folder.url)
    #expect(run.status == 0 && run.output.contains("of 24 inputs of matrices"), "\(run.errors)")
    #expect(run.output.contains("before channels were scaled"))
    #expect(try Data(contentsOf: folder.url.appending(path: "all.gguf")).count <= 3_000_000)
    #expect(try folder.names() == ["all.gguf", "edgeassist-tiny-Q8_0.sensitivities.jsonl", "text.txt"])
  }

  @Test("calibrates on requests about videos, and names the line that is none")
  func requests() async throws {
    let good = #"{"id":"a","video":"\#(Program.sample)","ask":"What is in view now?"}"#
    try folder.write(good + "\n", to: "requests.jsonl")
    let vision = Program.checkout.appending(path: "Models/mmproj-edgeassist-tiny-F16.gguf").path
    let run = try await run(
      Self.model, "seen.gguf", "--type", "Q4_0", "--calibrate", "requests.jsonl", "--mmproj", vision)
    #expect(run.status == 0 && run.output.contains("in 1 windows"), "\(run.errors)")
    try folder.write(good + "\n{\"id\":\"b\"}\n", to: "requests.jsonl")
    let refused = try await self.run(Self.model, "out.gguf", "--type", "Q4_0", "--calibrate", "requests.jsonl")
    #expect(refused.status == 2 && refused.errors.contains("requests.jsonl, line 2"), "\(refused.errors)")
    let cut = try await self.run(
      Self.model, "out.gguf", "--type", "Q4_0", "--calibrate", "requests.jsonl", "--calibrate-length", "64")
    #expect(cut.status == 64 && cut.errors.contains("--calibrate-length"), "\(cut.errors)")
    #expect(!(try folder.names().contains("out.gguf")))
  }

  @Test("says in one line what is wrong, and leaves nothing behind")
  func errors() async throws {
    try folder.write("GGUF, or so it says", to: "broken.gguf")
    for (arguments, status, word) in [
      (["missing.gguf", "out.gguf", "--type", "Q4_0"], 2, "no such file"),
      (["broken.gguf", "out.gguf", "--type", "Q4_0"], 2, "broken.gguf"),
      ([Self.model, "nowhere/out.gguf", "--type", "Q4_0"], 2, "nowhere/out.gguf"),
      ([Self.model, "out.gguf", "--type", "Q8_0"], 2, "Q8_0"),
      ([Self.model, "out.gguf", "--type", "Q4_9"], 64, "Q4_K_M, "),
      ([Self.model, "out.gguf"], 64, "--type"),
      ([Self.model, "--type", "Q4_0"], 64, "--dry-run"),
    ] as [([String], Int32, String)] {
      let run = try await Program.run(["quantize"] + arguments, folder: folder.url)
      #expect(run.status == status, "\(arguments)")
      #expect(run.errors.contains(word), "\(run.errors)")
    }
    #expect(try folder.names() == ["broken.gguf"])
  }
}
