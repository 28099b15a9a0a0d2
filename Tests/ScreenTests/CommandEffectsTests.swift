// SPDX-License-Identifier: Apache-2.0

import Screen
import SessionInterface
import Testing

@Suite struct CommandEffectsTests {
  @Test(
    "commands become what the session understands",
    arguments: [
      ("/clear", SessionCommand.clearConversation), ("/pause", .pause), ("/resume", .resume),
      ("/seek 1:30", .seek(seconds: 90)), ("/image cat.jpg", .showImage(path: "cat.jpg")),
      ("/budget 2k", .setBudget(tokens: 2048)),
      ("/policy uniform", .setPolicy(.uniform)), ("/save talk one.txt", .save(path: "talk one.txt")),
      ("/save ~/talk.txt", .save(path: "/home/me/talk.txt")),
      ("/image '/a b/it'\\''s.png' ", .showImage(path: "/a b/it's.png")),
      ("/image \"a b.png\"", .showImage(path: "a b.png")), ("/image it's.png", .showImage(path: "it's.png")),
      ("/save '", .save(path: "'")),
    ])
  func sent(line: String, command: SessionCommand) {
    var screen = TestScreen()
    screen.tell(.ready(.clip))
    #expect(screen.enter(line) == [.send(command)])
    #expect(screen.state.editor.isEmpty)
  }

  @Test("/quit leaves")
  func quit() {
    var screen = TestScreen()
    #expect(screen.enter("/quit") == [.send(.quit), .exit(.quit)])
  }

  @Test("a step goes from where the stream is, not before its start")
  func steps() {
    var screen = TestScreen()
    screen.tell(.ready(.clip), .statistics(.midway))
    #expect(screen.enter("/seek +10") == [.send(.seek(seconds: 22))])
    #expect(screen.enter("/seek -60") == [.send(.seek(seconds: 0))])
  }

  @Test(
    "an argument that cannot be used leaves the line to be mended and says why",
    arguments: [
      ("/seek", "needs a time"), ("/image", "name of an image file"),
      ("/seek soon", "needs a time"), ("/budget", "number of tokens"),
      ("/budget -4", "number of tokens"), ("/policy uniforn", "did you mean uniform?"),
      ("/policy", "/policy needs one of"), ("/save", "name of a file"), ("/help me", "takes nothing"),
    ])
  func unusable(line: String, why: String) {
    var screen = TestScreen(120, 30)
    screen.tell(.ready(.clip))
    #expect(screen.enter(line) == [])
    #expect(screen.state.editor.text == line)
    #expect(screen.rows.last?.contains(why) == true)
  }

  @Test("without a stream there is nothing to pause or seek", arguments: ["/pause", "/resume", "/seek 3"])
  func noStream(line: String) {
    var screen = TestScreen()
    screen.tell(.ready(.chat))
    #expect(screen.enter(line) == [])
    #expect(screen.text.contains("there is no stream"))
  }

  @Test("an unknown command is checked for being a file, then named with the nearest")
  func unknown() {
    var screen = TestScreen()
    #expect(screen.enter("/hlep") == [.checkPath(word: "/hlep", line: "/hlep")])
    #expect(screen.send(.pathChecked(line: "/hlep", word: "/hlep", exists: false)) == [])
    #expect(screen.text.contains("did you mean /help?"))
    #expect(screen.state.editor.text == "/hlep")
  }

  @Test("a line that begins with a file's path is a question")
  func path() {
    var screen = TestScreen()
    let line = "/tmp/a.png what is this?"
    #expect(screen.enter(line) == [.checkPath(word: "/tmp/a.png", line: line)])
    #expect(screen.send(.pathChecked(line: line, word: "/tmp/a.png", exists: true)) == [.send(.ask(line))])
    #expect(screen.state.editor.isEmpty)
  }

  @Test("/help lists every command and the keys")
  func help() {
    var screen = TestScreen(120, 60)
    #expect(screen.enter("/help") == [])
    for command in SlashCommand.allCases { #expect(screen.text.contains(command.usage)) }
    for (keys, what) in keyHelp { #expect(screen.text.contains(keys) && screen.text.contains(what.prefix(10))) }
  }

  @Test("/clear empties the conversation on the screen")
  func clear() {
    var screen = TestScreen()
    screen.talk("q", "an answer to forget")
    screen.enter("/clear")
    #expect(!screen.text.contains("forget"))
  }

  @Test("while a command is typed its use is shown")
  func usage() {
    var screen = TestScreen()
    screen.type("/se")
    #expect(screen.rows.last?.contains("/seek TIME") == true)
    screen.type("ek 1")
    #expect(screen.rows.last?.contains("/seek TIME") == true)
  }
}
