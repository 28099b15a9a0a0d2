// SPDX-License-Identifier: Apache-2.0

import Compute
import Testing

/// One key or value of one head, quantized and dequantized.
@Suite struct KeyValueRowTests {
  private func quantized(
    _ values: [Float], as type: KeyValueType, keys: Bool, range: [Float] = []
  ) -> [UInt8] {
    let bytes = keys ? type.keyRowBytes(values.count) : type.valueRowBytes(values.count)
    var row = Array(repeating: UInt8(0xAA), count: bytes)
    row.withUnsafeMutableBytes { row in
      let target = row.baseAddress!
      if keys {
        KeyValueQuantization.quantizeKey(
          values, into: target, type: type, headDimension: values.count, keyRange: type == .q4 ? range : nil)
      } else {
        KeyValueQuantization.quantizeValue(values, into: target, type: type, headDimension: values.count)
      }
    }
    return row
  }

  private func dequantized(
    _ row: [UInt8], as type: KeyValueType, size: Int, keys: Bool, range: [Float] = []
  ) -> [Float] {
    var values = Array(repeating: Float.nan, count: size)
    row.withUnsafeBytes { row in
      if keys {
        KeyValueQuantization.dequantizeKey(
          row.baseAddress!, into: &values, type: type, headDimension: size, keyRange: type == .q4 ? range : nil)
      } else {
        KeyValueQuantization.dequantizeValue(row.baseAddress!, into: &values, type: type, headDimension: size)
      }
    }
    return values
  }

  /// The range of channels with these keys.
  private func range(_ rows: [[Float]]) -> [Float] {
    let channels = rows[0].indices.map { channel in
      let column = rows.map { $0[channel] }
      return KeyValueQuantization.keyRange(of: column.min()!...column.max()!)
    }
    return channels.map(\.scale) + channels.map(\.minimum)
  }

  @Test("a row takes the bytes that its format says")
  func sizes() {
    #expect(KeyValueType.f16.keyRowBytes(128) == 256 && KeyValueType.f16.valueRowBytes(128) == 256)
    #expect(KeyValueType.q8_0.keyRowBytes(128) == 136 && KeyValueType.q8_0.valueRowBytes(128) == 136)
    #expect(KeyValueType.amxfp4.keyRowBytes(128) == 72 && KeyValueType.amxfp4.valueRowBytes(128) == 72)
    #expect(KeyValueType.q4.keyRowBytes(128) == 64 && KeyValueType.q4.valueRowBytes(128) == 68)
  }

  @Test("a type says which heads it stores")
  func supported() {
    let sizes = [0, 1, 2, 32, 80, 96]
    #expect(sizes.filter { KeyValueType.f16.supports(headDimension: $0) } == [1, 2, 32, 80, 96])
    #expect(sizes.filter { KeyValueType.q8_0.supports(headDimension: $0) } == [32, 96])
    #expect(sizes.filter { KeyValueType.amxfp4.supports(headDimension: $0) } == [32, 96])
    #expect(sizes.filter { KeyValueType.q4.supports(headDimension: $0) } == [2, 32, 80, 96])
  }

  @Test("8-bit rows are blocks of a 16-bit scale and 32 bytes")
  func bytes() {
    let values = (0..<32).map { Float($0 - 16) * 127 / 16 }
    // The largest is 127, so the scale is 1.
    let expected: [UInt8] = [0x00, 0x3C] + values.map { UInt8(bitPattern: Int8($0.rounded(.toNearestOrEven))) }
    #expect(quantized(values, as: .q8_0, keys: true) == expected)
    #expect(quantized(values, as: .q8_0, keys: false) == expected)
  }

  @Test("AMXFP4 rows are blocks of the scales of positive and of negative values, then nibbles of E2M1")
  func amxfp4Bytes() {
    // Positive values in steps of 1/2, so that 6 is 3; negative ones in steps of 2. Half a step is 1 of the codebook.
    let positive: [Float] = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3]
    let negative: [Float] = [0, -1, -2, -3, -4, -6, -8, -12]
    let values = positive + positive + negative + negative
    // E5M2: 1/2 is 2^-1, 2 is 2^1, with an exponent bias of 15.
    let expected: [UInt8] =
      [14 << 2, 16 << 2] + [
        0x00, 0x91, 0xA2, 0xB3, 0xC4, 0xD5, 0xE6, 0xF7, 0x00, 0x91, 0xA2, 0xB3, 0xC4, 0xD5, 0xE6, 0xF7,
      ]
    for keys in [true, false] {
      #expect(quantized(values, as: .amxfp4, keys: keys) == expected)
      #expect(dequantized(expected, as: .amxfp4, size: 32, keys: keys) == values)
    }
  }

  @Test("4-bit keys count their channel's scales from its minimum, the second half of the row in the high bits")
  func keyNibbles() {
    let range: [Float] = [1, 2, 0.5, 10] + [0, -4, 3, -50]
    let values: [Float] = [3, 6, 3, 100]  // 3, 5, 0 and 15 steps
    #expect(quantized(values, as: .q4, keys: true, range: range) == [0x03, 0xF5])
    #expect(dequantized([0x03, 0xF5], as: .q4, size: 4, keys: true, range: range) == values)
  }

  @Test("4-bit values begin with their scale and minimum")
  func valueNibbles() {
    let values: [Float] = [-1, 14, 4, 0]  // 15 steps of 1 from -1
    let expected: [UInt8] = [0x00, 0x3C, 0x00, 0xBC, 0x50, 0x1F]
    #expect(quantized(values, as: .q4, keys: false) == expected)
    #expect(dequantized(expected, as: .q4, size: 4, keys: false) == values)
  }

  @Test("a value outside its channel's range is clamped, and not-a-number becomes the minimum")
  func outside() {
    let range: [Float] = [1, 1, 1, 1] + [0, 0, 0, 0]
    let row = quantized([-7, 99, .nan, .infinity], as: .q4, keys: true, range: range)
    #expect(dequantized(row, as: .q4, size: 4, keys: true, range: range) == [0, 15, 0, 15])
  }

  @Test("a value that is not a number leaves the rest of a row readable", arguments: KeyValueType.allCases)
  func notANumber(type: KeyValueType) {
    var values = Array(repeating: Float(1), count: 64)
    values[3] = .nan
    let row = quantized(values, as: type, keys: false)
    let found = dequantized(row, as: type, size: 64, keys: false)
    // Scales of AMXFP4 have three binary digits.
    #expect(found[40...].allSatisfy { abs($0 - 1) < (type == .amxfp4 ? 0.125 : 0.01) })
  }

  @Test("equal values come back", arguments: KeyValueType.allCases, [Float(0), 0.125, -3])
  func constant(type: KeyValueType, value: Float) {
    let values = Array(repeating: value, count: 32)
    for keys in [true, false] {
      let range = range([values])
      let row = quantized(values, as: type, keys: keys, range: range)
      let found = dequantized(row, as: type, size: 32, keys: keys, range: range)
      let allowed: Float = type == .amxfp4 ? 0.125 : 1e-3
      #expect(zip(found, values).allSatisfy { abs($0 - $1) <= allowed * abs($1) }, "\(found)")
    }
  }

  @Test("keys dequantized and quantized again by the same range are the same bytes", arguments: KeyValueType.allCases)
  func repackedKeys(type: KeyValueType) {
    var samples = Samples(seed: 2)
    // Each channel has an offset of its own, up to a thousand times its values' spread, as keys' biases make it.
    let offsets = samples.floats(64, scale: 1).enumerated().map { $1 * (($0 % 3 == 0) ? 1000 : 1) }
    let rows = (0..<300).map { _ in zip(samples.floats(64), offsets).map { $0 + $1 } }
    let range = range(rows)
    for row in rows {
      let first = quantized(row, as: type, keys: true, range: range)
      let values = dequantized(first, as: type, size: 64, keys: true, range: range)
      #expect(quantized(values, as: type, keys: true, range: range) == first)
    }
  }

  @Test("values dequantized and quantized again are the same bytes", arguments: KeyValueType.allCases)
  func repackedValues(type: KeyValueType) {
    var samples = Samples(seed: 2)
    for _ in 0..<300 {
      let first = quantized(samples.floats(64), as: type, keys: false)
      #expect(quantized(dequantized(first, as: type, size: 64, keys: false), as: type, keys: false) == first)
    }
  }

  @Test(
    "quantizing loses at most half a scale, and little more where a scale is rounded",
    arguments: zip(KeyValueType.allCases, [0x1p-12, 0.57 / 127, 0.51 * 2 / 15, 1.125 / 6] as [Float]))
  func errors(type: KeyValueType, allowed: Float) {
    var samples = Samples(seed: 7)
    let rows = (0..<200).map { _ in samples.floats(64) }
    let range = range(rows)
    for row in rows {
      for keys in [true, false] {
        let found = dequantized(
          quantized(row, as: type, keys: keys, range: range), as: type, size: 64, keys: keys, range: range)
        let worst = zip(found, row).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst <= allowed, "keys: \(keys)")
      }
    }
  }
}
