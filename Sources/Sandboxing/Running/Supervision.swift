// SPDX-License-Identifier: Apache-2.0

import CSandbox
import Platform

/// A program's run, watched by the thread that started it: its pipes are read, its limits kept, and nothing of it is
/// left at the end.
///
/// Why not a library for subprocesses: a program here dies with the thread that watches it, is given resource limits
/// between fork and exec, may be stopped in the middle of its output, and tells its processor time.
struct Supervision: Sendable {
  /// The kind of the started process.
  enum Kind: Sendable {
    /// Bubblewrap. `status`, written to descriptor 3, is where it says how the program ended; `refusal` holds something
    /// where the first process inside could not start the program; `seesOpenFiles`: whether what the program has open
    /// can be counted.
    case bubblewrap(status: Pipe, refusal: Pipe, seesOpenFiles: Bool)
    /// The program itself, first of its process group. Its scratch folder is watched, if it has one.
    case group(scratch: WatchedScratch?)
  }

  /// A scratch folder on the disk.
  struct WatchedScratch: Sendable {
    /// The folder that the program writes to.
    var path: String
    /// Whether what the program has open can be counted.
    var seesOpenFiles: Bool
  }

  var launch: Launch
  var kind: Kind
  var input: Descriptor
  var limits: RunLimits
  /// Ends with the run.
  var watchdog: Watchdog

  /// Runs the program to its end, whatever that is. Blocks; a wake of `stop` ends it early.
  func run(stop: WakePipe?) throws(SandboxError) -> RunResult {
    defer { watchdog.end() }
    // Processes that a program leaves come to this one, with the processor time that they took.
    if case .group = kind { _ = csb_adopt_orphans() }
    let started = try start()
    var watch = ProgramWatch(started, of: self, stop: stop)
    return try watch.untilEnd()
  }

  /// Runs it on a thread of its own. If the task is cancelled, the program is ended.
  func run() async throws(SandboxError) -> RunResult {
    let stop: WakePipe
    do throws(SystemError) { stop = try WakePipe() } catch {
      throw .refused("pipe", error.code)
    }
    let result: Result<RunResult, SandboxError> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let hasStarted = startThread(name: "program", patience: threadPatience) {
          csb_prefer_thread()
          continuation.resume(returning: Result { () throws(SandboxError) in try run(stop: stop) })
        }
        if !hasStarted {
          continuation.resume(returning: .failure(.refused("pthread_create", EAGAIN)))
        }
      }
    } onCancel: {
      stop.wake()
    }
    return try result.get()
  }

  /// The ends that the program writes to are closed here when this returns, so that its own are the last.
  private func start() throws(SandboxError) -> StartedProgram {
    let output = try Pipe()
    let errors = try Pipe()
    let (process, held) = try launch.spawn(
      input: input, output: output.writing, errors: errors.writing, watchdog: watchdog)
    return StartedProgram(process: process, held: held, output: output.reading, errors: errors.reading)
  }
}

/// A process that runs, and the ends of its pipes.
struct StartedProgram {
  let process: pid_t
  /// nil where no call is held.
  let held: HeldCalls?
  let output: Descriptor
  let errors: Descriptor
}
