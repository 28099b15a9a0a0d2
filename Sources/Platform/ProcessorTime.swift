// SPDX-License-Identifier: Apache-2.0

/// Processor time that the calling thread has taken since it began, in seconds.
public func threadProcessorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
