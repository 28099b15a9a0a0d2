// SPDX-License-Identifier: Apache-2.0

import CSandbox
import Platform

/// A program about to be started: what it gets, and nothing else.
struct Launch: Sendable {
  var path: String
  /// With its own name first.
  var arguments: [String]
  var environment: [String]
  /// nil: the caller's.
  var folder: String?
  /// The descriptors that become 3, 4 and so on.
  var descriptors: [Descriptor] = []
  var limits: [csb_limit] = []
  /// The user to become; 0: the caller's.
  var user: UInt32 = 0
  /// Rules of Landlock.
  var ruleset: Descriptor?
  /// A filter of system calls; empty: none.
  var filter: [UInt8] = []
  /// The control group to run in; nil: the caller's.
  var group: ControlGroup?
  /// Calls that wait for the watcher; nil: none.
  var held: HeldCalls.Kind?

  /// Starts it. It is killed when the calling thread ends.
  func spawn(
    input: Descriptor, output: Descriptor, errors: Descriptor, watchdog: Watchdog
  ) throws(SandboxError) -> (process: pid_t, held: HeldCalls?) {
    // A program just written counts as open for writing as long as another thread's child, on its way to its own
    // program, still has the file. Processes may be short for a moment.
    var started: (process: pid_t, held: Int32, error: Int32) = (0, -1, 0)
    _ = retry(for: threadPatience) {
      started = attempt([input, output, errors] + descriptors, watchdog)
      return started.error != ETXTBSY && started.error != EAGAIN
    }
    if started.error != 0 { throw .refused(path, started.error) }
    return (started.process, started.held < 0 ? nil : HeldCalls(descriptor: Descriptor(started.held)))
  }

  private func attempt(
    _ descriptors: [Descriptor], _ watchdog: Watchdog
  ) -> (process: pid_t, held: Int32, error: Int32) {
    let numbers = descriptors.map(\.number)
    var process: pid_t = 0
    var held: Int32 = -1
    let error = withExtendedLifetime(self) {
      withCStrings(arguments) { arguments in
        withCStrings(environment) { environment in
          path.withCString { path in
            withOptionalCStrings(folder, group?.path) { folder, group in
              numbers.withUnsafeBufferPointer { numbers in
                limits.withUnsafeBufferPointer { limits in
                  filter.withUnsafeBytes { filter in
                    var launch = csb_launch(
                      path: path, arguments: arguments, environment: environment, folder: folder,
                      descriptors: numbers.baseAddress, descriptor_count: Int32(numbers.count),
                      limits: limits.baseAddress, limit_count: Int32(limits.count), user: user,
                      ruleset: ruleset?.number ?? -1,
                      filter: filter.isEmpty ? nil : filter.baseAddress, filter_bytes: filter.count,
                      group: group, holding: holding, watchdog: watchdog.handle)
                    return csb_spawn(&launch, &process, &held)
                  }
                }
              }
            }
          }
        }
      }
    }
    return (process, held, error)
  }

  private var holding: csb_holding {
    switch held {
    case nil: csb_hold_nothing
    case .starts: csb_hold_starts
    case .startsAndNames: csb_hold_names
    }
  }
}

/// Limits that hold for each process by itself. Those of a whole tree are watched besides.
///
/// - Parameters:
///   - extraProcesses: that are counted and not the program's; nil for no limit of processes.
///   - programBytes: of the program's file, where it is written within the limits.
func processLimits(_ limits: RunLimits, extraProcesses: Int?, programBytes: Int = 0) -> [csb_limit] {
  func limit(_ resource: __rlimit_resource, _ value: Int) -> csb_limit {
    csb_limit(resource: Int32(resource.rawValue), value: UInt64(clamping: value))
  }
  // Room beyond the resident memory for what is mapped and never touched, such as the stacks and heaps of threads.
  // This limit refuses at once an allocation that could never succeed.
  let addressSpace = limits.memoryBytes.addingReportingOverflow(6 << 30).partialValue
  var result = [
    limit(RLIMIT_CPU, Int(limits.cpuSeconds.rounded(.up)) + 1),
    limit(RLIMIT_AS, addressSpace),
    limit(RLIMIT_FSIZE, max(limits.fileBytes, programBytes)),
    limit(RLIMIT_NOFILE, limits.openFiles),
    limit(RLIMIT_STACK, 64 << 20),
    limit(RLIMIT_CORE, 0),
    csb_limit(resource: 8, value: 0),  // RLIMIT_MEMLOCK
    csb_limit(resource: 11, value: 128),  // RLIMIT_SIGPENDING: timers and queued signals, which the user shares
    csb_limit(resource: 12, value: 0),  // RLIMIT_MSGQUEUE
    csb_limit(resource: 13, value: 0),  // RLIMIT_NICE
    csb_limit(resource: 14, value: 0),  // RLIMIT_RTPRIO
  ]
  if let extraProcesses {
    result.append(csb_limit(resource: 6, value: UInt64(clamping: limits.processes + extraProcesses)))  // RLIMIT_NPROC
  }
  return result
}

private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers = strings.map { strdup($0) }
  pointers.append(nil)
  defer { for pointer in pointers { free(pointer) } }
  return body(pointers)
}

private func withOptionalCStrings<Result>(
  _ one: String?, _ other: String?, _ body: (UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Result
) -> Result {
  withOptionalCString(one) { one in withOptionalCString(other) { other in body(one, other) } }
}

private func withOptionalCString<Result>(_ string: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
  if let string { string.withCString(body) } else { body(nil) }
}
