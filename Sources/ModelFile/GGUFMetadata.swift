// SPDX-License-Identifier: Apache-2.0

import Records

/// A file's metadata: named values, in the file's order.
///
/// The typed getters throw `GGUFError.missingKey` when an entry is absent and `wrongType` when it holds another type;
/// those named `…IfPresent` return nil for an absent entry and still throw for another type.
public struct GGUFMetadata: Sendable {
  /// The file that errors name.
  public let path: String
  /// The names in the file's order.
  public private(set) var keys: [String] = []
  private var values: [String: GGUFValue] = [:]

  /// Metadata without a file; of entries with the same name the last one stays.
  public init(path: String = "(in memory)", _ entries: KeyValuePairs<String, GGUFValue> = [:]) {
    self.path = path
    for (key, value) in entries { self[key] = value }
  }

  /// False, and nothing is changed, if the name is taken.
  mutating func insert(_ key: String, _ value: GGUFValue) -> Bool {
    guard values[key] == nil else { return false }
    keys.append(key)
    values[key] = value
    return true
  }

  /// A new name goes to the end; nil takes an entry away.
  public subscript(key: String) -> GGUFValue? {
    get { values[key] }
    set {
      if let newValue {
        if values.updateValue(newValue, forKey: key) == nil { keys.append(key) }
      } else if values.removeValue(forKey: key) != nil {
        keys.removeAll { $0 == key }
      }
    }
  }

  /// A string; nil if absent.
  ///
  /// - Throws: `GGUFError.wrongType`.
  public func stringIfPresent(_ key: String) throws(GGUFError) -> String? {
    try value(key, expected: "a string") { if case .string(let text) = $0 { text } else { nil } }
  }

  /// Characters of a name at most.
  private static let longestName = 80

  /// A string that names a kind or a model, which messages repeat: cut after 80 characters; nil if absent.
  ///
  /// - Throws: `GGUFError.wrongType`.
  public func nameIfPresent(_ key: String) throws(GGUFError) -> String? {
    try stringIfPresent(key).map { clipped($0, to: Self.longestName) }
  }

  /// A whole number of any integer type; nil if absent.
  ///
  /// - Throws: `GGUFError.wrongType`, also where it does not fit into `Int`.
  public func integerIfPresent(_ key: String) throws(GGUFError) -> Int? {
    try value(key, expected: "a whole number") { $0.integer }
  }

  /// A number of either floating-point type; nil if absent.
  ///
  /// - Throws: `GGUFError.wrongType`.
  public func floatIfPresent(_ key: String) throws(GGUFError) -> Double? {
    try value(key, expected: "a floating-point number") { $0.float }
  }

  /// A truth value; nil if absent.
  ///
  /// - Throws: `GGUFError.wrongType`.
  public func boolIfPresent(_ key: String) throws(GGUFError) -> Bool? {
    try value(key, expected: "true or false") { if case .bool(let flag) = $0 { flag } else { nil } }
  }

  /// An array as it is in the file, for a caller that reads a large one piece by piece; nil if absent.
  ///
  /// - Throws: `GGUFError.wrongType`.
  public func arrayIfPresent(_ key: String) throws(GGUFError) -> GGUFArray? {
    try value(key, expected: "an array") { if case .array(let array) = $0 { array } else { nil } }
  }

  /// An array of strings; nil if absent.
  ///
  /// - Throws: `GGUFError.wrongType`.
  public func stringsIfPresent(_ key: String) throws(GGUFError) -> [String]? {
    try value(key, expected: "an array of UTF-8 strings") {
      if case .array(let array) = $0 { array.strings } else { nil }
    }
  }

  /// An array of whole numbers; nil if absent.
  ///
  /// - Throws: `GGUFError.wrongType`.
  public func integersIfPresent(_ key: String) throws(GGUFError) -> [Int]? {
    try value(key, expected: "an array of whole numbers") {
      if case .array(let array) = $0 { array.integers } else { nil }
    }
  }

  /// An array of floating-point numbers; nil if absent.
  ///
  /// - Throws: `GGUFError.wrongType`.
  public func floatsIfPresent(_ key: String) throws(GGUFError) -> [Double]? {
    try value(key, expected: "an array of floating-point numbers") {
      if case .array(let array) = $0 { array.floats } else { nil }
    }
  }

  /// A string.
  ///
  /// - Throws: `GGUFError.missingKey` or `wrongType`.
  public func string(_ key: String) throws(GGUFError) -> String { try required(key, stringIfPresent(key)) }

  /// A string that names a kind or a model, which messages repeat: cut after 80 characters.
  ///
  /// - Throws: `GGUFError.missingKey` or `wrongType`.
  public func name(_ key: String) throws(GGUFError) -> String { try required(key, nameIfPresent(key)) }

  /// A whole number of any integer type.
  ///
  /// - Throws: `GGUFError.missingKey` or `wrongType`.
  public func integer(_ key: String) throws(GGUFError) -> Int { try required(key, integerIfPresent(key)) }

  /// A number of either floating-point type.
  ///
  /// - Throws: `GGUFError.missingKey` or `wrongType`.
  public func float(_ key: String) throws(GGUFError) -> Double { try required(key, floatIfPresent(key)) }

  /// A truth value.
  ///
  /// - Throws: `GGUFError.missingKey` or `wrongType`.
  public func bool(_ key: String) throws(GGUFError) -> Bool { try required(key, boolIfPresent(key)) }

  /// An array as it is in the file.
  ///
  /// - Throws: `GGUFError.missingKey` or `wrongType`.
  public func array(_ key: String) throws(GGUFError) -> GGUFArray { try required(key, arrayIfPresent(key)) }

  /// An array of strings.
  ///
  /// - Throws: `GGUFError.missingKey` or `wrongType`.
  public func strings(_ key: String) throws(GGUFError) -> [String] { try required(key, stringsIfPresent(key)) }

  /// An array of whole numbers.
  ///
  /// - Throws: `GGUFError.missingKey` or `wrongType`.
  public func integers(_ key: String) throws(GGUFError) -> [Int] { try required(key, integersIfPresent(key)) }

  /// An array of floating-point numbers.
  ///
  /// - Throws: `GGUFError.missingKey` or `wrongType`.
  public func floats(_ key: String) throws(GGUFError) -> [Double] { try required(key, floatsIfPresent(key)) }

  private func value<Result>(
    _ key: String, expected: String, _ convert: (GGUFValue) -> Result?
  ) throws(GGUFError) -> Result? {
    guard let value = values[key] else { return nil }
    guard let result = convert(value) else {
      throw .wrongType(path: path, key: key, expected: expected, found: value.typeName)
    }
    return result
  }

  private func required<Value>(_ key: String, _ value: Value?) throws(GGUFError) -> Value {
    guard let value else { throw .missingKey(path: path, key: key) }
    return value
  }
}
