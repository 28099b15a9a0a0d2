// SPDX-License-Identifier: Apache-2.0

import CSandbox

/// The contents of a program's scratch folder on the disk.
struct ScratchUsage {
  /// Bytes on disk.
  let bytes: Int
  /// True if they cannot be counted: very many entries, folders within each other beyond reason, a folder that the
  /// program has closed to this process. No program that means well does that.
  let isBeyondCounting: Bool

  private static let mostEntries: Int32 = 10_000
  private static let mostDepth: Int32 = 48

  init(of folder: String) {
    let counted = csb_folder_bytes(folder, Self.mostEntries, Self.mostDepth)
    bytes = max(0, Int(counted))
    isBeyondCounting = counted < 0
  }
}
