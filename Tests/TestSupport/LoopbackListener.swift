// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// Takes connections on a free port of this machine, and serves each on a thread of its own.
final class LoopbackListener: Sendable {
  /// The system gave no port.
  struct Failure: Error {}

  /// The port that it listens on.
  let port: UInt16
  private let listener: Int32
  private let closed = Atomic<Bool>(false)

  /// Whether `stop` was called: answers should end.
  var isClosed: Bool { closed.load(ordering: .acquiring) }

  /// Listens on a free port.
  ///
  /// - Throws: `Failure`.
  init() throws {
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
  }

  /// Begins to serve.
  ///
  /// - Parameter serve: answers one request, whose lines it gets, on a connection that is then closed.
  func start(_ serve: @escaping @Sendable (_ connection: Int32, _ request: String) -> Void) {
    Thread.detachNewThread { [self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0, !isClosed else {
          if connection >= 0 { close(connection) }
          close(listener)
          return
        }
        Thread.detachNewThread {
          if let request = Self.readRequest(connection) { serve(connection, request) }
          close(connection)
        }
      }
    }
  }

  /// Refuses later connections.
  func stop() {
    // The thread closes the descriptor then, and another file may get its number.
    guard !closed.exchange(true, ordering: .acquiringAndReleasing) else { return }
    shutdown(listener, Int32(SHUT_RDWR))
  }

  /// Sends all bytes.
  ///
  /// - Returns: false once the other side has gone.
  @discardableResult
  static func send(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Foundation.send(connection, $0.baseAddress.map { $0 + done }, $0.count - done, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }

  /// Whether the other side is still there.
  static func isOpen(_ connection: Int32) -> Bool {
    var byte: UInt8 = 0
    let count = recv(connection, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR))
  }

  static func readRequest(_ connection: Int32) -> String? {
    var request = ""
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !request.contains("\r\n\r\n") {
      let count = read(connection, &buffer, buffer.count)
      guard count > 0 else { return nil }
      request += String(decoding: buffer.prefix(count), as: UTF8.self)
    }
    return request
  }
}
