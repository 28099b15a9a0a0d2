#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What questions would take from each token: its largest share of any foreseen query's attention, times the length of
/// its value.
///
/// Scoring by prompts that stand for the real ones is InfiniPot's idea (arXiv 2410.01518), weighting by values that of
/// expected attention. The largest share rather than the mean: one question that needs a token is reason enough.
struct ForeseenAttention {
  let dimension: Int
  /// One score for each token, in logarithms.
  private(set) var scores: [Float] = []
  /// One head's queries at their present place, scaled: `[rows][dimension]`.
  private var queries: [Float] = []
  /// Products, `[tokens][rows]`.
  private var products: [Float] = []
  /// For each query, the logarithm of the sum of its products' exponentials.
  private var totals: [Float] = []
  private var row: [Float]

  /// Keeps the logarithm of a zero value finite: such a token is worth nothing.
  private static let smallestNorm: Float = 1e-9

  init(dimension: Int) {
    self.dimension = dimension
    row = Array(repeating: 0, count: dimension)
  }

  /// - Parameters:
  ///   - keys: of the tokens held, `values` alike: 16-bit floats `[tokens][dimension]`. Without values, the scores are
  ///     the shares of attention alone.
  ///   - system: keys of what is never dropped but takes its share of attention too.
  ///   - foreseen: has at least one query for this head.
  ///   - steps: how far the questions have moved since the queries were recorded, in places.
  mutating func score(
    keys: Span<UInt16>, values: Span<UInt16>?, system: Span<UInt16>?, foreseen: ForeseenQueries, layer: Int, head: Int,
    steps: Int32
  ) {
    let dimension = dimension
    let held = keys.count / dimension
    var always = 0
    if let system { always = system.count / dimension }
    let rows = foreseen.rowCount(layer: layer, head: head)
    foreseen.turn(layer: layer, head: head, by: steps, into: &queries)
    if products.count < (held + always) * rows { products = Array(repeating: 0, count: (held + always) * rows) }
    if totals.count < rows { totals = Array(repeating: 0, count: rows) }
    if scores.count < held { scores = Array(repeating: 0, count: held) }
    multiply(keys, rows: rows, from: 0)
    if let system { multiply(system, rows: rows, from: held) }
    sumExponentials(tokens: held + always, rows: rows)

    for token in 0..<held {
      var best = -Float.greatestFiniteMagnitude
      for query in 0..<rows { best = max(best, products[token * rows + query] - totals[query]) }
      scores[token] = best
    }
    if let values { weigh(by: values, tokens: held) }
  }

  private mutating func weigh(by values: Span<UInt16>, tokens: Int) {
    let dimension = dimension
    values.withUnsafeBufferPointer { values in
      guard let value = values.baseAddress else { return }
      for token in 0..<tokens {
        let norm = HalfPrecision.squaredNorm(value + token * dimension, count: dimension).squareRoot()
        scores[token] += log(norm + ForeseenAttention.smallestNorm)
      }
    }
  }

  /// Products of keys with all queries, put down from the token `first` on.
  private mutating func multiply(_ keys: Span<UInt16>, rows: Int, from first: Int) {
    let dimension = dimension
    let count = keys.count / dimension
    keys.withUnsafeBufferPointer { keys in
      queries.withUnsafeBufferPointer { queries in
        products.withUnsafeMutableBufferPointer { products in
          row.withUnsafeMutableBufferPointer { row in
            guard let key = keys.baseAddress, let query = queries.baseAddress, let row = row.baseAddress,
              let product = products.baseAddress
            else { return }
            for token in 0..<count {
              HalfPrecision.widen(key + token * dimension, into: row, count: dimension)
              let target = product + (first + token) * rows
              for index in 0..<rows {
                target[index] = ForeseenAttention.product(row, query + index * dimension, count: dimension)
              }
            }
          }
        }
      }
    }
  }

  private mutating func sumExponentials(tokens: Int, rows: Int) {
    for query in 0..<rows {
      var largest = -Float.greatestFiniteMagnitude
      for token in 0..<tokens { largest = max(largest, products[token * rows + query]) }
      var sum: Float = 0
      for token in 0..<tokens {
        let difference = products[token * rows + query] - largest
        // What is left out adds less than 32-bit sums can show.
        if difference > -20 { sum += exp(difference) }
      }
      totals[query] = largest + log(sum)
    }
  }

  /// Σ x·y, of `count` numbers. Infinities and NaN from a damaged model are bounded, so that scores can be ordered.
  @inline(__always)
  private static func product(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, count: Int) -> Float {
    var sum = HalfPrecision.Lanes.zero
    var index = 0
    while index + 8 <= count {
      sum += UnsafeRawPointer(x + index).loadUnaligned(as: HalfPrecision.Lanes.self)
        * UnsafeRawPointer(y + index).loadUnaligned(as: HalfPrecision.Lanes.self)
      index += 8
    }
    var rest = sum.sum()
    while index < count {
      rest += x[index] * y[index]
      index += 1
    }
    // A comparison with NaN is false, so that NaN comes out as the least.
    return rest > -1e9 ? (rest < 1e9 ? rest : 1e9) : -1e9
  }
}
