import Foundation

/// Scores pages for the queries of one key-value head.
struct PageScorer {
  private let half: Int
  private let queryCount: Int
  /// `[query][d numbers, then the lengths of its d/2 pairs]`.
  private var queries: [Float]
  /// A digest in 32 bits, turned.
  private var digest: [Float]
  private let frequencies: [(pair: Int, radians: Double)]
  private var angles: [(cosine: Float, sine: Float)]
  private var steps: Int32 = 0

  /// - Parameter rows: rotated queries `[n][headDimension]`.
  init(queries rows: Span<Float>, headDimension: Int, rotation: TimeRotation) {
    half = headDimension / 2
    queryCount = rows.count / headDimension
    queries = []
    queries.reserveCapacity(queryCount * half * 3)
    for query in 0..<queryCount {
      let first = query * headDimension
      for index in 0..<headDimension { queries.append(rows[first + index]) }
      for pair in 0..<half {
        let (x, y) = (rows[first + pair], rows[first + pair + half])
        queries.append((x * x + y * y).squareRoot())
      }
    }
    digest = Array(repeating: 0, count: half * 3)
    frequencies = rotation.frequencies.prefix(half).enumerated().filter { $0.element != 0 }.map { ($0, $1) }
    angles = Array(repeating: (1, 0), count: frequencies.count)
  }

  /// The largest bound that any query has on a key of the page; −∞ without queries, and where numbers are not finite.
  mutating func score(_ page: UnsafePointer<UInt16>, shift: Int32) -> Float {
    digest.withUnsafeMutableBufferPointer { digest in
      guard let base = digest.baseAddress else { return }
      HalfPrecision.widen(page, into: base, count: digest.count)
    }
    turn(by: shift)
    var best = -Float.infinity
    for query in 0..<queryCount {
      let bound = product(query)
      if bound > best { best = bound }
    }
    return best
  }

  private mutating func turn(by shift: Int32) {
    if shift != steps {
      steps = shift
      for (index, frequency) in frequencies.enumerated() {
        let angle = Double(shift) * frequency.radians
        angles[index] = (Float(cos(angle)), Float(sin(angle)))
      }
    }
    for (index, frequency) in frequencies.enumerated() {
      let (cosine, sine) = angles[index]
      let (first, second) = (digest[frequency.pair], digest[frequency.pair + half])
      digest[frequency.pair] = first * cosine - second * sine
      digest[frequency.pair + half] = first * sine + second * cosine
    }
  }

  private func product(_ query: Int) -> Float {
    let count = half * 3
    return queries.withUnsafeBufferPointer { queries in
      digest.withUnsafeBufferPointer { digest in
        guard let x = queries.baseAddress.map({ $0 + query * count }), let y = digest.baseAddress else { return 0 }
        var sum = HalfPrecision.Lanes.zero
        var index = 0
        while index + 8 <= count {
          sum += UnsafeRawPointer(x + index).loadUnaligned(as: HalfPrecision.Lanes.self)
            * UnsafeRawPointer(y + index).loadUnaligned(as: HalfPrecision.Lanes.self)
          index += 8
        }
        var rest: Float = 0
        while index < count {
          rest += x[index] * y[index]
          index += 1
        }
        return sum.sum() + rest
      }
    }
  }
}
