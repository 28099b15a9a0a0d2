// SPDX-License-Identifier: Apache-2.0

/// Reads and checks a file's header. Nothing in the bytes is trusted: every length, count and offset is compared with
/// what the file has left before memory is allocated for it.
struct GGUFParser {
  struct Contents {
    var version: Int
    var metadata: GGUFMetadata
    var tensors: [TensorDescription]
    var indices: [String: Int]
  }

  private let path: String
  private let storage: FileBytes
  private var reader: ByteReader
  /// The place in the file that is being read, for messages.
  private var place = "in the header"

  /// More dimensions than this ggml does not know.
  static let mostDimensions = 4
  static let defaultAlignment = 32
  static let greatestAlignment = 1 << 20
  /// Least bytes of a metadata entry (name's length, type, a byte) and of a row of the tensor table (name's length,
  /// number of dimensions, one dimension, type, offset): bounds what a count may claim.
  private static let leastEntryBytes = 13
  private static let leastTensorBytes = 32

  init(path: String, storage: FileBytes) {
    self.path = path
    self.storage = storage
    reader = ByteReader(storage.buffer)
  }

  mutating func parse() throws(GGUFError) -> Contents {
    let version = try readVersion()
    let tensorCount = try readCount(leastBytes: Self.leastTensorBytes, "tensors")
    let entryCount = try readCount(leastBytes: Self.leastEntryBytes, "metadata entries")
    let metadata = try readMetadata(count: entryCount)
    let alignment = try alignment(metadata)
    var rows: [TableRow] = []
    rows.reserveCapacity(tensorCount)
    for _ in 0..<tensorCount { rows.append(try readTableRow()) }
    let (tensors, indices) = try placeTensors(rows, alignment: alignment)
    return Contents(version: version, metadata: metadata, tensors: tensors, indices: indices)
  }

  // MARK: Header

  private mutating func readVersion() throws(GGUFError) -> Int {
    guard storage.buffer.starts(with: "GGUF".utf8) else {
      // A download that broke off within the first four bytes.
      if "GGUF".utf8.starts(with: storage.buffer) {
        throw .truncated(path: path, missingBytes: 24 - storage.buffer.count, what: place)
      }
      throw .notGGUF(path: path, looksLike: describeForeignFile(storage.buffer))
    }
    _ = try integer(UInt32.self)
    let version = try integer(UInt32.self)
    // Small numbers are swapped into the upper half.
    if version & 0xFFFF == 0, version != 0 { throw .bigEndian(path: path) }
    guard version == 2 || version == 3 else { throw .unsupportedVersion(path: path, version: version) }
    return Int(version)
  }

  private mutating func readCount(leastBytes: Int, _ what: String) throws(GGUFError) -> Int {
    let count = try integer(UInt64.self)
    guard count <= UInt64(reader.remaining / leastBytes) else {
      throw .malformed(
        path: path, what: "it claims \(count) \(what), more than its \(storage.buffer.count) bytes can hold")
    }
    return Int(count)
  }

  // MARK: Metadata

  private mutating func readMetadata(count: Int) throws(GGUFError) -> GGUFMetadata {
    var metadata = GGUFMetadata(path: path)
    for index in 0..<count {
      place = "in the name of metadata entry \(index + 1) of \(count)"
      let key = try string()
      place = "in metadata entry \(key)"
      let value = try readValue()
      guard metadata.insert(key, value) else {
        throw .malformed(path: path, what: "metadata entry \(key) is there twice")
      }
    }
    return metadata
  }

  private mutating func readValueType() throws(GGUFError) -> GGUFValueType {
    let code = try integer(UInt32.self)
    guard let type = GGUFValueType(rawValue: code) else {
      throw .malformed(path: path, what: "unknown value type \(code) \(place)")
    }
    return type
  }

  private mutating func readValue() throws(GGUFError) -> GGUFValue {
    switch try readValueType() {
    case .uint8: .uint8(try integer())
    case .int8: .int8(try integer())
    case .uint16: .uint16(try integer())
    case .int16: .int16(try integer())
    case .uint32: .uint32(try integer())
    case .int32: .int32(try integer())
    case .uint64: .uint64(try integer())
    case .int64: .int64(try integer())
    case .float32: .float32(Float(bitPattern: try integer()))
    case .float64: .float64(Double(bitPattern: try integer()))
    case .bool: .bool(try readBool())
    case .string: .string(try string())
    case .array: .array(try readArray())
    }
  }

  private mutating func readBool() throws(GGUFError) -> Bool {
    let byte: UInt8 = try integer()
    guard byte <= 1 else { throw .malformed(path: path, what: "a truth value of \(byte) \(place)") }
    return byte == 1
  }

  private mutating func readArray() throws(GGUFError) -> GGUFArray {
    let elementType = try readValueType()
    guard elementType != .array else {
      throw .malformed(path: path, what: "an array of arrays \(place), which no model needs")
    }
    let claimed: UInt64 = try integer()
    // A string is at least its length.
    let leastBytes = elementType.byteCount ?? 8
    guard claimed <= ByteReader.longestLength else {
      throw .malformed(path: path, what: "an impossible count of \(claimed) \(place)")
    }
    let count = Int(claimed)
    let start = reader.offset
    if count > reader.remaining / leastBytes {
      throw .truncated(path: path, missingBytes: count * leastBytes - reader.remaining, what: place)
    }
    if elementType == .string {
      for _ in 0..<count {
        _ = try next { (reader) throws(ByteReaderError) in try reader.stringBytes() }
      }
    } else {
      try next { (reader) throws(ByteReaderError) in try reader.skip(count * leastBytes) }
    }
    return GGUFArray(elementType: elementType, count: count, storage: storage, range: start..<reader.offset)
  }

  private func alignment(_ metadata: GGUFMetadata) throws(GGUFError) -> Int {
    guard let alignment = try metadata.integerIfPresent("general.alignment") else { return Self.defaultAlignment }
    guard alignment > 0, alignment <= Self.greatestAlignment, alignment & (alignment - 1) == 0 else {
      throw .malformed(path: path, what: "general.alignment is \(alignment), not a power of two up to 2^20")
    }
    return alignment
  }

  // MARK: Tensor table

  private struct TableRow {
    var name: String
    var dimensions: [Int]
    var type: TensorType
    var byteCount: Int
    /// From the start of the data.
    var offset: UInt64
  }

  private mutating func readTableRow() throws(GGUFError) -> TableRow {
    place = "in the tensor table"
    let name = try string()
    place = "in the tensor table at \(name)"
    let dimensionCount: UInt32 = try integer()
    guard (1...UInt32(Self.mostDimensions)).contains(dimensionCount) else {
      throw .malformed(path: path, what: "tensor \(name) has \(dimensionCount) dimensions; 1 to 4 are possible")
    }
    var dimensions: [Int] = []
    for _ in 0..<dimensionCount {
      let extent: UInt64 = try integer()
      guard extent > 0, let extent = Int(exactly: extent) else {
        throw .malformed(path: path, what: "tensor \(name) has an impossible dimension of \(extent)")
      }
      dimensions.append(extent)
    }
    let code: UInt32 = try integer()
    guard let type = TensorType(ggufCode: code) else {
      throw .unknownTensorType(path: path, tensor: name, code: code)
    }
    guard dimensions[0] % type.elementsPerBlock == 0 else {
      throw .malformed(
        path: path,
        what: "tensor \(name) has rows of \(dimensions[0]), not whole \(type.name) blocks of \(type.elementsPerBlock)")
    }
    guard let byteCount = TensorDescription.byteCount(dimensions: dimensions, type: type) else {
      throw .malformed(path: path, what: "tensor \(name) is impossibly large (\(dimensions))")
    }
    return TableRow(name: name, dimensions: dimensions, type: type, byteCount: byteCount, offset: try integer())
  }

  /// Checks that every tensor lies in the file, aligned and apart from the others.
  private func placeTensors(
    _ rows: [TableRow], alignment: Int
  ) throws(GGUFError) -> (tensors: [TensorDescription], indices: [String: Int]) {
    // The header's end is within a file's size, so rounding it up cannot overflow.
    let dataStart = (reader.offset + alignment - 1) & ~(alignment - 1)
    var tensors: [TensorDescription] = []
    tensors.reserveCapacity(rows.count)
    var indices: [String: Int] = [:]
    indices.reserveCapacity(rows.count)
    var end = dataStart
    for row in rows {
      guard indices.updateValue(tensors.count, forKey: row.name) == nil else {
        throw .malformed(path: path, what: "tensor \(row.name) is there twice")
      }
      guard row.offset % UInt64(alignment) == 0 else {
        throw .malformed(path: path, what: "tensor \(row.name) starts at \(row.offset), not a multiple of \(alignment)")
      }
      guard
        let offset = Int(exactly: row.offset),
        let start = sum(dataStart, offset),
        let tensorEnd = sum(start, row.byteCount)
      else {
        throw .malformed(path: path, what: "tensor \(row.name) lies at an impossible offset of \(row.offset)")
      }
      end = max(end, tensorEnd)
      tensors.append(
        TensorDescription(
          name: row.name, dimensions: row.dimensions, type: row.type, byteOffset: start, byteCount: row.byteCount))
    }
    if end > storage.buffer.count, !tensors.isEmpty {
      throw .truncated(path: path, missingBytes: end - storage.buffer.count, what: "in the weights")
    }
    let inOrder = tensors.sorted { $0.byteOffset < $1.byteOffset }
    for (tensor, following) in zip(inOrder, inOrder.dropFirst())
    where tensor.byteOffset + tensor.byteCount > following.byteOffset {
      throw .malformed(path: path, what: "tensors \(tensor.name) and \(following.name) lie over each other")
    }
    return (tensors, indices)
  }

  private func sum(_ left: Int, _ right: Int) -> Int? {
    let (result, overflow) = left.addingReportingOverflow(right)
    return overflow ? nil : result
  }

  // MARK: Reading with the file's name in the error

  private mutating func integer<T: FixedWidthInteger>(_: T.Type = T.self) throws(GGUFError) -> T {
    try next { (reader) throws(ByteReaderError) in try reader.integer(T.self) }
  }

  private mutating func string() throws(GGUFError) -> String {
    try next { (reader) throws(ByteReaderError) in try reader.string() }
  }

  private mutating func next<Result>(
    _ read: (inout ByteReader) throws(ByteReaderError) -> Result
  ) throws(GGUFError) -> Result {
    do {
      return try read(&reader)
    } catch {
      switch error {
      case .ended(let missingBytes):
        throw .truncated(path: path, missingBytes: missingBytes, what: place)
      case .impossibleLength(let length):
        throw .malformed(path: path, what: "an impossible length of \(length) \(place)")
      case .invalidUTF8:
        throw .malformed(path: path, what: "text that is not UTF-8 \(place)")
      }
    }
  }
}
