// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records

/// The list of a repository's files that the hub answers with: pages of JSON arrays.
package enum FileListing {
  /// No file is larger, in bytes.
  private static let largestFile = 1 << 46

  /// The files of one page.
  ///
  /// - Parameter repository: for messages.
  /// - Throws: `HubError.Reason.malformedListing`, or `unsafeName` for a GGUF file that could not be kept under its
  ///   name.
  package static func files(page: Data, repository: String) throws(HubError) -> [RemoteFile] {
    let entries: [Entry]
    do { entries = try JSONDecoder().decode([Entry].self, fromUntrusted: page) } catch {
      throw malformed(repository, "it is not the JSON of a list of files")
    }
    var files: [RemoteFile] = []
    for entry in entries where entry.type == "file" {
      guard RemoteFile.isSafe(entry.path) else {
        if !entry.path.lowercased().hasSuffix(".gguf") { continue }
        throw HubError(
          .unsafeName,
          "the list of \(repository) has a file named “\(entry.path)”, which would not stay in the cache; nothing is "
            + "downloaded")
      }
      guard let size = entry.lfs?.size ?? entry.size else {
        throw malformed(repository, "it gives no size for \(entry.path)")
      }
      guard (0...largestFile).contains(size) else {
        throw malformed(
          repository, "it gives \(entry.path) a size of \(size) bytes; no model has more than \(largestFile)")
      }
      let sha256 = entry.lfs?.oid?.lowercased()
      let gitBlob = entry.lfs == nil ? entry.oid?.lowercased() : nil
      guard sha256.map({ RemoteFile.isHexadecimal($0, count: 64) }) ?? true,
        gitBlob.map({ RemoteFile.isHexadecimal($0, count: 40) }) ?? true
      else { throw malformed(repository, "the checksum of \(entry.path) is none") }
      files.append(RemoteFile(path: entry.path, byteCount: size, sha256: sha256, gitBlob: gitBlob))
    }
    return files
  }

  /// The address of the next page in a `Link` header: `<ADDRESS>; rel="next"`; nil on the last page.
  package static func nextPage(link: String?) -> String? {
    for part in (link ?? "").split(separator: ",") {
      let fields = part.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
      guard let address = fields.first, address.hasPrefix("<"), address.hasSuffix(">") else { continue }
      if fields.dropFirst().contains(where: { $0 == "rel=\"next\"" || $0 == "rel=next" }) {
        return String(address.dropFirst().dropLast())
      }
    }
    return nil
  }

  static func malformed(_ repository: String, _ what: String) -> HubError {
    HubError(
      .malformedListing, "the hub's list of \(repository) cannot be used: \(what); check HF_ENDPOINT, or try later")
  }

  private struct Entry: Decodable {
    struct LargeFile: Decodable {
      var oid: String?
      var size: Int?
    }

    var type: String
    var path: String
    var size: Int?
    var oid: String?
    var lfs: LargeFile?
  }
}
