// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

struct InspectTests {
  private static func path(_ name: String) -> String { Program.checkout.appending(path: name).path }
  private static let model = path("Models/edgeassist-tiny-Q8_0.gguf")

  private func json(_ arguments: [String]) async throws -> [String: Any] {
    let run = try await Program.run(["inspect", "--json"] + arguments)
    #expect(run.status == 0, "\(run.errors)")
    return try #require(run.records.first)
  }

  @Test("Inspect tells people what a model is and needs, without colours in a pipe")
  func report() async throws {
    let run = try await Program.run(["inspect", Self.model, "--kv-budget", "2048"])
    #expect(run.status == 0 && run.errors.isEmpty)
    for words in [
      "language model (qwen2vl)", "edgeassist-tiny", "Q8_0", "attention", "feed-forward", "32768 tokens",
      "3.0 KiB a token", "Vision tower · mmproj-edgeassist-tiny-F16.gguf", "budget of 2048 tokens", "total", "would",
    ] { #expect(run.output.contains(words), "\(words)") }
    #expect(!run.output.contains("\u{1B}"))
  }

  @Test("A report keeps within the width that is asked for", arguments: [60, 100])
  func width(columns: Int) async throws {
    let run = try await Program.run(["inspect", Self.model], environment: ["COLUMNS": "\(columns)"])
    #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= columns })
  }

  @Test("It names the precision of the products: the vision tower's F16 is multiplied in 8 bits unless it is exact")
  func products() async throws {
    let run = try await Program.run(["inspect", Self.model])
    #expect(run.output.contains("W8A8 (embedding, attention, feed-forward)"))
    func products(_ arguments: [String]) async throws -> Set<String> {
      let vision = try #require(try await json([Self.model] + arguments)["vision"] as? [String: Any])
      let groups = try #require((vision["quantization"] as? [String: Any])?["groups"] as? [[String: Any]])
      return Set(groups.flatMap { $0["products"] as? [String] ?? [] })
    }
    #expect(try await products([]).contains("W8A8"))
    #expect(try await products(["--vision-precision", "exact"]) == ["W16A32"])
  }

  @Test("With --accumulators it says how many bits the sums of each kind of product need")
  func accumulators() async throws {
    let run = try await Program.run(["inspect", Self.model, "--accumulators"])
    #expect(run.status == 0 && run.output.contains("chunk in 16 bits"))
    let needs = try #require(try await json([Self.model, "--accumulators"])["accumulators"] as? [[String: Any]])
    let wide = try #require(needs.first { $0["type"] as? String == "Q8_0" })
    let inputs = try #require(wide["inputs"] as? Int)
    // 2^15 - 1 is two products of 128 and 127, and 255 more.
    #expect(wide["chunk_in_16_bits"] as? Int == 2)
    let bits = try #require(wide["integer_bits"] as? Int)
    #expect(inputs * 128 * 127 < 1 << (bits - 1) && inputs * 128 * 127 >= 1 << (bits - 2))
    let plain = try #require(wide["mantissa_bits"] as? Int)
    #expect(plain >= (try #require(wide["mantissa_bits_in_chunks"] as? Int)))
  }

  @Test("With --vision-precision exact it counts the vision tower's weights as they are stored")
  func exactVision() async throws {
    let rounded = try #require(try await json([Self.model])["memory"] as? [String: Any])
    let exact = try #require(
      try await json([Self.model, "--vision-precision", "exact"])["memory"] as? [String: Any])
    #expect(try #require(exact["weights"] as? Int) > (try #require(rounded["weights"] as? Int)))
  }

  @Test("The same comes as one JSON object, whose sums are right")
  func object() async throws {
    let record = try await json([Self.model, "--kv-budget", "2048", "--tensors"])
    #expect(record["architecture"] as? String == "qwen2vl" && record["runnable"] as? Bool == true)
    let memory = try #require(record["memory"] as? [String: Any])
    let figures = ["weights", "cache", "working", "program"].compactMap { memory[$0] as? Int }
    #expect(figures.count == 4 && figures.reduce(0, +) == memory["total"] as? Int)
    #expect(memory["cache"] as? Int == 2048 * 3072 && memory["budget"] as? Int == 2048)
    let groups = try #require((record["quantization"] as? [String: Any])?["groups"] as? [[String: Any]])
    let tensors = try #require(record["tensors"] as? [[String: Any]])
    #expect(groups.compactMap { $0["tensors"] as? Int }.reduce(0, +) == tensors.count)
    #expect(
      groups.compactMap { $0["bytes"] as? Int }.reduce(0, +) == tensors.compactMap { $0["bytes"] as? Int }.reduce(0, +))
    #expect((record["vision"] as? [String: Any])?["kind"] as? String == "vision_tower")
    let inMemory = try await json([Self.model, "--kv-memory", "6MiB"])
    #expect((inMemory["memory"] as? [String: Any])?["budget"] as? Int == 2048)
  }

  @Test(
    "Whatever it is, a file is inspected; what cannot be run is said to be so",
    arguments: [
      ("Tests/ModelFileTests/Goldens/everything.gguf", "language_model", "golden"),
      ("Tests/ModelFileTests/Goldens/split-00002-of-00003.gguf", "language_model", "golden"),
      ("Tests/ArchitecturesTests/Goldens/qwen3-lora-attention.gguf", "adapter", nil),
      ("Models/mmproj-edgeassist-tiny-F16.gguf", "vision_tower", nil),
    ])
  func otherFiles(name: String, kind: String, obstacle: String?) async throws {
    let record = try await json([Self.path(name)])
    #expect(record["kind"] as? String == kind && record["memory"] is NSNull)
    #expect((record["obstacle"] as? String)?.contains(obstacle ?? "") == obstacle.map { _ in true })
    let run = try await Program.run(["inspect", Self.path(name)])
    #expect(run.status == 0 && run.output.contains("Cannot be run here") == (obstacle != nil))
  }

  @Test(
    "Of a vision tower by itself, options about the memory of a language model are refused",
    arguments: ["--mmproj=m.gguf", "--kv-budget=512", "--kv-memory=1MiB", "--kv-type=f16", "--threads=1"])
  func towerAlone(option: String) async throws {
    let run = try await Program.run(["inspect", Self.path("Models/mmproj-edgeassist-tiny-F16.gguf"), option])
    #expect(run.status == 64 && run.output.isEmpty, "\(run.errors)")
    let name = String(option.prefix { $0 != "=" })
    #expect(run.errors.contains(name), "\(run.errors)")
  }

  @Test(
    "A file that is missing or no model ends with status 2 and one line", arguments: ["nowhere.gguf", "Package.swift"])
  func unreadable(name: String) async throws {
    let run = try await Program.run(["inspect", Self.path(name)])
    #expect(run.status == 2 && run.output.isEmpty)
    #expect(run.errors.split(separator: "\n").count == 1 && run.errors.contains(name))
  }

  @Test("Help teaches by examples")
  func help() async throws {
    let run = try await Program.run(["inspect", "--help"])
    #expect(run.status == 0)
    for word in ["--json", "--tensors", "--kv-budget", "mmproj.gguf", "00001-of-00003"] {
      #expect(run.output.contains(word), "\(word)")
    }
  }
}
