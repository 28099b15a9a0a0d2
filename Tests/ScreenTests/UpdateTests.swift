import Screen
import SessionInterface
import Testing

@Suite struct AskingTests {
  @Test("Enter sends the line, shows it as a question and empties the line")
  func asking() {
    var screen = TestScreen()
    screen.type("What came first?")
    #expect(screen.press(.enter) == [.send(.ask("What came first?"))])
    #expect(screen.state.editor.isEmpty)
    #expect(screen.state.conversation.entries.map(\.kind) == [.question(isWaiting: true)])
    #expect(screen.state.isAnswering)
  }

  @Test("an empty line sends nothing")
  func emptyLine() {
    var screen = TestScreen()
    #expect(screen.enter("   ") == [])
    #expect(screen.state.editor.isEmpty)
  }

  @Test("an answer grows piece by piece and ends with its figures")
  func streaming() {
    var screen = TestScreen()
    screen.enter("What?")
    screen.tell(.answerStarted(question: "What?"), .answerPiece("A cat"), .answerPiece(" sits."))
    #expect(screen.text.contains("A cat sits.▍"))
    screen.tell(.answerFinished(.of("A cat sits.")))
    #expect(!screen.state.isAnswering)
    #expect(screen.text.contains("0.42 s · 12 tokens"))
    #expect(!screen.text.contains("▍"))
  }

  @Test("a question asked during an answer waits below it and is answered in its place")
  func waiting() {
    var screen = TestScreen()
    screen.enter("one")
    screen.tell(.answerStarted(question: "one"), .answerPiece("first"))
    screen.enter("two")
    #expect(screen.text.contains("waits for the answer above"))
    screen.tell(.answerFinished(.of("first")), .answerStarted(question: "two"), .answerFinished(.of("second")))
    #expect(screen.state.conversation.entries.map(\.text) == ["one", "first", "two", "second"])
  }

  @Test("a question that somebody else asked is shown too")
  func foreignQuestion() {
    var screen = TestScreen()
    screen.tell(.answerStarted(question: "asked elsewhere"), .answerPiece("yes"))
    #expect(screen.state.conversation.entries.map(\.text) == ["asked elsewhere", "yes"])
  }

  @Test("a failed answer is over when the figures say so")
  func failure() {
    var screen = TestScreen()
    screen.enter("What?")
    screen.tell(
      .answerStarted(question: "What?"),
      .failure(code: "budget_too_small", message: "The least that works is 143."), .statistics(.midway))
    #expect(!screen.state.isAnswering)
    #expect(screen.text.contains("× The least that works is 143."))
  }

  @Test("a failure of something else does not end the answer under way")
  func foreignFailure() {
    var screen = TestScreen()
    screen.enter("What?")
    var answering = SessionStatistics.midway
    answering.isAnswering = true
    screen.tell(
      .answerStarted(question: "What?"), .answerPiece("A cat"),
      .failure(code: "unsupported", message: "no"), .statistics(answering), .answerPiece(" sits."))
    #expect(screen.text.contains("A cat sits."))
    #expect(screen.state.isAnswering)
  }

  @Test("white space at the start of an answer is not shown")
  func leadingSpace() {
    var screen = TestScreen()
    screen.enter("What?")
    screen.tell(.answerStarted(question: "What?"), .answerPiece(" \n"), .answerPiece(" A cat"))
    #expect(screen.state.conversation.entries.last?.text == "A cat")
  }

  @Test("an answer that was stopped says so", arguments: [
    (AnswerSummary.Stop.cancelled, "stopped · 0.42 s"), (.length, "cut at the token limit · 0.4 s"),
  ])
  func stops(stop: AnswerSummary.Stop, remark: String) {
    var screen = TestScreen()
    screen.enter("What?")
    screen.tell(.answerStarted(question: "What?"), .answerFinished(.of("A", stop: stop)))
    #expect(screen.text.contains(remark))
  }

  @Test("the same warning again is counted, not repeated")
  func repeatedWarnings() {
    var screen = TestScreen()
    for _ in 0..<5 { screen.tell(.warning("late")) }
    #expect(screen.state.conversation.entries.count == 1)
    #expect(screen.text.contains("! late (×5)"))
  }

  @Test("a conversation does not grow without end")
  func capacity() {
    var screen = TestScreen()
    for number in 0..<5_000 { screen.tell(.note("note \(number)")) }
    #expect(screen.state.conversation.entries.count == Conversation.capacity)
    #expect(screen.state.conversation.entries.last?.text == "note 4999")
  }

  @Test("what others write to the error output appears as a warning")
  func errorOutput() {
    var screen = TestScreen()
    screen.send(.errorOutput("[h264] bad block\n\n  \n"))
    #expect(screen.state.conversation.entries.map(\.text) == ["[h264] bad block"])
    #expect(screen.state.conversation.entries.map(\.kind) == [.warning])
  }

  @Test("terminal sequences in an answer are shown, not obeyed")
  func hostileText() {
    var screen = TestScreen()
    screen.talk("q", "red \u{1B}[2Jalert\u{07}")
    #expect(screen.text.contains("red \u{FFFD}[2Jalert\u{FFFD}"))
  }
}

@Suite struct LeavingTests {
  @Test("Ctrl-C without an answer asks first, a second one within two seconds leaves")
  func twice() {
    var screen = TestScreen()
    #expect(screen.press(.control("c")) == [])
    #expect(screen.text.contains("press Ctrl-C again to quit"))
    screen.now += 1.9
    #expect(screen.press(.control("c")) == [.send(.quit), .exit(.interrupted)])
  }

  @Test("after two seconds it asks again")
  func tooLate() {
    var screen = TestScreen()
    screen.press(.control("c"))
    screen.now += 2
    #expect(screen.press(.control("c")) == [])
    screen.now += 1
    #expect(screen.press(.control("c")) == [.send(.quit), .exit(.interrupted)])
  }

  @Test("any other key in between means staying")
  func disarmed() {
    var screen = TestScreen()
    screen.press(.control("c"))
    screen.type("x")
    #expect(screen.press(.control("c")) == [])
  }

  @Test("during an answer Ctrl-C stops the answer and does not count towards leaving")
  func stopsAnswerFirst() {
    var screen = TestScreen()
    screen.enter("What?")
    screen.tell(.answerStarted(question: "What?"), .answerPiece("A"))
    #expect(screen.press(.control("c")) == [.send(.cancelAnswer)])
    screen.tell(.answerFinished(.of("A", stop: .cancelled)))
    #expect(screen.press(.control("c")) == [])
    #expect(screen.press(.control("c")) == [.send(.quit), .exit(.interrupted)])
  }

  @Test("a model that does not stop cannot keep anybody")
  func stuckModel() {
    var screen = TestScreen()
    screen.enter("What?")
    #expect(screen.press(.control("c")) == [.send(.cancelAnswer)])
    #expect(screen.press(.control("c")) == [])
    #expect(screen.press(.control("c")) == [.send(.quit), .exit(.interrupted)])
  }

  @Test("Escape stops an answer once, and never leaves")
  func escape() {
    var screen = TestScreen()
    #expect(screen.press(.escape) == [])
    screen.enter("What?")
    #expect(screen.press(.escape) == [.send(.cancelAnswer)])
    #expect(screen.press(.escape) == [])
  }

  @Test("Ctrl-D leaves on an empty line and deletes on others")
  func controlD() {
    var screen = TestScreen()
    screen.type("ab")
    screen.press(.control("a"))
    #expect(screen.press(.control("d")) == [])
    #expect(screen.state.editor.text == "b")
    screen.press(.delete)
    #expect(screen.press(.control("d")) == [.send(.quit), .exit(.quit)])
  }

  @Test("Ctrl-C clears what was being typed")
  func clearsLine() {
    var screen = TestScreen()
    screen.type("half a thought")
    screen.press(.control("c"))
    #expect(screen.state.editor.isEmpty)
  }
}

@Suite struct CommandTests {
  @Test("commands become what the session understands", arguments: [
    ("/clear", SessionCommand.clearConversation), ("/pause", .pause), ("/resume", .resume),
    ("/seek 1:30", .seek(seconds: 90)), ("/budget 2k", .setBudget(tokens: 2048)),
    ("/policy uniform", .setPolicy("uniform")), ("/save talk one.txt", .save(path: "talk one.txt")),
    ("/save ~/talk.txt", .save(path: "/home/me/talk.txt")),
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

  @Test("an argument that cannot be used leaves the line to be mended and says why", arguments: [
    ("/seek", "needs a time"), ("/seek soon", "needs a time"), ("/budget", "number of tokens"),
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

@Suite struct CompletionTests {
  @Test("Tab completes a command, with a space where something follows")
  func commands() {
    var screen = TestScreen()
    screen.type("/he")
    screen.press(.tab)
    #expect(screen.state.editor.text == "/help")
    screen.state.editor.replace(with: "/bu")
    screen.press(.tab)
    #expect(screen.state.editor.text == "/budget ")
  }

  @Test("Tab names the candidates where there are several")
  func several() {
    var screen = TestScreen()
    screen.type("/p")
    screen.press(.tab)
    #expect(screen.state.editor.text == "/p")
    #expect(screen.rows.last?.contains("/pause  /policy") == true)
  }

  @Test("Tab completes policies")
  func policies() {
    var screen = TestScreen()
    screen.type("/policy sl")
    screen.press(.tab)
    #expect(screen.state.editor.text == "/policy sliding-window")
  }

  @Test("Tab completes paths for /save as far as they agree")
  func paths() {
    var screen = TestScreen()
    screen.type("/save out/ta")
    #expect(screen.press(.tab) == [.listPaths(prefix: "out/ta")])
    screen.send(.pathsListed(prefix: "out/ta", paths: ["out/talk-1.txt", "out/talk-2.txt"]))
    #expect(screen.state.editor.text == "/save out/talk-")
    #expect(screen.rows.last?.contains("out/talk-1.txt  out/talk-2.txt") == true)
  }

  @Test("an answer about paths that comes too late changes nothing")
  func late() {
    var screen = TestScreen()
    screen.type("something else")
    screen.send(.pathsListed(prefix: "out/", paths: ["out/a"]))
    #expect(screen.state.editor.text == "something else")
  }

  @Test("Tab does nothing to a question")
  func text() {
    var screen = TestScreen()
    screen.type("what")
    #expect(screen.press(.tab) == [])
    #expect(screen.state.editor.text == "what")
  }
}

@Suite struct LineKeysTests {
  @Test("a paste keeps its lines and loses what is not text")
  func paste() {
    var screen = TestScreen()
    #expect(screen.send(.paste("one\r\ntwo\u{1B}\u{03}\tx\n\n")) == [])
    #expect(screen.state.editor.text == "one\ntwo    x")
  }

  @Test("Alt-Enter makes a new line instead of sending")
  func newLine() {
    var screen = TestScreen()
    screen.type("a")
    #expect(screen.press(.newLine) == [])
    screen.type("b")
    #expect(screen.press(.enter) == [.send(.ask("a\nb"))])
  }

  @Test("up and down go through what was sent, and back to the draft")
  func history() {
    var screen = TestScreen()
    screen.enter("one")
    screen.enter("two")
    screen.type("draft")
    screen.press(.up)
    #expect(screen.state.editor.text == "two")
    screen.press(.up, .up)
    #expect(screen.state.editor.text == "one")
    screen.press(.down, .down)
    #expect(screen.state.editor.text == "draft")
  }

  @Test("in a line of several rows up and down move within it first")
  func rowsFirst() {
    var screen = TestScreen()
    screen.enter("sent")
    screen.send(.paste("first\nsecond"))
    screen.press(.up)
    #expect(screen.state.editor.text == "first\nsecond")
    #expect(screen.state.editor.cursor == 5)
    screen.press(.up)
    #expect(screen.state.editor.text == "sent")
  }

  @Test("the shell's keys work", arguments: [
    ([Key.control("a"), .text("x")], "xone two"), ([.control("e"), .text("x")], "one twox"),
    ([.alt("b"), .control("k")], "one "), ([.alt("b"), .control("u")], "two"), ([.control("w")], "one "),
    ([.home, .alt("f"), .text("x")], "onex two"), ([.home, .alt("d")], " two"),
    ([.altBackspace, .control("a"), .control("y")], "twoone "), ([.left, .backspace], "one to"),
    ([.left, .delete], "one tw"), ([.control("b"), .control("h")], "one to"),
    ([.wordLeft, .text("x")], "one xtwo"), ([.home, .wordRight, .right, .text("x")], "one xtwo"),
  ] as [([Key], String)])
  func editing(keys: [Key], text: String) {
    var screen = TestScreen()
    screen.type("one two")
    for key in keys { screen.press(key) }
    #expect(screen.state.editor.text == text)
  }

  @Test("Ctrl-L draws anew and Ctrl-Z suspends")
  func terminalKeys() {
    var screen = TestScreen()
    #expect(screen.press(.control("l")) == [.repaint])
    #expect(screen.press(.control("z")) == [.suspend])
  }
}

@Suite struct ScrollingTests {
  private func filled() -> TestScreen {
    var screen = TestScreen(100, 30)
    screen.tell(.ready(.clip))
    for number in 0..<40 { screen.talk("question \(number)", "answer \(number)") }
    return screen
  }

  @Test("the end is in view until somebody scrolls")
  func tail() {
    var screen = filled()
    #expect(screen.text.contains("answer 39"))
    screen.talk("question 40", "answer 40")
    #expect(screen.text.contains("answer 40"))
    #expect(!screen.text.contains("more below"))
  }

  @Test("scrolled up, new answers do not move what is read, and a mark says that there is more")
  func staysPut() {
    var screen = filled()
    screen.press(.pageUp)
    let before = screen.rows.dropLast(5)
    screen.tell(.answerStarted(question: "q"), .answerPiece("fresh\nwords\nover\nlines"))
    #expect(screen.rows.dropLast(5) == before)
    #expect(screen.text.contains("↓ more below"))
    #expect(!screen.text.contains("fresh"))
  }

  @Test("page down comes back to the end and follows it again")
  func backToTail() {
    var screen = filled()
    screen.press(.pageUp, .pageUp)
    screen.press(.pageDown, .pageDown, .pageDown)
    #expect(screen.state.scroll == .tail)
    screen.tell(.note("the newest"))
    #expect(screen.text.contains("the newest"))
  }

  @Test("Home and End go to the ends when the line is empty, else they move in the line")
  func homeAndEnd() {
    var screen = filled()
    screen.press(.home)
    #expect(screen.text.contains("question 0"))
    screen.press(.end)
    #expect(screen.text.contains("answer 39"))
    screen.type("abc")
    screen.press(.home)
    #expect(screen.state.editor.cursor == 0)
    #expect(screen.state.scroll == .tail)
  }

  @Test("a page leaves two lines in view, a line key moves by three")
  func amounts() {
    var screen = filled()
    let before = screen.rows[2]
    screen.press(.lineUp)
    #expect(screen.rows[5].hasSuffix(String(before.suffix(12))))
  }

  @Test("scrolling up from a short conversation stays at the end")
  func short() {
    var screen = TestScreen()
    screen.talk("q", "a")
    screen.press(.pageUp)
    #expect(screen.state.scroll == .tail)
  }

  @Test("sending goes back to the end")
  func sending() {
    var screen = filled()
    screen.press(.home)
    screen.enter("now")
    #expect(screen.state.scroll == .tail)
  }

  @Test("a place in the text is kept through other sizes, and every size is drawn")
  func resizing() {
    var screen = filled()
    screen.press(.pageUp)
    for (columns, rows) in [(60, 20), (61, 47), (300, 90), (1, 1), (59, 19), (100, 30)] {
      screen.send(.resized(ScreenSize(columns: columns, rows: rows)))
      #expect(screen.rows.count == rows)
    }
    #expect(screen.state.scroll != .tail)
    screen.press(.end)
    #expect(screen.text.contains("answer 39"))
  }
}
