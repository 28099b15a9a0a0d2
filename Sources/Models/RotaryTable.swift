import Compute

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Cosines and sines of the rotary angles of a block of tokens, one row a token, one column a rotary pair.
struct RotaryTable {
  let cosines: Rows
  let sines: Rows
  /// Turns of each pair for one step, in radians.
  private let frequencies: [Double]
  /// Which component of a position turns each pair: 0 time, 1 height, 2 width.
  private let components: [Int]

  /// For a language model: all pairs' frequencies fall from 1 towards 1 / base.
  /// - Parameter sections: pairs that turn with time, height and width; they add up to the pairs of a head.
  init(loader: WeightLoader, tokens: Int, base: Double, sections: [Int]) throws(ModelError) {
    let pairs = sections.reduce(0, +)
    try self.init(
      loader: loader, tokens: tokens, frequencies: RotaryTable.frequencies(pairs, base: base),
      components: sections.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) })
  }

  /// For a vision tower: height turns `rowPairs` pairs and width as many, each over the whole range of frequencies.
  init(loader: WeightLoader, tokens: Int, base: Double, rowPairs: Int) throws(ModelError) {
    let half = RotaryTable.frequencies(rowPairs, base: base)
    try self.init(
      loader: loader, tokens: tokens, frequencies: half + half,
      components: Array(repeating: 1, count: rowPairs) + Array(repeating: 2, count: rowPairs))
  }

  private init(loader: WeightLoader, tokens: Int, frequencies: [Double], components: [Int]) throws(ModelError) {
    self.frequencies = frequencies
    self.components = components
    cosines = try loader.rows(tokens, width: frequencies.count)
    sines = try loader.rows(tokens, width: frequencies.count)
  }

  private static func frequencies(_ pairs: Int, base: Double) -> [Double] {
    (0..<pairs).map { pow(base, -Double($0) / Double(pairs)) }
  }

  func fill(row: Int, position: RotaryPosition) {
    cosines.fill(row: row) { cos(angle($0, position)) }
    sines.fill(row: row) { sin(angle($0, position)) }
  }

  private func angle(_ pair: Int, _ position: RotaryPosition) -> Double {
    let component = components[pair]
    let steps = component == 0 ? position.time : component == 1 ? position.height : position.width
    return Double(steps) * frequencies[pair]
  }
}
