// SPDX-License-Identifier: Apache-2.0

/// A metadata array. Its elements stay bytes of the file until they are read.
///
/// A vocabulary's token list has some hundred thousand strings; opening a file must not make an object of each.
public struct GGUFArray: Sendable {
  /// Never `.array`: arrays of arrays are refused at opening.
  public let elementType: GGUFValueType
  /// Number of elements.
  public let count: Int
  let storage: FileBytes
  /// The elements' bytes in `storage`.
  let range: Range<Int>

  init(elementType: GGUFValueType, count: Int, storage: FileBytes, range: Range<Int>) {
    self.elementType = elementType
    self.count = count
    self.storage = storage
    self.range = range
  }

  /// An array of strings.
  public init(_ strings: [String]) {
    var bytes: [UInt8] = []
    for string in strings { bytes.appendGGUF(string: string) }
    self.init(elementType: .string, count: strings.count, bytes: bytes)
  }

  /// An array of 32-bit integers.
  public init(_ integers: [Int32]) {
    var bytes: [UInt8] = []
    for integer in integers { bytes.appendLittleEndian(integer) }
    self.init(elementType: .int32, count: integers.count, bytes: bytes)
  }

  /// An array of 64-bit unsigned integers.
  public init(_ integers: [UInt64]) {
    var bytes: [UInt8] = []
    for integer in integers { bytes.appendLittleEndian(integer) }
    self.init(elementType: .uint64, count: integers.count, bytes: bytes)
  }

  /// An array of 32-bit floats.
  public init(_ floats: [Float]) {
    var bytes: [UInt8] = []
    for float in floats { bytes.appendLittleEndian(float.bitPattern) }
    self.init(elementType: .float32, count: floats.count, bytes: bytes)
  }

  /// An array of truth values.
  public init(_ flags: [Bool]) {
    self.init(elementType: .bool, count: flags.count, bytes: flags.map { $0 ? 1 : 0 })
  }

  private init(elementType: GGUFValueType, count: Int, bytes: [UInt8]) {
    self.init(
      elementType: elementType, count: count, storage: FileBytes(copying: bytes), range: 0..<bytes.count)
  }

  /// Calls `body` with the index and the UTF-8 bytes of each string, without making strings of them.
  ///
  /// - Returns: false if the elements are not strings.
  /// - Throws: what `body` throws.
  public func forEachString<E: Error>(
    _ body: (_ index: Int, _ utf8: Span<UInt8>) throws(E) -> Void
  ) throws(E) -> Bool {
    guard elementType == .string else { return false }
    var reader = ByteReader(bytes)
    for index in 0..<count {
      // Lengths were checked at opening. A file that has changed since must still not lead out of its bytes.
      guard let utf8 = try? reader.stringBytes() else { return false }
      try body(index, utf8.assumingMemoryBound(to: UInt8.self).span)
    }
    return true
  }

  /// The elements as strings; nil if they are something else or one is not UTF-8.
  public var strings: [String]? {
    guard elementType == .string else { return nil }
    var result: [String] = []
    result.reserveCapacity(count)
    var reader = ByteReader(bytes)
    for _ in 0..<count {
      guard let text = try? reader.string() else { return nil }
      result.append(text)
    }
    return result
  }

  /// The elements as whole numbers; nil if they are something else or one does not fit into `Int`.
  public var integers: [Int]? {
    switch elementType {
    case .uint8: scalars(UInt8.self) { Int($0) }
    case .int8: scalars(Int8.self) { Int($0) }
    case .uint16: scalars(UInt16.self) { Int($0) }
    case .int16: scalars(Int16.self) { Int($0) }
    case .uint32: scalars(UInt32.self) { Int($0) }
    case .int32: scalars(Int32.self) { Int($0) }
    case .uint64: scalars(UInt64.self) { Int(exactly: $0) }
    case .int64: scalars(Int64.self) { Int($0) }
    case .float32, .float64, .bool, .string, .array: nil
    }
  }

  /// The elements as they are if they are 64-bit unsigned integers; nil if they are something else.
  public var unsignedIntegers: [UInt64]? { elementType == .uint64 ? scalars(UInt64.self) { $0 } : nil }

  /// The elements as floating-point numbers; nil if they are something else.
  public var floats: [Double]? {
    switch elementType {
    case .float32: scalars(UInt32.self) { Double(Float(bitPattern: $0)) }
    case .float64: scalars(UInt64.self) { Double(bitPattern: $0) }
    default: nil
    }
  }

  /// The elements as truth values; nil if they are something else.
  public var bools: [Bool]? {
    elementType == .bool ? scalars(UInt8.self) { $0 != 0 } : nil
  }

  /// The elements' bytes as the file has them.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage.buffer[range]) }

  private func scalars<T: FixedWidthInteger, Result>(_: T.Type, _ convert: (T) -> Result?) -> [Result]? {
    var result: [Result] = []
    result.reserveCapacity(count)
    var reader = ByteReader(bytes)
    for _ in 0..<count {
      guard let raw = try? reader.integer(T.self), let value = convert(raw) else { return nil }
      result.append(value)
    }
    return result
  }
}

extension GGUFArray: Hashable {
  public static func == (left: GGUFArray, right: GGUFArray) -> Bool {
    left.elementType == right.elementType && left.count == right.count && left.bytes.elementsEqual(right.bytes)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(elementType)
    hasher.combine(bytes: bytes)
  }
}

extension [UInt8] {
  mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  mutating func appendGGUF(string: String) {
    appendLittleEndian(UInt64(string.utf8.count))
    append(contentsOf: string.utf8)
  }
}
