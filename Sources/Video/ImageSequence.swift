// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Foundation
import Platform

/// A row of numbered images, such as `img_%03d.png`, that is read as a video.
struct ImageSequence {
  /// The smallest number that an image has; nil where there is none.
  let firstNumber: Int?

  /// Digits that FFmpeg has room for.
  private static let mostDigits = 19

  /// - Returns: nil for a path that names no row: a file of that name comes first.
  init?(_ path: String) {
    guard access(path, F_OK) != 0, Self.isPattern(path) else { return nil }
    let folderEnd = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    guard let (prefix, width, suffix) = Self.parts(of: path[folderEnd...]) else { return nil }
    let folder = folderEnd == path.startIndex ? "." : String(path[..<folderEnd])
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    firstNumber = names.lazy.compactMap { name -> Int? in
      guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
      let digits = name.dropFirst(prefix.count).dropLast(suffix.count)
      guard digits.count >= width, digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int32(digits),
        digits.count == max(width, String(number).count)
      else { return nil }
      return Int(number)
    }.min()
  }

  /// Whether a path looks like a pattern for many names to FFmpeg.
  static func isPattern(_ path: String) -> Bool { av_filename_number_test(path) != 0 }

  /// The parts before and behind the number in a name, and the least of its digits; nil where there is no number, or
  /// more than one, or one that is too long.
  private static func parts(of pattern: Substring) -> (prefix: String, width: Int, suffix: String)? {
    var texts = [""]
    var width = 0
    var rest = pattern
    while let letter = rest.popFirst() {
      if letter != "%" {
        texts[texts.count - 1].append(letter)
      } else if rest.first == "%" {
        texts[texts.count - 1].append("%")
        rest.removeFirst()
      } else {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count)
        guard rest.popFirst() == "d", let count = digits.isEmpty ? 0 : Int(digits), count <= mostDigits else {
          return nil
        }
        width = count
        texts.append("")
      }
    }
    return texts.count == 2 ? (texts[0], width, texts[1]) : nil
  }
}
