// SPDX-License-Identifier: Apache-2.0

import Sandboxing
import Testing

@Suite("What the kernel says of a process")
struct ProcessStatusTests {
  private func status(_ state: Character, flags: Int) -> ProcessStatus? {
    let text = "12 (a name) of ) \(state)) \(state) 1 12 12 0 -1 \(flags) 0 0 0 0 3 4 0 0 20 0 1 0 99 4096000 250 0"
    return ProcessStatus(Array(text.utf8))
  }

  @Test("Tells one on its way out, which belongs to root for a moment, from one that hides")
  func ending() throws {
    #expect(try #require(status("S", flags: 0x40_0000)).isEnding == false)
    #expect(try #require(status("R", flags: 0x40_0004)).isEnding)
    #expect(try #require(status("Z", flags: 0x40_0000)).isEnding)
  }

  @Test("Is nothing where the text is cut off")
  func cut() {
    #expect(ProcessStatus(Array("12 (name) R 1 12".utf8)) == nil)
    #expect(ProcessStatus(Array("12 name".utf8)) == nil)
  }
}
