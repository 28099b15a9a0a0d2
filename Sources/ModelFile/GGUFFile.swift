// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A GGUF file (versions 2 and 3), or all parts of a split one, mapped read-only.
///
/// Format: the GGUF specification in ggml's documentation. Opening reads the headers only and checks all of them; the
/// weights stay on disk until they are touched.
public final class GGUFFile: Sendable {
  /// The path it was opened by: of a split model, any part.
  public let path: String
  /// 2 or 3.
  public let version: Int
  /// Bytes of the whole file, of all parts together.
  public let byteCount: Int
  /// Of a split model, the first part's.
  public let metadata: GGUFMetadata
  /// In the order of the file's table; of a split model, part by part.
  public let tensors: [TensorDescription]
  private let indices: [String: Int]
  let parts: [Part]
  let locked = Atomic<Bool>(false)

  /// One file on disk.
  struct Part {
    let path: String
    let storage: FileBytes
    let contents: GGUFParser.Contents

    init(path: String) throws(GGUFError) {
      let storage = try FileBytes(mapping: path)
      var parser = GGUFParser(path: path, storage: storage)
      contents = try parser.parse()
      self.path = path
      self.storage = storage
    }
  }

  /// Opens a file, and with a part of a split model all others, which lie in the same folder.
  ///
  /// - Throws: `GGUFError` naming the file that is wrong; `missingPart` for a part that is not there.
  public init(path: String) throws(GGUFError) {
    let opened = try Part(path: path)
    let parts = try GGUFFile.allParts(with: opened)
    let table = try GGUFFile.joinedTable(parts)
    self.path = path
    self.parts = parts
    version = parts[0].contents.version
    byteCount = parts.reduce(0) { $0 + $1.storage.buffer.count }
    metadata = parts[0].contents.metadata
    (tensors, indices) = table
  }

  /// The files on disk, in order; one for a model that is not split.
  public var partPaths: [String] { parts.map(\.path) }

  /// The description of a tensor; nil if the file has none of that name.
  public func tensor(_ name: String) -> TensorDescription? {
    indices[name].map { tensors[$0] }
  }

  /// The description of a tensor.
  ///
  /// - Throws: `GGUFError.missingTensor`.
  public func requiredTensor(_ name: String) throws(GGUFError) -> TensorDescription {
    guard let tensor = tensor(name) else { throw .missingTensor(path: path, name: name) }
    return tensor
  }

  /// A tensor's bytes, valid while the file lives.
  ///
  /// - Precondition: the description comes from this file; its bounds were checked at opening.
  public func bytes(of tensor: TensorDescription) -> UnsafeRawBufferPointer {
    let buffer = parts[tensor.part].storage.buffer
    return UnsafeRawBufferPointer(rebasing: buffer[tensor.byteOffset..<tensor.byteOffset + tensor.byteCount])
  }

  // MARK: Parts

  private static func allParts(with opened: Part) throws(GGUFError) -> [Part] {
    guard let name = try SplitName(path: opened.path, metadata: opened.contents.metadata) else { return [opened] }
    var parts: [Part] = []
    for index in 0..<name.count {
      parts.append(index == name.index ? opened : try part(index, of: name, beside: opened))
    }
    let found = parts.reduce(0) { $0 + $1.contents.tensors.count }
    for part in parts {
      guard let claimed = try part.contents.metadata.integerIfPresent("split.tensors.count") else { continue }
      guard claimed == found else {
        throw .disagreeingParts(
          path: part.path, what: "it speaks of \(claimed) tensors, but the \(name.count) parts hold \(found)")
      }
    }
    return parts
  }

  private static func part(_ index: Int, of name: SplitName, beside opened: Part) throws(GGUFError) -> Part {
    let path = name.path(of: index)
    let part: Part
    do {
      part = try Part(path: path)
    } catch .missing {
      throw .missingPart(path: path, part: index + 1, of: name.count)
    }
    guard let own = try SplitName(path: path, metadata: part.contents.metadata) else {
      throw .disagreeingParts(path: path, what: "it says nothing of being one of \(name.count) parts")
    }
    // SplitName has checked that the part's metadata agree with its file name.
    guard own.index == index, own.count == name.count else {
      throw .disagreeingParts(
        path: path, what: "it is part \(own.index + 1) of \(own.count), not \(index + 1) of \(name.count)")
    }
    return part
  }

  private static func joinedTable(
    _ parts: [Part]
  ) throws(GGUFError) -> (tensors: [TensorDescription], indices: [String: Int]) {
    guard parts.count > 1 else { return (parts[0].contents.tensors, parts[0].contents.indices) }
    var tensors: [TensorDescription] = []
    var indices: [String: Int] = [:]
    for (number, part) in parts.enumerated() {
      for var tensor in part.contents.tensors {
        tensor.part = number
        if let earlier = indices.updateValue(tensors.count, forKey: tensor.name) {
          throw .disagreeingParts(
            path: part.path, what: "tensor \(tensor.name) is in part \(tensors[earlier].part + 1) as well")
        }
        tensors.append(tensor)
      }
    }
    return (tensors, indices)
  }
}
