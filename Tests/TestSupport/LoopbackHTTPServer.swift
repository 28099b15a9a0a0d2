// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A web server on this machine that plays the Hugging Face hub, or the storage behind it, well or badly.
public final class LoopbackHTTPServer: Sendable {
  /// A request: its path and its header fields.
  public struct Request: Sendable {
    /// With the query.
    public var path: String
    /// By their names in small letters.
    public var fields: [String: String]

    public init(path: String, fields: [String: String]) {
      self.path = path
      self.fields = fields
    }

    /// The first byte of `Range`, and the last if it says one.
    public var range: (first: Int, last: Int?)? {
      guard let field = fields["range"], field.hasPrefix("bytes=") else { return nil }
      let numbers = field.dropFirst("bytes=".count).split(separator: "-").map { Int($0) }
      guard let first = numbers.first, let first else { return nil }
      return (first, numbers.count > 1 ? numbers[1] : nil)
    }
  }

  /// How an answer's body ends.
  public enum Ending: Sendable, Equatable {
    /// With its last byte.
    case whole
    /// The connection closes after that number of bytes.
    case cut(Int)
    /// After that number of bytes nothing more comes, and the connection stays open.
    case silence(Int)
    /// A byte comes every tenth of a second.
    case trickle
    /// The body comes again and again.
    case endless
  }

  /// The answer to a request: status, header fields, body and ending.
  public struct Reply: Sendable {
    public var status: Int
    public var fields: [String: String]
    public var body: [UInt8]
    public var ending = Ending.whole
    /// The value of `Content-Length`; nil for none.
    public var claimedLength: Int?

    public init(_ status: Int, _ fields: [String: String] = [:], body: [UInt8] = [], ending: Ending = .whole) {
      self.status = status
      self.fields = fields
      self.body = body
      self.ending = ending
      claimedLength = body.count
    }

    /// A redirect.
    public static func redirect(to address: String, _ fields: [String: String] = [:]) -> Reply {
      Reply(302, fields.merging(["Location": address]) { $1 })
    }

    /// The part of a file that a request asks for, or all of it.
    public static func file(_ bytes: [UInt8], entityTag: String?, for request: Request) -> Reply {
      var fields = ["Accept-Ranges": "bytes"]
      if let entityTag { fields["ETag"] = "\"\(entityTag)\"" }
      let condition = request.fields["if-range"]
      guard let range = request.range, condition == nil || condition == fields["ETag"] else {
        return Reply(200, fields, body: bytes)
      }
      guard range.first < bytes.count else { return Reply(416, ["Content-Range": "bytes */\(bytes.count)"]) }
      let last = min(range.last ?? bytes.count - 1, bytes.count - 1)
      fields["Content-Range"] = "bytes \(range.first)-\(last)/\(bytes.count)"
      return Reply(206, fields, body: Array(bytes[range.first...last]))
    }
  }

  private let listener: LoopbackListener
  private let asked = Mutex<[Request]>([])

  /// Listens on a free port.
  ///
  /// - Parameter answer: called for each request, on a thread of its own; nil closes the connection without an answer.
  /// - Throws: when the system gives no port.
  public init(answer: @escaping @Sendable (Request) -> Reply?) throws {
    listener = try LoopbackListener()
    listener.start { [self] connection, text in
      let request = Request(text)
      asked.withLock { $0.append(request) }
      if let reply = answer(request) { send(reply, on: connection) }
    }
  }

  deinit { listener.stop() }

  /// All requests so far.
  public var requests: [Request] { asked.withLock { $0 } }

  /// Its own address, without a slash at its end.
  public var address: String { "http://127.0.0.1:\(listener.port)" }
  /// The same under another name, which is another host to a client.
  public var otherAddress: String { "http://localhost:\(listener.port)" }

  /// Ends all answers; later requests are refused.
  public func stop() { listener.stop() }

  private func send(_ reply: Reply, on connection: Int32) {
    var head = "HTTP/1.1 \(reply.status) Something\r\nConnection: close\r\n"
    for (name, value) in reply.fields.sorted(by: { $0.key < $1.key }) { head += "\(name): \(value)\r\n" }
    if let length = reply.claimedLength { head += "Content-Length: \(length)\r\n" }
    LoopbackListener.send(connection, Array((head + "\r\n").utf8))
    switch reply.ending {
    case .whole: LoopbackListener.send(connection, reply.body)
    case .cut(let count): LoopbackListener.send(connection, Array(reply.body.prefix(count)))
    case .silence(let count):
      LoopbackListener.send(connection, Array(reply.body.prefix(count)))
      while !listener.isClosed, LoopbackListener.isOpen(connection) { usleep(20_000) }
    case .trickle:
      for byte in reply.body where !listener.isClosed {
        guard LoopbackListener.send(connection, [byte]) else { return }
        usleep(100_000)
      }
    case .endless:
      while !listener.isClosed { guard LoopbackListener.send(connection, reply.body) else { return } }
    }
  }
}

extension LoopbackHTTPServer.Request {
  fileprivate init(_ text: String) {
    let lines = text.split(separator: "\r\n")
    path = lines.first?.split(separator: " ").dropFirst().first.map(String.init) ?? ""
    fields = [:]
    for line in lines.dropFirst() {
      let halves = line.split(separator: ":", maxSplits: 1)
      if halves.count == 2 { fields[halves[0].lowercased()] = halves[1].trimmingCharacters(in: .whitespaces) }
    }
  }
}
