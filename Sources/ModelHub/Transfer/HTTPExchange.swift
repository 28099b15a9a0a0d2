// SPDX-License-Identifier: Apache-2.0

import CCurl

/// The beginning of an answer.
struct HTTPHead: Sendable, Equatable {
  var status = 0
  /// By their names in small letters.
  var fields: [String: String] = [:]

  /// `Content-Length`; nil without one.
  var contentLength: Int? { fields["content-length"].flatMap { Int($0) } }
}

/// Why no answer came, or not all of it.
struct HTTPFailure: Error, Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    /// The user stopped the work.
    case stopped
    /// The server is silent.
    case silent
    /// No connection could be made.
    case unreachable
    /// The server is not who it should be, by its certificate.
    case insecure
    /// The connection broke.
    case cut
    /// The answer is none.
    case malformed
  }

  var kind: Kind
  /// The error message, mostly libcurl's; may be empty.
  var text = ""
}

/// One request and its answer so far. libcurl writes into it, while it is called.
final class HTTPExchange {
  /// The head, once it is complete.
  private(set) var head: HTTPHead?
  /// Bytes of the body that nobody has taken yet.
  private var waiting: [UInt8] = []
  private(set) var isPaused = false
  private var lines = HTTPHead()
  private var headByteCount = 0
  private var fields: UnsafeMutablePointer<curl_slist>?
  private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  /// The request; nil when memory has run out.
  private(set) var request: UnsafeMutableRawPointer?

  /// Bytes of the heads and trailers of an answer.
  private static let longestHead = 1 << 18
  /// Bytes that wait before the server is told to wait.
  private static let mostWaiting = 1 << 20
  private static let userAgent = "edgeassist/0.1.0"

  init(_ url: String, fields: [String: String]) {
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    for (name, value) in fields { self.fields = curl_slist_append(self.fields, "\(name): \(value)") }
    let takeHead: shim_curl_take = { bytes, size, count, context in
      guard let bytes, let context else { return 0 }
      let exchange = Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue()
      return exchange.takeHead(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
    }
    let takeBody: shim_curl_take = { bytes, size, count, context in
      guard let bytes, let context else { return 0 }
      let exchange = Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue()
      return exchange.takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : shim_pause()
    }
    request = shim_make_request(
      url, Self.userAgent, self.fields, takeHead, takeBody, Unmanaged.passUnretained(self).toOpaque(), errorText)
  }

  deinit {
    if let request { curl_easy_cleanup(request) }
    curl_slist_free_all(fields)
    errorText.deallocate()
  }

  // MARK: From libcurl

  /// - Returns: false for a head that is too long.
  private func takeHead(_ bytes: UnsafeRawBufferPointer) -> Bool {
    headByteCount += bytes.count
    guard headByteCount <= Self.longestHead else { return false }
    // Fields after the head are trailers.
    guard head == nil else { return true }
    let line = String(decoding: bytes, as: UTF8.self).trimmingSuffix { $0.isNewline }
    if line.hasPrefix("HTTP/") {
      lines = HTTPHead(status: line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)
    } else if line.isEmpty {
      // An answer of 1xx announces the one that counts.
      if lines.status >= 200 { head = lines }
    } else {
      let halves = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard halves.count == 2 else { return true }
      let name = halves[0].lowercased()
      let value = String(halves[1].trimmingPrefix { $0.isWhitespace }).trimmingSuffix { $0.isWhitespace }
      lines.fields[name] = lines.fields[name].map { $0 + ", " + value } ?? String(value)
    }
    return true
  }

  /// - Returns: false where the bytes have to come again later.
  private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    // A body without a head is an answer of HTTP 0.9, which libcurl refuses.
    if head == nil { head = lines }
    guard waiting.count < Self.mostWaiting else {
      isPaused = true
      return false
    }
    waiting.append(contentsOf: bytes)
    return true
  }

  // MARK: For the reader

  /// Whether there are bytes to take.
  var hasNews: Bool { !waiting.isEmpty }

  /// Takes all bytes that wait.
  func take() -> [UInt8] {
    defer { waiting = [] }
    return waiting
  }

  /// Lets a paused server send again.
  func resume() {
    guard isPaused, let request else { return }
    isPaused = false
    _ = shim_resume(request)
  }

  /// The failure for a libcurl result other than success.
  func failure(_ result: CURLcode) -> HTTPFailure {
    let own = String(cString: errorText)
    let text = own.isEmpty ? String(cString: curl_easy_strerror(result)) : own
    switch result {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_URL_MALFORMAT,
      CURLE_SSL_CONNECT_ERROR:
      return HTTPFailure(kind: .unreachable, text: text)
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_ISSUER_ERROR:
      return HTTPFailure(kind: .insecure, text: text)
    case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_WRITE_ERROR, CURLE_BAD_CONTENT_ENCODING:
      return HTTPFailure(kind: .malformed, text: text)
    case CURLE_OPERATION_TIMEDOUT: return HTTPFailure(kind: .silent)
    default: return HTTPFailure(kind: .cut, text: text)
    }
  }
}

extension StringProtocol {
  /// The text without the characters at its end that a test holds for.
  fileprivate func trimmingSuffix(while test: (Character) -> Bool) -> String {
    String(self[..<(lastIndex { !test($0) }.map { index(after: $0) } ?? startIndex)])
  }
}
