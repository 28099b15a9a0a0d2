// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import TestSupport
import Testing

extension TemporaryFolder {
  /// Where a test has its one offload file.
  var file: String { path("stream.offload") }
}

/// Keys and values of one head, row by row.
struct OffloadRows {
  var keys: [UInt16] = []
  var values: [UInt16] = []
  var tokens: [OffloadToken] = []
  var positions: [Int32] = []

  /// Adds one token; its key and value are rounded to 16 bits.
  mutating func add(_ key: [Float], _ value: [Float], streamIndex: Int64, patch: Int32 = 0, position: Int32) {
    keys.append(contentsOf: key.map { Float16($0).bitPattern })
    values.append(contentsOf: value.map { Float16($0).bitPattern })
    tokens.append(OffloadToken(streamIndex: streamIndex, patch: patch))
    positions.append(position)
  }
}

extension OffloadFile {
  func append(_ rows: OffloadRows, layer: Int = 0, head: Int = 0) throws(OffloadError) {
    try append(
      layer: layer, head: head, keys: rows.keys.span, values: rows.values.span, tokens: rows.tokens,
      positions: rows.positions)
  }

  func rank(
    _ queries: [Float], layer: Int = 0, head: Int = 0, limit: Int = .max, position: (Int64) -> Int32 = { Int32($0) }
  ) throws(OffloadError) -> [RetrievedPage] {
    try rank(layer: layer, head: head, queries: queries.span, limit: limit, position: position)
  }

  /// All pages of a head, whatever their score.
  func pages(layer: Int = 0, head: Int = 0, position: (Int64) -> Int32 = { Int32($0) }) throws -> [RetrievedPage] {
    try rank(Array(repeating: 0, count: shape.headDimension), layer: layer, head: head, position: position)
  }

  func rows(of choice: RetrievedPage, layer: Int = 0, head: Int = 0) throws(OffloadError) -> OffloadRows {
    var rows = OffloadRows()
    let keys = UnsafeMutableBufferPointer<UInt16>.allocate(capacity: pageTokens * shape.headDimension)
    let values = UnsafeMutableBufferPointer<UInt16>.allocate(capacity: pageTokens * shape.headDimension)
    keys.initialize(repeating: 0)
    values.initialize(repeating: 0)
    defer {
      keys.deallocate()
      values.deallocate()
    }
    guard let key = keys.baseAddress, let value = values.baseAddress else { return rows }
    rows.tokens = try read(choice, layer: layer, head: head, keys: key, values: value)
    rows.keys = Array(keys.prefix(rows.tokens.count * shape.headDimension))
    rows.values = Array(values.prefix(rows.tokens.count * shape.headDimension))
    return rows
  }
}

extension SplitMix64 {
  /// About −1 … 1, mostly near 0.
  mutating func float() -> Float {
    (0..<4).reduce(0) { sum, _ in sum + Float(signed()) } / 1024
  }

  mutating func floats(_ count: Int, times factor: Float = 1) -> [Float] { (0..<count).map { _ in float() * factor } }
}

/// A row rotated by RoPE to another position, pair by pair, in 64 bits.
func rotated(_ row: [Float], by change: Int32, _ rotation: RoPEFrequencies) -> [Float] {
  var row = row
  let half = row.count / 2
  for (pair, frequency) in rotation.frequencies.enumerated() {
    let angle = Double(change) * frequency
    let (first, second) = (Double(row[pair]), Double(row[pair + half]))
    row[pair] = Float(first * cos(angle) - second * sin(angle))
    row[pair + half] = Float(first * sin(angle) + second * cos(angle))
  }
  return row
}

func product(_ first: [Float], _ second: [Float]) -> Float {
  zip(first, second).reduce(0) { $0 + $1.0 * $1.1 }
}

func floats(_ bits: some Sequence<UInt16>) -> [Float] { bits.map { Float(Float16(bitPattern: $0)) } }
