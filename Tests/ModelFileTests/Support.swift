// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension TemporaryFolder {
  /// Where a test has its one model file.
  var modelPath: String { path("model.gguf") }

  /// Writes the one model file and returns its path.
  func file(_ bytes: [UInt8]) throws -> String { try write(bytes, to: "model.gguf") }
}

func goldenPath(_ name: String) throws -> String {
  try #require(Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Goldens")).path
}

/// A file put together byte by byte after the format's specification, so that any part can be wrong.
struct HandmadeFile {
  var bytes: [UInt8] = []

  /// The magic, a version and the two counts.
  init(version: UInt32 = 3, tensors: UInt64 = 0, entries: UInt64 = 0) {
    bytes = Array("GGUF".utf8)
    add(version)
    add(tensors)
    add(entries)
  }

  mutating func add<T: FixedWidthInteger>(_ value: T) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func add(text: String) {
    add(UInt64(text.utf8.count))
    bytes += Array(text.utf8)
  }

  mutating func entry(_ key: String, type: UInt32) {
    add(text: key)
    add(type)
  }

  mutating func tensor(_ name: String, _ dimensions: [UInt64], type: UInt32 = 0, offset: UInt64 = 0) {
    add(text: name)
    add(UInt32(dimensions.count))
    for dimension in dimensions { add(dimension) }
    add(type)
    add(offset)
  }

  mutating func pad(to alignment: Int = 32, thenZeros count: Int = 0) {
    while bytes.count % alignment != 0 { bytes.append(0) }
    bytes += [UInt8](repeating: 0, count: count)
  }
}
