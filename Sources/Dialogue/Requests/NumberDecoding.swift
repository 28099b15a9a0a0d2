// SPDX-License-Identifier: Apache-2.0

/// Numbers of a request, whose errors name the member.
extension KeyedDecodingContainer {
  /// A number, if the member is there. The decoder's own error for one that is too large does not name the member.
  func number(forKey key: Key) throws -> Double? {
    do { return try decodeIfPresent(Double.self, forKey: key) } catch let error as DecodingError { throw error } catch {
      throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "has a value out of range")
    }
  }

  /// A whole number, if the member is there. The decoder's own error for one that has a fraction or is too large does
  /// not name the member.
  func wholeNumber<Number: FixedWidthInteger & Decodable>(forKey key: Key) throws -> Number? {
    do { return try decodeIfPresent(Number.self, forKey: key) } catch let error as DecodingError { throw error } catch {
      if let value = try? decode(Double.self, forKey: key), value.rounded() != value {
        throw DecodingError.typeMismatch(
          Number.self, .init(codingPath: codingPath + [key], debugDescription: "it has a fraction"))
      }
      throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "has a value out of range")
    }
  }
}
