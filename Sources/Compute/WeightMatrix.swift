// SPDX-License-Identifier: Apache-2.0

import CKernels
import ModelFile

/// A weight matrix of a model file, `[rows][columns]`: one output in a row, in any type that has kernels.
///
/// It keeps the file, and so the mapped memory, or the memory that it was made in, alive.
public struct WeightMatrix: @unchecked Sendable {
  /// The tensor's name in the file.
  public let name: String
  /// Outputs of a product.
  public private(set) var rows: Int
  /// Inputs of a product.
  public let columns: Int
  /// How the file stores the weights.
  public let type: TensorType
  /// A factor of all weights, which a file may store in a tensor of its own.
  public let scale: Float
  let kernelType: ck_type
  let rowBytes: Int
  private(set) var base: UnsafeRawPointer
  private let source: Source
  private let layout: WeightLayout
  private let inventory: WeightInventory?
  private var repacked = LazyRepackedMatrix()

  /// What the weights lie in.
  private enum Source {
    case file(GGUFFile, TensorDescription)
    case memory(FloatBuffer)
  }

  /// - Parameters:
  ///   - rows: outputs; the tensor's last dimension.
  ///   - columns: inputs; the product of all other dimensions.
  ///   - scale: a factor of all weights.
  ///   - layout: how the weights lie in memory while they are used.
  ///   - inventory: receives the panels that are made, if there are any.
  /// - Throws: `ComputeError.unsupportedType`, or `wrongSize` if the tensor is not `rows` × `columns`.
  public init(
    file: GGUFFile, tensor: TensorDescription, rows: Int, columns: Int, scale: Float = 1,
    layout: WeightLayout = .repacked, inventory: WeightInventory? = nil
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
    self.scale = scale
    self.kernelType = kernelType
    self.rowBytes = rowBytes
    self.base = base
    source = .file(file, tensor)
    self.layout = layout
    self.inventory = inventory
  }

  /// A matrix in memory of its own.
  ///
  /// - Parameters:
  ///   - columns: whole blocks of `type`.
  ///   - layout: how the weights lie in memory while they are used.
  ///   - fill: writes the rows, in the layout of a file.
  /// - Throws: `ComputeError.unsupportedType`, `wrongSize` or `outOfMemory`.
  public init(
    name: String, type: TensorType, rows: Int, columns: Int, layout: WeightLayout = .repacked,
    filledBy fill: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(ComputeError) {
    guard let kernelType = type.kernelType else { throw .unsupportedType(tensor: name, type: type) }
    guard rows > 0, columns > 0, let bytes = TensorDescription.byteCount(dimensions: [columns, rows], type: type) else {
      throw .wrongSize(tensor: name, rows: rows, columns: columns)
    }
    let memory = try FloatBuffer(count: (bytes + MemoryLayout<Float>.stride - 1) / MemoryLayout<Float>.stride)
    fill(UnsafeMutableRawBufferPointer(start: memory.base, count: bytes))
    self.name = name
    self.rows = rows
    self.columns = columns
    self.type = type
    self.kernelType = kernelType
    rowBytes = bytes / rows
    base = UnsafeRawPointer(memory.base)
    source = .memory(memory)
    scale = 1
    self.layout = layout
    inventory = nil
  }

  /// The matrix of a range of the outputs, without a copy of the weights. It is repacked by itself.
  public func outputs(_ part: Range<Int>) -> WeightMatrix {
    precondition(part.lowerBound >= 0 && part.upperBound <= rows && !part.isEmpty, "no such rows")
    var matrix = self
    matrix.rows = part.count
    matrix.base = base + part.lowerBound * rowBytes
    matrix.repacked = LazyRepackedMatrix()
    return matrix
  }

  /// Bytes of all rows in the file.
  public var byteCount: Int { rows * rowBytes }

  // MARK: Panels

  /// The panels to multiply with, repacked now if they are not yet; nil if the mapped weights are to be used.
  func panels(for kernels: UnsafePointer<ck_kernels>, threads: ThreadPool) -> RepackedMatrix? {
    guard layout != .mapped else { return nil }
    return repacked.panels(for: kernels) { repack(for: kernels, threads: threads) }
  }

  private func repack(for kernels: UnsafePointer<ck_kernels>, threads: ThreadPool) -> RepackedMatrix? {
    guard let type = panelType,
      let panels = RepackedMatrix(type: type, rows: rows, columns: columns, kernels: kernels)
    else { return nil }
    // Locked weights stay locked.
    if case .file(let file, _) = source, file.isLocked, !panels.lock() { return nil }
    // The file's pages are released on the way, so that a large matrix is never in memory twice.
    let step = max(16, Self.repackedAtOnce / rowBytes / 16 * 16)
    for first in stride(from: 0, to: rows, by: step) {
      let range = first..<min(first + step, rows)
      panels.fill(range, from: base, type: kernelType, rowBytes: rowBytes, threads: threads)
      releaseFilePages(of: range)
    }
    // With each page that is read, the system maps some around it.
    releaseFilePages(of: 0..<rows)
    inventory?.add(panels, of: name)
    return panels
  }

  /// Bytes of the file that are repacked before their pages are released.
  private static let repackedAtOnce = 8 << 20

  /// The type of the panels that the layout asks for; nil if the weights stay mapped.
  private var panelType: ck_type? { layout.panelType(of: type, columns: columns) }

  /// Whether products with the matrix need their input quantized to 8 bits.
  public var takesQuantizedActivations: Bool {
    ProductPrecision(type: type, columns: columns, layout: layout)?.activations == .int8
  }

  /// Whether products read the mapped weights, and not panels made of them.
  public var isMultipliedInPlace: Bool { panelType == nil }

  /// Releases the memory of rows that `dequantize` has read, unless the file is to be kept in memory.
  public func releaseDequantizedRows() {
    if layout != .mapped, case .file(let file, _) = source, !file.isLocked { releaseFilePages(of: 0..<rows) }
  }

  /// Releases the memory of mapped rows; they can still be read from the file.
  private func releaseFilePages(of range: Range<Int>) {
    guard case .file(let file, let tensor) = source, let start = file.bytes(of: tensor).baseAddress else { return }
    let first = base - start + range.lowerBound * rowBytes
    file.release(first..<first + range.count * rowBytes, of: tensor)
  }

  /// Dequantizes one row into the first row of `target`, which is at least `columns` wide.
  public func dequantize(row: Int, into target: FloatMatrix) {
    precondition(row >= 0 && row < rows && target.width >= columns, "no such row")
    ck_dequantize(kernelType, base + row * rowBytes, target.base, columns)
    if scale != 1 { for column in 0..<columns { target.base[column] *= scale } }
  }
}

extension TensorType {
  /// The type as the kernels name it; nil if they do not compute with it.
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
    case .nvfp4: CK_NVFP4
    case .tq1_0: CK_TQ1_0
    case .tq2_0: CK_TQ2_0
    case .amxfp4: CK_AMXFP4
    case .dint4: CK_DINT4
    case .sawb2: CK_SAWB2
    default: nil
    }
  }
}

extension FloatBuffer {
  /// A vector of a model file, such as a norm's weights or a bias, as floats.
  /// - Throws: `ComputeError.unsupportedType`, `wrongSize` or `outOfMemory`.
  public convenience init(file: GGUFFile, tensor: TensorDescription) throws(ComputeError) {
    let count = tensor.elementCount
    let matrix = try WeightMatrix(file: file, tensor: tensor, rows: 1, columns: count)
    try self.init(count: count)
    matrix.dequantize(row: 0, into: rows(width: count))
  }
}
