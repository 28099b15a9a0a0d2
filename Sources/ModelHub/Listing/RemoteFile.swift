// SPDX-License-Identifier: Apache-2.0

/// A file of a repository, as the hub lists it.
public struct RemoteFile: Sendable, Equatable, Codable {
  /// The path in the repository. Every part of it is the name of a file or folder and leads nowhere else.
  public let path: String
  /// Bytes.
  public let byteCount: Int
  /// Of the contents, in hexadecimal digits; nil for a small file that is stored in Git itself, or where the list has
  /// none.
  public let sha256: String?
  /// Git's name for the contents: SHA-1 of `blob SIZE`, a zero byte and the contents; nil where there is a `sha256`.
  public let gitBlob: String?

  /// Memberwise; the path has been checked with `isSafe`.
  package init(path: String, byteCount: Int, sha256: String? = nil, gitBlob: String? = nil) {
    self.path = path
    self.byteCount = byteCount
    self.sha256 = sha256
    self.gitBlob = gitBlob
  }

  /// The path without its folders.
  public var name: String { String(path.split(separator: "/").last ?? "") }
  /// The folders of the path; empty for a file at the top.
  var folder: String { path.split(separator: "/").dropLast().joined(separator: "/") }
  /// Whether the name ends as those of GGUF files do.
  var isGGUF: Bool { path.lowercased().hasSuffix(".gguf") }

  /// Whether a text is a hash of this many hexadecimal digits, in small letters.
  static func isHexadecimal(_ text: String, count: Int) -> Bool {
    text.utf8.count == count && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  private static let deepest = 8
  /// Bytes of a name, less what the cache appends to it.
  private static let longestName = 200

  /// Whether a path of the hub can be a path in the cache: it is relative, and leads neither up nor anywhere else.
  ///
  /// Names that begin with a dot are the cache's own.
  package static func isSafe(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...deepest).contains(parts.count) else { return false }
    return parts.allSatisfy { part in
      !part.isEmpty && part.first != "." && part.utf8.count <= longestName
        && part.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && $0 != "\\" }
    }
  }
}
