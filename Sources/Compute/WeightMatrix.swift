// SPDX-License-Identifier: Apache-2.0

import CKernels
import ModelFile

/// A matrix of a model file: `rows` outputs of `columns` inputs, quantized or not.
///
/// It keeps the file, and so the mapped memory, alive.
public struct WeightMatrix: @unchecked Sendable {
  public let name: String
  public private(set) var rows: Int
  public let columns: Int
  public let type: TensorType
  let kernelType: ck_type
  let rowBytes: Int
  private(set) var base: UnsafeRawPointer
  private let file: GGUFFile
  private let tensor: TensorDescription
  private let use: WeightLayout
  private var turned = RepackedWeights()

  /// - Parameters:
  ///   - rows: outputs; the tensor's last dimension.
  ///   - columns: inputs; the product of all other dimensions.
  ///   - use: how the weights are held.
  /// - Throws: `unsupportedType`, or `wrongSize` if the tensor does not hold that many.
  public init(
    file: GGUFFile, tensor: TensorDescription, rows: Int, columns: Int, use: WeightLayout = .repacked
  ) throws(ComputeError) {
    guard let kernelType = tensor.type.kernelType else {
      throw .unsupportedType(tensor: tensor.name, type: tensor.type)
    }
    let bytes = file.bytes(of: tensor)
    let blockSize = tensor.type.elementsPerBlock
    guard rows > 0, columns > 0, columns % blockSize == 0, let base = bytes.baseAddress,
      case (let rowBytes, let tooWide) = (columns / blockSize).multipliedReportingOverflow(
        by: tensor.type.bytesPerBlock),
      case (let all, let tooLong) = rowBytes.multipliedReportingOverflow(by: rows),
      !tooWide, !tooLong, all == bytes.count
    else {
      throw .wrongSize(tensor: tensor.name, rows: rows, columns: columns)
    }
    name = tensor.name
    self.rows = rows
    self.columns = columns
    type = tensor.type
    self.kernelType = kernelType
    self.rowBytes = rowBytes
    self.base = base
    self.file = file
    self.tensor = tensor
    self.use = use
  }

  /// The matrix of some of the outputs, where they lie.
  public func outputs(_ part: Range<Int>) -> WeightMatrix {
    precondition(part.lowerBound >= 0 && part.upperBound <= rows && !part.isEmpty, "no such rows")
    var matrix = self
    matrix.rows = part.count
    matrix.base = base + part.lowerBound * rowBytes
    matrix.turned = RepackedWeights()
    return matrix
  }

  /// Bytes of all rows.
  public var byteCount: Int { rows * rowBytes }

  // MARK: Panels

  /// The panels to multiply with; nil where the weights are used as they lie. They are made now if they are not yet.
  func panels(for engine: Engine) -> Panels? {
    use == .mapped ? nil : turned.panels(of: self, engine: engine)
  }

  /// The panels that the weights are to become, if any.
  var panelType: ck_type? {
    guard use == .repackedQ8 || use == .repacked && type.isQuantized else { return nil }
    let panels = ck_panels_of(kernelType, columns)
    return panels == CK_F32 ? nil : panels
  }

  /// Whether products with the matrix need their input in 8 bits.
  public var takesQuantizedActivations: Bool { type.isQuantized || panelType != nil }

  var isLocked: Bool { file.isLocked }

  /// Gives back the memory of the file's own bytes.
  func releaseFilePages() {
    guard let start = file.bytes(of: tensor).baseAddress else { return }
    let first = base - start
    file.release(first..<first + byteCount, of: tensor)
  }

  /// Unpacks one row into the first row of `target`, which is `columns` wide.
  public func unpack(row: Int, into target: FloatMatrix) {
    precondition(row >= 0 && row < rows && target.width >= columns, "no such row")
    ck_unpack(kernelType, base + row * rowBytes, target.base, columns)
  }
}

extension TensorType {
  /// The kernels' name for the type; nil if they do not have it.
  var kernelType: ck_type? {
    switch self {
    case .f32: CK_F32
    case .f16: CK_F16
    case .bf16: CK_BF16
    case .q8_0: CK_Q8_0
    case .q4_0: CK_Q4_0
    case .q4_1: CK_Q4_1
    case .q5_0: CK_Q5_0
    case .q5_1: CK_Q5_1
    case .q2_K: CK_Q2_K
    case .q3_K: CK_Q3_K
    case .q4_K: CK_Q4_K
    case .q5_K: CK_Q5_K
    case .q6_K: CK_Q6_K
    case .iq4_nl: CK_IQ4_NL
    case .iq4_xs: CK_IQ4_XS
    case .mxfp4: CK_MXFP4
    default: nil
    }
  }
}

extension FloatBuffer {
  /// A vector of a model file (a norm's weights, a bias), unpacked.
  public convenience init(file: GGUFFile, tensor: TensorDescription) throws(ComputeError) {
    let count = tensor.elementCount
    let matrix = try WeightMatrix(file: file, tensor: tensor, rows: 1, columns: count)
    try self.init(count: count)
    matrix.unpack(row: 0, into: rows(width: count))
  }
}
