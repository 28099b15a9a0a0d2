/// A GGUF file (versions 2 and 3), mapped read-only.
///
/// Format: the GGUF specification in ggml's documentation. Opening reads the header only and checks all of it; the
/// weights stay on disk until they are touched.
public final class GGUFFile: Sendable {
  public let path: String
  /// 2 or 3.
  public let version: Int
  /// Bytes of the whole file.
  public let byteCount: Int
  public let metadata: GGUFMetadata
  /// In the order of the file's table.
  public let tensors: [TensorDescription]
  private let indices: [String: Int]
  private let storage: FileBytes

  public init(path: String) throws(GGUFError) {
    storage = try FileBytes(mapping: path)
    var parser = GGUFParser(path: path, storage: storage)
    let contents = try parser.parse()
    self.path = path
    version = contents.version
    byteCount = storage.buffer.count
    metadata = contents.metadata
    tensors = contents.tensors
    indices = contents.indices
  }

  public func tensor(_ name: String) -> TensorDescription? {
    indices[name].map { tensors[$0] }
  }

  public func requiredTensor(_ name: String) throws(GGUFError) -> TensorDescription {
    guard let tensor = tensor(name) else {
      let parts = metadata["split.count"]?.integer ?? 1
      throw .missingTensor(path: path, name: name, partOf: parts > 1 ? parts : nil)
    }
    return tensor
  }

  /// A tensor's bytes, valid while the file lives.
  ///
  /// - Precondition: the description comes from this file; its bounds were checked at opening.
  public func bytes(of tensor: TensorDescription) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: storage.buffer[tensor.byteOffset..<tensor.byteOffset + tensor.byteCount])
  }
}
