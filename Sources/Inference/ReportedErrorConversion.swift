// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Records
import Video

extension ReportedError {
  /// An error of a lower layer, with the code that scripts know it by.
  package init(_ error: any Error) {
    switch error {
    case let error as ReportedError: self = error
    case let error as VideoError:
      if case .notWritable = error {
        self.init(.outputUnwritable, error.description)
      } else {
        self.init(.videoUnreadable, error.description)
      }
    case let error as CacheError:
      switch error {
      case .budgetTooSmall: self.init(.budgetTooSmall, error.description)
      case .cannotAllocate: self.init(.insufficientMemory, error.description)
      default: self.init(.computation, error.description)
      }
    case let error as HeadBudgetProfileError: self.init(.profileUnusable, error.description)
    case let error as OffloadError: self.init(.offloadUnusable, error.description)
    case let error as ModelError: self.init(.computation, error.description)
    default: self.init(.computation, String(describing: error))
    }
  }
}
