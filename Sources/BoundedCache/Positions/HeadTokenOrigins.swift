// SPDX-License-Identifier: Apache-2.0

/// Which patch of which temporal patch each of one head's vision tokens comes from, in stream order.
package struct HeadTokenOrigins {
  /// The number of each token's temporal patch.
  package var temporalPatches: [Int32] = []
  /// Each token's patch in its temporal patch, row by row.
  package var patches: [Int32] = []

  /// Memberwise; both arrays have one element for each token.
  package init(temporalPatches: [Int32] = [], patches: [Int32] = []) {
    self.temporalPatches = temporalPatches
    self.patches = patches
  }
}
