// SPDX-License-Identifier: Apache-2.0

/// A JSON text whose objects keep the order of their members, which Foundation's decoder does not tell.
public indirect enum OrderedJSON: Sendable, Hashable {
  case null
  case bool(Bool)
  /// A number as it is written.
  case number(String)
  case string(String)
  case array([OrderedJSON])
  case object([Member])

  /// A member of an object.
  public struct Member: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Its value.
    public var value: OrderedJSON
  }

  /// Reads a text.
  ///
  /// - Throws: `GrammarError.notJSON`, also for more than 100 levels.
  public init(_ text: String) throws(GrammarError) {
    var reader = Reader(bytes: Array(text.utf8))
    reader.skipSpace()
    self = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.index == reader.bytes.count else { throw reader.fault("something stands behind its end") }
  }

  /// The member of an object; the last where several have the name.
  public subscript(name: String) -> OrderedJSON? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.name == name }?.value
  }

  /// Whether it is a value of a schema's type.
  func isOfType(_ type: String) -> Bool {
    switch self {
    case .null: type == "null"
    case .bool: type == "boolean"
    case .number(let digits): type == "number" || type == "integer" && digits.allSatisfy { $0.isNumber || $0 == "-" }
    case .string: type == "string"
    case .array: type == "array"
    case .object: type == "object"
    }
  }

  /// The text, on one line.
  var text: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .number(let digits): digits
    case .string(let text): Self.quoted(text)
    case .array(let items): "[" + items.map(\.text).joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.map { Self.quoted($0.name) + ": " + $0.value.text }.joined(separator: ", ") + "}"
    }
  }

  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 32:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  private struct Reader {
    let bytes: [UInt8]
    var index = 0

    private static let mostDepth = 100

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    func fault(_ reason: String) -> GrammarError { .notJSON(reason: "\(reason) (at byte \(index + 1))") }

    mutating func skipSpace() {
      while let byte = current, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { index += 1 }
    }

    mutating func value(depth: Int) throws(GrammarError) -> OrderedJSON {
      guard depth < Self.mostDepth else { throw fault("it is nested more than \(Self.mostDepth) deep") }
      switch current {
      case UInt8(ascii: "{")?: return try object(depth: depth)
      case UInt8(ascii: "[")?: return try array(depth: depth)
      case UInt8(ascii: "\"")?: return .string(try string())
      case nil: throw fault("it ends too early")
      default: return try word()
      }
    }

    private mutating func word() throws(GrammarError) -> OrderedJSON {
      let start = index
      while let byte = current, !Array(" \t\r\n{}[],:\"".utf8).contains(byte) { index += 1 }
      let word = String(decoding: bytes[start..<index], as: UTF8.self)
      switch word {
      case "null": return .null
      case "true": return .bool(true)
      case "false": return .bool(false)
      default: break
      }
      guard word.count <= 1000, word.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+\-]?[0-9]+)?/) != nil else {
        index = start
        throw fault("a value should stand here")
      }
      return .number(word)
    }

    private mutating func array(depth: Int) throws(GrammarError) -> OrderedJSON {
      index += 1
      var items: [OrderedJSON] = []
      skipSpace()
      if try take("]") { return .array([]) }
      repeat {
        skipSpace()
        items.append(try value(depth: depth + 1))
        skipSpace()
      } while try take(",")
      guard try take("]") else { throw fault("a comma or ] should stand here") }
      return .array(items)
    }

    private mutating func object(depth: Int) throws(GrammarError) -> OrderedJSON {
      index += 1
      var members: [Member] = []
      skipSpace()
      if try take("}") { return .object([]) }
      repeat {
        skipSpace()
        guard current == UInt8(ascii: "\"") else { throw fault("a name in quotes should stand here") }
        let name = try string()
        skipSpace()
        guard try take(":") else { throw fault("a colon should stand here") }
        skipSpace()
        members.append(Member(name: name, value: try value(depth: depth + 1)))
        skipSpace()
      } while try take(",")
      guard try take("}") else { throw fault("a comma or } should stand here") }
      return .object(members)
    }

    private mutating func take(_ character: Unicode.Scalar) throws(GrammarError) -> Bool {
      guard let byte = current else { throw fault("it ends too early") }
      guard byte == UInt8(ascii: character) else { return false }
      index += 1
      return true
    }

    private mutating func string() throws(GrammarError) -> String {
      index += 1
      var result: [UInt8] = []
      while let byte = current {
        index += 1
        switch byte {
        case UInt8(ascii: "\""): return String(decoding: result, as: UTF8.self)
        case UInt8(ascii: "\\"): result += try escape()
        case 0..<0x20: throw fault("a control character stands in a string")
        default: result.append(byte)
        }
      }
      throw fault("a string is not closed")
    }

    private mutating func escape() throws(GrammarError) -> [UInt8] {
      guard let byte = current else { throw fault("a string is not closed") }
      index += 1
      switch Unicode.Scalar(byte) {
      case "\"", "\\", "/": return [byte]
      case "b": return [8]
      case "f": return [12]
      case "n": return [10]
      case "r": return [13]
      case "t": return [9]
      case "u":
        var unit = UInt32(try codeUnit())
        if 0xD800...0xDBFF ~= unit, bytes[index...].starts(with: "\\u".utf8) {
          index += 2
          let low = UInt32(try codeUnit())
          guard 0xDC00...0xDFFF ~= low else { throw fault("an escape is half a character") }
          unit = 0x10000 + (unit - 0xD800) << 10 + low - 0xDC00
        }
        guard let scalar = Unicode.Scalar(unit) else { throw fault("an escape is half a character") }
        return Array(String(Character(scalar)).utf8)
      default: throw fault("an escape has no meaning")
      }
    }

    private mutating func codeUnit() throws(GrammarError) -> UInt16 {
      let end = index + 4
      // A sign would be read as well.
      guard end <= bytes.count, bytes[index] != UInt8(ascii: "+"),
        let unit = UInt16(String(decoding: bytes[index..<end], as: UTF8.self), radix: 16)
      else {
        throw fault("an escape has no four hexadecimal digits")
      }
      index = end
      return unit
    }
  }
}
