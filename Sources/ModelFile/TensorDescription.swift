// SPDX-License-Identifier: Apache-2.0

/// One tensor's entry in the tensor table.
public struct TensorDescription: Sendable, Hashable {
  /// The tensor's name.
  public let name: String
  /// Extents, the fastest-running first: a matrix of `rows × columns` is `[columns, rows]`.
  public let dimensions: [Int]
  /// How its elements are stored.
  public let type: TensorType
  /// Where the tensor starts, in bytes from the start of the file that holds it.
  public let byteOffset: Int
  /// Bytes of all elements.
  public let byteCount: Int
  /// Which part of a split model holds it, from 0.
  public internal(set) var part = 0

  /// Number of elements.
  public var elementCount: Int { dimensions.reduce(1, *) }

  /// Bytes of a tensor of this shape and type; nil if a row is not whole blocks or the number does not fit into `Int`.
  public static func byteCount(dimensions: [Int], type: TensorType) -> Int? {
    guard let row = dimensions.first, row % type.elementsPerBlock == 0 else { return nil }
    var elements = 1
    for dimension in dimensions {
      let (product, overflow) = elements.multipliedReportingOverflow(by: dimension)
      guard dimension > 0, !overflow else { return nil }
      elements = product
    }
    let (bytes, overflow) = (elements / type.elementsPerBlock).multipliedReportingOverflow(by: type.bytesPerBlock)
    return overflow ? nil : bytes
  }
}
