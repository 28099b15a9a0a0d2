// SPDX-License-Identifier: Apache-2.0

import ModelFile

/// Why a file is not quantized, in words that a person can act on.
public enum QuantizationError: Error, Sendable, Hashable {
  /// A file cannot be read or written.
  case file(GGUFError)
  /// A tensor is quantized, and not in the one way that is good enough to start from.
  case alreadyQuantized(path: String, tensor: String, type: TensorType)
  /// The file is what was asked for as it is.
  case nothingToDo(path: String, recipe: String)
  /// A tensor's bytes would not fit into a number.
  case tooLarge(path: String, tensor: String)
  /// The result would take the place of what it is made from.
  case sameFile(path: String)
  /// The place is taken, and nobody said to overwrite it.
  case exists(path: String)
  /// The disk has not enough room.
  case noRoom(path: String, needed: Int, free: Int)
  /// A tensor holds infinities, or what is not a number.
  case notFinite(path: String, tensor: String)
  /// A tensor holds numbers that the type has no room for.
  case overflows(path: String, tensor: String, type: TensorType)
  /// The person broke it off.
  case cancelled
}

extension QuantizationError: CustomStringConvertible {
  /// One line: what is wrong with which file, and what to do.
  public var message: String {
    switch self {
    case .file(let error):
      error.message
    case .alreadyQuantized(let path, let tensor, let type):
      "\(path) is quantized already (\(tensor) is \(type.name)). Use the model's F16, BF16, F32 or Q8_0 file."
    case .nothingToDo(let path, let recipe):
      "\(path) has no tensor that \(recipe) would change. Choose another type, or use the file as it is."
    case .tooLarge(let path, let tensor):
      "\(path): tensor \(tensor) is too large. The file is damaged; download it again."
    case .sameFile(let path):
      "\(path) is the file that is read. Name another one to write."
    case .exists(let path):
      "\(path) is there already. Add --force to replace it."
    case .noRoom(let path, let needed, let free):
      "\(path) needs \(needed >> 20) MiB, and its disk has \(free >> 20) MiB free. Make room or choose another disk."
    case .notFinite(let path, let tensor):
      "\(path): tensor \(tensor) holds numbers that are not finite. The file is damaged; download or convert it anew."
    case .overflows(let path, let tensor, let type):
      "\(path): tensor \(tensor) holds numbers too large for \(type.name). Choose another type, such as BF16."
    case .cancelled:
      "Broken off; nothing was written."
    }
  }

  public var description: String { message }
}
