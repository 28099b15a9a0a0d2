// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelHub
import TestSupport
import Testing

/// `edgeassist pull` and `models`, and models of the hub as values of `--model`, with a hub on this machine.
@Suite("Models of the hub")
final class PullTests {
  private let folder: TemporaryFolder
  private let repository: HubRepository
  private let storage: LoopbackHTTPServer
  private let hub: LoopbackHTTPServer
  private static let name = "edgeassist/tiny-GGUF"

  init() throws {
    folder = try TemporaryFolder()
    let files = try [("tiny-Q8_0.gguf", Checkout.model), ("mmproj-tiny-F16.gguf", Checkout.visionTower)].map {
      let bytes = Array(try Data(contentsOf: URL(filePath: $0.1)))
      let checksum = try Checksum.sha256()
      bytes.withUnsafeBytes { checksum.add($0) }
      return HubRepository.File($0.0, bytes, sha256: checksum.finish())
    }
    let plain = HubRepository(Self.name, files)
    let storage = try LoopbackHTTPServer { plain.storageReply(to: $0) }
    self.storage = storage
    let repository = HubRepository(Self.name, files, storage: storage.otherAddress)
    self.repository = repository
    hub = try LoopbackHTTPServer { request in
      switch request.path {
      case let path where path.contains("/cut/"):
        // The first requests of a file break off.
        var reply = plain.storageReply(
          to: LoopbackHTTPServer.Request(
            path: "/blobs/" + (path.split(separator: "/").last ?? ""), fields: request.fields))
        if (request.range?.first ?? 0) < 3_000_000, !path.contains("/tree/") { reply.ending = .cut(1_500_000) }
        return path.contains("/tree/")
          ? repository.reply(to: LoopbackHTTPServer.Request(path: "/api/models/\(Self.name)/tree/main", fields: [:]))
          : reply
      case let path where path.contains("/slow/"):
        var reply = repository.reply(
          to: LoopbackHTTPServer.Request(path: "/api/models/\(Self.name)/tree/main", fields: [:]))
        if path.contains("/resolve/") {
          reply = LoopbackHTTPServer.Reply(200, body: files[0].bytes, ending: .silence(100_000))
        }
        return reply
      default: return repository.reply(to: request)
      }
    }
  }

  deinit {
    hub.stop()
    storage.stop()
  }

  private var variables: [String: String] {
    ["HF_ENDPOINT": hub.address, "XDG_CACHE_HOME": folder.path("cache"), "HF_TOKEN": "hf_x"]
  }

  private func run(
    _ arguments: [String], _ more: [String: String] = [:], input: String? = nil
  ) async throws -> Program {
    try await Program.run(arguments, input: input, environment: variables.merging(more) { $1 })
  }

  private static let request = #"{"id":"a","ask":"hello","max_tokens":2}"# + "\n"

  private func path(_ file: String) -> String { folder.path("cache/edgeassist/models/\(Self.name)/\(file)") }

  @Test("A pulled model is told on standard output, listed, used without the hub, and removed")
  func wholeWay() async throws {
    let pull = try await run(["pull", Self.name])
    #expect(pull.status == 0 && pull.output == path("tiny-Q8_0.gguf") + "\n" + path("mmproj-tiny-F16.gguf") + "\n")
    for word in ["needs", ". It fits", "of it free now"] { #expect(pull.errors.contains(word), "\(pull.errors)") }
    #expect(!pull.errors.contains("\r") && !pull.errors.contains("\u{1B}"), "no terminal, no drawing")
    #expect(storage.requests.allSatisfy { $0.fields["authorization"] == nil })

    let quiet = try await run(["pull", "hf:\(Self.name):q8_0", "--quiet"])
    #expect(quiet.status == 0 && quiet.output == pull.output && quiet.errors.isEmpty)

    let table = try await run(["models"])
    #expect(table.output.contains("\(Self.name):Q8_0") && table.output.contains("text and video"), "\(table.output)")
    let json = try await run(["models", "--json"])
    let models = try #require(json.records.first?["models"] as? [[String: Any]])
    #expect(models.count == 1 && models[0]["language_model"] as? String == path("tiny-Q8_0.gguf"))

    hub.stop()
    for variables in [[:], ["HF_HUB_OFFLINE": "1"]] {
      let answer = try await run(["--batch", "-", "--model", "hf:\(Self.name)"], variables, input: Self.clipRequest)
      #expect(answer.status == 0 && answer.records.first?["status"] as? String == "ok", "\(answer.errors)")
      #expect(answer.errors.isEmpty && answer.output.split(separator: "\n").count == 1)
    }
    let removal = try await run(["models", "--remove", Self.name + ":Q8_0"])
    #expect(removal.status == 0 && removal.output.isEmpty && removal.errors.contains("free again"))
    #expect(try await run(["models"]).output.hasPrefix("No models in "))
    #expect(try await run(["models", "--remove", Self.name]).status == 2)
  }

  private static var clipRequest: String {
    #"{"id":"v","video":"\#(Checkout.sampleClip)","ask":"What is in view?","at":1,"max_tokens":4}"# + "\n"
  }

  @Test("A model that --model names is downloaded first, and standard output has results alone")
  func downloadedOnUse() async throws {
    let run = try await run(["--batch", "-", "--model", "hf:\(Self.name):Q8_0"], input: Self.request)
    #expect(run.status == 0 && run.records.count == 1 && run.output.split(separator: "\n").count == 1, "\(run.errors)")
    #expect(FileManager.default.fileExists(atPath: path("mmproj-tiny-F16.gguf")))
    let bench = try await self.run(["code", "/nonexistent", "--code-model", "hf:\(Self.name):Q4_0"])
    #expect(bench.status == 2 && bench.errors.contains("it has Q8_0"), "\(bench.errors)")
  }

  @Test("With --mmproj none the vision tower is not downloaded, until a run wants it")
  func withoutTower() async throws {
    let arguments = ["--batch", "-", "--model", "hf:\(Self.name)"]
    for _ in 0..<2 {
      let text = try await run(arguments + ["--mmproj", "none"], input: Self.request)
      #expect(text.status == 0 && text.records.first?["status"] as? String == "ok", "\(text.errors)")
    }
    #expect(!storage.requests.contains { $0.path.contains("mmproj") })
    let video = try await run(arguments, input: Self.clipRequest)
    #expect(video.records.first?["status"] as? String == "ok", "\(video.errors)")
    #expect(storage.requests.contains { $0.path.contains("mmproj") })
  }

  @Test("A connection that breaks off is made again by itself")
  func cut() async throws {
    let run = try await run(["pull", "o/cut"], ["HF_TOKEN": ""])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("trying again"))
    let cut = folder.path("cache/edgeassist/models/o/cut/tiny-Q8_0.gguf")
    #expect(FileManager.default.contentsEqual(atPath: cut, andPath: Checkout.model))
  }

  @Test("Ctrl-C ends a download at once, and what is there is kept")
  func interrupted() async throws {
    let run = try await Program.shell(
      """
      export HF_ENDPOINT=\(hub.address) XDG_CACHE_HOME=\(folder.path("cache"))
      "$0" pull o/slow & pid=$!
      part=$XDG_CACHE_HOME/edgeassist/models/o/slow/tiny-Q8_0.gguf.part
      while [ ! -s $part ]; do sleep 0.1; done
      sleep 0.5
      kill -INT $pid
      (for _ in $(seq 600); do kill -0 $pid || exit; sleep 0.1; done; kill -KILL $pid) > /dev/null 2>&1 & guard=$!
      wait $pid; echo $?
      kill $guard 2> /dev/null
      wc -c < $part; ls $(dirname $part)
      "$0" models
      """, folder: folder.url)
    #expect(run.output.hasPrefix("130\n100000\ntiny-Q8_0.gguf.part\ntiny-Q8_0.gguf.part.json\n"), "\(run.output)")
    #expect(run.errors.contains("interrupted; what has been downloaded is kept"), "\(run.errors)")
    #expect(run.output.contains("not complete: pull it again"))
  }

  @Test("A disk that is full costs nothing that is there, and the next pull goes on")
  func fullDisk() async throws {
    // A limit on the size of files acts as a full disk does, but for the name of the error.
    let run = try await Program.shell(
      """
      export HF_ENDPOINT=\(hub.address) XDG_CACHE_HOME=\(folder.path("cache"))
      (ulimit -f 4000; "$0" pull \(Self.name)); echo $?
      find $XDG_CACHE_HOME -name '*.gguf'; find $XDG_CACHE_HOME -name '*.part'
      "$0" pull --quiet \(Self.name) > /dev/null; echo $?
      """, folder: folder.url)
    #expect(run.output == "2\n\(path("tiny-Q8_0.gguf.part"))\n0\n", "\(run.output) \(run.errors)")
    #expect(run.errors.contains("cannot be written: File too large"), "\(run.errors)")
  }

  @Test(
    "What cannot be pulled ends with status 2 and one line that says what to do",
    arguments: [
      (["nonsense"], "write OWNER/NAME"), (["o/none"], "check the name"), ([PullTests.name + ":Q4_K_M"], "it has Q8_0"),
      ([PullTests.name, "--mmproj-type", "Q8_0"], "it has F16"),
    ])
  func refusals(arguments: [String], words: String) async throws {
    let run = try await run(["pull"] + arguments)
    #expect(run.status == 2 && run.output.isEmpty)
    #expect(run.errors.contains(words) && run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("cache")))
  }

  @Test(
    "A file that nobody can use ends with status 2 and one line, and nothing of it stays",
    arguments: [
      ("junk", "tiny-Q8_0.gguf is not a GGUF file"), ("cut", "tiny-Q8_0.gguf breaks off"),
      ("tower", "mmproj-tiny-F16.gguf is not a GGUF file"), ("long", "tiny-Q8_0.gguf is not a GGUF file"),
    ])
  func unusable(kind: String, words: String) async throws {
    let hub = try Self.damagedHub(kind)
    defer { hub.stop() }
    for _ in 0..<2 {
      let run = try await run(["pull", "o/bad"], ["HF_ENDPOINT": hub.address])
      #expect(run.status == 2 && run.output.isEmpty && !run.errors.contains("use it"), "\(run.errors)")
      let last = run.errors.split(separator: "\n").last ?? ""
      #expect(last.contains("o/bad:Q8_0 cannot be used: \(words)") && !last.contains(".."), "\(run.errors)")
      #expect(last.contains("how the repository has it") && last.contains("choose another repository"))
      #expect(!FileManager.default.fileExists(atPath: folder.path("cache/edgeassist/models/o")))
    }
    if kind == "long" { #expect(hub.requests.allSatisfy { ($0.range?.last ?? 0) < 20 << 20 }) }
  }

  @Test("After a wrong checksum no part of any file stays, and no empty folder")
  func wrongChecksum() async throws {
    for wrong in repository.files.map(\.path) {
      let zeros = String(repeating: "0", count: 64)
      let files = repository.files.map { file in
        HubRepository.File("d/" + file.path, file.bytes, sha256: file.path == wrong ? zeros : file.sha256)
      }
      let repository = HubRepository("o/wrong", files)
      let hub = try LoopbackHTTPServer { repository.reply(to: $0) }
      defer { hub.stop() }
      let run = try await run(["pull", "o/wrong"], ["HF_ENDPOINT": hub.address])
      #expect(run.status == 2 && run.output.isEmpty && run.errors.contains("it is deleted"), "\(run.errors)")
      let models = folder.path("cache/edgeassist/models")
      let left = FileManager.default.enumerator(atPath: models)?.compactMap { $0 as? String } ?? []
      // A file that came whole and right before the wrong one is there for the next run.
      let whole = ["o", "o/wrong", "o/wrong/.edgeassist.json", "o/wrong/.edgeassist.lock", "o/wrong/d"]
      #expect(left.sorted() == (wrong.hasPrefix("mmproj") ? whole + ["o/wrong/d/tiny-Q8_0.gguf"] : []))
    }
  }

  /// A hub whose repository `o/bad` has a file that is damaged, with the checksum that it has.
  private static func damagedHub(_ kind: String) throws -> LoopbackHTTPServer {
    let model = Array(try Data(contentsOf: URL(filePath: Checkout.model)))
    let junk = Array(repeating: UInt8(7), count: 5000)
    let files = [
      ("tiny-Q8_0.gguf", kind == "cut" ? Array(model.prefix(9000)) : kind == "junk" ? junk : model),
      (
        "mmproj-tiny-F16.gguf",
        kind == "tower" ? junk : Array(try Data(contentsOf: URL(filePath: Checkout.visionTower)))
      ),
    ]
    let repository = HubRepository(
      "o/bad",
      try files.map { name, bytes in
        let bytes = kind == "long" && name.hasPrefix("tiny") ? Array(repeating: 7, count: 24 << 20) : bytes
        let checksum = try Checksum.sha256()
        bytes.withUnsafeBytes { checksum.add($0) }
        return HubRepository.File(name, bytes, sha256: checksum.finish())
      })
    return try LoopbackHTTPServer { repository.reply(to: $0) }
  }

  @Test("Whole models that are named as parts of one are refused, by their headers")
  func wholeModelsAsParts() async throws {
    let bytes = Array(try Data(contentsOf: URL(filePath: Checkout.model)))
    let checksum = try Checksum.sha256()
    bytes.withUnsafeBytes { checksum.add($0) }
    let sha256 = checksum.finish()
    let repository = HubRepository(
      "o/parts", (1...2).map { HubRepository.File("m-Q8_0-0000\($0)-of-00002.gguf", bytes, sha256: sha256) })
    let hub = try LoopbackHTTPServer { repository.reply(to: $0) }
    defer { hub.stop() }
    let run = try await run(["pull", "o/parts"], ["HF_ENDPOINT": hub.address])
    let last = run.errors.split(separator: "\n").last ?? ""
    #expect(
      run.status == 2
        && last.contains("m-Q8_0-00001-of-00002.gguf is named as one of 2 parts, and by its header it is"),
      "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("cache/edgeassist/models/o")))
  }

  @Test("A model that is in the cache and cannot be used is refused when it is pulled again, and removed")
  func unusableInCache() async throws {
    let hub = try Self.damagedHub("cut")
    defer { hub.stop() }
    let bytes = Array(try Data(contentsOf: URL(filePath: Checkout.model))).prefix(9000)
    let models = folder.path("cache/edgeassist/models/o/bad")
    try FileManager.default.createDirectory(atPath: models, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(filePath: models + "/tiny-Q8_0.gguf"))
    try FileManager.default.copyItem(atPath: Checkout.visionTower, toPath: models + "/mmproj-tiny-F16.gguf")
    let run = try await run(["pull", "o/bad"], ["HF_ENDPOINT": hub.address])
    #expect(run.status == 2 && run.errors.contains("cannot be used"), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: models))
  }

  @Test("A wrong setting, and a cache without the model offline")
  func settings() async throws {
    let offline = try await run(["--batch", "-", "--model", "hf:o/n"], ["HF_HUB_OFFLINE": "1"])
    #expect(offline.status == 2 && offline.errors.contains("HF_HUB_OFFLINE is set, and o/n is not in the cache"))
    let endpoint = try await run(["pull", "o/n"], ["HF_ENDPOINT": "nowhere"])
    #expect(endpoint.status == 2 && endpoint.errors.contains("HF_ENDPOINT is “nowhere”"))
    #expect(try await run(["pull"]).status == 64)
  }
}
