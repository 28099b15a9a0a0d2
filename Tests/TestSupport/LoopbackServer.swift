// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A web server on this machine that sends what a test tells it to.
public final class LoopbackServer: Sendable {
  /// What happens to the n-th request, from 0.
  public enum Answer: Sendable {
    /// A file with a known length, of which parts can be asked for.
    case file([UInt8])
    /// A file with a known length that is always sent from its beginning.
    case wholeFile([UInt8])
    /// A stream without a stated length: these bytes, then the connection closes.
    case stream([UInt8])
    /// The same, but the connection stays open and nothing more comes.
    case stalledStream([UInt8])
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

  /// The port that it listens on.
  public let port: UInt16
  private let listener: Int32
  private let requests = Atomic<Int>(0)
  private let isClosed = Atomic<Bool>(false)

  /// The system gave no port.
  public struct Failure: Error {}

  /// Listens on a free port.
  ///
  /// - Parameter answer: what to answer to the n-th request.
  /// - Throws: `Failure`.
  public convenience init(answer: @escaping @Sendable (Int) -> Answer) throws {
    try self.init { number, _ in answer(number) }
  }

  /// Listens on a free port.
  ///
  /// - Parameter answer: what to answer to the n-th request, which is for this path.
  /// - Throws: `Failure`.
  public init(answer: @escaping @Sendable (Int, String) -> Answer) throws {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = self.listener
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    guard listener >= 0, bound else { throw Failure() }
    Thread.detachNewThread { [self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0, !isClosed.load(ordering: .acquiring) else {
          if connection >= 0 { close(connection) }
          close(listener)
          return
        }
        let number = requests.wrappingAdd(1, ordering: .relaxed).oldValue
        Thread.detachNewThread { [self] in
          if let request = readRequest(connection) {
            let path = request.split(separator: " ").dropFirst().first.map(String.init) ?? ""
            serve(connection, request, answer(number, path))
          }
          close(connection)
        }
      }
    }
  }

  /// The address of a file on it.
  public func address(_ name: String) -> String { "http://127.0.0.1:\(port)/\(name)" }

  /// Ends all answers; later requests are refused.
  public func stop() {
    isClosed.store(true, ordering: .releasing)
    shutdown(listener, Int32(SHUT_RDWR))
  }

  private func readRequest(_ connection: Int32) -> String? {
    var request = ""
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !request.contains("\r\n\r\n") {
      let count = read(connection, &buffer, buffer.count)
      guard count > 0 else { return nil }
      request += String(decoding: buffer.prefix(count), as: UTF8.self)
    }
    return request
  }

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
    case .stream(let bytes):
      send(connection, Array("HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n".utf8) + bytes)
    case .parts(let parts, let gate):
      send(connection, Array("HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n".utf8))
      for (number, part) in parts.enumerated() {
        while !gate.allows(part: number), !isClosed.load(ordering: .acquiring) { usleep(5000) }
        send(connection, part)
      }
    case .images(let bytes):
      let type = "multipart/x-mixed-replace; boundary=frame"
      send(connection, Array("HTTP/1.0 200 OK\r\nContent-Type: \(type)\r\n\r\n".utf8) + bytes)
      while !isClosed.load(ordering: .acquiring) { usleep(20_000) }
    case .stalledStream(let bytes):
      send(connection, Array("HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n".utf8) + bytes)
      while !isClosed.load(ordering: .acquiring) { usleep(20_000) }
    }
  }

  private func send(_ connection: Int32, _ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
