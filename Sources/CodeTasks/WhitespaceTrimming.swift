// SPDX-License-Identifier: Apache-2.0

import Foundation

extension String {
  /// The text without white space and line breaks at its ends.
  package var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
