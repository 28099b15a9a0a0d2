// SPDX-License-Identifier: Apache-2.0

/// Arithmetic on rows of 16-bit floats, eight values at a time.
///
/// The conversion to 32 bits is exact for all finite values. Infinities and NaN, which a damaged model may produce,
/// become large finite values (65536 and up), so that scores computed from them can be ordered.
package enum HalfPrecisionArithmetic {
  /// Eight floats: a register of AVX2.
  package typealias Lanes = SIMD8<Float>

  /// 2¹¹², the difference of the exponents' biases: corrects a 16-bit exponent in a 32-bit float.
  private static let rebias: Float = 0x1p112

  /// IEEE half precision, eight at a time.
  @inline(__always)
  package static func widen(_ half: SIMD8<UInt16>) -> Lanes {
    let bits = SIMD8<UInt32>(truncatingIfNeeded: half)
    let magnitude = unsafeBitCast((bits & 0x7FFF) &<< 13, to: Lanes.self) * rebias
    return unsafeBitCast(unsafeBitCast(magnitude, to: SIMD8<UInt32>.self) | (bits & 0x8000) &<< 16, to: Lanes.self)
  }

  /// IEEE half precision.
  @inline(__always)
  package static func widen(_ half: UInt16) -> Float {
    let bits = UInt32(half)
    let magnitude = Float(bitPattern: (bits & 0x7FFF) << 13) * rebias
    return Float(bitPattern: magnitude.bitPattern | (bits & 0x8000) << 16)
  }

  /// Eight values of a row, from `index`.
  @inline(__always)
  static func lanes(_ row: UnsafePointer<UInt16>, _ index: Int) -> Lanes {
    widen(UnsafeRawPointer(row + index).loadUnaligned(as: SIMD8<UInt16>.self))
  }

  /// Writes `count` values in 32 bits to `target`.
  static func widen(_ row: UnsafePointer<UInt16>, into target: UnsafeMutablePointer<Float>, count: Int) {
    var index = 0
    while index + 8 <= count {
      UnsafeMutableRawPointer(target + index).storeBytes(of: lanes(row, index), as: Lanes.self)
      index += 8
    }
    while index < count {
      target[index] = widen(row[index])
      index += 1
    }
  }

  /// Σ x² of `count` values.
  static func squaredNorm(_ row: UnsafePointer<UInt16>, count: Int) -> Float {
    var sum = Lanes.zero
    var index = 0
    while index + 8 <= count {
      let x = lanes(row, index)
      sum += x * x
      index += 8
    }
    var rest: Float = 0
    while index < count {
      let x = widen(row[index])
      rest += x * x
      index += 1
    }
    return sum.sum() + rest
  }

  /// Σ x² and Σ x·y of `count` values, x in 16 bits and y in 32.
  static func squaredNormAndProduct(
    _ row: UnsafePointer<UInt16>, _ other: UnsafePointer<Float>, count: Int
  ) -> (squaredNorm: Float, product: Float) {
    var squares = Lanes.zero
    var products = Lanes.zero
    var index = 0
    while index + 8 <= count {
      let x = lanes(row, index)
      squares += x * x
      products += x * UnsafeRawPointer(other + index).loadUnaligned(as: Lanes.self)
      index += 8
    }
    var restOfSquares: Float = 0
    var restOfProducts: Float = 0
    while index < count {
      let x = widen(row[index])
      restOfSquares += x * x
      restOfProducts += x * other[index]
      index += 1
    }
    return (squares.sum() + restOfSquares, products.sum() + restOfProducts)
  }

  /// Σ (x − y)² and Σ x² of `count` values, both in 16 bits.
  static func squaredDistanceAndNorm(
    _ row: UnsafePointer<UInt16>, _ other: UnsafePointer<UInt16>, count: Int
  ) -> (squaredDistance: Float, squaredNorm: Float) {
    var distances = Lanes.zero
    var squares = Lanes.zero
    var index = 0
    while index + 8 <= count {
      let x = lanes(row, index)
      let difference = x - lanes(other, index)
      distances += difference * difference
      squares += x * x
      index += 8
    }
    var restOfDistances: Float = 0
    var restOfSquares: Float = 0
    while index < count {
      let x = widen(row[index])
      let difference = x - widen(other[index])
      restOfDistances += difference * difference
      restOfSquares += x * x
      index += 1
    }
    return (distances.sum() + restOfDistances, squares.sum() + restOfSquares)
  }

  /// Adds `factor`·x to `sum`, `count` values.
  static func accumulate(
    _ row: UnsafePointer<UInt16>, times factor: Float, into sum: UnsafeMutablePointer<Float>, count: Int
  ) {
    var index = 0
    while index + 8 <= count {
      let raw = UnsafeMutableRawPointer(sum + index)
      raw.storeBytes(of: raw.loadUnaligned(as: Lanes.self) + lanes(row, index) * factor, as: Lanes.self)
      index += 8
    }
    while index < count {
      sum[index] += widen(row[index]) * factor
      index += 1
    }
  }
}
