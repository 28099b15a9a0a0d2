// SPDX-License-Identifier: Apache-2.0

import Platform

extension ThreadExecutor {
  /// An executor whose failure is an error for users.
  ///
  /// - Throws: `ReportedError` with the code `insufficient_threads`.
  public convenience init(reporting name: String) throws(ReportedError) {
    do throws(ThreadError) { try self.init(name: name) } catch {
      throw ReportedError(.insufficientThreads, error.description)
    }
  }
}
