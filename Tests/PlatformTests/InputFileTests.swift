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
