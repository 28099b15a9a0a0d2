// SPDX-License-Identifier: Apache-2.0

import Platform
import Screen
import SessionInterface
import Synchronization
import Testing

/// The screen on a real terminal device: the other end of it is read and typed on by the test.
@Suite(.serialized, .timeLimit(.minutes(10))) struct TerminalTests {
  /// A pseudo-terminal, with what was written to it so far.
  private final class PseudoTerminal: Sendable {
    let keyboard: Int32
    let terminal: Int32
    private let written = Mutex<[UInt8]>([])

    init(columns: UInt16 = 100, rows: UInt16 = 30) throws {
      var ends: (Int32, Int32) = (-1, -1)
      var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
      try #require(openpty(&ends.0, &ends.1, nil, nil, &size) == 0)
      (keyboard, terminal) = ends
      _ = fcntl(keyboard, F_SETFL, O_NONBLOCK)
    }

    deinit {
      close(keyboard)
      close(terminal)
    }

    func type(_ text: String) { _ = write(keyboard, text, text.utf8.count) }

    /// Everything that the screen has written, without the sequences between the words.
    var text: String {
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while true {
        let count = read(keyboard, &buffer, buffer.count)
        guard count > 0 else { break }
        written.withLock { $0 += buffer.prefix(count) }
      }
      return String(decoding: written.withLock { $0 }, as: UTF8.self)
    }

    /// Waits until a text has been written; false when it is not within some seconds.
    func shows(_ expected: String) async throws -> Bool {
      for _ in 0..<500 {
        if text.contains(expected) { return true }
        try await Task.sleep(for: .milliseconds(20))
      }
      return false
    }

    var modes: termios {
      var modes = termios()
      tcgetattr(terminal, &modes)
      return modes
    }

    func options(_ type: String) -> TerminalOptions {
      var options = TerminalOptions(environment: ["TERM": type, "COLORTERM": "truecolor"])
      options.input = terminal
      options.output = terminal
      return options
    }
  }

  @Test("keys reach the session, events reach the screen, and the terminal is as it was afterwards")
  func conversation() async throws {
    let pty = try PseudoTerminal()
    let before = pty.modes
    let events = try EventMailbox()
    let commands = Mutex<[SessionCommand]>([])
    async let exit = runScreen(
      events: events,
      send: { command in
        commands.withLock { $0.append(command) }
        if case .ask(let question) = command {
          events.send(.answerStarted(question: question))
          events.send(.answerPiece("grün 漢字"))
        }
      }, options: pty.options("xterm-256color"))

    events.send(.ready(.clip))
    events.send(.preview(barImage(width: 64, height: 36), time: 3))
    #expect(try await pty.shows("cam.mp4"))
    #expect(try await pty.shows("\u{1B}[38;2;240;240;240m"))
    pty.type("wäs?\r")
    #expect(try await pty.shows("grün"))
    pty.type("/quit\r")
    #expect(try await exit == .quit)
    #expect(commands.withLock { $0 } == [.ask("wäs?"), .quit])

    let text = pty.text
    #expect(text.contains("\u{1B}[?1049h"))
    #expect(text.contains("\u{1B}[?2004h"))
    let end = String(text.suffix(200))
    #expect(end.contains("\u{1B}[?1049l"))
    #expect(end.contains("\u{1B}[?2004l"))
    let after = pty.modes
    #expect(after.c_lflag == before.c_lflag && after.c_iflag == before.c_iflag && after.c_oflag == before.c_oflag)
  }

  @Test("a bracketed paste does not send at its line ends")
  func paste() async throws {
    let pty = try PseudoTerminal()
    let events = try EventMailbox()
    let commands = Mutex<[SessionCommand]>([])
    async let exit = runScreen(
      events: events, send: { command in commands.withLock { $0.append(command) } },
      options: pty.options("xterm-256color"))
    events.send(.ready(.chat))
    #expect(try await pty.shows("question"))
    pty.type("\u{1B}[200~one\rtwo\u{1B}[201~")
    #expect(try await pty.shows("two"))
    pty.type("\r")
    #expect(try await pty.shows("thinking"))
    events.finish()
    #expect(try await exit == .sessionEnded)
    #expect(commands.withLock { $0 } == [.ask("one\ntwo")])
  }

  @Test("a new size is drawn at once")
  func resize() async throws {
    let pty = try PseudoTerminal()
    let events = try EventMailbox()
    async let exit = runScreen(events: events, send: { _ in }, options: pty.options("xterm-256color"))
    events.send(.ready(.clip))
    #expect(try await pty.shows("cam.mp4"))
    var size = winsize(ws_row: 5, ws_col: 20, ws_xpixel: 0, ws_ypixel: 0)
    // The pseudo-terminal is not the controlling one, so nobody tells us but ourselves.
    try #require(ioctl(pty.terminal, UInt(TIOCSWINSZ), &size) == 0)
    kill(getpid(), SIGWINCH)
    #expect(try await pty.shows("needs 60×20"))
    events.finish()
    #expect(try await exit == .sessionEnded)
  }

  @Test("a request to end is followed in good order")
  func signal() async throws {
    let pty = try PseudoTerminal()
    let events = try EventMailbox()
    async let exit = runScreen(events: events, send: { _ in }, options: pty.options("xterm-256color"))
    events.send(.ready(.chat))
    #expect(try await pty.shows("question"))
    kill(getpid(), SIGTERM)
    #expect(try await exit == .signal(SIGTERM))
    #expect(pty.text.suffix(200).contains("\u{1B}[?1049l"))
  }

  @Test("terminals that cannot show a screen are refused with what to do", arguments: ["dumb", "", "no-such-terminal"])
  func unusable(type: String) async throws {
    let pty = try PseudoTerminal()
    let events = try EventMailbox()
    let error = await #expect(throws: ScreenError.self) {
      try await runScreen(events: events, send: { _ in }, options: pty.options(type))
    }
    #expect(error?.description.contains("--batch") == true)
    #expect(!pty.text.contains("\u{1B}"))
  }

  @Test("without a terminal the screen is refused")
  func noTerminal() async throws {
    let events = try EventMailbox()
    let null = open("/dev/null", O_RDWR)
    defer { close(null) }
    var options = TerminalOptions(environment: ["TERM": "xterm-256color"])
    options.input = null
    options.output = null
    await #expect(throws: ScreenError.notATerminal("standard output")) {
      try await runScreen(events: events, send: { _ in }, options: options)
    }
  }
}
