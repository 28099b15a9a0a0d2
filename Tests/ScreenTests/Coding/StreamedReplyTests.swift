// SPDX-License-Identifier: Apache-2.0

import Screen
import Testing

@Suite struct StreamedReplyTests {
  @Test("however a reply is cut, neither fence nor tag is seen")
  func cuts() {
    let reply = "<plan>\n1. Read.\n2. Print a < b.\n</plan>\n```python\nif a < b:\n  print(`a`)\n```\nDone."
    for count in 0...reply.count {
      let written = StreamedReply(String(reply.prefix(count)))
      #expect(!written.words.contains("plan") && !written.words.contains("`"))
      #expect(written.program?.contains("```") != true)
    }
    #expect(
      StreamedReply(reply) == StreamedReply(words: "1. Read.\n2. Print a < b.", program: "if a < b:\n  print(`a`)"))
  }

  @Test("text without a program is words")
  func words() {
    #expect(StreamedReply("I think so") == StreamedReply(words: "I think so", program: nil))
    #expect(StreamedReply("") == StreamedReply(words: "", program: nil))
  }
}
