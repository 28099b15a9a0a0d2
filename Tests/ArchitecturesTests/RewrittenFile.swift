// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile
import TestSupport

/// A changed copy of a model file. Its file is deleted at once and stays mapped.
struct RewrittenFile {
  let file: GGUFFile

  /// - Parameters:
  ///   - metadata: entries to replace; nil removes one.
  ///   - renamed: new names of tensors.
  ///   - added: new tensors of one float.
  ///   - tensor: returns a tensor's new dimensions, type and bytes, or nil to leave it out.
  init(
    _ original: GGUFFile, metadata changes: [String: GGUFValue?] = [:], renamed: [String: String] = [:],
    added: [(name: String, value: Float)] = [],
    tensor: (TensorDescription, [UInt8]) throws -> (dimensions: [Int], type: TensorType, bytes: [UInt8])? = {
      ($0.dimensions, $0.type, $1)
    }
  ) throws {
    var metadata = original.metadata
    for (key, value) in changes { metadata[key] = value }
    var declarations: [GGUFWriter.Declaration] = []
    var contents: [[UInt8]] = []
    for description in original.tensors {
      guard let new = try tensor(description, Array(original.bytes(of: description))) else { continue }
      declarations.append(
        .init(name: renamed[description.name] ?? description.name, dimensions: new.dimensions, type: new.type))
      contents.append(new.bytes)
    }
    for (name, value) in added {
      declarations.append(.init(name: name, dimensions: [1], type: .f32))
      contents.append(withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) })
    }
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = folder.path("rewritten.gguf")
    let writer = try GGUFWriter(path: path, metadata: metadata, tensors: declarations)
    for bytes in contents { try writer.append(bytes) }
    try writer.finish()
    file = try GGUFFile(path: path)
  }
}
