// SPDX-License-Identifier: Apache-2.0

/// The system has no thread left for this process.
///
/// A user's threads are counted together, so that those of the user's other programs count too, and may be fewer in a
/// moment.
public struct ThreadError: Error, Equatable, CustomStringConvertible {
  /// Makes the error.
  public init() {}

  public var description: String {
    "this user may start too few threads; raise the limit, or end other programs: ulimit -u"
  }
}

/// How long to wait for a thread that nothing can be done without, in seconds. Threads of other programs come and go.
public let threadPatience = 5.0

/// Runs `body` on a detached thread of its own, so that it may block for as long as it likes.
///
/// - Parameters:
///   - name: what debuggers and `/proc` call the thread; its first 15 bytes.
///   - stackSize: in bytes; nil for the system's default.
///   - patience: how long to wait for a thread where the system has none left, in seconds.
/// - Returns: false when the system has no thread left.
public func startThread(
  name: String, stackSize: Int? = nil, patience: Double = 0, _ body: sending @escaping () -> Void
) -> Bool {
  final class Start {
    let name: String
    let body: () -> Void

    init(name: String, body: @escaping () -> Void) {
      self.name = name
      self.body = body
    }
  }
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  if let stackSize { pthread_attr_setstacksize(&attributes, stackSize) }
  let start = Unmanaged.passRetained(Start(name: name, body: body))
  let hasStarted = retry(for: patience) {
    var thread = pthread_t()
    return pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        setThreadName(start.name)
        start.body()
        return nil
      }, start.toOpaque()) == 0
  }
  if !hasStarted { start.release() }
  return hasStarted
}

/// Tries an action until it succeeds, for this many seconds, and once at least.
///
/// - Returns: whether it succeeded.
package func retry(for seconds: Double, _ action: () -> Bool) -> Bool {
  let end = monotonicSeconds() + seconds
  while !action() {
    if monotonicSeconds() >= end { return false }
    usleep(microsecondsBetweenTries)
  }
  return true
}

private let microsecondsBetweenTries: UInt32 = 10_000

/// Whether the system lets this process have this many more threads at a time. They have ended on return.
public func canStartThreads(_ count: Int) -> Bool {
  // Each thread waits for the gate, so that all are there at the same time.
  let gate = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  gate.initialize(to: pthread_mutex_t())
  pthread_mutex_init(gate, nil)
  pthread_mutex_lock(gate)
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  pthread_attr_setstacksize(&attributes, 1 << 16)
  var threads: [pthread_t] = []
  for _ in 0..<count {
    var thread = pthread_t()
    let result = pthread_create(
      &thread, &attributes,
      { gate in
        guard let gate = gate?.assumingMemoryBound(to: pthread_mutex_t.self) else { return nil }
        pthread_mutex_lock(gate)
        pthread_mutex_unlock(gate)
        return nil
      }, gate)
    if result != 0 { break }
    threads.append(thread)
  }
  pthread_mutex_unlock(gate)
  for thread in threads { pthread_join(thread, nil) }
  pthread_attr_destroy(&attributes)
  pthread_mutex_destroy(gate)
  gate.deallocate()
  return threads.count == count
}

/// Gives the calling thread a low priority, where the system has one for each thread: where others have work to do, it
/// gets a tenth of their time.
public func yieldToOtherThreads() {
  #if os(Linux)
    // Linux counts a thread as a process here.
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
  #endif
}

/// Names the calling thread. `pthread_setname_np` would need `_GNU_SOURCE`, which Swift's module of the C library
/// lacks.
private func setThreadName(_ name: String) {
  let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
  guard file >= 0 else { return }
  writeAll(Array(name.utf8.prefix(15)), to: file)
  close(file)
}
