// SPDX-License-Identifier: Apache-2.0

import CSandbox
import Platform

/// A descriptor of the system's that is closed with its owner.
final class Descriptor: Sendable {
  let number: Int32

  init(_ number: Int32) {
    self.number = number
  }

  deinit {
    close(number)
  }

  /// The file opened again, at its beginning and for reading only: a shared descriptor would share its file offset.
  func reopened() throws(SandboxError) -> Descriptor {
    let number = open("/proc/self/fd/\(number)", O_RDONLY | O_CLOEXEC)
    if number < 0 { throw .refused("open", errno) }
    return Descriptor(number)
  }

  /// A file in memory that cannot be changed. A program that does not read its input keeps nobody waiting.
  static func memoryFile(_ bytes: [UInt8]) throws(SandboxError) -> Descriptor {
    let number = bytes.withUnsafeBytes { csb_memory_file($0.baseAddress, $0.count) }
    if number < 0 { throw .refused("memfd_create", -number) }
    return Descriptor(number)
  }

  /// Becomes readable when the process ends.
  static func process(_ process: pid_t) throws(SandboxError) -> Descriptor {
    let number = csb_process_descriptor(process)
    if number < 0 { throw .refused("pidfd_open", -number) }
    return Descriptor(number)
  }
}

/// A pipe whose reading end never waits.
struct Pipe: Sendable {
  let reading: Descriptor
  let writing: Descriptor

  init() throws(SandboxError) {
    var ends: (Int32, Int32) = (-1, -1)
    let error = csb_pipe(&ends.0, &ends.1)
    if error != 0 { throw .refused("pipe", error) }
    reading = Descriptor(ends.0)
    writing = Descriptor(ends.1)
  }
}

extension Descriptor {
  /// The size of a file.
  func byteCount() throws(SandboxError) -> Int {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw .refused("fstat", errno) }
    return Int(status.st_size)
  }

  /// All that is in a file, read from its beginning.
  func contents() throws(SandboxError) -> [UInt8] {
    let size = try byteCount()
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count = 0
      guard let base = buffer.baseAddress else { return }
      while count < size {
        let read = pread(number, base + count, size - count, off_t(count))
        if read <= 0 { return }
        count += read
      }
    }
    if bytes.count < size { throw .refused("read", errno) }
    return bytes
  }
}
