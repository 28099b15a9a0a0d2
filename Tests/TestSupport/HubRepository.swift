// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A repository as the Hugging Face hub serves it: the pages of its list, and files that lie in a storage of another
/// origin.
public struct HubRepository: Sendable {
  /// A file of the repository.
  public struct File: Sendable {
    public var path: String
    public var bytes: [UInt8]
    /// The SHA-256 of the contents, as the hub states it.
    public var sha256: String

    public init(_ path: String, _ bytes: [UInt8], sha256: String) {
      self.path = path
      self.bytes = bytes
      self.sha256 = sha256
    }
  }

  public var name: String
  public var files: [File]
  /// The token that the hub wants for the files; nil for none.
  public var token: String?
  /// Files on a page of the list.
  public var pageSize = 1000
  /// Whether the list has the files' hashes.
  public var listsHashes = true
  /// The address of the storage, without a slash at its end; nil where the hub hands files out itself.
  public var storage: String?

  public init(_ name: String, _ files: [File], storage: String? = nil) {
    self.name = name
    self.files = files
    self.storage = storage
  }

  /// The hub's answer to a request.
  ///
  /// - Parameter hub: the hub's own address.
  public func reply(to request: LoopbackHTTPServer.Request, hub: String = "") -> LoopbackHTTPServer.Reply {
    let path = request.path.split(separator: "?")[0]
    if path == "/api/models/\(name)/tree/main" { return list(request, hub: hub) }
    let prefix = "/\(name)/resolve/main/"
    guard path.hasPrefix(prefix), let file = file(String(path.dropFirst(prefix.count))) else {
      // The hub does not tell strangers whether a repository exists.
      let isKnown = request.fields["authorization"] != nil
      return LoopbackHTTPServer.Reply(
        isKnown ? 404 : 401, ["X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"])
    }
    if let token, request.fields["authorization"] != "Bearer \(token)" {
      return LoopbackHTTPServer.Reply(request.fields["authorization"] == nil ? 401 : 403, ["X-Error-Code": "GatedRepo"])
    }
    let fields = [
      "X-Repo-Commit": String(repeating: "c", count: 40), "X-Linked-Size": "\(file.bytes.count)",
      "X-Linked-ETag": "\"\(file.sha256)\"",
    ]
    guard let storage else {
      var reply = LoopbackHTTPServer.Reply.file(file.bytes, entityTag: file.sha256, for: request)
      reply.fields.merge(fields) { old, _ in old }
      return reply
    }
    return .redirect(to: "\(storage)/blobs/\(file.path)?signature=abc", fields)
  }

  /// The storage's answer to a request.
  public func storageReply(to request: LoopbackHTTPServer.Request) -> LoopbackHTTPServer.Reply {
    let path = request.path.split(separator: "?")[0]
    guard let file = file(String(path.dropFirst("/blobs/".count))) else { return LoopbackHTTPServer.Reply(404) }
    return .file(file.bytes, entityTag: "tag-" + file.sha256.prefix(8), for: request)
  }

  private func file(_ path: String) -> File? { files.first { $0.path == path.removingPercentEncoding } }

  private func list(_ request: LoopbackHTTPServer.Request, hub: String) -> LoopbackHTTPServer.Reply {
    let start = request.path.split(separator: "cursor=").dropFirst().first.flatMap { Int($0) } ?? 0
    let page = files.dropFirst(start).prefix(pageSize)
    var entries = page.map { file in
      guard listsHashes else {
        return #"{"type":"file","path":"\#(file.path)","lfs":{"size":\#(file.bytes.count)}}"#
      }
      return """
        {"type":"file","oid":"\(String(repeating: "a", count: 40))","size":\(file.bytes.count),"path":"\(file.path)",\
        "lfs":{"oid":"\(file.sha256)","size":\(file.bytes.count),"pointerSize":135}}
        """
    }
    if start == 0 { entries.append(#"{"type":"directory","oid":"","size":0,"path":"folder"}"#) }
    var reply = LoopbackHTTPServer.Reply(
      200, ["Content-Type": "application/json"], body: Array("[\(entries.joined(separator: ","))]".utf8))
    if start + page.count < files.count {
      let next = "\(hub)/api/models/\(name)/tree/main?recursive=1&cursor=\(start + page.count)"
      reply.fields["Link"] = "<\(next)>; rel=\"next\""
    }
    return reply
  }
}
