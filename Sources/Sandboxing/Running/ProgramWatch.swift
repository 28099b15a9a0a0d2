// SPDX-License-Identifier: Apache-2.0

import CSandbox
import Platform

/// Watches one program until it has ended, keeps it within its limits and gathers what it writes.
struct ProgramWatch {
  private let program: StartedProgram
  private let kind: Supervision.Kind
  private let tree: ProcessTree
  private let limits: RunLimits
  private let watchdog: Watchdog
  /// The kernel keeps its memory within bounds.
  private let group: ControlGroup?
  /// Wakes this thread to end the program before its time.
  private let stop: WakePipe?

  private var captured: BeginningCapture
  private var errors = EdgesCapture(capacity: 16 << 10)
  private var written = 0
  private var outputIsOpen = true
  private var errorsAreOpen = true
  /// Why it was ended, the first reason.
  private var reached: RunLimit?
  private var isCancelled = false
  private var peakMemory = 0
  /// The most processor time that was seen. A namespace that is ended takes along that of processes nobody waited for.
  private var peakSeconds = 0.0
  /// Processor time of orphans that have been waited for, in seconds.
  private var orphanSeconds = 0.0
  /// Memory that is resident in no process, in bytes, when it was last counted.
  private var unresidentBytes = 0

  private var nextCloseLook = ContinuousClock.now + Self.closeInterval

  private static let interval = Duration.milliseconds(10)
  private static let closeInterval = Duration.milliseconds(100)
  /// Files and folders in a scratch folder that is a file system of its own: they are the kernel's memory.
  private static let mostScratchEntries = 10_000

  init(_ program: StartedProgram, of supervision: Supervision, stop: WakePipe?) {
    self.program = program
    kind = supervision.kind
    limits = supervision.limits
    watchdog = supervision.watchdog
    group = supervision.launch.group
    self.stop = stop
    captured = BeginningCapture(capacity: limits.outputBytes)
    switch kind {
    case .bubblewrap: tree = .belowBubblewrap(program.process)
    case .group: tree = .group(program.process)
    }
  }

  /// Returns when the program and all that it started are gone.
  mutating func untilEnd() throws(SandboxError) -> RunResult {
    do throws(SandboxError) {
      let ended = try Descriptor.process(program.process)
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
      defer { buffer.deallocate() }
      try watch(ended, buffer)
    } catch {
      tree.kill()
      watchdog.release()
      _ = reap()
      throw error
    }
    let wallSeconds = watchdog.elapsedSeconds
    // Processes left behind die before the program's first process is reaped: until then its number is nobody else's.
    if case .group = kind { tree.kill() }
    watchdog.release()
    var (waitStatus, cpuSeconds) = reap()
    if case .group(let first) = tree { cpuSeconds += orphanSeconds + csb_reap_group(first) }
    cpuSeconds = max(cpuSeconds, peakSeconds)
    withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { buffer in
      drain(buffer)
    }
    if isCancelled { throw .cancelled }
    if group?.wasOutOfMemory == true { reach(.memory) }
    return RunResult(
      end: try end(waitStatus, cpuSeconds: cpuSeconds), outputBytes: captured.bytes, errorBytes: errors.bytes,
      cpuSeconds: cpuSeconds, wallSeconds: wallSeconds, peakMemoryBytes: peakMemory)
  }

  // MARK: Watching

  private mutating func watch(
    _ ended: Descriptor, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(SandboxError) {
    var nextSample = ContinuousClock.now + Self.interval
    var killedAt: ContinuousClock.Instant?
    while true {
      var waiting = [
        pollfd(fd: ended.number, events: Int16(POLLIN), revents: 0),
        pollfd(fd: stop?.readEnd ?? -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: outputIsOpen && reached == nil ? program.output.number : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: errorsAreOpen && reached == nil ? program.errors.number : -1, events: Int16(POLLIN), revents: 0),
      ]
      if isCancelled { waiting[1].fd = -1 }
      let wait = Int32((max(0, min((nextSample - .now) / .seconds(1), 1)) * 1000).rounded(.up))
      _ = poll(&waiting, nfds_t(waiting.count), killedAt == nil ? wait : 20)

      if waiting[2].revents != 0 { outputIsOpen = read(program.output, buffer, isOutput: true) != .closed }
      if waiting[3].revents != 0 { errorsAreOpen = read(program.errors, buffer, isOutput: false) != .closed }
      // The watchdog keeps the limit of elapsed time: no look of this thread at the program, however long, delays it.
      if watchdog.hasEndedProgram { reach(.wallTime) }
      if waiting[0].revents != 0 { return }
      if waiting[1].revents != 0 { isCancelled = true }

      if ContinuousClock.now >= nextSample, reached == nil, !isCancelled {
        guard watchdog.isAlive else { throw .system(call: "watchdog", detail: "it was killed") }
        sample()
        nextSample = .now + Self.interval
      }
      if reached != nil || isCancelled {
        if let killedAt, .now - killedAt > .seconds(2) {
          // Whatever bubblewrap waits for: its namespace ends with it.
          Platform.kill(program.process, SIGKILL)
        } else {
          tree.kill()
        }
        killedAt = killedAt ?? .now
      }
    }
  }

  private mutating func sample() {
    let isClose = ContinuousClock.now >= nextCloseLook
    let usage = tree.usage(taskLimit: limits.processes, includingOrphans: isClose)
    if isClose, case .group(let first) = tree { orphanSeconds += csb_reap_orphans(first) }
    if usage.tasks > limits.processes { reach(.processes) }
    peakSeconds = max(peakSeconds, usage.cpuSeconds + orphanSeconds)
    if peakSeconds > limits.cpuSeconds { reach(.cpuTime) }
    if isClose {
      lookClosely(at: usage.processes)
      nextCloseLook = .now + Self.closeInterval
    }
    if reached == nil { compareMemory(of: usage) }
  }

  private mutating func compareMemory(of usage: TreeUsage) {
    var bytes = usage.residentBytes + unresidentBytes
    if bytes > limits.memoryBytes, usage.processes.count > 1 {
      // A part of what a process has counts for one that it has started since, and that is not looked at.
      let countedOnce = residentBytesCountedOnce(of: usage.processes)
      bytes = max(countedOnce, usage.largestResidentBytes) + unresidentBytes
    }
    peakMemory = max(peakMemory, bytes)
    if bytes > limits.memoryBytes { reach(.memory) }
  }

  /// Looks at what costs more than a moment.
  private mutating func lookClosely(at processes: [pid_t]) {
    var watched: Supervision.WatchedScratch?
    if case .group(let scratch) = kind { watched = scratch }
    let holdings = Holdings(of: processes, scratch: watched?.path)
    unresidentBytes = holdings.memoryBytes
    if holdings.isExcessive { reach(.memory) }
    // Nothing can be said of what a program has that has closed itself to this process.
    if case .bubblewrap(_, seesOpenFiles: true) = kind, holdings.areHidden { reach(.memory) }
    if isScratchFull(watched, holdings) { reach(.scratch) }
  }

  private func isScratchFull(_ watched: Supervision.WatchedScratch?, _ holdings: Holdings) -> Bool {
    guard let watched else { return (tree.scratchEntries() ?? 0) > Self.mostScratchEntries }
    let usage = ScratchUsage(of: watched.path)
    if usage.isBeyondCounting || watched.seesOpenFiles && holdings.areHidden { return true }
    let unnamed = holdings.unnamedBytes + holdings.mappedFiles * limits.fileBytes
    return usage.bytes + unnamed > limits.scratchBytes
  }

  private mutating func reach(_ limit: RunLimit) {
    if reached == nil, !isCancelled { reached = limit }
  }

  // MARK: Reading

  private enum ReadOutcome {
    case some
    case nothingYet
    case closed
  }

  private mutating func read(
    _ descriptor: Descriptor, _ buffer: UnsafeMutableRawBufferPointer, isOutput: Bool
  ) -> ReadOutcome {
    let count = Platform.read(descriptor.number, buffer.baseAddress, buffer.count)
    if count == 0 { return .closed }
    if count < 0 { return errno == EAGAIN || errno == EINTR ? .nothingYet : .closed }
    let piece = UnsafeRawBufferPointer(rebasing: buffer.prefix(count))
    if isOutput { captured.append(piece) } else { errors.append(piece) }
    written += count
    if written > limits.outputBytes { reach(.output) }
    return .some
  }

  /// The rest in the pipes when all is over. A process that got away may hold them open: it is not waited for.
  private mutating func drain(_ buffer: UnsafeMutableRawBufferPointer) {
    for (descriptor, isOutput) in [(program.output, true), (program.errors, false)] {
      var patience = 5
      while reached == nil, patience > 0 {
        switch read(descriptor, buffer, isOutput: isOutput) {
        case .some: continue
        case .closed: patience = 0
        case .nothingYet:
          patience -= 1
          var waiting = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
          _ = poll(&waiting, 1, 20)
        }
      }
    }
  }

  // MARK: The end

  /// Waits for the process; returns its status and the processor time of it and all it waited for.
  private func reap() -> (status: Int32, cpuSeconds: Double) {
    var status: Int32 = 0
    var usage = rusage()
    while wait4(program.process, &status, 0, &usage) < 0, errno == EINTR {}
    let times = [usage.ru_utime, usage.ru_stime]
    return (status, times.reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1_000_000 })
  }

  private func end(_ waitStatus: Int32, cpuSeconds: Double) throws(SandboxError) -> RunEnd {
    if let reached { return .stopped(reached) }
    let end: RunEnd
    if case .bubblewrap(let status, _) = kind {
      guard let exit = Self.exitStatus(reportedOn: status.reading) else {
        let last = String(decoding: errors.bytes, as: UTF8.self).split(separator: "\n").last ?? "no reason given"
        throw .system(call: "bubblewrap", detail: String(last))
      }
      end = .exited(status: exit)
    } else if waitStatus & 0x7f == 0 {
      end = .exited(status: (waitStatus >> 8) & 0xff)
    } else {
      end = .signalled(waitStatus & 0x7f)
    }
    if cpuSeconds > limits.cpuSeconds { return .stopped(.cpuTime) }
    return end
  }

  /// nil if the program was never begun.
  private static func exitStatus(reportedOn status: Descriptor) -> Int32? {
    var text: [UInt8] = []
    withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer in
      while true {
        let count = Platform.read(status.number, buffer.baseAddress, buffer.count)
        if count <= 0 { return }
        text.append(contentsOf: buffer.prefix(count))
      }
    }
    let report = String(decoding: text, as: UTF8.self)
    guard let number = report.firstMatch(of: #/"exit-code": *(\d+)/#)?.output.1 else { return nil }
    return Int32(number)
  }
}
