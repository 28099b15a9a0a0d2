// SPDX-License-Identifier: Apache-2.0

/// Where an offloaded token comes from.
package struct OffloadToken: Sendable, Hashable {
  /// The index of its temporal patch in the stream.
  package var streamIndex: Int64
  /// Its patch in the temporal patch, row by row.
  package var patch: Int32

  /// Memberwise; checks nothing.
  package init(streamIndex: Int64, patch: Int32) {
    self.streamIndex = streamIndex
    self.patch = patch
  }
}
