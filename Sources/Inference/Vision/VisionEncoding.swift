// SPDX-License-Identifier: Apache-2.0

import Architectures

/// How the temporal patches of a stream are encoded and read.
public enum VisionEncoding: Sendable, Hashable {
  /// Every place of every temporal patch goes through the vision tower and is read by the language model.
  case dense
  /// Only places that changed since they were last encoded do. The tower's keys and values are kept until then.
  ///
  /// - `precision`: of the kept keys and values.
  /// - `isReadSparsely`: whether the language model reads the changed places alone as well.
  case sparse(VisionCache.Precision, isReadSparsely: Bool)

  /// How the tower's keys and values are kept; nil where they are not.
  var precision: VisionCache.Precision? {
    if case .sparse(let precision, _) = self { precision } else { nil }
  }

  /// Whether the language model reads changed places alone.
  package var isReadSparsely: Bool {
    if case .sparse(_, let isReadSparsely) = self { isReadSparsely } else { false }
  }
}
