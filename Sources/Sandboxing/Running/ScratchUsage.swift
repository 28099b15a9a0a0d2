// SPDX-License-Identifier: Apache-2.0

import CSandbox

/// The contents of a program's scratch folder on the disk.
struct ScratchUsage {
  /// Bytes on disk. A file with several names counts once.
  private(set) var bytes = 0
  /// True if they cannot be counted: very many entries, folders within each other beyond reason, a folder that the
  /// program has closed to this process. No program that means well does that.
  private(set) var isBeyondCounting = false
  /// The files and folders that were counted, by their numbers.
  private(set) var files: Set<UInt64> = []

  /// Of a folder that is counted at all.
  static let mostEntries = 10_000
  private static let mostDepth: Int32 = 48
  /// For a folder that changes while it is counted.
  private static let tries = 3

  /// The largest of some counts: what is moved while one goes on may be missed, and counts in the next.
  init(of folder: String, mostEntries: Int = Self.mostEntries) {
    for _ in 0..<Self.tries {
      let (usage, isDisturbed) = Self.count(folder, mostEntries)
      if usage.bytes >= bytes || usage.isBeyondCounting { self = usage }
      if !isDisturbed { return }
    }
  }

  private init() {}

  private static func count(_ folder: String, _ mostEntries: Int) -> (ScratchUsage, isDisturbed: Bool) {
    var usage = ScratchUsage()
    var isDisturbed = false
    withUnsafeTemporaryAllocation(of: csb_file.self, capacity: mostEntries) { buffer in
      let count = csb_files_below(folder, mostDepth, buffer.baseAddress, Int32(mostEntries), &isDisturbed)
      usage.isBeyondCounting = count < 0
      for file in buffer.prefix(max(0, Int(count))) where usage.files.insert(file.number).inserted {
        usage.bytes += Int(file.bytes)
      }
    }
    return (usage, isDisturbed)
  }
}
