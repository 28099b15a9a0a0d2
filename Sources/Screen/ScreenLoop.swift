// SPDX-License-Identifier: Apache-2.0

import CNcurses
import Platform
import SessionInterface

/// The thread that owns the terminal: waits for keys, events, signals and time, and shows what they changed.
///
/// Nothing it does waits for the session: commands are handed over and events come through a mailbox, so keys work
/// while the model is busy.
struct ScreenLoop {
  private var state: ScreenState
  private var backend: TerminfoBackend
  private var decoder = KeyDecoder()
  private let mailbox: EventMailbox
  private let send: @Sendable (SessionCommand) -> Void
  private let input: Int32
  private let errors: Int32

  private var needsDrawing = true
  private var drawnAt = -1.0
  private var suspendedUntil = -1.0
  private var pasteSeenAt = 0.0
  private var fruitlessReads = 0
  private var errorText: [UInt8] = []

  /// Seconds between two redraws, at least.
  private static let drawInterval = 1.0 / 30

  private init(
    state: ScreenState, backend: TerminfoBackend, mailbox: EventMailbox,
    send: @escaping @Sendable (SessionCommand) -> Void, input: Int32, errors: Int32
  ) {
    self.state = state
    self.backend = backend
    self.mailbox = mailbox
    self.send = send
    self.input = input
    self.errors = errors
  }

  /// Opens the terminal, runs until the end, and puts everything back.
  static func run(
    events mailbox: EventMailbox, send: @escaping @Sendable (SessionCommand) -> Void, options: TerminalOptions
  ) throws(ScreenError) -> ScreenExit {
    let type = try terminalType(options)
    let input = try inputDescriptor(options)
    defer { if input != options.input { close(input) } }
    let unicode = DrawingCapabilities.isUnicode(options.environment)

    let errors = cn_guard(mailbox.pipe.writeEnd)
    defer { cn_unguard() }
    var capabilities = cn_capabilities()
    let answer = cn_start(input, options.output, type, unicode, &capabilities)
    try check(answer, type)
    defer { cn_stop() }

    let appearance = DrawingCapabilities(
      environment: options.environment, terminfoColors: Int(capabilities.colors),
      terminfoDirectColor: capabilities.direct_color)
    let state = ScreenState(
      size: currentSize() ?? ScreenLayout.smallest, appearance: appearance,
      homeDirectory: options.environment["HOME"])
    let backend = TerminfoBackend(output: cn_drawing_descriptor(), unicode: unicode)
    var loop = ScreenLoop(
      state: state, backend: backend, mailbox: mailbox, send: send, input: input, errors: errors)
    return loop.run()
  }

  private static func terminalType(_ options: TerminalOptions) throws(ScreenError) -> String {
    guard isatty(options.output) == 1 else { throw .notATerminal("standard output") }
    guard let type = options.environment["TERM"], !type.isEmpty else {
      throw .unusableTerminal(type: "", reason: "")
    }
    if type == "dumb" { throw .unusableTerminal(type: type, reason: "cannot place a cursor") }
    return type
  }

  private static func inputDescriptor(_ options: TerminalOptions) throws(ScreenError) -> Int32 {
    if !options.standardInputCarriesData {
      guard isatty(options.input) == 1 else { throw .notATerminal("standard input") }
      return options.input
    }
    let descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw .notATerminal("the controlling terminal") }
    return descriptor
  }

  private static func check(_ answer: Int32, _ type: String) throws(ScreenError) {
    switch Int(answer) {
    case Int(CN_STARTED): return
    case Int(CN_UNKNOWN_TYPE): throw .unusableTerminal(type: type, reason: "is not known to terminfo")
    case Int(CN_NO_CURSOR_MOTION): throw .unusableTerminal(type: type, reason: "cannot place a cursor")
    default: throw .system("ncurses refuses this terminal")
    }
  }

  private static func currentSize() -> ScreenSize? {
    var columns: Int32 = 0
    var rows: Int32 = 0
    guard cn_size(&columns, &rows) else { return nil }
    return ScreenSize(columns: Int(columns), rows: Int(rows))
  }

  // MARK: The loop

  private mutating func run() -> ScreenExit {
    // The first drawing waits for one interval, so that it shows the session's first events.
    drawnAt = monotonicSeconds()
    while true {
      drawIfDue()
      var descriptors = [
        pollfd(fd: input, events: Int16(POLLIN), revents: 0),
        pollfd(fd: mailbox.pipe.readEnd, events: Int16(POLLIN), revents: 0),
        pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
      ]
      let ready = poll(&descriptors, nfds_t(descriptors.count), timeout)
      if ready < 0, errno != EINTR { return .terminalLost }
      if ready <= 0 { descriptors = descriptors.map { pollfd(fd: $0.fd, events: 0, revents: 0) } }

      var exit: ScreenExit?
      if descriptors[1].revents != 0 { exit = readWakePipe() }
      if exit == nil, descriptors[2].revents != 0 { exit = readErrors() }
      if exit == nil, descriptors[0].revents != 0 { exit = readKeys() }
      if exit == nil, ready == 0 { exit = passTime() }
      if let exit { return exit }
    }
  }

  /// Milliseconds until something has to be done without being asked; negative for never.
  private var timeout: Int32 {
    let now = monotonicSeconds()
    if needsDrawing { return Int32(max(0, (drawnAt + ScreenLoop.drawInterval - now) * 1000).rounded(.up)) }
    if state.needsTicks || decoder.isPasting { return Int32(1000 / spinnerRate) }
    return -1
  }

  private mutating func drawIfDue() {
    let now = monotonicSeconds()
    guard needsDrawing, now >= drawnAt + ScreenLoop.drawInterval else { return }
    var grid = CellGrid(columns: state.size.columns, rows: state.size.rows)
    draw(state, into: &grid)
    backend.show(grid)
    needsDrawing = false
    drawnAt = now
  }

  private mutating func passTime() -> ScreenExit? {
    if decoder.isPasting, monotonicSeconds() - pasteSeenAt > 1 { return handle(decoder.endPaste()) }
    return state.needsTicks ? handle([.tick]) : nil
  }

  // MARK: What comes in

  private mutating func readWakePipe() -> ScreenExit? {
    // Signals write their numbers to the pipe; 0 says that events have come.
    for byte in mailbox.pipe.takeBytes() {
      switch Int32(byte) {
      case 0: continue
      case SIGWINCH: resize()
      case SIGTSTP: suspend()
      case SIGCONT:
        if monotonicSeconds() >= suspendedUntil { repaint() }
      case let number:
        send(.quit)
        return .signal(number)
      }
    }
    let (events, isFinished) = mailbox.take()
    if let exit = handle(events.map { .event($0) }) { return exit }
    return isFinished ? .sessionEnded : nil
  }

  private mutating func readKeys() -> ScreenExit? {
    var messages: [ScreenMessage] = []
    var inputs = 0
    var value: UInt32 = 0
    reading: while inputs < 4096 {
      switch Int(cn_read(&value)) {
      case Int(CN_CHARACTER):
        if let scalar = Unicode.Scalar(value) { messages += decoder.take(.character(scalar)) }
      case Int(CN_KEY):
        if let input = terminalKeys[Int(value)] { messages += decoder.take(input) }
      default: break reading
      }
      inputs += 1
    }
    messages += decoder.pause()
    if decoder.isPasting { pasteSeenAt = monotonicSeconds() }
    // Readable, and again and again nothing to read: that is how a terminal looks that has gone.
    fruitlessReads = inputs == 0 ? fruitlessReads + 1 : 0
    if fruitlessReads > 20 {
      send(.quit)
      return .terminalLost
    }
    return handle(messages)
  }

  private mutating func readErrors() -> ScreenExit? {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(errors, &bytes, bytes.count)
    guard count > 0 else { return nil }
    errorText += bytes.prefix(count)
    // Whole lines only, unless somebody never ends one.
    guard let end = errorText.lastIndex(of: 0x0A) ?? (errorText.count > 4096 ? errorText.count - 1 : nil) else {
      return nil
    }
    let text = String(decoding: errorText[...end], as: UTF8.self)
    errorText.removeSubrange(...end)
    return handle([.errorOutput(text)])
  }

  // MARK: What follows from it

  private mutating func handle(_ messages: [ScreenMessage]) -> ScreenExit? {
    var pending = messages[...]
    while let message = pending.popFirst() {
      needsDrawing = true
      for effect in update(&state, message, at: monotonicSeconds()) {
        switch effect {
        case .send(let command): send(command)
        case .exit(let exit): return exit
        case .suspend: suspend()
        case .repaint: repaint()
        case .checkPath(let word, let line):
          pending = [.pathChecked(line: line, word: word, exists: fileExists(word))] + pending
        case .readTask(let path, let language, let line):
          pending = [.taskRead(line: line, language: language, contents: readTaskFile(path))] + pending
        case .listPaths(let prefix):
          let found = paths(beginningWith: prefix, homeDirectory: state.homeDirectory)
          pending = [.pathsListed(prefix: prefix, paths: found)] + pending
        }
      }
    }
    return nil
  }

  private mutating func resize() {
    guard let size = ScreenLoop.currentSize() else { return }
    backend.forget()
    _ = handle([.resized(size)])
  }

  private mutating func repaint() {
    cn_resume()
    resize()
  }

  private mutating func suspend() {
    cn_suspend()
    suspendedUntil = monotonicSeconds() + 0.3
    resize()
  }
}

/// The keys that ncurses recognises.
private let terminalKeys: [Int: KeyDecoder.Input] = [
  Int(CN_KEY_LEFT): .known(.left), Int(CN_KEY_RIGHT): .known(.right), Int(CN_KEY_UP): .known(.up),
  Int(CN_KEY_DOWN): .known(.down), Int(CN_KEY_HOME): .known(.home), Int(CN_KEY_END): .known(.end),
  Int(CN_KEY_PAGE_UP): .known(.pageUp), Int(CN_KEY_PAGE_DOWN): .known(.pageDown),
  Int(CN_KEY_BACKSPACE): .known(.backspace), Int(CN_KEY_DELETE): .known(.delete),
  Int(CN_KEY_ENTER): .known(.enter), Int(CN_KEY_NEW_LINE): .known(.newLine),
  Int(CN_KEY_WORD_LEFT): .known(.wordLeft), Int(CN_KEY_WORD_RIGHT): .known(.wordRight),
  Int(CN_KEY_SCROLL_UP): .known(.lineUp), Int(CN_KEY_SCROLL_DOWN): .known(.lineDown),
  Int(CN_KEY_PASTE_BEGIN): .pasteBegin, Int(CN_KEY_PASTE_END): .pasteEnd,
]
