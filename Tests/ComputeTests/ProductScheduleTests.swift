// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile
import TestSupport
import Testing

@Suite("Schedules of products")
struct ProductScheduleTests {
  private static let schedules: [[ScheduleKnob: Int]] = [
    [.tile: 4], [.tile: 8], [.tile: 64], [.tile: 1], [.pass: 7], [.pass: 24], [.pass: 240], [.segments: 2],
    [.segments: 65_536], [.prefetch: 0], [.prefetch: 1024], [.prefetch: 1 << 20], [.chunks: 1], [.chunks: 256],
    [.threads: 1], [.threads: 2], [.threads: 256],
    [.threads: 1, .chunks: 4, .tile: 8, .pass: 48, .segments: 2, .prefetch: 8192],
    [.chunks: 32, .tile: 4, .pass: 1, .segments: 3, .prefetch: 64],
  ]

  private static func schedule(_ values: [ScheduleKnob: Int]) -> ProductSchedule {
    var schedule = ProductSchedule()
    for (knob, value) in values { schedule[knob] = value }
    return schedule
  }

  /// Three products of one input that are added to outputs, with biases.
  private func outputs(
    of matrices: [WeightMatrix], tokens: Int, set: InstructionSet, schedule: ProductSchedule?
  ) throws -> [[Float]] {
    let columns = matrices[0].columns
    let engine = try Engine(
      threads: ThreadPool(threads: 3), maximumRows: tokens, maximumColumns: columns, maximumHeads: 1,
      instructionSet: set)
    var samples = Samples(seed: 3)
    let input = try FloatBuffer(samples.floats(tokens * columns)).rows(width: columns)
    let recorder = ProductRecorder()
    var results: [[Float]] = []
    for pass in 0..<2 {
      let buffers = try matrices.map { try FloatBuffer(samples.floats(tokens * $0.rows)) }
      let products = try zip(matrices, buffers).map { matrix, buffer in
        Engine.Product(
          matrix, bias: try FloatBuffer(samples.floats(matrix.rows)), to: buffer.rows(width: matrix.rows),
          accumulate: true)
      }
      // The first pass tells the shape.
      engine.productRecorder = recorder
      if pass == 1, let schedule, let shape = recorder.products.first?.shape {
        engine.schedules = ScheduleTable([shape: schedule])
      }
      engine.multiply(input, count: tokens, products[0], products[1], products[2])
      results = buffers.map(\.values)
    }
    return results
  }

  @Test("change no bit of a result", arguments: RepackedWeightsTests.types, InstructionSet.compared)
  func sameBits(type: TensorType, set: InstructionSet) throws {
    // Three segments of columns, and remainders of panels, tiles and passes.
    let matrices = try [37, 16, 90].map { try sampleMatrix(rows: $0, columns: 4352, type: type, seed: 5) }
    for tokens in [1, 7, 133] {
      let standard = try outputs(of: matrices, tokens: tokens, set: set, schedule: nil)
      for values in Self.schedules {
        let found = try outputs(of: matrices, tokens: tokens, set: set, schedule: Self.schedule(values))
        #expect(found == standard, "\(tokens) tokens, \(Self.schedule(values).title)")
      }
    }
  }

  @Test("change no bit of products with weights as a file stores them", arguments: [TensorType.q5_K, .f16, .q4_0])
  func mapped(type: TensorType) throws {
    let matrices = try [37, 16, 90].map {
      try sampleMatrix(rows: $0, columns: 512, type: type, seed: 5, layout: .mapped)
    }
    for tokens in [1, 30] {
      let standard = try outputs(of: matrices, tokens: tokens, set: .best, schedule: nil)
      for values in Self.schedules {
        let found = try outputs(of: matrices, tokens: tokens, set: .best, schedule: Self.schedule(values))
        #expect(found == standard, "\(tokens) tokens, \(Self.schedule(values).title)")
      }
    }
  }

  @Test("have values within bounds alone, and say what they are")
  func bounds() {
    #expect(ProductSchedule.standard.isWithinBounds && ProductSchedule.standard.title == "standard")
    for knob in ScheduleKnob.allCases {
      for (value, isGood) in [
        (knob.bounds.lowerBound, true), (knob.bounds.upperBound, true), (knob.bounds.lowerBound - 1, false),
        (knob.bounds.upperBound + 1, false), (Int.max, false), (Int.min, false),
      ] {
        #expect(Self.schedule([knob: value]).isWithinBounds == isGood, "\(knob) \(value)")
      }
      #expect(Self.schedule([knob: 7]).title == "\(knob.rawValue) 7")
    }
  }

  @Test("are found by the matrices, the columns and the class of tokens of a product")
  func shapes() throws {
    let matrices = [(TensorType.q4_0, true, 64), (.q6_K, true, 32), (.f16, false, 8)].map {
      ProductShape.Matrix(type: $0, isRepacked: $1, rows: $2)
    }
    let shape = ProductShape(matrices, columns: 512, tokens: 200)
    #expect(shape.matrices == matrices && shape.tokenClass == 1024 && !shape.isRepacked)
    #expect(shape.title == "Q4_0+Q6_K+F16 as stored 64+32+8 × 512")
    #expect(shape == ProductShape(matrices, columns: 512, tokens: 5000) && shape.hashValue != 0)
    for other in [
      ProductShape(matrices, columns: 512, tokens: 192), ProductShape(matrices, columns: 256, tokens: 200),
      ProductShape(Array(matrices.prefix(2)), columns: 512, tokens: 200),
      ProductShape(matrices.reversed(), columns: 512, tokens: 200),
    ] { #expect(other != shape) }
    let schedule = Self.schedule([.tile: 4])
    let table = ScheduleTable([shape: schedule])
    #expect(table[shape] == schedule && table.count == 1)
    #expect(table[ProductShape(matrices, columns: 512, tokens: 1)] == .standard)
    for type in TensorType.allCases {
      for isRepacked in [false, true] where ProductShape.Matrix.exists(type, isRepacked: isRepacked) {
        let one = ProductShape(
          [ProductShape.Matrix(type: type, isRepacked: isRepacked, rows: 3)], columns: 256, tokens: 1)
        // TQ1_0 has the panels of TQ2_0.
        #expect(one.matrices.first?.type == (type == .tq1_0 && isRepacked ? .tq2_0 : type))
      }
    }
  }

  @Test("A recorder counts the products of each shape, and remembers the tokens of the first")
  func recorder() throws {
    let matrix = try sampleMatrix(rows: 20, columns: 256, type: .q8_0, seed: 1)
    let engine = try Engine(
      threads: ThreadPool(threads: 1), maximumRows: 8, maximumColumns: 256, maximumHeads: 1)
    let recorder = ProductRecorder()
    engine.productRecorder = recorder
    let input = try FloatBuffer(count: 8 * 256).rows(width: 256)
    let output = try FloatBuffer(count: 8 * 20).rows(width: 20)
    for tokens in [1, 7, 8, 1, 7] { engine.multiply(input, count: tokens, Engine.Product(matrix, to: output)) }
    #expect(recorder.products.map(\.tokens) == [1, 7] && recorder.products.map(\.count) == [2, 3])
    #expect(recorder.products.map(\.shape.tokenClass) == [1, 12])
    #expect(recorder.products.allSatisfy { $0.shape.byteCount == matrix.byteCount })
  }
}
