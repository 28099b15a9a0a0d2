// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform
import TestSupport
import Testing

@Suite("Writing never destroys")
struct OutputFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func contents(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  private func mode(_ path: String) -> mode_t {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode : 0
  }

  private func reason(_ body: () throws -> Void) -> OutputError.Reason? {
    do {
      try body()
      return nil
    } catch { return (error as? OutputError)?.reason }
  }

  @Test("A new file appears whole, and nothing stays beside it")
  func new() throws {
    let file = try OutputFile(path: folder.path("new"))
    try file.write(Array("one ".utf8))
    #expect(!FileManager.default.fileExists(atPath: folder.path("new")))
    try file.write(Array("two".utf8))
    try file.commit()
    #expect(try contents(folder.path("new")) == "one two")
    #expect(try folder.names() == ["new"])
  }

  @Test("Bytes that were written can be replaced, and writing goes on at the end")
  func rewriting() throws {
    let file = try OutputFile(path: folder.path("new"))
    try file.write(Array("one two".utf8))
    try file.rewrite(Array("ONE".utf8), at: 0)
    try file.write(Array(" three".utf8))
    try file.commit()
    #expect(file.isRewritable)
    #expect(try contents(folder.path("new")) == "ONE two three")
  }

  @Test("A file that is not completed leaves the former one as it was")
  func abandoned() throws {
    let path = try folder.write("former", to: "file")
    do {
      let file = try OutputFile(path: path)
      try file.write(Array("half".utf8))
    }
    #expect(try contents(path) == "former")
    #expect(try folder.names() == ["file"])
  }

  @Test("The mode stays", arguments: [0o600, 0o640, 0o664] as [mode_t])
  func keepsMode(mode: mode_t) throws {
    let path = try folder.write("former", to: "file")
    chmod(path, mode)
    try OutputFile.write("new", to: path)
    #expect(self.mode(path) & 0o7777 == mode)
    #expect(try contents(path) == "new")
  }

  @Test("The target of a link is written, and the link stays", arguments: [true, false])
  func links(isTargetThere: Bool) throws {
    let target = folder.path("target")
    if isTargetThere { try folder.write("former", to: "target") }
    for (name, destination) in [("absolute", target), ("relative", "target"), ("twice", "relative")] {
      symlink(destination, folder.path(name))
      try OutputFile.write(name, to: folder.path(name))
      #expect(mode(folder.path(name)) & S_IFMT == S_IFLNK)
      #expect(try contents(target) == name)
    }
  }

  @Test("Pipes and devices are written and stay what they are")
  func streams() throws {
    try OutputFile.write("lost", to: "/dev/null")
    #expect(mode("/dev/null") & S_IFMT == S_IFCHR)
    let pipe = folder.path("pipe")
    mkfifo(pipe, 0o600)
    let reader = open(pipe, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    try OutputFile.write("through", to: pipe)
    var bytes = [UInt8](repeating: 0, count: 100)
    #expect(read(reader, &bytes, bytes.count) == 7)
    #expect(mode(pipe) & S_IFMT == S_IFIFO)
    #expect(reason { try OutputFile.write("lost", to: "/dev/full") } == .system(ENOSPC))
    #expect(mode("/dev/full") & S_IFMT == S_IFCHR)
  }

  @Test("Folders, sockets and files that nobody may write are refused, also as root")
  func refused() throws {
    #expect(reason { try OutputFile.write("", to: folder.url.path) } == .folder)
    #expect(reason { try OutputFile.write("", to: folder.path("missing/file")) } == .system(ENOENT))
    #expect(reason { try OutputFile.write("", to: "") } != nil)
    let path = try folder.write("former", to: "file")
    chmod(path, 0o444)
    #expect(reason { try OutputFile.write("new", to: path) } == .writeProtected)
    #expect(try contents(path) == "former")
    for name in ["a", "b"] { symlink(name == "a" ? "b" : "a", folder.path(name)) }
    #expect(reason { try OutputFile.write("", to: folder.path("a")) } == .system(ELOOP))
  }

  @Test("A file that is read is not written, by whatever name")
  func inputs() throws {
    let input = try folder.write("input", to: "input")
    symlink("input", folder.path("link"))
    link(input, folder.path("hard"))
    for name in ["input", "link", "hard"] {
      #expect(reason { try OutputFile.write("", to: folder.path(name), inputs: [input]) } == .input, "\(name)")
      #expect(reason { try OutputFile.check(path: folder.path(name), inputs: [input]) } == .input, "\(name)")
    }
    #expect(try contents(input) == "input")
    try OutputFile.write("", to: folder.path("other"), inputs: [input, folder.path("missing"), "-"])
  }

  @Test("Of a kind only its own files and empty ones are replaced")
  func kinds() throws {
    let kind = OutputFile.Replacement.kind("a list", beginning: "list:")
    try folder.write("", to: "empty")
    try OutputFile.write("list: a", to: folder.path("empty"), replacing: kind)
    try OutputFile.write("list: b", to: folder.path("empty"), replacing: kind)
    for (name, text) in [("diary", "Dear diary"), ("short", "li"), ("long", "a list: a")] {
      let path = try folder.write(text, to: name)
      #expect(reason { try OutputFile.write("list: c", to: path, replacing: kind) } == .otherContents(kind: "a list"))
      #expect(reason { try OutputFile.write("c", to: path, replacing: .nothing) } == .otherContents(kind: "empty"))
      #expect(try contents(path) == text)
    }
  }

  @Test("A file that is being written is not written by another at the same time")
  func locked() throws {
    let path = try folder.write("former", to: "file")
    let first = try OutputFile(path: path)
    #expect(reason { _ = try OutputFile(path: path) } == .inUse)
    try first.write(Array("first".utf8))
    try first.commit()
    #expect(try contents(path) == "first")
  }

  @Test("A check changes nothing")
  func check() throws {
    try OutputFile.check(path: folder.path("new"))
    #expect(try folder.names().isEmpty)
    #expect(reason { try OutputFile.check(path: folder.path("missing/new")) } == .system(ENOENT))
  }
}
