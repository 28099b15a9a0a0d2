// SPDX-License-Identifier: Apache-2.0

/// Where a pattern begins in a text, the leftmost first and without overlap, in time that grows with their lengths and
/// not with their product (Knuth, Morris and Pratt, 1977).
///
/// - Parameter most: as many are looked for.
func occurrences(of pattern: some Collection<UInt8>, in text: [UInt8], most: Int = .max) -> [Int] {
  let pattern = Array(pattern)
  guard !pattern.isEmpty, pattern.count <= text.count else { return [] }
  // For each beginning of the pattern, the length of its longest proper end that is a beginning too.
  var borders = [0]
  borders.reserveCapacity(pattern.count)
  var border = 0
  for byte in pattern.dropFirst() {
    while border > 0, pattern[border] != byte { border = borders[border - 1] }
    if pattern[border] == byte { border += 1 }
    borders.append(border)
  }
  var found: [Int] = []
  var matched = 0
  for (index, byte) in text.enumerated() {
    while matched > 0, pattern[matched] != byte { matched = borders[matched - 1] }
    if pattern[matched] == byte { matched += 1 }
    guard matched == pattern.count else { continue }
    found.append(index + 1 - pattern.count)
    if found.count == most { return found }
    matched = 0
  }
  return found
}

/// The parts of a text between the occurrences of a separator: one, the whole, where there is none.
func pieces(of text: [UInt8], separatedBy separator: some Collection<UInt8>) -> [ArraySlice<UInt8>] {
  var parts: [ArraySlice<UInt8>] = []
  var start = 0
  for occurrence in occurrences(of: separator, in: text) {
    parts.append(text[start..<occurrence])
    start = occurrence + separator.count
  }
  return parts + [text[start...]]
}
