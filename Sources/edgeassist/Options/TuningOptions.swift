// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Compute
import Platform
import Synchronization
import Tuning

/// Whether products are computed as `edgeassist autotune` has found.
struct TuningOptions: ParsableArguments {
  @Flag(
    name: .customLong("tuned"), inversion: .prefixedNo,
    help: """
      Divide products among threads and caches as `edgeassist autotune` has found fastest on this machine, if it was \
      run. Answers are the same either way.
      """)
  var isUsed = true

  /// The schedules for a number of threads; nil for the standard ones. A file that is not to be used is named in a
  /// notice, once in a run.
  func schedules(threads: Int) -> ScheduleTable? {
    guard isUsed else { return nil }
    switch TunedSchedules.find(threads: threads) {
    case .success(let found): return found?.table
    case .failure(let problem):
      if Self.noticed.withLock({ $0.insert(problem.message).inserted }) { StandardStreams.report(problem.message) }
      return nil
    }
  }

  private static let noticed = Mutex<Set<String>>([])
}

/// The file of tuned schedules of this machine.
enum TunedSchedules {
  /// The file for a number of threads; nil where there is none.
  static func find(threads: Int) -> Result<TunedScheduleFile?, TunedScheduleFile.Problem> {
    let environment = ProcessEnvironment.current
    return Result { () throws(TunedScheduleFile.Problem) -> TunedScheduleFile? in
      guard let path = TunedScheduleFile.path(environment: environment, threads: threads) else { return nil }
      return try TunedScheduleFile(path: path, key: TuningKey.current(threads: threads))
    }
  }
}
