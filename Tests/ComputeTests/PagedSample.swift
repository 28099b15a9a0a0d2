// SPDX-License-Identifier: Apache-2.0

import Compute
import Foundation

/// Random keys and values in pages, as a cache has them: each head in a group of its own with its own row count, and
/// pages in random order.
final class PagedSample {
  let type: KeyValueType
  let headDimension: Int
  let pageTokens: Int
  let counts: [Int]
  private var format: PagedRowFormat {
    PagedRowFormat(type: type, headDimension: headDimension, pageTokens: pageTokens)
  }
  private(set) var keys: [[Float]] = []
  private(set) var values: [[Float]] = []
  private var tables: [UnsafeMutablePointer<UnsafeMutableRawPointer>] = []
  private var pageCounts: [Int] = []
  private var ranges: [UnsafeMutablePointer<Float>] = []

  /// - Parameter counts: rows of each head.
  init(type: KeyValueType, headDimension: Int, pageTokens: Int, counts: [Int], seed: UInt64) throws {
    self.type = type
    self.headDimension = headDimension
    self.pageTokens = pageTokens
    self.counts = counts
    var samples = Samples(seed: seed)
    for count in counts {
      keys.append(samples.floats(count * headDimension, scale: 2))
      values.append(samples.floats(count * headDimension))
      ranges.append(range(of: keys[keys.count - 1]))
      addPages(for: count, using: &samples)
    }
    try fill()
  }

  deinit {
    for (table, count) in zip(tables, pageCounts) {
      for page in 0..<count { table[page].deallocate() }
      table.deallocate()
    }
    for range in ranges { range.deallocate() }
  }

  /// The scales and minimums of the channels.
  private func range(of keys: [Float]) -> UnsafeMutablePointer<Float> {
    let range = UnsafeMutablePointer<Float>.allocate(capacity: 2 * headDimension)
    for channel in 0..<headDimension {
      let column = stride(from: channel, to: keys.count, by: headDimension).map { keys[$0] }
      (range[channel], range[headDimension + channel]) = KeyValueQuantization.keyRange(
        of: column.min()!...column.max()!)
    }
    return range
  }

  private func addPages(for count: Int, using samples: inout Samples) {
    let pages = (count + pageTokens - 1) / pageTokens
    let table = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: pages)
    // 3 bytes in front, so that nothing is aligned by chance; none at the end, so that a sanitizer sees reads beyond
    // it.
    for page in 0..<pages {
      let bytes = 3 + pageTokens * (type.keyRowBytes(headDimension) + type.valueRowBytes(headDimension))
      table.advanced(by: page).initialize(to: .allocate(byteCount: bytes, alignment: 64))
      table[page].initializeMemory(as: UInt8.self, repeating: 0xFF, count: bytes)
    }
    for page in stride(from: pages - 1, to: 0, by: -1) {
      let other = Int.random(in: 0...page, using: &samples)
      (table[page], table[other]) = (table[other], table[page])
    }
    tables.append(table)
    pageCounts.append(pages)
  }

  /// Stores the rows in two steps, so that the second begins within a page.
  private func fill() throws {
    let engine = try Engine(threads: ThreadPool(threads: 2), maximumRows: 0, maximumColumns: 0, maximumHeads: 1)
    for (head, count) in counts.enumerated() {
      for (rows, kind) in [(keys[head], PagedRowKind.keys), (values[head], .values)] {
        let rows = try FloatBuffer(rows).rows(width: headDimension)
        let first = count / 3
        let target = self.rows(head, count: count)
        engine.store(rows, as: kind, head: 0, count: first, to: target, slot: 0, format: format)
        engine.store(
          rows.from(first), as: kind, head: 0, count: count - first, to: target, slot: first, format: format)
      }
    }
  }

  func rows(_ head: Int, count: Int) -> PagedRows {
    PagedRows(
      pages: tables[head], keyOffset: 3, valueOffset: 3 + pageTokens * type.keyRowBytes(headDimension), count: count,
      keyRange: type == .q4 ? UnsafePointer(ranges[head]) : nil)
  }

  /// A head's keys or values as they are stored, `[rows][headDimension]`.
  func stored(_ head: Int, keys: Bool) -> [Float] {
    var result = Array(repeating: Float(0), count: counts[head] * headDimension)
    let rows = rows(head, count: counts[head])
    result.withUnsafeMutableBufferPointer { result in
      for row in 0..<counts[head] {
        let page = rows.pages[row / pageTokens]
        let target = result.baseAddress! + row * headDimension
        if keys {
          KeyValueQuantization.dequantizeKey(
            page + rows.keyOffset + row % pageTokens * type.keyRowBytes(headDimension), into: target, type: type,
            headDimension: headDimension, keyRange: rows.keyRange)
        } else {
          KeyValueQuantization.dequantizeValue(
            page + rows.valueOffset + row % pageTokens * type.valueRowBytes(headDimension), into: target, type: type,
            headDimension: headDimension)
        }
      }
    }
    return result
  }

  /// An engine's attention of `tokens` query tokens with `group` query heads for each key-value head. The last token
  /// sees all rows.
  func attend(
    _ queries: [Float], tokens: Int, group: Int, set: InstructionSet, threads: Int = 2, plan: AttentionPlan? = nil,
    pruned: [Bool] = []
  ) throws -> [Float] {
    let heads = counts.count * group
    let width = heads * headDimension
    let output = try FloatBuffer(count: tokens * width)
    let engine = try Engine(
      threads: ThreadPool(threads: threads), maximumRows: 0, maximumColumns: 0, maximumHeads: counts.count,
      instructionSet: set)
    engine.attend(
      queries: try FloatBuffer(queries).rows(width: width), count: tokens, heads: heads, keyValueHeads: counts.count,
      format: format, plan: plan, pruned: pruned, output: output.rows(width: width),
      rows: { rows($0, count: counts[$0] - tokens + 1) })
    return output.values
  }

  /// The same, with each token as one of several forks of a sequence, all of which share the first rows.
  func attend(
    _ queries: [Float], forks: Int, sharing shared: (_ head: Int) -> Int, group: Int, set: InstructionSet
  ) throws -> [Float]? {
    let heads = counts.count * group
    let width = heads * headDimension
    let output = try FloatBuffer(count: forks * width)
    let engine = try Engine(
      threads: ThreadPool(threads: 2), maximumRows: 0, maximumColumns: 0, maximumHeads: counts.count,
      instructionSet: set)
    let isComputed = engine.attend(
      queries: try FloatBuffer(queries).rows(width: width), forks: forks, heads: heads, keyValueHeads: counts.count,
      format: format, output: output.rows(width: width), shared: shared,
      rows: { fork, head in rows(head, count: counts[head] - forks + 1 + fork) })
    return isComputed ? output.values : nil
  }
}

/// Attention by its formula, in doubles.
///
/// - Parameters:
///   - keys: for each head, `[rows][headDimension]`.
///   - values: for each head, `[rows][headDimension]`.
func formulaAttention(
  _ queries: [Float], keys: [[Float]], values: [[Float]], tokens: Int, group: Int, headDimension: Int
) -> [Float] {
  let width = keys.count * group * headDimension
  var output = Array(repeating: Float(0), count: tokens * width)
  for token in 0..<tokens {
    for head in 0..<keys.count * group {
      let query = queries[token * width + head * headDimension..<token * width + (head + 1) * headDimension]
      let (keys, values) = (keys[head / group], values[head / group])
      let visible = keys.count / headDimension - tokens + 1 + token
      var scores: [Double] = []
      for row in 0..<visible {
        let key = keys[row * headDimension..<(row + 1) * headDimension]
        scores.append(
          zip(query, key).reduce(0) { $0 + Double($1.0) * Double($1.1) } / Double(headDimension).squareRoot())
      }
      let largest = scores.max() ?? 0
      let weights = scores.map { exp($0 - largest) }
      let total = weights.reduce(0, +)
      for column in 0..<headDimension {
        var sum = 0.0
        for (row, weight) in weights.enumerated() { sum += weight * Double(values[row * headDimension + column]) }
        output[token * width + head * headDimension + column] = Float(sum / total)
      }
    }
  }
  return output
}
