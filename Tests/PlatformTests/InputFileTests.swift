// SPDX-License-Identifier: Apache-2.0

import Platform
import TestSupport
import Testing

@Suite("A file that is read whole")
struct InputFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func reason(_ path: String, limit: Int = 1 << 20) -> InputError.Reason? {
    do throws(InputError) {
      _ = try InputFile.text(of: path, limit: limit)
      return nil
    } catch {
      #expect(error.path == path)
      return error.reason
    }
  }

  @Test("gives its text, also through a pipe")
  func text() throws {
    #expect(try InputFile.text(of: folder.write("é\n", to: "text"), limit: 3) == "é\n")
    let pipe = folder.path("pipe")
    mkfifo(pipe, 0o600)
    _ = startThread(name: "writer") {
      let descriptor = open(pipe, O_WRONLY)
      _ = write(descriptor, "piped", 5)
      close(descriptor)
    }
    #expect(try InputFile.text(of: pipe, limit: 1 << 20) == "piped")
  }

  @Test("is waited for where it is a pipe, if a program opens it for writing")
  func writerless() throws {
    let pipe = folder.path("pipe")
    mkfifo(pipe, 0o600)
    let error = #expect(throws: InputError.self) {
      try InputFile.bytes(of: pipe, limit: 1 << 20, writerTimeout: 0.3)
    }
    #expect(error?.reason == .noWriter)
    // A writer that only takes its time is waited for as long as it takes.
    let writer = open(pipe, O_RDWR)
    _ = startThread(name: "writer") {
      usleep(700_000)
      _ = write(writer, "piped", 5)
      close(writer)
    }
    #expect(try InputFile.bytes(of: pipe, limit: 1 << 20, writerTimeout: 0.1) == Array("piped".utf8))
  }

  @Test("is no pipe and no device where only an ordinary file can be meant")
  func ordinary() throws {
    let pipe = folder.path("pipe")
    mkfifo(pipe, 0o600)
    for path in [pipe, "/dev/null"] {
      let error = #expect(throws: InputError.self) {
        try InputFile.bytes(of: path, limit: 1 << 20, isOrdinary: true)
      }
      #expect(error?.reason == .notOrdinary)
    }
    let file = try folder.write("four", to: "four")
    #expect(try InputFile.bytes(of: file, limit: 4, isOrdinary: true) == Array("four".utf8))
  }

  @Test("is refused with the reason if it is missing, a folder, or not text")
  func refused() throws {
    #expect(reason("/nonexistent/file") == .missing)
    #expect(reason(folder.url.path) == .folder)
    #expect(reason(try folder.write([0xFF, 0xFE], to: "bytes")) == .notText)
  }

  @Test("is refused if it is larger than the limit, and a device that never ends is")
  func tooLarge() throws {
    #expect(reason(try folder.write("four", to: "four"), limit: 3) == .tooLarge(limit: 3))
    #expect(reason(try folder.write("four", to: "four"), limit: 4) == nil)
    #expect(reason("/dev/zero") == .tooLarge(limit: 1 << 20))
  }
}
