import Foundation
import Testing

/// Data flows one way, and so do the imports: this table is the architecture.
private let allowedImports: [String: Set<String>] = [
  "ModelFile": [],
  "Compute": ["CKernels", "ModelFile"],
  "Quantization": ["Compute", "ModelFile"],
  "Tokenization": ["ModelFile"],
  "Pictures": [],
  "Video": ["CFFmpeg", "Pictures"],
  "BoundedCache": ["Compute"],
  "Models": ["Compute", "ModelFile", "BoundedCache", "Pictures"],
  "Sandboxing": ["CSandbox"],
  "SessionInterface": ["Pictures"],
  "Plotting": ["Pictures", "SessionInterface"],
  "CodeAgent": ["SessionInterface", "Sandboxing"],
  "Assistant": [
    "Compute", "ModelFile", "Models", "Tokenization", "Video", "BoundedCache", "SessionInterface", "Pictures",
    "CodeAgent", "Sandboxing", "Logging",
  ],
  "Evaluation": [
    "Assistant", "BoundedCache", "CodeAgent", "Compute", "Pictures", "Plotting", "SessionInterface", "Video",
  ],
  "Benchmarking": [
    "Assistant", "BoundedCache", "Compute", "ModelFile", "Models", "Pictures", "Quantization", "Tokenization",
  ],
  "Screen": ["CNcurses", "Pictures", "SessionInterface", "Plotting"],
  "edgeassist": [
    "Assistant", "Benchmarking", "CodeAgent", "Compute", "Evaluation", "Quantization", "Sandboxing", "Screen",
    "SessionInterface", "Video", "BoundedCache", "Models", "ModelFile", "Plotting", "Pictures",
    "ArgumentParser", "TOMLKit", "Logging",
  ],
]

/// Modules of the toolchain, which any target may use.
private let toolchainModules: Set<String> = ["Foundation", "Dispatch", "Synchronization", "Glibc"]

/// Which one target may import a C module.
private let ownerOfCModule = [
  "CFFmpeg": "Video", "CKernels": "Compute", "CNcurses": "Screen", "CSandbox": "Sandboxing",
]

struct ImportDirectionTests {
  private static let sources = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")

  @Test("Every target with Swift files stands in the table")
  func tableIsComplete() throws {
    #expect(Set(try Self.swiftTargets()) == Set(allowedImports.keys))
  }

  @Test("A target imports only what stands above it", arguments: allowedImports.keys.sorted())
  func importsFollowTheTable(target: String) throws {
    for (file, module) in try Self.imports(of: target) where !toolchainModules.contains(module) {
      #expect(allowedImports[target, default: []].contains(module), "\(target)/\(file) imports \(module)")
    }
  }

  @Test("Each C module has one owner", arguments: ownerOfCModule.keys.sorted())
  func cModulesHaveOneOwner(module: String) throws {
    for target in try Self.swiftTargets() where target != ownerOfCModule[module] {
      let imported = try Self.imports(of: target).map(\.module)
      #expect(!imported.contains(module), "\(target) imports \(module)")
    }
  }

  @Test("No module is named like a type inside it")
  func modulesAreNotNamedLikeTypes() throws {
    for target in try Self.swiftTargets() {
      let declaration = try Regex("(struct|class|enum|actor|protocol) \(target)\\b")
      for file in try Self.files(of: target) {
        let text = try String(contentsOf: file, encoding: .utf8)
        let hit = text.firstMatch(of: declaration)
        // The executable's entry may be what it likes: nobody imports it.
        #expect(hit == nil || target == "edgeassist", "\(file.lastPathComponent) declares a type named \(target)")
      }
    }
  }

  private static func swiftTargets() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: sources.path).filter { try !files(of: $0).isEmpty }
  }

  private static func files(of target: String) throws -> [URL] {
    let folder = sources.appending(path: target)
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(".swift") }.map { folder.appending(path: $0) }
  }

  private static func imports(of target: String) throws -> [(file: String, module: String)] {
    let line = try Regex("^(?:@\\w+ +)?(?:public |package |internal )?import (?:\\w+ )?(\\w+)")
      .anchorsMatchLineEndings()
    return try files(of: target).flatMap { file in
      let text = try String(contentsOf: file, encoding: .utf8)
      return text.matches(of: line).compactMap { match in
        match.output[1].substring.map { (file.lastPathComponent, String($0)) }
      }
    }
  }
}
