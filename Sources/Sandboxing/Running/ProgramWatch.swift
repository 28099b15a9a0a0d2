// SPDX-License-Identifier: Apache-2.0

import CSandbox
import Platform

/// Watches one program until it has ended, keeps it within its limits and gathers what it writes.
struct ProgramWatch {
  private let program: StartedProgram
  private let kind: Supervision.Kind
  private let tree: ProcessTree
  private let limits: RunLimits
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
  /// Time in which this process did nothing, in seconds: the program did nothing either.
  private var suspendedSeconds = 0.0
  /// The elapsed time when it was last asked for.
  private var lastLook = 0.0

  /// A pause of this process after which its keeper has stopped the program.
  private static let longestPause = 0.5
  /// Files and folders in a scratch folder that is a file system of its own: they are the kernel's memory.
  private static let mostScratchEntries = 10_000

  init(_ program: StartedProgram, kind: Supervision.Kind, limits: RunLimits, stop: WakePipe?) {
    self.program = program
    self.kind = kind
    self.limits = limits
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
      let keeper = try Watchdog(of: tree, folder: folder)
      withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { buffer in
        watch(ended, keeper, buffer)
      }
    } catch {
      tree.kill()
      _ = reap()
      throw error
    }
    let wallSeconds = elapsed()
    // What the program left behind dies before its first process is reaped: until then its number is nobody else's.
    if case .group = kind { tree.kill() }
    var (waitStatus, cpuSeconds) = reap()
    if case .group(let first) = tree { cpuSeconds += orphanSeconds + csb_reap_group(first) }
    cpuSeconds = max(cpuSeconds, peakSeconds)
    withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { buffer in
      drain(buffer)
    }
    if isCancelled { throw .cancelled }
    return RunResult(
      end: try end(waitStatus, cpuSeconds: cpuSeconds), outputBytes: captured.bytes, errorBytes: errors.bytes,
      cpuSeconds: cpuSeconds, wallSeconds: wallSeconds, peakMemoryBytes: peakMemory)
  }

  /// Elapsed time without that in which this process was suspended, in seconds.
  private mutating func elapsed() -> Double {
    let now = (ContinuousClock.now - program.began) / .seconds(1) - suspendedSeconds
    if now - lastLook > Self.longestPause {
      suspendedSeconds += now - lastLook
    } else {
      lastLook = now
    }
    return lastLook
  }

  private var folder: String? {
    if case .group(let scratch?) = kind { scratch.folder } else { nil }
  }

  // MARK: Watching

  private mutating func watch(_ ended: Descriptor, _ keeper: Watchdog, _ buffer: UnsafeMutableRawBufferPointer) {
    let interval = Duration.milliseconds(10)
    var nextSample = ContinuousClock.now + interval
    var samples = 0
    var killedAt: Double?
    while true {
      keeper.beat()
      let now = elapsed()
      let next = min((nextSample - .now) / .seconds(1), limits.wallSeconds - now)
      var waiting = [
        pollfd(fd: ended.number, events: Int16(POLLIN), revents: 0),
        pollfd(fd: stop?.readEnd ?? -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: outputIsOpen && reached == nil ? program.output.number : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: errorsAreOpen && reached == nil ? program.errors.number : -1, events: Int16(POLLIN), revents: 0),
      ]
      if isCancelled { waiting[1].fd = -1 }
      let wait = Int32((max(0, min(next, 1)) * 1000).rounded(.up))
      _ = poll(&waiting, nfds_t(waiting.count), killedAt == nil ? wait : 20)

      if waiting[2].revents != 0 { outputIsOpen = read(program.output, buffer, isOutput: true) != .closed }
      if waiting[3].revents != 0 { errorsAreOpen = read(program.errors, buffer, isOutput: false) != .closed }
      if waiting[0].revents != 0 { return }
      if waiting[1].revents != 0 { isCancelled = true }

      let later = elapsed()
      if later >= limits.wallSeconds { reach(.wallTime) }
      // By the clock: on a machine that is kept busy, every look may come late enough to count as a suspension.
      if ContinuousClock.now >= nextSample {
        sample(thoroughly: samples % 10 == 9)
        samples += 1
        nextSample = .now + interval
      }
      if reached != nil || isCancelled {
        if let killedAt, later - killedAt > 2 {
          // Whatever bubblewrap waits for: its namespace ends with it.
          Platform.kill(program.process, SIGKILL)
        } else {
          tree.kill()
        }
        killedAt = killedAt ?? later
      }
    }
  }

  /// What costs more than a moment is looked at `thoroughly`, less often.
  private mutating func sample(thoroughly: Bool) {
    let usage = tree.usage(
      memoryLimit: limits.memoryBytes, taskLimit: limits.processes, includingOrphans: thoroughly)
    if thoroughly, case .group(let first) = tree { orphanSeconds += csb_reap_orphans(first) }
    peakMemory = max(peakMemory, usage.residentBytes)
    if usage.residentBytes > limits.memoryBytes { reach(.memory) }
    if usage.tasks > limits.processes { reach(.processes) }
    peakSeconds = max(peakSeconds, usage.cpuSeconds + orphanSeconds)
    if peakSeconds > limits.cpuSeconds { reach(.cpuTime) }
    if thoroughly, isScratchFull(heldBy: usage.processes) { reach(.scratch) }
  }

  private func isScratchFull(heldBy processes: [pid_t]) -> Bool {
    switch kind {
    case .bubblewrap: return (tree.scratchEntries() ?? 0) > Self.mostScratchEntries
    case .group(nil): return false
    case .group(let scratch?):
      let usage = ScratchUsage(
        of: scratch.path, heldBy: scratch.seesOpenFiles ? processes : [], mostBytesOfFile: limits.fileBytes)
      return usage.total > limits.scratchBytes
    }
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

  /// What lies in the pipes when all is over. A process that got away may hold them open: it is not waited for.
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
    if let status = program.status {
      guard let exit = Self.exitStatus(reportedOn: status) else {
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
