// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// The least of an RTSP camera on this machine (RFC 2326): it refuses TCP, and sends a transport stream over UDP as RTP
/// (RFC 2250), over and over.
public final class LoopbackRTSPServer: Sendable {
  private let listener: LoopbackListener
  private let asked = Mutex<[String]>([])

  /// Listens on a free port.
  ///
  /// - Parameter stream: packets of 188 bytes.
  /// - Throws: when the system gives no port.
  public init(sending stream: [UInt8]) throws {
    listener = try LoopbackListener()
    listener.start { [self] connection, first in
      var request = first
      var port: UInt16?
      while !listener.isClosed {
        let reply = answer(to: request, port: &port)
        LoopbackListener.send(connection, Array(reply.utf8))
        if request.hasPrefix("PLAY"), let port { send(stream, to: port, while: connection) }
        guard let next = LoopbackListener.readRequest(connection) else { return }
        request = next
      }
    }
  }

  /// Its address.
  public var address: String { "rtsp://127.0.0.1:\(listener.port)/live" }
  /// The transports that were asked for, in order.
  public var transports: [String] { asked.withLock { $0 } }

  /// Ends all answers; later requests are refused.
  public func stop() { listener.stop() }

  private static let description = """
    v=0\r
    o=- 0 0 IN IP4 127.0.0.1\r
    s=camera\r
    c=IN IP4 127.0.0.1\r
    t=0 0\r
    m=video 0 RTP/AVP 33\r
    a=control:video\r

    """

  /// - Parameter port: set to where the client listens.
  private func answer(to request: String, port: inout UInt16?) -> String {
    let lines = request.split(separator: "\r\n")
    func field(_ name: String) -> String {
      let line = lines.first { $0.lowercased().hasPrefix(name + ":") }
      return line.map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) } ?? ""
    }
    var status = "200 OK"
    var fields: [String] = ["Session: 1"]
    var body = ""
    if request.hasPrefix("DESCRIBE") {
      body = Self.description
      fields = ["Content-Type: application/sdp", "Content-Length: \(body.utf8.count)"]
    } else if request.hasPrefix("SETUP") {
      let transport = field("transport")
      asked.withLock { $0.append(transport) }
      if transport.contains("TCP") {
        status = "461 Unsupported Transport"
      } else {
        let ports = transport.firstRange(of: "client_port=").map { transport[$0.upperBound...] } ?? ""
        port = UInt16(ports.prefix { $0.isNumber })
        fields.append("Transport: RTP/AVP;unicast;client_port=\(ports.prefix { $0 != ";" })")
      }
    }
    let head = ["RTSP/1.0 \(status)", "CSeq: \(field("cseq"))"] + fields
    return head.joined(separator: "\r\n") + "\r\n\r\n" + body
  }

  private func send(_ stream: [UInt8], to port: UInt16, while connection: Int32) {
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    address.sin_port = port.bigEndian
    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
    var number: UInt16 = 0
    while !listener.isClosed, LoopbackListener.isOpen(connection) {
      for start in stride(from: 0, to: stream.count, by: 7 * 188) {
        // Version 2, payload type 33, a number, a time that nobody reads, a sender.
        let head = [0x80, 33, UInt8(number >> 8), UInt8(number & 0xFF)] + [UInt8](repeating: 0, count: 7) + [1]
        let packet = head + stream[start..<min(start + 7 * 188, stream.count)]
        _ = withUnsafePointer(to: &address) { pointer in
          pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            sendto(descriptor, packet, packet.count, 0, $0, length)
          }
        }
        number &+= 1
        usleep(20_000)
      }
    }
  }
}
