// SPDX-License-Identifier: Apache-2.0

import CCurl
import Platform

/// GET requests, one at a time, whose answers are read piece by piece. libcurl does the work, on the thread that reads:
/// what is not read waits on the server.
final class HTTPConnection {
  private let transfer: UnsafeMutableRawPointer?
  private var exchange: HTTPExchange?
  /// How the exchange has ended; nil while it is under way.
  private var result: CURLcode?

  private static let isReady = shim_begin_curl() != 0
  /// Milliseconds between two looks for a stop.
  private static let pollMilliseconds: Int32 = 50

  /// Opens nothing yet.
  init() { transfer = Self.isReady ? curl_multi_init() : nil }

  deinit {
    cancel()
    if let transfer { curl_multi_cleanup(transfer) }
  }

  /// Sends a request and waits for the head of the answer. An answer that is under way is dropped.
  ///
  /// - Throws: `HTTPFailure`.
  func get(
    _ url: String, fields: [String: String], within seconds: Double, stop: StopSource
  ) throws(HTTPFailure) -> HTTPHead {
    cancel()
    let exchange = HTTPExchange(url, fields: fields)
    guard let transfer, let request = exchange.request, curl_multi_add_handle(transfer, request) == CURLM_OK else {
      throw HTTPFailure(kind: .unreachable, text: errorText(ENOMEM))
    }
    self.exchange = exchange
    let deadline = monotonicSeconds() + seconds
    while exchange.head == nil {
      if let result {
        throw result == CURLE_OK ? HTTPFailure(kind: .malformed, text: "no answer") : exchange.failure(result)
      }
      try work(until: deadline, stop: stop)
    }
    return exchange.head ?? HTTPHead()
  }

  /// Waits for bytes of the answer and takes all that are there.
  ///
  /// - Returns: nil at the end of the answer.
  /// - Throws: `HTTPFailure`, after the bytes that came before.
  func next(within seconds: Double, stop: StopSource) throws(HTTPFailure) -> [UInt8]? {
    guard let exchange else { return nil }
    let deadline = monotonicSeconds() + seconds
    while true {
      let bytes = exchange.take()
      if !bytes.isEmpty { return bytes }
      if exchange.isPaused {
        exchange.resume()
      } else if let result {
        if result == CURLE_OK { return nil }
        throw exchange.failure(result)
      } else {
        try work(until: deadline, stop: stop)
      }
    }
  }

  /// Lets libcurl do what can be done, and waits a little where nothing can.
  private func work(until deadline: Double, stop: StopSource) throws(HTTPFailure) {
    guard let transfer else { return }
    if stop.isStopped { throw HTTPFailure(kind: .stopped) }
    guard monotonicSeconds() < deadline else { throw HTTPFailure(kind: .silent) }
    let hadHead = exchange?.head != nil
    var running: Int32 = 0
    guard curl_multi_perform(transfer, &running) == CURLM_OK else { throw HTTPFailure(kind: .cut) }
    var ended = CURLE_OK
    if shim_has_ended(transfer, &ended) != 0 {
      result = ended
    } else if exchange?.hasNews == false, hadHead == (exchange?.head != nil) {
      curl_multi_poll(transfer, nil, 0, Self.pollMilliseconds, nil)
    }
  }

  /// Drops the rest of the answer.
  func cancel() {
    if let transfer, let request = exchange?.request { curl_multi_remove_handle(transfer, request) }
    (exchange, result) = (nil, nil)
  }
}
