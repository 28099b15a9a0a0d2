// SPDX-License-Identifier: Apache-2.0

import ModelFile
import Records

/// Why a file cannot be quantized.
public enum QuantizationError: Error, Sendable, Hashable {
  /// A file cannot be read or written.
  case file(GGUFError)
  /// A tensor is quantized already, in a type other than Q8_0.
  case alreadyQuantized(path: String, tensor: String, type: TensorType)
  /// The file has no tensor that the recipe would change.
  case nothingToDo(path: String, recipe: String)
  /// The size of a tensor in bytes overflows.
  case tooLarge(path: String, tensor: String)
  /// The output is the file that is read.
  case sameFile(path: String)
  /// The output exists and may not be overwritten.
  case exists(path: String)
  /// The disk has not enough room.
  case noRoom(path: String, needed: Int, free: Int)
  /// A tensor has values that are infinite or not a number.
  case notFinite(path: String, tensor: String)
  /// A tensor has values that are too large for the type.
  case overflows(path: String, tensor: String, type: TensorType)
  /// The neurons of the model cannot be split.
  case cannotSplit(path: String, reason: String)
  /// Attention heads of the model cannot be left out.
  case cannotPrune(path: String, reason: String)
  /// The system refuses memory for the search of channel scales.
  case noMemory(path: String, detail: String)
  /// The user interrupted the run.
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
      "\(path) is the file that is read. Name another file to write."
    case .exists(let path):
      "\(path) exists. Add --force to replace it."
    case .noRoom(let path, let needed, let free):
      "\(path) needs \(memorySize(needed)), and its disk has \(memorySize(free)) free. Make room or "
        + "choose another disk."
    case .notFinite(let path, let tensor):
      "\(path): tensor \(tensor) has values that are not finite. The file is damaged; download or convert it again."
    case .overflows(let path, let tensor, let type):
      "\(path): tensor \(tensor) has values too large for \(type.name). Choose another type, such as BF16."
    case .cannotSplit(let path, let reason):
      "the neurons of \(path) cannot be split: \(reason)"
    case .cannotPrune(let path, let reason):
      "attention heads of \(path) cannot be left out: \(reason)"
    case .noMemory(let path, let detail):
      "\(path): the channels' scales cannot be searched: \(detail)"
    case .cancelled:
      "Interrupted; nothing was written."
    }
  }

  /// The same as `message`.
  public var description: String { message }
}
