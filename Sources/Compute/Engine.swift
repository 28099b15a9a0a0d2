// SPDX-License-Identifier: Apache-2.0

import CKernels

/// The operations of a transformer on rows of floats, shared out over a pool of threads.
///
/// An engine owns the working memory that its operations need, sized once; it is used by one caller at a time.
public final class Engine: @unchecked Sendable {
  public let threads: ThreadPool
  public let instructionSet: InstructionSet
  let kernels: UnsafePointer<ck_kernels>
  let scratch: FloatBuffer
  private let quantized: QuantizedActivations
  let attentionSpace: AttentionWorkspace
  let bf16Attention: BF16Attention
  /// Whether matrices are turned into panels.
  let supportsRepacking: Bool

  /// - Parameters:
  ///   - maximumRows: the most rows that will meet quantized weights at once.
  ///   - maximumColumns: the widest rows that will meet quantized weights; 0 if none will.
  ///   - maximumHeads: the most key-value heads of an attention.
  ///   - bf16Attention: of what attention of rows over each other multiplies.
  /// - Throws: `outOfMemory`.
  public init(
    threads: ThreadPool, maximumRows: Int, maximumColumns: Int, maximumHeads: Int,
    bf16Attention: BF16Attention = .never, instructionSet: InstructionSet = .best
  ) throws(ComputeError) {
    self.threads = threads
    self.bf16Attention = bf16Attention
    let chosen = instructionSet.isAvailable ? instructionSet : .best
    self.instructionSet = chosen
    kernels = chosen.kernels ?? ck_best_kernels()
    supportsRepacking = chosen.supportsRepacking
    scratch = try FloatBuffer(count: threads.threadCount * Int(CK_SCRATCH_FLOATS))
    quantized = try QuantizedActivations(rows: maximumRows, columns: maximumColumns)
    attentionSpace = AttentionWorkspace(heads: max(maximumHeads, 1))
  }

  /// Bytes of the working memory.
  public var workingByteCount: Int { scratch.byteCount + quantized.byteCount }

  // MARK: Products

  /// A matrix to multiply with, and where its outputs go.
  public struct Product {
    let matrix: WeightMatrix
    let bias: FloatBuffer?
    let output: FloatMatrix
    let accumulate: Bool

    /// - Parameter accumulate: adds to what `output` holds instead of replacing it.
    public init(_ matrix: WeightMatrix, bias: FloatBuffer? = nil, to output: FloatMatrix, accumulate: Bool = false) {
      self.matrix = matrix
      self.bias = bias
      self.output = output
      self.accumulate = accumulate
    }

    func kernelProduct(_ engine: Engine) -> ck_product {
      precondition(output.width >= matrix.rows && (bias?.count ?? matrix.rows) >= matrix.rows, "outputs do not fit")
      var product = ck_product(
        weights: matrix.base, type: matrix.kernelType, row_bytes: matrix.rowBytes, rows: matrix.rows,
        columns: matrix.columns, bias: bias.map { UnsafePointer($0.base) }, output: output.base,
        output_stride: output.stride, accumulate: accumulate ? 1 : 0)
      // The matrix keeps its panels alive.
      if let panels = matrix.panels(for: engine) {
        product.weights = UnsafeRawPointer(panels.base)
        product.type = panels.type
      }
      return product
    }
  }

  /// `output[row] = matrix · input[row] + bias` for the first `count` rows.
  public func multiply(_ input: FloatMatrix, count: Int, _ product: Product) {
    let one = product.kernelProduct(self)
    run(input, count: count, products: (one, one, one), productCount: 1)
  }

  /// Two products of the same input.
  public func multiply(_ input: FloatMatrix, count: Int, _ first: Product, _ second: Product) {
    let last = second.kernelProduct(self)
    run(input, count: count, products: (first.kernelProduct(self), last, last), productCount: 2)
  }

  /// Three products of the same input.
  public func multiply(_ input: FloatMatrix, count: Int, _ first: Product, _ second: Product, _ third: Product) {
    run(
      input, count: count,
      products: (first.kernelProduct(self), second.kernelProduct(self), third.kernelProduct(self)), productCount: 3)
  }

  /// Products into an array of rows, from row `row` on; rows are as long as the matrix has rows, or `width`, of which
  /// the products fill the part from `column` on.
  public func multiply(
    _ input: FloatMatrix, count: Int, _ matrix: WeightMatrix, bias: FloatBuffer? = nil, to output: inout [Float],
    row: Int = 0, column: Int = 0, width: Int? = nil, accumulate: Bool = false
  ) {
    let width = width ?? matrix.rows
    precondition(column + matrix.rows <= width && (row + count) * width <= output.count, "the outputs do not fit")
    output.withUnsafeMutableBufferPointer { target in
      guard let base = target.baseAddress else { return }
      let rows = FloatMatrix(base: base + row * width + column, stride: width, width: matrix.rows, owner: nil)
      multiply(input, count: count, Product(matrix, bias: bias, to: rows, accumulate: accumulate))
    }
  }

  private func run(
    _ input: FloatMatrix, count: Int, products: (ck_product, ck_product, ck_product), productCount: Int
  ) {
    guard count > 0 else { return }
    let columns = products.0.columns
    precondition(
      input.width == columns && products.1.columns == columns && products.2.columns == columns, "widths differ")
    if Engine.isQuantized(products.0) || Engine.isQuantized(products.1) || Engine.isQuantized(products.2) {
      quantized.fill(from: input, count: count, engine: self)
    }
    var rows = products.0.rows
    if productCount > 1 { rows += products.1.rows }
    if productCount > 2 { rows += products.2.rows }
    var job = ck_multiply_job(
      kernels: kernels,
      input: ck_input(
        values: input.base, stride: input.stride, quantized: quantized.parts.kernelRows, tokens: count),
      products: products, product_count: productCount, chunk_rows: chunkRows(rows), scratch: scratch.base)
    threads.run(chunks: ck_multiply_chunk_count(&job), job: &job, ck_multiply_chunk)
  }

  private static func isQuantized(_ product: ck_product) -> Bool {
    product.type != CK_F32 && product.type != CK_F16 && product.type != CK_BF16
  }

  /// Enough chunks for a late thread to matter little, in whole panels of 16 rows.
  private func chunkRows(_ rows: Int) -> Int {
    let parts = threads.threadCount == 1 ? 1 : threads.threadCount * 8
    return max((rows / parts + 15) / 16 * 16, 16)
  }
}
