// SPDX-License-Identifier: Apache-2.0

import Records

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
  /// The file has no tensor of this name.
  case missingTensor(path: String, name: String)
  /// A part (counted from 1) of a split model is not where the others are.
  case missingPart(path: String, part: Int, of: Int)
  /// A part of a split model whose name does not end in what the others would be found by.
  case misnamedPart(path: String, part: Int, of: Int, ending: String)
  /// A part of a split model contradicts the others; `what` says how.
  case disagreeingParts(path: String, what: String)
  /// The system refuses to keep `byteCount` bytes in memory; `limit` is the most that it allows, nil if unlimited.
  case unlockable(path: String, byteCount: Int, limit: Int?, reason: String)
  /// The checksums that the file keeps are damaged, or of other tensors; `what` says how.
  case unusableChecksums(path: String, what: String)
  /// The bytes of a tensor are not those that its checksum was made of.
  case changedTensor(path: String, tensor: String)
  /// The user interrupted the reading.
  case cancelled(path: String)
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
      "\(path) is damaged or not made correctly: \(what). Download it again or convert it again."
    case .unknownTensorType(let path, let tensor, let code):
      "\(path): tensor \(tensor) has the unknown type \(code). Use a file in another quantization, such as Q8_0."
    case .missingKey(let path, let key):
      "\(path) does not say \(key). It is another kind of model, or its conversion is incomplete."
    case .wrongType(let path, let key, let expected, let found):
      "\(path): \(key) should be \(expected) but is \(found). Convert the model again."
    case .missingTensor(let path, let name):
      "\(path) has no tensor \(name). It is another kind of model, or its conversion is incomplete."
    case .missingPart(let path, let part, let count):
      "\(path) is not there: it is part \(part) of \(count) of a split model. Put all \(count) parts into one folder."
    case .misnamedPart(let path, let part, let count, let ending):
      "\(path) is part \(part) of \(count) of a split model, but its name does not end in \(ending), "
        + "so the other parts cannot be found. Give all parts their names back, or join them (llama-gguf-split)."
    case .disagreeingParts(let path, let what):
      "\(path) does not belong to the parts beside it: \(what). Download all parts of the model again."
    case .unlockable(let path, let byteCount, let limit?, let reason):
      "\(path) cannot be locked in memory (\(reason)): it takes \(memorySize(byteCount)) and the limit is "
        + "\(memorySize(limit)). Raise the limit (ulimit -l, or LimitMEMLOCK= of a service)."
    case .unlockable(let path, let byteCount, nil, let reason):
      "\(path) cannot be locked in memory (\(reason)): it takes \(memorySize(byteCount)). Free memory, or do without."
    case .unusableChecksums(let path, let what):
      "\(path): its checksums are damaged, or another program has changed its tensors: \(what). Download the file "
        + "again, or write it with new ones: edgeassist quantize \(path) NEW.gguf --type COPY."
    case .changedTensor(let path, let tensor):
      "\(path): tensor \(tensor) is damaged: its bytes differ from the checksum in the file. Download the file again."
    case .cancelled(let path):
      "Interrupted; \(path) was not read to its end."
    case .unwritable(let path, let reason):
      "\(path) cannot be written: \(reason)."
    }
  }

  public var description: String { message }
}
