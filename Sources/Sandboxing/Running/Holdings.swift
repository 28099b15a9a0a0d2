// SPDX-License-Identifier: Apache-2.0

import Platform

/// Memory that a program's processes hold and that is neither resident memory nor in a folder.
struct Holdings {
  /// Swapped out, or the kernel's on behalf of the program: page tables, mappings, buffers of pipes and sockets.
  var memoryBytes: Int {
    swappedBytes + pageTableBytes + mappings * Self.bytesOfMapping + pipes.count * Self.bytesOfPipe
      + sockets.count * Self.bytesOfSocket
  }
  /// True if there are more mappings than can be counted in time, or more pipes than a user can spare.
  var isExcessive: Bool { mappings > Self.mostMappings || pipes.count > Self.mostPipes }
  /// Bytes on disk of files that are open and have no name any more.
  private(set) var unnamedBytes = 0
  /// Files without a name that are mapped, and of which no more is known.
  private(set) var mappedFiles = 0
  /// True if a process has closed itself to this one.
  private(set) var areHidden = false

  private var swappedBytes = 0
  private var pageTableBytes = 0
  private var mappings = 0
  private var pipes: Set<UInt64> = []
  private var sockets: Set<UInt64> = []
  /// Files that have several descriptors or mappings and count once.
  private var files: Set<UInt64> = []
  /// Where the scratch folder lies. Files that lie elsewhere are not the program's: its input is one without a name.
  private let device: dev_t?

  /// The kernel's record of a mapping, rounded up.
  private static let bytesOfMapping = 256
  /// More than one process can have by itself.
  private static let mostMappings = 1 << 16
  /// A quarter of what the kernel gives all processes of a user before it gives them less.
  private static let mostPipes = 256
  /// The capacity of a pipe whose capacity cannot be changed.
  private static let bytesOfPipe = 64 << 10
  /// The bytes in a socket that wait to be read.
  private static let bytesOfSocket: Int = {
    let text = kernelFile("/proc/sys/net/core/wmem_default").map { String(decoding: $0, as: UTF8.self) }
    return text.flatMap { Int($0.filter(\.isNumber)) } ?? 212_992
  }()

  /// - Parameters:
  ///   - scratch: the scratch folder, if it is on the disk.
  ///   - named: files of it that have been counted already.
  init(of processes: [pid_t], scratch: String?, named: Set<UInt64> = []) {
    files = named
    var status = stat()
    device = scratch.flatMap { stat($0, &status) == 0 ? status.st_dev : nil }
    for process in processes where !isExcessive {
      guard let folder = livingTask(of: process) else { continue }
      countMemory(folder)
      countOpenFiles(folder)
      countMappings(folder, scratch: scratch)
    }
  }

  private mutating func countMemory(_ task: String) {
    guard let text = kernelFile(task + "/status") else { return }
    for line in text.split(separator: UInt8(ascii: "\n")) {
      if let count = kibibytes(line, "VmSwap:") { swappedBytes += count << 10 }
      if let count = kibibytes(line, "VmPTE:") { pageTableBytes += count << 10 }
    }
  }

  private mutating func countOpenFiles(_ task: String) {
    guard let names = numericNames(in: task + "/fd") else { return noteHidden(task) }
    // A process's program is a file that it holds, open or not.
    for file in names.map({ "fd/\($0)" }) + ["exe"] {
      var status = stat()
      guard stat("\(task)/\(file)", &status) == 0 else { continue }
      let number = UInt64(status.st_ino)
      switch status.st_mode & S_IFMT {
      case S_IFIFO: pipes.insert(number)
      case S_IFSOCK: sockets.insert(number)
      case S_IFREG where status.st_nlink == 0 && status.st_dev == device:
        if files.insert(number).inserted { unnamedBytes += Int(status.st_blocks) * 512 }
      default: break
      }
    }
  }

  private mutating func countMappings(_ task: String, scratch: String?) {
    guard let text = kernelFile(task + "/maps", mostBytes: 8 << 20) else { return noteHidden(task) }
    mappings += text.count { $0 == UInt8(ascii: "\n") }
    guard let scratch else { return }
    let gone = Array(" (deleted)".utf8)
    let path = Array((scratch + "/").utf8)
    for line in text.split(separator: UInt8(ascii: "\n")) where line.suffix(gone.count).elementsEqual(gone) {
      // Addresses, permissions, offset, device, number, path.
      let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
      guard
        fields.count == 6, let number = UInt64(String(decoding: fields[4], as: UTF8.self)),
        fields[5].drop(while: { $0 == UInt8(ascii: " ") }).starts(with: path), files.insert(number).inserted
      else { continue }
      mappedFiles += 1
    }
  }

  /// Called after a failure. A process on its way out belongs to root for a moment, and holds nothing any more.
  private mutating func noteHidden(_ task: String) {
    guard errno == EACCES, let text = kernelFile(task + "/stat"), let status = ProcessStatus(text), !status.isEnding
    else { return }
    areHidden = true
  }
}
