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
  private let limitGuard: LimitGuard
  /// The kernel keeps its memory within bounds.
  private let group: ControlGroup?
  /// Wakes this thread to end the program before its time.
  private let stop: WakePipe?
  /// nil where no call is held, and once nobody is left who could make one.
  private var held: HeldCalls?

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
  /// What its processes hold at least.
  private var floor = MemoryFloor()
  /// Memory that is resident in no process, in bytes, when it was last counted.
  private var unresidentBytes = 0
  /// Its processes when they were last looked at.
  private var known: [pid_t] = []
  /// Processes and threads when they were last counted for a start, and those that have been let start since.
  private var tasks = 1
  private var starts = 0

  private var nextCloseLook: ContinuousClock.Instant = ContinuousClock.now + Self.interval
  private var nextLookAtAll: ContinuousClock.Instant = ContinuousClock.now + Self.closeInterval
  private var nextExactCount: ContinuousClock.Instant = ContinuousClock.now

  private static let interval = Duration.milliseconds(10)
  private static let closeInterval = Duration.milliseconds(100)
  /// A scratch folder on the disk is looked at more often, as long as looks take less than a part of the time.
  private static let partOfLooks = 3
  /// Within this time, in microseconds, a call that was let go on is done.
  private static let settling: UInt32 = 1000
  private static let mostCounts = 20
  /// Files and folders in a scratch folder that is a file system of its own: they are the kernel's memory.
  private static let mostScratchEntries = 10_000

  init(_ program: StartedProgram, of supervision: Supervision, stop: WakePipe?) {
    self.program = program
    kind = supervision.kind
    limits = supervision.limits
    watchdog = supervision.watchdog
    group = supervision.launch.group
    self.stop = stop
    held = program.held
    captured = BeginningCapture(capacity: limits.outputBytes)
    switch kind {
    case .bubblewrap:
      tree = .belowBubblewrap(program.process)
      limitGuard = LimitGuard(of: tree, scratch: nil, scratchBytes: limits.scratchBytes)
    case .group(let scratch):
      tree = .group(program.process)
      limitGuard = LimitGuard(of: tree, scratch: scratch?.path, scratchBytes: limits.scratchBytes)
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
      limitGuard.end()
      watchdog.release()
      _ = reap()
      throw error
    }
    limitGuard.end()
    noteExcess()
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
        pollfd(fd: isOver ? -1 : held?.descriptor.number ?? -1, events: Int16(POLLIN), revents: 0),
      ]
      if isCancelled { waiting[1].fd = -1 }
      let wait = Int32((max(0, min((nextSample - .now) / .seconds(1), 1)) * 1000).rounded(.up))
      _ = poll(&waiting, nfds_t(waiting.count), killedAt == nil ? wait : 20)

      if waiting[2].revents != 0 { outputIsOpen = read(program.output, buffer, isOutput: true) != .closed }
      if waiting[3].revents != 0 { errorsAreOpen = read(program.errors, buffer, isOutput: false) != .closed }
      // The watchdog keeps the limit of elapsed time: no look of this thread at the program, however long, delays it.
      if watchdog.hasEndedProgram { reach(.wallTime) }
      noteExcess()
      if waiting[0].revents != 0 { return }
      if waiting[1].revents != 0 { isCancelled = true }

      if ContinuousClock.now >= nextSample, !isOver {
        guard watchdog.isAlive else { throw .system(call: "watchdog", detail: "it was killed") }
        sample()
        nextSample = .now + Self.interval
      }
      answerHeldCalls(waiting[4].revents, until: nextSample)
      if isOver {
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

  /// True once the program is to end: no call of its is let go on then.
  private var isOver: Bool { reached != nil || isCancelled }

  /// Lets calls go on that wait, unless the program is to end.
  ///
  /// - Parameter end: when the program is to be looked at again. Several processes can have a call wait at any time.
  private mutating func answerHeldCalls(_ events: Int16, until end: ContinuousClock.Instant) {
    guard let held, events != 0 else { return }
    if events & Int16(POLLIN) == 0 { self.held = nil }
    // At least one in each round, however late this thread is.
    repeat {
      guard !isOver, let call = held.next() else { return }
      if call.startsTask, !hasRoomForTask() { return reach(.processes) }
      held.letGoOn(call)
    } while .now < end
  }

  /// Whether one more process or thread may begin. They are counted only when those that were let start could be too
  /// many, and again for a while: one that has ended counts until its parent has waited for it.
  private mutating func hasRoomForTask() -> Bool {
    var countsLeft = Self.mostCounts
    while tasks + starts >= limits.processes, countsLeft > 0 {
      usleep(Self.settling)
      tasks = count(asksAll: false).tasks
      starts = 0
      countsLeft -= 1
    }
    starts += 1
    return tasks < limits.processes
  }

  private mutating func sample() {
    let began = ContinuousClock.now
    let asksAll = began >= nextLookAtAll
    let usage = count(asksAll: asksAll)
    if asksAll { nextLookAtAll = .now + Self.closeInterval }
    if usage.tasks > limits.processes { reach(.processes) }
    peakSeconds = max(peakSeconds, usage.cpuSeconds + orphanSeconds)
    if peakSeconds > limits.cpuSeconds { reach(.cpuTime) }
    if began >= nextCloseLook {
      lookClosely(at: usage.processes)
      nextCloseLook = .now + timeToNextLook(after: .now - began)
    }
    if reached == nil { compareMemory(of: usage) }
  }

  /// The time until the next close look.
  private func timeToNextLook(after look: Duration) -> Duration {
    guard case .group(scratch: _?) = kind else { return Self.closeInterval }
    return max(Self.interval, min(look * Self.partOfLooks, Self.closeInterval))
  }

  /// Its processes now, without those that have ended and were left to this process.
  private mutating func count(asksAll: Bool) -> TreeUsage {
    if case .group(let first) = tree { orphanSeconds += csb_reap_orphans(first) }
    let usage = tree.usage(taskLimit: limits.processes, asksAll: asksAll, known: known)
    known = usage.processes
    return usage
  }

  private mutating func compareMemory(of usage: TreeUsage) {
    var bytes = usage.residentBytes + unresidentBytes
    if bytes > limits.memoryBytes {
      floor.update(separate: separateMemories(of: usage.processes))
      let least = max(usage.largestResidentBytes, floor.bytes) + unresidentBytes
      if least > limits.memoryBytes {
        bytes = least
      } else {
        // No more than half of the time, in which nothing of the program begins.
        let began = ContinuousClock.now
        if began < nextExactCount { return }
        defer { nextExactCount = .now + (.now - began) }
        bytes = countShared(usage) + unresidentBytes
      }
    }
    peakMemory = max(peakMemory, bytes)
    if bytes > limits.memoryBytes { reach(.memory) }
  }

  /// Resident memory, where what several processes share counts once.
  private mutating func countShared(_ usage: TreeUsage) -> Int {
    let enough = limits.memoryBytes - unresidentBytes
    let count = limitGuard.during(floor, enough: enough) {
      SharedMemoryCount(of: tree, usage, taskLimit: limits.processes, enough: enough)
    }
    // The greater of both, now.
    var counted = count.floor
    counted.update()
    floor.update()
    if counted.bytes > floor.bytes { floor = counted }
    return max(count.bytes, floor.bytes)
  }

  private mutating func noteExcess() {
    guard let excess = limitGuard.excess else { return }
    peakMemory = max(peakMemory, excess.memoryBytes)
    reach(excess.limit)
  }

  /// Looks at what costs more than a moment.
  private mutating func lookClosely(at processes: [pid_t]) {
    var watched: Supervision.WatchedScratch?
    if case .group(let scratch) = kind { watched = scratch }
    // Files with a name first: one that loses it then is found with those that have none.
    let scratch = watched.map { ScratchUsage(of: $0.path) }
    floor.update(separate: separateMemories(of: processes))
    let holdings = limitGuard.during(floor, enough: limits.memoryBytes - unresidentBytes) {
      Holdings(of: processes, scratch: watched?.path, named: scratch?.files ?? [])
    }
    unresidentBytes = holdings.memoryBytes
    if holdings.isExcessive { reach(.memory) }
    // Nothing can be said of what a program has that has closed itself to this process.
    if case .bubblewrap(_, _, seesOpenFiles: true) = kind, holdings.areHidden { reach(.memory) }
    if let watched, let scratch {
      if isFull(scratch, watched, holdings) { reach(.scratch) }
    } else if (tree.scratchEntries() ?? 0) > Self.mostScratchEntries {
      reach(.scratch)
    }
  }

  private func isFull(_ usage: ScratchUsage, _ watched: Supervision.WatchedScratch, _ holdings: Holdings) -> Bool {
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
    if case .bubblewrap(let status, let refusal, _) = kind {
      guard let exit = Self.exitStatus(reportedOn: status.reading) else {
        let last = String(decoding: errors.bytes, as: UTF8.self).split(separator: "\n").last ?? "no reason given"
        if last.hasSuffix(errorText(EAGAIN)) { throw .tooFewProcesses }
        throw .system(call: "bubblewrap", detail: String(last))
      }
      // The shell has ended in the program's place.
      guard Self.text(on: refusal.reading).isEmpty else { throw .tooFewProcesses }
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
    let report = String(decoding: text(on: status), as: UTF8.self)
    guard let number = report.firstMatch(of: #/"exit-code": *(\d+)/#)?.output.1 else { return nil }
    return Int32(number)
  }

  /// What a pipe holds.
  private static func text(on pipe: Descriptor) -> [UInt8] {
    var text: [UInt8] = []
    withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer in
      while true {
        let count = Platform.read(pipe.number, buffer.baseAddress, buffer.count)
        if count <= 0 { return }
        text.append(contentsOf: buffer.prefix(count))
      }
    }
    return text
  }
}
