// SPDX-License-Identifier: Apache-2.0

import Compute
import Foundation

/// Keys and values of random numbers in pages, as a cache holds them: each head in a group of its own, with as many
/// rows as it likes, and pages in no order.
final class PagedSample {
  let type: KeyValueType
  let headSize: Int
  let pageRows: Int
  let counts: [Int]
  private(set) var keys: [[Float]] = []
  private(set) var values: [[Float]] = []
  private var tables: [UnsafeMutablePointer<UnsafeMutableRawPointer>] = []
  private var pageCounts: [Int] = []
  private var ranges: [UnsafeMutablePointer<Float>] = []

  /// - Parameter counts: rows of each head.
  init(type: KeyValueType, headSize: Int, pageRows: Int, counts: [Int], seed: UInt64) throws {
    self.type = type
    self.headSize = headSize
    self.pageRows = pageRows
    self.counts = counts
    var samples = Samples(seed: seed)
    for count in counts {
      keys.append(samples.floats(count * headSize, scale: 2))
      values.append(samples.floats(count * headSize))
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

  /// Each channel's steps and lowest numbers.
  private func range(of numbers: [Float]) -> UnsafeMutablePointer<Float> {
    let range = UnsafeMutablePointer<Float>.allocate(capacity: 2 * headSize)
    for channel in 0..<headSize {
      let column = stride(from: channel, to: numbers.count, by: headSize).map { numbers[$0] }
      (range[channel], range[headSize + channel]) = KeyValueRow.keyRange(of: column.min()!...column.max()!)
    }
    return range
  }

  private func addPages(for count: Int, using samples: inout Samples) {
    let pages = (count + pageRows - 1) / pageRows
    let table = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: pages)
    // 3 more bytes at the front, so that nothing is aligned by chance; nothing more at the end, so that a sanitizer
    // sees reads beyond it.
    for page in 0..<pages {
      let bytes = 3 + pageRows * (type.keyRowBytes(headSize) + type.valueRowBytes(headSize))
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
      for (numbers, isKeys) in [(keys[head], true), (values[head], false)] {
        let rows = try FloatBuffer(numbers).rows(width: headSize)
        let first = count / 3
        engine.store(
          head: 0, of: headSize, in: rows, count: first, type: type, pageRows: pageRows,
          to: self.rows(head, count: count), slot: 0, keys: isKeys)
        engine.store(
          head: 0, of: headSize, in: rows.from(first), count: count - first, type: type, pageRows: pageRows,
          to: self.rows(head, count: count), slot: first, keys: isKeys)
      }
    }
  }

  func rows(_ head: Int, count: Int) -> PagedRows {
    PagedRows(
      pages: tables[head], keyOffset: 3, valueOffset: 3 + pageRows * type.keyRowBytes(headSize), count: count,
      keyRange: type == .q4 ? UnsafePointer(ranges[head]) : nil)
  }

  /// A head's keys or values as they are stored, one after the other.
  func stored(_ head: Int, keys: Bool) -> [Float] {
    var numbers = Array(repeating: Float(0), count: counts[head] * headSize)
    let rows = rows(head, count: counts[head])
    numbers.withUnsafeMutableBufferPointer { numbers in
      for row in 0..<counts[head] {
        let page = rows.pages[row / pageRows]
        let target = numbers.baseAddress! + row * headSize
        if keys {
          KeyValueRow.unpackKey(
            page + rows.keyOffset + row % pageRows * type.keyRowBytes(headSize), into: target, type: type,
            headDimension: headSize, keyRange: rows.keyRange)
        } else {
          KeyValueRow.unpackValue(
            page + rows.valueOffset + row % pageRows * type.valueRowBytes(headSize), into: target, type: type,
            headDimension: headSize)
        }
      }
    }
    return numbers
  }

  /// What an engine makes of `tokens` queries of `group` heads for each key-value head, where the last sees all rows.
  func attend(
    _ queries: [Float], tokens: Int, group: Int, set: InstructionSet, threads: Int = 2, plan: AttentionPlan? = nil
  ) throws -> [Float] {
    let heads = counts.count * group
    let width = heads * headSize
    let output = try FloatBuffer(count: tokens * width)
    let engine = try Engine(
      threads: ThreadPool(threads: threads), maximumRows: 0, maximumColumns: 0, maximumHeads: counts.count,
      instructionSet: set)
    engine.attend(
      queries: try FloatBuffer(queries).rows(width: width), count: tokens, heads: heads, keyValueHeads: counts.count,
      headSize: headSize, type: type, pageRows: pageRows, plan: plan, output: output.rows(width: width),
      rows: { rows($0, count: counts[$0] - tokens + 1) })
    return output.values
  }
}

/// Attention by its formula, in doubles, over rows that lie one after the other.
///
/// - Parameter keys: for each head; `values` alike.
func formulaAttention(
  _ queries: [Float], keys: [[Float]], values: [[Float]], tokens: Int, group: Int, headSize: Int
) -> [Float] {
  let width = keys.count * group * headSize
  var output = Array(repeating: Float(0), count: tokens * width)
  for token in 0..<tokens {
    for head in 0..<keys.count * group {
      let query = queries[token * width + head * headSize..<token * width + (head + 1) * headSize]
      let (keys, values) = (keys[head / group], values[head / group])
      let visible = keys.count / headSize - tokens + 1 + token
      var scores: [Double] = []
      for row in 0..<visible {
        let key = keys[row * headSize..<(row + 1) * headSize]
        scores.append(zip(query, key).reduce(0) { $0 + Double($1.0) * Double($1.1) } / Double(headSize).squareRoot())
      }
      let largest = scores.max() ?? 0
      let weights = scores.map { exp($0 - largest) }
      let total = weights.reduce(0, +)
      for column in 0..<headSize {
        var sum = 0.0
        for (row, weight) in weights.enumerated() { sum += weight * Double(values[row * headSize + column]) }
        output[token * width + head * headSize + column] = Float(sum / total)
      }
    }
  }
  return output
}
