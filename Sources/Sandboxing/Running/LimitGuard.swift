// SPDX-License-Identifier: Apache-2.0

import CSandbox
import Platform

/// A thread that looks at nothing but what is seen in a moment, and ends a program that has too much of it. The thread
/// that watches the program also counts, which takes as long as the program makes it take: a count waits for a process
/// that is growing, and walks through shared pages once for each process.
final class LimitGuard: Sendable {
  /// What the program had too much of when it was ended.
  struct Excess {
    var limit: RunLimit
    /// Memory that it held at least; 0: it was ended for another reason.
    var memoryBytes = 0
  }

  fileprivate struct State {
    /// What the program held when somebody began to count; nil while nobody does.
    var floor: MemoryFloor?
    var enoughMemory = 0
    var nextLook = 0.0
    var nextScratchLook = 0.0
    var excess: Excess?
    var isOver = false
  }

  private let state = Monitor(State())

  private static let interval = 0.002
  fileprivate static let longestInterval = 0.1
  /// Of a scratch folder that is looked at: a look keeps waiting who adds to a folder.
  fileprivate static let mostEntries = 256
  /// Looks take no more than a part of the time.
  private static let partOfLooks = 9.0

  /// - Parameters:
  ///   - scratch: the program's scratch folder, if it is on the disk.
  ///   - scratchBytes: what may be in it.
  init(of tree: ProcessTree, scratch: String?, scratchBytes: Int) {
    let state = state
    // Without a thread, there are the looks of the one that watches.
    _ = startThread(name: "limit guard") {
      csb_prefer_thread()
      state.waitFor { state in
        if state.isOver { return .done(()) }
        if state.excess != nil || state.floor == nil && scratch == nil { return .wait(until: nil) }
        if monotonicSeconds() < state.nextLook { return .wait(until: state.nextLook) }
        let before = threadProcessorSeconds()
        state.lookAtMemory()
        if let scratch, monotonicSeconds() >= state.nextScratchLook { state.lookAtScratch(scratch, scratchBytes) }
        if state.excess != nil { tree.kill() }
        let taken = threadProcessorSeconds() - before
        state.nextLook = monotonicSeconds() + max(Self.interval, min(taken * Self.partOfLooks, Self.longestInterval))
        return .wait(until: state.nextLook)
      }
    }
  }

  deinit { end() }

  /// Looks no more. To be called before the program's process is waited for, whose number may then be another's.
  func end() {
    state.withLock { $0.isOver = true }
  }

  /// Ends the program if it has more than `enough` bytes while `work` is done. `floor`: what it has now.
  func during<Result>(_ floor: MemoryFloor, enough: Int, _ work: () -> Result) -> Result {
    state.withLock { state in
      state.floor = floor
      state.enoughMemory = enough
    }
    defer { state.withLock { $0.floor = nil } }
    return work()
  }

  /// Why the program was ended; nil if it was not.
  var excess: Excess? { state.withLock(\.excess) }
}

extension LimitGuard.State {
  fileprivate mutating func lookAtMemory() {
    guard var floor else { return }
    floor.update()
    if floor.bytes > enoughMemory { excess = LimitGuard.Excess(limit: .memory, memoryBytes: floor.bytes) }
  }

  /// Counts files with a name only, of a folder that has few.
  fileprivate mutating func lookAtScratch(_ path: String, _ enough: Int) {
    let usage = ScratchUsage(of: path, mostEntries: LimitGuard.mostEntries)
    if usage.bytes > enough { excess = LimitGuard.Excess(limit: .scratch) }
    if usage.isBeyondCounting { nextScratchLook = monotonicSeconds() + LimitGuard.longestInterval }
  }
}
