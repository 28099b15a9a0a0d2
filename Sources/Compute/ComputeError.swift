// SPDX-License-Identifier: Apache-2.0

import ModelFile

/// Why weights cannot be computed with, or memory is refused.
public enum ComputeError: Error, Equatable, Sendable {
  /// A tensor is stored in a type that has no kernels here.
  case unsupportedType(tensor: String, type: TensorType)
  /// A row of a quantized tensor is not a whole number of blocks, or the tensor is not `rows × columns`.
  case wrongSize(tensor: String, rows: Int, columns: Int)
  /// The system refuses a block of memory of this size.
  case outOfMemory(bytes: Int)
}

extension ComputeError: CustomStringConvertible {
  /// The types that have kernels, in ggml's order.
  public static let supportedTypes = TensorType.allCases.filter(\.isSupported)

  public var description: String {
    switch self {
    case .unsupportedType(let tensor, let type):
      "tensor \(tensor) is stored as \(type.name), which is not supported; supported are "
        + ComputeError.supportedTypes.map(\.name).joined(separator: ", ") + ". Use a file in one of these."
    case .wrongSize(let tensor, let rows, let columns):
      "tensor \(tensor) does not hold \(rows) rows of \(columns) in whole blocks. The file is damaged."
    case .outOfMemory(let bytes):
      "the system gives no memory of \(bytes) bytes"
    }
  }
}
