/// Why a model file could not be opened, read or written, in words that a person can act on.
public enum GGUFError: Error, Sendable, Hashable {
  /// No file is at this path.
  case missing(path: String)
  /// The path names a folder.
  case directory(path: String)
  /// The path names a device, a pipe or a socket, which cannot be mapped.
  case notRegularFile(path: String)
  /// The system refuses to open, map or read the file; `reason` is its word.
  case unreadable(path: String, reason: String)
  /// The file holds no bytes.
  case empty(path: String)
  /// The file does not start as a GGUF; `looksLike` says what it starts with instead.
  case notGGUF(path: String, looksLike: String)
  /// The file was written for a big-endian machine.
  case bigEndian(path: String)
  /// A version of the format other than 2 and 3.
  case unsupportedVersion(path: String, version: UInt32)
  /// The file ends `missingBytes` too early (at the least), while `what` was read.
  case truncated(path: String, missingBytes: Int, what: String)
  /// The contents contradict themselves or the format; `what` says where and how.
  case malformed(path: String, what: String)
  /// A tensor is stored in a way that ggml has no name for.
  case unknownTensorType(path: String, tensor: String, code: UInt32)
  /// The file has no entry of this name, and the reader cannot do without it.
  case missingKey(path: String, key: String)
  /// An entry is there but holds something other than what it must hold.
  case wrongType(path: String, key: String, expected: String, found: String)
  /// The file has no tensor of this name; `partOf` is given if the file is one of several parts.
  case missingTensor(path: String, name: String, partOf: Int?)
  /// The file cannot be written; `reason` is the system's word or what the caller did wrong.
  case unwritable(path: String, reason: String)
}

extension GGUFError: CustomStringConvertible {
  /// One line: what is wrong with which file, and what to do.
  public var message: String {
    switch self {
    case .missing(let path):
      "\(path): there is no such file. Check the path."
    case .directory(let path):
      "\(path) is a folder. Name the .gguf file in it."
    case .notRegularFile(let path):
      "\(path) is not an ordinary file. Name a .gguf file on disk."
    case .unreadable(let path, let reason):
      "\(path) cannot be read: \(reason)."
    case .empty(let path):
      "\(path) is empty. Download it again."
    case .notGGUF(let path, let looksLike):
      "\(path) is not a GGUF file: \(looksLike)"
    case .bigEndian(let path):
      "\(path) was written for a big-endian machine. Use the little-endian file."
    case .unsupportedVersion(let path, let version):
      version < 2
        ? "\(path) is GGUF version \(version), too old: 2 and 3 are read. Use a newer conversion of the model."
        : "\(path) is GGUF version \(version): 2 and 3 are read. It is damaged or needs a newer edgeassist."
    case .truncated(let path, let missingBytes, let what):
      "\(path) breaks off: at least \(missingBytes) bytes are missing (\(what)). Download it again."
    case .malformed(let path, let what):
      "\(path) is damaged or not made correctly: \(what). Download it again or convert it anew."
    case .unknownTensorType(let path, let tensor, let code):
      "\(path): tensor \(tensor) has the unknown type \(code). Use a file in another quantization, such as Q8_0."
    case .missingKey(let path, let key):
      "\(path) does not say \(key). It is another kind of model, or its conversion is incomplete."
    case .wrongType(let path, let key, let expected, let found):
      "\(path): \(key) should be \(expected) but is \(found). Convert the model anew."
    case .missingTensor(let path, let name, let partOf?):
      "\(path) has no tensor \(name): it is one of \(partOf) parts. Join them first (llama-gguf-split --merge)."
    case .missingTensor(let path, let name, nil):
      "\(path) has no tensor \(name). It is another kind of model, or its conversion is incomplete."
    case .unwritable(let path, let reason):
      "\(path) cannot be written: \(reason)."
    }
  }

  public var description: String { message }
}
