// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile
import Platform
import TestSupport
import Testing

private func makeEngine(_ instructionSet: InstructionSet, threads: Int = 2) throws -> Engine {
  try Engine(
    threads: ThreadPool(threads: threads), maximumRows: 64, maximumColumns: 2048, maximumHeads: 16,
    instructionSet: instructionSet)
}

extension InstructionSet {
  /// Those of this machine but the portable one. `CKernelsTests` compares what is available with what the system says
  /// about the processor.
  static let compared = allCases.filter { $0.isAvailable && $0 != .portable }
}

/// The engine's operations with each instruction set: as with the portable one, but for the order of additions.
@Suite("Kernels through the engine")
struct EngineTests {
  private static let tolerance = 2e-6

  @Test("The instruction sets that are compared include the best of this machine")
  func instructionSets() {
    #expect(InstructionSet.compared.contains(.best), "nothing is compared: this processor has the portable one only")
  }

  // Rows and columns leave remainders at every step. Tokens are on both sides of the change from rows to tiles.
  @Test("A product is the portable one", arguments: ComputeError.supportedTypes, InstructionSet.compared)
  func product(type: TensorType, set: InstructionSet) throws {
    for (rows, columns) in shapes(type) {
      let matrix = try sampleMatrix(
        rows: rows, columns: columns, type: type, seed: UInt64(rows + columns), layout: .mapped)
      for tokens in [1, 2, 3, 5, 7, 8, 13, 33] {
        for accumulate in [false, true] {
          let found = try outputs(set, matrix, tokens: tokens, accumulate: accumulate)
          let expected = try outputs(.portable, matrix, tokens: tokens, accumulate: accumulate)
          let difference = relativeDifference(found, expected)
          // Sums of quantized weights are differences of large sums.
          let allowed = type.isQuantized ? 4 * Self.tolerance : Self.tolerance
          #expect(difference < allowed, "\(rows)×\(columns), \(tokens) tokens: \(difference)")
        }
      }
    }
  }

  private func shapes(_ type: TensorType) -> [(rows: Int, columns: Int)] {
    switch type.elementsPerBlock {
    case 256: [(1, 512), (37, 256), (37, 768), (50, 1536)]
    case 64: [(1, 64), (37, 192), (64, 576), (50, 1088)]
    case 32: [(1, 32), (37, 96), (64, 544), (50, 1088)]
    default: [(1, 32), (37, 96), (64, 544), (50, 1088), (19, 91), (16, 7)]
    }
  }

  private func outputs(
    _ set: InstructionSet, _ matrix: WeightMatrix, tokens: Int, accumulate: Bool
  ) throws -> [Float] {
    var samples = Samples(seed: 7)
    let input = try FloatBuffer(samples.floats(tokens * matrix.columns))
    let output = try FloatBuffer(samples.floats(tokens * matrix.rows))
    let bias = try FloatBuffer(samples.floats(matrix.rows))
    let rows = output.rows(width: matrix.rows)
    try makeEngine(set).multiply(
      input.rows(width: matrix.columns), count: tokens,
      Engine.Product(matrix, bias: bias, to: rows, accumulate: accumulate))
    return output.values
  }

  @Test("Attention over all rows is the portable one", arguments: InstructionSet.compared)
  func fullAttention(set: InstructionSet) throws {
    for (heads, size, count) in [(2, 80, 12), (1, 40, 60), (3, 16, 7), (1, 64, 300), (2, 20, 1)] {
      func run(_ set: InstructionSet) throws -> [Float] {
        var samples = Samples(seed: UInt64(size + count))
        let width = heads * size
        let queries = try FloatBuffer(samples.floats(count * width, scale: 2))
        let keys = try FloatBuffer(samples.floats(count * width, scale: 2))
        let values = try FloatBuffer(samples.floats(count * width, scale: 2))
        let output = try FloatBuffer(count: count * width)
        let engine = try makeEngine(set)
        engine.attendFully(
          queries: queries.rows(width: width), keys: keys.rows(width: width), values: values.rows(width: width),
          count: count, heads: heads, headDimension: size, output: output.rows(width: width))
        return output.values
      }
      let difference = relativeDifference(try run(set), try run(.portable))
      #expect(difference < Self.tolerance, "\(heads) heads of \(size), \(count) rows: \(difference)")
    }
  }

  @Test("RMSNorm is the portable one", arguments: InstructionSet.compared)
  func rmsNorm(set: InstructionSet) throws {
    try expectPortable(set) { $0.rmsNorm($1, count: 3, weight: $3, epsilon: 1e-6, to: $2) }
  }

  @Test("LayerNorm is the portable one", arguments: InstructionSet.compared)
  func layerNorm(set: InstructionSet) throws {
    try expectPortable(set) { $0.layerNorm($1, count: 3, weight: $3, bias: $3, epsilon: 1e-6, to: $2) }
  }

  @Test("SiLU times a gate is the portable one", arguments: InstructionSet.compared)
  func siluMultiply(set: InstructionSet) throws {
    try expectPortable(set) { engine, x, y, _ in engine.siluMultiply(x, by: y, count: 3) }
  }

  @Test("Quick GELU is the portable one", arguments: InstructionSet.compared)
  func quickGELU(set: InstructionSet) throws {
    try expectPortable(set) { engine, x, _, _ in engine.quickGELU(x, count: 3) }
  }

  @Test("GELU is the portable one", arguments: InstructionSet.compared)
  func gelu(set: InstructionSet) throws {
    try expectPortable(set) { engine, x, _, _ in engine.gelu(x, count: 3) }
  }

  /// Compares an operation on two matrices of three rows and a vector of weights, for several widths.
  private func expectPortable(
    _ set: InstructionSet, sourceLocation: SourceLocation = #_sourceLocation,
    _ operation: (Engine, FloatMatrix, FloatMatrix, FloatBuffer) -> Void
  ) throws {
    for width in [1, 7, 8, 80, 896, 1003] {
      func run(_ set: InstructionSet) throws -> [Float] {
        var samples = Samples(seed: UInt64(width))
        let x = try FloatBuffer(samples.floats(3 * width, scale: 6))
        let y = try FloatBuffer(samples.floats(3 * width, scale: 6))
        let weight = try FloatBuffer(samples.floats(width))
        operation(try makeEngine(set), x.rows(width: width), y.rows(width: width), weight)
        return x.values + y.values
      }
      let difference = relativeDifference(try run(set), try run(.portable))
      #expect(difference < Self.tolerance, "\(width) wide: \(difference)", sourceLocation: sourceLocation)
    }
  }

  @Test("RoPE is the portable one", arguments: InstructionSet.compared)
  func rotation(set: InstructionSet) throws {
    for (heads, size) in [(1, 2), (3, 6), (4, 16), (2, 80), (1, 128)] {
      func run(_ set: InstructionSet) throws -> [Float] {
        var samples = Samples(seed: UInt64(size))
        let x = try FloatBuffer(samples.floats(2 * heads * size))
        let angles = samples.floats(2 * size / 2, scale: 3)
        let cosines = try FloatBuffer(angles.map { cosf($0) })
        let sines = try FloatBuffer(angles.map { sinf($0) })
        try makeEngine(set).rotate(
          x.rows(width: heads * size), count: 2, heads: heads, cosines: cosines.rows(width: size / 2),
          sines: sines.rows(width: size / 2))
        return x.values
      }
      let difference = relativeDifference(try run(set), try run(.portable))
      #expect(difference < Self.tolerance, "\(heads) heads of \(size): \(difference)")
    }
  }

  @Test("Rows are stored as the same halves as by the portable kernels", arguments: InstructionSet.compared)
  func halves(set: InstructionSet) throws {
    // All kinds of halves, values between two of them, and values out of range.
    var values: [Float] = [0, -0.0, 1, -1, 65504, 65519, 65520, 1e9, -1e9]
    values += [6.1e-5, 6.0e-5, 5.96e-8, 2.98e-8, 2.99e-8, 1e-12]
    values += (0..<2000).map { Float($0) * 0.001_37 - 1.3 }
    func run(_ set: InstructionSet) throws -> [UInt16] {
      let rows = try FloatBuffer(values)
      let page = UnsafeMutableRawPointer.allocate(byteCount: 2 * values.count, alignment: 64)
      defer { page.deallocate() }
      var pages = [page]
      let engine = try makeEngine(set)
      engine.store(
        rows.rows(width: values.count), as: .keys, head: 0, count: 1,
        to: PagedRows(pages: &pages, keyOffset: 0, valueOffset: 0, count: 1), slot: 0,
        format: PagedRowFormat(type: .f16, headDimension: values.count, pageTokens: 16))
      return (0..<values.count).map { page.load(fromByteOffset: 2 * $0, as: UInt16.self) }
    }
    #expect(try run(set) == run(.portable))
  }

  @Test("A product is the sum of weight × input", arguments: ComputeError.supportedTypes, [1, 5])
  func plainProduct(type: TensorType, tokens: Int) throws {
    let (rows, columns) = (19, 512)
    let matrix = try sampleMatrix(rows: rows, columns: columns, type: type, seed: 3)
    var samples = Samples(seed: 4)
    let x = samples.floats(tokens * columns)
    let row = try FloatBuffer(count: columns)
    var expected = Array(repeating: Float(0), count: tokens * rows)
    // The variance that rounding the inputs adds: inputs lie within 1, so their steps are 1 / 127 at most, and rounding
    // errors are uniform over a step.
    var spread = 0.0
    for r in 0..<rows {
      matrix.dequantize(row: r, into: row.rows(width: columns))
      spread += row.values.map { Double($0 * $0) }.reduce(0, +) / Double(127 * 127 * 12)
      for t in 0..<tokens {
        expected[t * rows + r] = zip(row.values, x[(t * columns)...]).map { Double($0 * $1) }.reduce(0, +).float
      }
    }
    for set in [InstructionSet.portable, .best] {
      let output = try FloatBuffer(count: tokens * rows)
      try makeEngine(set).multiply(
        FloatBuffer(x).rows(width: columns), count: tokens, Engine.Product(matrix, to: output.rows(width: rows)))
      let differences = zip(output.values, expected).map { Double($0 - $1) }
      let squares = differences.map { $0 * $0 }.reduce(0, +)
      let allowed = type.isQuantized ? 1.3 * 1.3 * spread * Double(tokens) : 1e-9
      #expect(squares < allowed, "\(set): \(squares), allowed \(allowed)")
    }
  }

  @Test("The norms, activations and softmax-weighted sums follow their formulas")
  func formulas() throws {
    let x: [Float] = [-4, -1, -0.25, 0, 0.5, 1, 2, 7]
    let engine = try makeEngine(.portable)
    let one = try FloatBuffer(Array(repeating: 1, count: 8))
    let half = try FloatBuffer(Array(repeating: 0.5, count: 8))
    let output = try FloatBuffer(count: 8)

    let input = try FloatBuffer(x)
    engine.rmsNorm(input.rows(width: 8), count: 1, weight: half, epsilon: 0, to: output.rows(width: 8))
    let size = (x.map { $0 * $0 }.reduce(0, +) / 8).squareRoot()
    #expect(relativeDifference(output.values, x.map { $0 / size / 2 }) < 1e-6)

    engine.layerNorm(input.rows(width: 8), count: 1, weight: one, bias: half, epsilon: 0, to: output.rows(width: 8))
    let mean = x.reduce(0, +) / 8
    let deviation = (x.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 8).squareRoot()
    #expect(relativeDifference(output.values, x.map { ($0 - mean) / deviation + 0.5 }) < 1e-6)

    let silu = try FloatBuffer(x)
    engine.siluMultiply(silu.rows(width: 8), by: half.rows(width: 8), count: 1)
    #expect(relativeDifference(silu.values, x.map { $0 / (1 + expf(-$0)) / 2 }) < 1e-6)

    let quick = try FloatBuffer(x)
    engine.quickGELU(quick.rows(width: 8), count: 1)
    #expect(relativeDifference(quick.values, x.map { $0 / (1 + expf(-1.702 * $0)) }) < 1e-6)

    let gelu = try FloatBuffer(x)
    engine.gelu(gelu.rows(width: 8), count: 1)
    #expect(relativeDifference(gelu.values, x.map { $0 / 2 * (1 + erff($0 / 2.0.squareRoot().float)) }) < 1e-6)
  }

  @Test(
    "The GELU by tanh follows its formula, for large values too",
    arguments: InstructionSet.allCases.filter(\.isAvailable))
  func tanhGELU(set: InstructionSet) throws {
    let x: [Float] = [-1e20, -50, -4, -1, -0.25, 0, 0.5, 1, 2, 7, 60, 1e20]
    let buffer = try FloatBuffer(x)
    try makeEngine(set).tanhGELU(buffer.rows(width: x.count), count: 1)
    for (x, y) in zip(x.map(Double.init), buffer.values.map(Double.init)) {
      let expected = x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
      #expect(abs(y - expected) <= 1e-6 * max(abs(expected), 0.1), "at \(x): \(y)")
    }
  }

  @Test("Results do not depend on the number of threads", arguments: [2, 3, 5])
  func threads(count: Int) throws {
    let matrix = try sampleMatrix(rows: 333, columns: 224, type: .q8_0, seed: 9)
    func run(_ threads: Int) throws -> [Float] {
      var samples = Samples(seed: 11)
      let input = try FloatBuffer(samples.floats(20 * 224))
      let output = try FloatBuffer(count: 20 * 333)
      try makeEngine(.best, threads: threads).multiply(
        input.rows(width: 224), count: 20, Engine.Product(matrix, to: output.rows(width: 333)))
      return output.values
    }
    #expect(try run(count) == run(1))
  }
}

extension Double {
  fileprivate var float: Float { Float(self) }
}
