// SPDX-License-Identifier: Apache-2.0

import Records

/// Where a program's output departs from what was expected, line by line and short.
///
/// Lines are compared as judges do: white space at their ends does not count, nor do empty lines at the end.
public struct OutputDifference: Sendable, Equatable {
  /// One line of the difference.
  public enum Line: Sendable, Equatable {
    /// The same in both, shown for orientation.
    case same(String)
    /// Expected, and not there.
    case missing(String)
    /// There, and not expected.
    case unexpected(String)
    /// A count of lines that are not shown.
    case leftOut(Int)
  }

  /// The lines to show, in order.
  public let lines: [Line]
  /// The first line that differs, from 1.
  public let firstLine: Int

  private static let shownLines = 4
  private static let shownCharacters = 120

  /// nil if the outputs are the same to a judge.
  public init?(expected: String, got: String) {
    self.init(expected: Array(expected.utf8), got: Array(got.utf8))
  }

  /// nil if the outputs are the same to a judge. Compared byte by byte: letters with one look and other bytes differ.
  public init?(expected: [UInt8], got: [UInt8]) {
    let expected = judgedLines(expected)
    let got = judgedLines(got)
    let common = zip(expected, got).prefix { $0.0 == $0.1 }.count
    if common == expected.count, common == got.count { return nil }
    firstLine = common + 1

    var lines: [Line] = []
    if common > 1 { lines.append(.leftOut(common - 1)) }
    if common > 0 { lines.append(.same(Self.shown(expected[common - 1], beside: nil))) }
    // A judge compares lines by their number, so that lines are not aligned.
    let last = min(common + Self.shownLines, max(expected.count, got.count))
    for index in common..<last {
      let wanted = index < expected.count ? expected[index] : nil
      let found = index < got.count ? got[index] : nil
      if let wanted, wanted == found {
        lines.append(.same(Self.shown(wanted, beside: nil)))
        continue
      }
      if let wanted { lines.append(.missing(Self.shown(wanted, beside: found))) }
      if let found { lines.append(.unexpected(Self.shown(found, beside: wanted))) }
    }
    let rest = max(expected.count, got.count) - last
    if rest > 0 { lines.append(.leftOut(rest)) }
    self.lines = lines
  }

  /// A line as text, cut so that the first byte in which it departs from its counterpart can be seen.
  private static func shown(_ line: ArraySlice<UInt8>, beside other: ArraySlice<UInt8>?) -> String {
    let common = other.map { zip(line, $0).prefix { $0 == $1 }.count } ?? 0
    let start = max(0, common - shownCharacters / 2)
    // Some more bytes than characters, so that a line of any length costs little.
    let piece = line.dropFirst(start).prefix(4 * shownCharacters)
    let text = (start > 0 ? "…" : "") + String(decoding: piece, as: UTF8.self)
    return clipped(text, to: shownCharacters - 1)
  }
}

extension OutputDifference: CustomStringConvertible {
  /// As a unified diff shows it: `-` expected, `+` got.
  public var description: String {
    let shown = lines.map { line in
      switch line {
      case .same(let text): "  \(text)"
      case .missing(let text): "- \(text)"
      case .unexpected(let text): "+ \(text)"
      case .leftOut(1): "… 1 line"
      case .leftOut(let count): "… \(count) lines"
      }
    }
    return shown.joined(separator: "\n")
  }
}

/// Lines without white space at their ends, and without empty ones at the end.
private func judgedLines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
  var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
    line.prefix((line.lastIndex { !isWhiteSpace($0) } ?? line.startIndex - 1) - line.startIndex + 1)
  }
  while let last = lines.last, last.isEmpty { lines.removeLast() }
  return lines
}

private func isWhiteSpace(_ byte: UInt8) -> Bool {
  byte == 0x20 || (0x09...0x0d).contains(byte)
}
