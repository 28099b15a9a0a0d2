// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Package.swift is the architecture: its targets stand in the order of the data, and the build refuses an import that
/// it does not declare. What is tested here is what neither says.
@Suite("Import directions")
struct ImportDirectionTests {
  private static let root = Checkout.root
  private static let sources = root.appending(path: "Sources")

  /// Which targets may import a C module. Of FFmpeg's libraries ModelHub uses libavutil's checksums alone.
  private static let ownersOfCModule = [
    "CCurl": ["ModelHub"], "CFFmpeg": ["ModelHub", "Video"], "CKernels": ["Compute"], "CNcurses": ["Screen"],
    "CSandbox": ["Sandboxing"],
  ]

  @Test("Every folder with Swift files is a target of the manifest, and every target has one")
  func manifestIsComplete() throws {
    #expect(Set(try Self.swiftTargets()) == Set(try Self.manifest().map(\.name)))
  }

  @Test("A target depends only on targets above it in the manifest")
  func dependenciesPointUp() throws {
    var above: Set<String> = Set(Self.ownersOfCModule.keys)
    for (name, dependencies) in try Self.manifest() {
      #expect(dependencies.isSubset(of: above), "\(name) depends on \(dependencies.subtracting(above).sorted())")
      above.insert(name)
    }
  }

  @Test("What measures the assistant does not depend on it", arguments: ["Evaluation", "Benchmarking"])
  func measuringStandsBeside(target: String) throws {
    let dependencies = try Self.manifest().first { $0.name == target }?.dependencies
    #expect(dependencies?.contains("Dialogue") == true)
    #expect(dependencies?.contains("Assistant") == false)
  }

  @Test("A C module is imported by its owners alone", arguments: ownersOfCModule.keys.sorted())
  func cModulesHaveOwners(module: String) throws {
    let importing = try Self.swiftTargets().filter { try Self.imports(of: $0).contains(module) }
    #expect(importing == Self.ownersOfCModule[module])
  }

  @Test("The C library is imported in one place")
  func oneLibcImport() throws {
    let importing = try Self.swiftTargets().filter { !(try Self.imports(of: $0).isDisjoint(with: ["Glibc", "Musl"])) }
    #expect(importing == ["Platform"])
  }

  @Test("No module is named like a type inside it")
  func modulesAreNotNamedLikeTypes() throws {
    // The executable's entry may be what it likes: nobody imports it.
    for target in try Self.swiftTargets() where target != "edgeassist" {
      let declaration = try Regex("(struct|class|enum|actor|protocol) \(target)\\b")
      for file in try Self.files(of: target) {
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(text.firstMatch(of: declaration) == nil, "\(file.lastPathComponent) declares a type named \(target)")
      }
    }
  }

  // MARK: The manifest and the folders

  /// The Swift targets of Sources in the manifest's order, with those of their dependencies that are targets too.
  private static func manifest() throws -> [(name: String, dependencies: Set<String>)] {
    let text = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
    let target = try Regex(
      "(?:library\\(\\s*|executableTarget\\(\\s*name: )\"(\\w+)\"(?:,\\s*(?:dependencies: )?\\[([^\\]]*)\\])?")
    let word = try Regex("\"(\\w+)\"")
    return text.matches(of: target).compactMap { match in
      guard let name = match.output[1].substring.map(String.init),
        !["InstructionCount", "ScheduleTimes", "SandboxHolder"].contains(name)
      else { return nil }
      let list = match.output[2].substring.map(String.init) ?? ""
      let dependencies = list.matches(of: word).compactMap { $0.output[1].substring.map(String.init) }
      return (name, Set(dependencies).subtracting(["TOMLKit"]))
    }
  }

  private static func swiftTargets() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: sources.path).sorted().filter { try !files(of: $0).isEmpty }
  }

  private static func files(of target: String) throws -> [URL] {
    let folder = sources.appending(path: target)
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(".swift") }.map { folder.appending(path: $0) }
  }

  private static func imports(of target: String) throws -> Set<String> {
    let line = try Regex("^\\s*(?:@\\w+ +)?(?:public |package |internal )?import (?:\\w+ )?(\\w+)")
      .anchorsMatchLineEndings()
    let modules = try files(of: target).flatMap { file in
      try String(contentsOf: file, encoding: .utf8).matches(of: line).compactMap {
        $0.output[1].substring.map(String.init)
      }
    }
    return Set(modules)
  }
}
