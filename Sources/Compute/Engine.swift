// SPDX-License-Identifier: Apache-2.0

import CKernels

/// The operations of a transformer on matrices of activations, one token a row, shared out over a pool of threads.
///
/// An engine owns the working memory of its operations, allocated once. One caller uses it at a time.
public final class Engine: @unchecked Sendable {
  /// The threads that share the work.
  public let threads: ThreadPool
  /// The instruction set whose kernels are used.
  public let instructionSet: InstructionSet
  let kernels: UnsafePointer<ck_kernels>
  /// `CK_SCRATCH_FLOATS` for each thread.
  let scratch: FloatBuffer
  private let quantizedInput: QuantizedActivations
  let attentionSpans: AttentionSpans
  /// Made when forks are decoded for the first time.
  var forkedAttention: ForkedAttention?
  let bf16Attention: BF16AttentionMode
  /// How exponentials, reciprocals, roots and activation functions are computed.
  public var nonlinear = NonlinearMode.exact
  private let supportsRepacking: Bool
  /// Receives the inputs of all products, if set.
  public var inputStatistics: InputStatistics?
  /// Matrices that are multiplied with in place of those of the same names.
  public var substitutes: [String: WeightMatrix] = [:]
  /// The inputs of products with quantized weights are cast to this format first; nil for no cast.
  public var activationCast: ActivationCast?
  /// How products are divided; nil for the standard way.
  public var schedules: ScheduleTable?
  /// Writes down all products, if set.
  public var productRecorder: ProductRecorder?

  /// - Parameters:
  ///   - maximumRows: rows of the largest input of a product with quantized weights.
  ///   - maximumColumns: columns of the widest such input; 0 if there is none.
  ///   - maximumHeads: key-value heads of the widest attention.
  ///   - bf16Attention: whether attention of activations over each other multiplies in bfloat16.
  ///   - instructionSet: whose kernels are used; the best one if this machine does not have it.
  /// - Throws: `ComputeError.outOfMemory`.
  public init(
    threads: ThreadPool, maximumRows: Int, maximumColumns: Int, maximumHeads: Int,
    bf16Attention: BF16AttentionMode = .never, instructionSet: InstructionSet = .best
  ) throws(ComputeError) {
    self.threads = threads
    self.bf16Attention = bf16Attention
    let chosen = instructionSet.isAvailable ? instructionSet : .best
    self.instructionSet = chosen
    kernels = chosen.kernels ?? ck_best_kernels()
    supportsRepacking = chosen.supportsRepacking
    scratch = try FloatBuffer(count: threads.threadCount * Int(CK_SCRATCH_FLOATS))
    quantizedInput = try QuantizedActivations(rows: maximumRows, columns: maximumColumns)
    attentionSpans = AttentionSpans(heads: max(maximumHeads, 1))
  }

  /// Bytes of the engine's working memory.
  public var workingByteCount: Int { scratch.byteCount + quantizedInput.byteCount }

  // MARK: Products

  /// One product: the matrix to multiply with, and where its outputs go.
  public struct Product {
    let matrix: WeightMatrix
    let bias: FloatBuffer?
    let output: FloatMatrix
    let accumulate: Bool

    /// - Parameters:
    ///   - matrix: the weights, `[outputs][inputs]`.
    ///   - bias: `[outputs]`.
    ///   - output: `[tokens][outputs]`.
    ///   - accumulate: adds to the values of `output` instead of replacing them.
    public init(_ matrix: WeightMatrix, bias: FloatBuffer? = nil, to output: FloatMatrix, accumulate: Bool = false) {
      self.matrix = matrix
      self.bias = bias
      self.output = output
      self.accumulate = accumulate
    }

    /// The product as the kernels take it. Weights are repacked now if they are to be and are not yet.
    fileprivate func kernelProduct(_ engine: Engine) -> ck_product {
      let matrix = engine.current(matrix)
      precondition(output.width >= matrix.rows && (bias?.count ?? matrix.rows) >= matrix.rows, "outputs do not fit")
      var product = ck_product(
        weights: matrix.base, type: matrix.kernelType, row_bytes: matrix.rowBytes, rows: matrix.rows,
        columns: matrix.columns, scale: matrix.scale, bias: bias.map { UnsafePointer($0.base) }, output: output.base,
        output_stride: output.stride, accumulate: accumulate ? 1 : 0, schedule: ck_schedule())
      // The matrix keeps its panels alive.
      if engine.supportsRepacking, let panels = matrix.panels(for: engine.kernels, threads: engine.threads) {
        product.weights = UnsafeRawPointer(panels.base)
        product.type = panels.type
      }
      return product
    }
  }

  /// A matrix, or what is multiplied with in its place.
  public func current(_ matrix: WeightMatrix) -> WeightMatrix {
    substitutes.isEmpty ? matrix : substitutes[matrix.name] ?? matrix
  }

  /// `output[token] = matrix · input[token] + bias` for the first `count` tokens.
  public func multiply(_ input: FloatMatrix, count: Int, _ product: Product) {
    inputStatistics?.add(input, count: count, of: product.matrix)
    let one = product.kernelProduct(self)
    run(input, count: count, products: (one, one, one), productCount: 1)
  }

  /// Two products of the same input.
  public func multiply(_ input: FloatMatrix, count: Int, _ first: Product, _ second: Product) {
    if let inputStatistics {
      for product in [first, second] { inputStatistics.add(input, count: count, of: product.matrix) }
    }
    let last = second.kernelProduct(self)
    run(input, count: count, products: (first.kernelProduct(self), last, last), productCount: 2)
  }

  /// Three products of the same input.
  public func multiply(_ input: FloatMatrix, count: Int, _ first: Product, _ second: Product, _ third: Product) {
    if let inputStatistics {
      for product in [first, second, third] { inputStatistics.add(input, count: count, of: product.matrix) }
    }
    run(
      input, count: count,
      products: (first.kernelProduct(self), second.kernelProduct(self), third.kernelProduct(self)), productCount: 3)
  }

  /// A product into an array, `[count][matrix.rows]`.
  ///
  /// - Parameter accumulate: adds to the values of the array instead of replacing them.
  public func multiply(
    _ input: FloatMatrix, count: Int, _ matrix: WeightMatrix, to output: inout [Float], accumulate: Bool = false
  ) {
    let block = ArrayBlock(width: matrix.rows)
    multiply(input, count: count, matrix, bias: nil, to: &output, at: block, accumulate: accumulate)
  }

  /// Where a product's outputs go in an array of longer rows.
  public struct ArrayBlock {
    let row, column, width: Int

    /// - Parameters:
    ///   - row: the first token's row.
    ///   - column: the first output's column.
    ///   - width: values of one of the array's rows.
    public init(row: Int = 0, column: Int = 0, width: Int) {
      self.row = row
      self.column = column
      self.width = width
    }
  }

  /// A product into a block of an array.
  public func multiply(
    _ input: FloatMatrix, count: Int, _ matrix: WeightMatrix, bias: FloatBuffer?, to output: inout [Float],
    at block: ArrayBlock, accumulate: Bool = false
  ) {
    let (row, column, width) = (block.row, block.column, block.width)
    precondition(column + matrix.rows <= width && (row + count) * width <= output.count, "the outputs do not fit")
    output.withUnsafeMutableBufferPointer { target in
      guard let base = target.baseAddress else { return }
      let rows = FloatMatrix(base: base + row * width + column, stride: width, width: matrix.rows, owner: nil)
      multiply(input, count: count, Product(matrix, bias: bias, to: rows, accumulate: accumulate))
    }
  }

  /// Runs up to three products of one input.
  func run(
    _ input: FloatMatrix, count: Int, products: (ck_product, ck_product, ck_product), productCount: Int
  ) {
    guard count > 0 else { return }
    let columns = products.0.columns
    precondition(
      input.width == columns && products.1.columns == columns && products.2.columns == columns, "widths differ")
    if Engine.isQuantized(products.0) || Engine.isQuantized(products.1) || Engine.isQuantized(products.2) {
      precondition(quantizedInput.fits(rows: count, width: input.width), "more rows than the engine was made for")
      quantize(input, count: count, to: quantizedInput.pointers)
    }
    let schedule = schedule(products, count: productCount, tokens: count)
    var scheduled = products
    scheduled.0.schedule = schedule.kernelSchedule
    scheduled.1.schedule = scheduled.0.schedule
    scheduled.2.schedule = scheduled.0.schedule
    var rows = products.0.rows
    if productCount > 1 { rows += products.1.rows }
    if productCount > 2 { rows += products.2.rows }
    var job = ck_multiply_job(
      kernels: kernels,
      input: ck_input(
        values: input.base, stride: input.stride, quantized: quantizedInput.pointers.kernelRows, tokens: count),
      products: scheduled, product_count: productCount,
      chunk_rows: schedule.chunkRows(rows, threads: threads.threadCount), scratch: scratch.base)
    threads.run(
      chunks: ck_multiply_chunk_count(&job), threads: schedule.threadCount(of: threads.threadCount), job: &job,
      ck_multiply_chunk)
  }

  private static func isQuantized(_ product: ck_product) -> Bool {
    ActivationPrecision(multiplying: product.type) == .int8
  }

  private func schedule(
    _ products: (ck_product, ck_product, ck_product), count: Int, tokens: Int
  ) -> ProductSchedule {
    guard schedules != nil || productRecorder != nil else { return .standard }
    let shape = ProductShape(products, count: count, tokens: tokens)
    productRecorder?.add(shape, tokens: tokens)
    return schedules?[shape] ?? .standard
  }
}
