// SPDX-License-Identifier: Apache-2.0

import CSandbox
import Platform

/// Bytes on disk that a program has taken: those in its scratch folder, and those of files that it holds open and that
/// no folder has any more.
struct ScratchUsage {
  private(set) var bytes = 0
  /// True once something cannot be counted: very many entries, folders within each other beyond reason, a folder or
  /// process that the program has closed to this one. No program that means well does that.
  private(set) var isBeyondCounting = false

  /// Where the scratch folder lies. Files that lie elsewhere are not the program's: its input is one without a name.
  private let device: dev_t
  /// Numbers of files that have several descriptors or mappings and count once.
  private var known: Set<UInt64> = []

  private static let mostEntries: Int32 = 10_000
  private static let mostDepth: Int32 = 48

  /// - Parameters:
  ///   - folder: the scratch folder.
  ///   - processes: who may hold files of it.
  ///   - mostBytesOfFile: what a file counts for that is mapped and nothing else is known of.
  init(of folder: String, heldBy processes: [pid_t], mostBytesOfFile: Int) {
    var status = stat()
    device = stat(folder, &status) == 0 ? status.st_dev : 0
    bytes = Int(csb_folder_bytes(folder, Self.mostEntries, Self.mostDepth))
    isBeyondCounting = bytes < 0
    for process in processes where !isBeyondCounting {
      countOpen(of: process)
      countMapped(of: process, below: folder, mostBytesOfFile: mostBytesOfFile)
    }
  }

  /// Bytes, or the most there can be if they cannot be counted.
  var total: Int { isBeyondCounting ? .max : bytes }

  // MARK: Files without a name

  private mutating func countOpen(of process: pid_t) {
    let folder = "/proc/\(process)/fd"
    guard let names = numericNames(in: folder) else {
      isBeyondCounting = isBeyondCounting || isHidden(process)
      return
    }
    for name in names {
      var status = stat()
      guard stat("\(folder)/\(name)", &status) == 0, status.st_nlink == 0, status.st_mode & S_IFMT == S_IFREG,
        status.st_dev == device
      else { continue }
      if known.insert(UInt64(status.st_ino)).inserted { bytes += Int(status.st_blocks) * 512 }
    }
  }

  private mutating func countMapped(of process: pid_t, below folder: String, mostBytesOfFile: Int) {
    guard let text = kernelFile("/proc/\(process)/maps") else {
      isBeyondCounting = isBeyondCounting || isHidden(process)
      return
    }
    // A list that long is cut off.
    if text.count >= mostBytesOfKernelFile { isBeyondCounting = true }
    let gone = Array(" (deleted)".utf8)
    let path = Array((folder + "/").utf8)
    for line in text.split(separator: UInt8(ascii: "\n")) where line.suffix(gone.count).elementsEqual(gone) {
      // Addresses, permissions, offset, device, number, path.
      let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
      guard
        fields.count == 6, let number = UInt64(String(decoding: fields[4], as: UTF8.self)),
        fields[5].drop(while: { $0 == UInt8(ascii: " ") }).starts(with: path), known.insert(number).inserted
      else { continue }
      bytes += mostBytesOfFile
    }
  }

  /// Whether a process lives and has closed itself to this one.
  private func isHidden(_ process: pid_t) -> Bool {
    errno == EACCES && ProcessStatus(process).map { !$0.isZombie } ?? false
  }
}
