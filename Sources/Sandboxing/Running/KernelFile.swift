// SPDX-License-Identifier: Apache-2.0

import Platform

/// The contents of one of the kernel's files, or their beginning; nil, and `errno`, if it cannot be read.
func kernelFile(_ path: String, mostBytes: Int = 1 << 20) -> [UInt8]? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var result: [UInt8] = []
  let read = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer -> Bool in
    while result.count < mostBytes {
      let count = Platform.read(descriptor, buffer.baseAddress, buffer.count)
      if count < 0 { return false }
      if count == 0 { return true }
      result.append(contentsOf: buffer.prefix(count))
    }
    return true
  }
  return read ? result : nil
}

/// nil, and `errno`, if the folder cannot be read.
func numericNames(in folder: String) -> [pid_t]? {
  guard let stream = opendir(folder) else { return nil }
  defer { closedir(stream) }
  var result: [pid_t] = []
  while let entry = readdir(stream) {
    let number = withUnsafeBytes(of: &entry.pointee.d_name) { name in
      pid_t(String(decoding: name.prefix { $0 != 0 }, as: UTF8.self))
    }
    if let number { result.append(number) }
  }
  return result
}

/// The number of a line such as `VmSwap:      12 kB`.
func kibibytes(_ line: ArraySlice<UInt8>, _ label: StaticString) -> Int? {
  let label = label.withUTF8Buffer(Array.init)
  guard line.starts(with: label) else { return nil }
  let digits = line.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  return Int(String(decoding: digits, as: UTF8.self))
}
