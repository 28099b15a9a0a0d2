// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A web server on this machine whose answers a test chooses.
public final class LoopbackMediaServer: Sendable {
  /// The answer to the n-th request, from 0.
  public enum Answer: Sendable {
    /// A file with a known length, of which parts can be asked for.
    case file([UInt8])
    /// A file with a known length that is always sent from its beginning.
    case wholeFile([UInt8])
    /// The same, but the connection closes after that number of bytes.
    case cutFile([UInt8], sent: Int)
    /// A stream without a stated length: these bytes, then the connection closes.
    case stream([UInt8])
    /// The same, but the connection stays open and nothing more comes.
    case stalledStream([UInt8])
    /// The same over and over, for as long as the client takes it.
    case endlessStream([UInt8])
    /// The same in parts, each as soon as the gate allows it.
    case parts([[UInt8]], Gate)
    /// The parts of a camera's images, and the connection stays open.
    case images([UInt8])
    /// The connection closes at once.
    case hangUp
  }

  /// How many parts of an answer may be sent by now.
  public final class Gate: Sendable {
    private let count = Atomic<Int>(0)

    /// Nothing may be sent yet.
    public init() {}

    /// Lets this many parts be sent, from the first.
    public func allow(parts: Int) { count.store(parts, ordering: .releasing) }

    fileprivate func allows(part: Int) -> Bool { part < count.load(ordering: .acquiring) }
  }

  private let listener: LoopbackListener
  private let requests = Atomic<Int>(0)

  /// The port that it listens on.
  public var port: UInt16 { listener.port }
  private var isClosed: Bool { listener.isClosed }
  private let openCount = Atomic<Int>(0)

  /// Answers that are being given: to clients that have not closed their connection.
  public var openAnswers: Int { openCount.load(ordering: .relaxed) }

  /// Listens on a free port.
  ///
  /// - Parameter answer: what to answer to the n-th request.
  /// - Throws: when the system gives no port.
  public convenience init(answer: @escaping @Sendable (Int) -> Answer) throws {
    try self.init { number, _ in answer(number) }
  }

  /// Listens on a free port.
  ///
  /// - Parameter answer: what to answer to the n-th request, which is for this path.
  /// - Throws: when the system gives no port.
  public init(answer: @escaping @Sendable (Int, String) -> Answer) throws {
    listener = try LoopbackListener()
    listener.start { [self] connection, request in
      let number = requests.wrappingAdd(1, ordering: .relaxed).oldValue
      let path = request.split(separator: " ").dropFirst().first.map(String.init) ?? ""
      openCount.wrappingAdd(1, ordering: .relaxed)
      serve(connection, request, answer(number, path))
      openCount.wrappingSubtract(1, ordering: .relaxed)
    }
  }

  /// The address of a file on it.
  public func address(_ name: String) -> String { "http://127.0.0.1:\(port)/\(name)" }

  /// Ends all answers; later requests are refused.
  public func stop() { listener.stop() }

  private func serve(_ connection: Int32, _ request: String, _ answer: Answer) {
    switch answer {
    case .hangUp:
      return
    case .file(let bytes):
      let range = request.lowercased().split(separator: "\r\n").first { $0.hasPrefix("range: bytes=") }
      let from = range?.dropFirst("range: bytes=".count).prefix { $0.isNumber }
      let start = min(from.flatMap { Int($0) } ?? 0, bytes.count)
      send(
        connection,
        Array(
          """
          HTTP/1.1 206 Partial Content\r
          Accept-Ranges: bytes\r
          Content-Range: bytes \(start)-\(bytes.count - 1)/\(bytes.count)\r
          Content-Length: \(bytes.count - start)\r
          Connection: close\r
          \r

          """.utf8) + bytes[start...])
    case .wholeFile(let bytes):
      send(connection, Array("HTTP/1.0 200 OK\r\nContent-Length: \(bytes.count)\r\n\r\n".utf8) + bytes)
    case .cutFile(let bytes, let count):
      let head = "HTTP/1.0 200 OK\r\nContent-Length: \(bytes.count)\r\n\r\n"
      send(connection, Array(head.utf8) + bytes.prefix(count))
    case .stream(let bytes):
      send(connection, Array("HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n".utf8) + bytes)
    case .endlessStream(let bytes):
      send(connection, Array("HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n".utf8))
      while !isClosed, LoopbackListener.isOpen(connection) {
        send(connection, bytes)
        usleep(5000)
      }
    case .parts(let parts, let gate):
      send(connection, Array("HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n".utf8))
      for (number, part) in parts.enumerated() {
        while !gate.allows(part: number), !isClosed { usleep(5000) }
        send(connection, part)
      }
    case .images(let bytes):
      let type = "multipart/x-mixed-replace; boundary=frame"
      send(connection, Array("HTTP/1.0 200 OK\r\nContent-Type: \(type)\r\n\r\n".utf8) + bytes)
      while !isClosed { usleep(20_000) }
    case .stalledStream(let bytes):
      send(connection, Array("HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n".utf8) + bytes)
      while !isClosed, LoopbackListener.isOpen(connection) { usleep(20_000) }
    }
  }

  private func send(_ connection: Int32, _ bytes: [UInt8]) { LoopbackListener.send(connection, bytes) }
}
