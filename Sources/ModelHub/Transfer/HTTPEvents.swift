// SPDX-License-Identifier: Apache-2.0

import Foundation
import FoundationNetworking
import Platform

/// The beginning of an answer.
struct HTTPHead: Sendable, Equatable {
  var status: Int
  /// By their names in small letters.
  var fields: [String: String]

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
    /// More bytes came at once than may wait.
    case overflow
  }

  var kind: Kind
  /// What libcurl says of it.
  var text = ""
}

/// What has come of the request that is under way. URLSession writes it, from a queue of its own; one thread reads it.
final class HTTPEvents: NSObject, URLSessionDataDelegate, Sendable {
  private struct State {
    /// The task whose events count; 0 for none.
    var task = 0
    var head: HTTPHead?
    var pieces: [Data] = []
    var waitingByteCount = 0
    var end: Result<Void, HTTPFailure>?
    /// URLSession ends the task by itself.
    var isEnding = false
  }

  private let state = Monitor(State())
  private let mostWaiting: Int

  /// - Parameter mostWaiting: bytes that may wait for whoever reads them.
  init(mostWaiting: Int) { self.mostWaiting = mostWaiting }

  // MARK: For the reader

  /// From now on the events of this task count.
  func begin(task: Int) { state.withLock { $0 = State(task: task) } }

  /// Forgets what was, and lets no more events count.
  ///
  /// - Returns: whether the task has to be cancelled. URLSession would end the program if a task were cancelled whose
  ///   redirect has just been declined.
  func drop() -> Bool {
    state.withLock { state in
      defer { state = State() }
      return state.task != 0 && !state.isEnding
    }
  }

  /// Waits for the beginning of the answer.
  ///
  /// - Throws: `HTTPFailure`.
  func head(until deadline: Double, stop: StopSource) throws(HTTPFailure) -> HTTPHead {
    try wait(until: deadline, stop: stop) { state -> Result<HTTPHead, HTTPFailure>? in
      if let head = state.head { return .success(head) }
      switch state.end {
      case .failure(let failure): return .failure(failure)
      case .success: return .failure(HTTPFailure(kind: .cut, text: "the answer is empty"))
      case nil: return nil
      }
    }
  }

  /// Waits for bytes and takes all that are there.
  ///
  /// - Returns: nil at the end of the answer.
  /// - Throws: `HTTPFailure`, after the bytes that came before.
  func take(until deadline: Double, stop: StopSource) throws(HTTPFailure) -> [Data]? {
    try wait(until: deadline, stop: stop) { state -> Result<[Data]?, HTTPFailure>? in
      guard state.pieces.isEmpty else {
        defer { (state.pieces, state.waitingByteCount) = ([], 0) }
        return .success(state.pieces)
      }
      return state.end?.map { _ in nil }
    }
  }

  /// Looks whenever something has come, and twenty times a second for a stop.
  private func wait<Value>(
    until deadline: Double, stop: StopSource, _ look: (inout State) -> Result<Value, HTTPFailure>?
  ) throws(HTTPFailure) -> Value {
    while true {
      if stop.isStopped { throw HTTPFailure(kind: .stopped) }
      let now = monotonicSeconds()
      guard now < deadline else { throw HTTPFailure(kind: .silent) }
      let next = min(deadline, now + 0.05)
      let found = state.waitFor { state -> Monitor<State>.Poll<Result<Value, HTTPFailure>?> in
        if let result = look(&state) { return .done(result) }
        return monotonicSeconds() < next ? .wait(until: next) : .done(nil)
      }
      if let found { return try found.get() }
    }
  }

  // MARK: From URLSession

  /// Changes the state if the task is the one that counts.
  @discardableResult
  private func change(_ task: URLSessionTask, _ body: (inout State) -> Void) -> Bool {
    let number = task.taskIdentifier
    return state.withLock { state in
      guard state.task == number else { return false }
      body(&state)
      return true
    }
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @Sendable @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    change(dataTask) { state in if state.head == nil { state.head = HTTPHead(response) } }
    completionHandler(.allow)
  }

  /// No redirect is followed here: whoever asked decides where the next request goes, and what goes with it.
  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @Sendable @escaping (URLRequest?) -> Void
  ) {
    let isAwaited = change(task) { state in
      state.head = HTTPHead(response)
      (state.end, state.isEnding) = (.success(()), true)
    }
    if isAwaited { completionHandler(nil) }
  }

  /// Nobody is asked for a password: the status says what is the matter.
  func urlSession(
    _ session: URLSession, task: URLSessionTask, didReceive challenge: URLAuthenticationChallenge,
    completionHandler: @Sendable @escaping (URLSession.AuthChallengeDisposition, URLCredential?) -> Void
  ) {
    let isAwaited = change(task) { state in
      state.head = state.head ?? challenge.failureResponse.flatMap { HTTPHead($0) }
      (state.end, state.isEnding) = (.success(()), true)
    }
    if isAwaited { completionHandler(.performDefaultHandling, nil) }
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    change(dataTask) { state in
      guard state.end == nil else { return }
      guard state.waitingByteCount + data.count <= mostWaiting else {
        state.end = .failure(HTTPFailure(kind: .overflow))
        return
      }
      state.pieces.append(data)
      state.waitingByteCount += data.count
    }
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    change(task) { state in
      // A redirect to an address that is none comes without its head.
      state.head = state.head ?? task.response.flatMap { HTTPHead($0) }
      state.isEnding = true
      guard state.end == nil else { return }
      state.end = error.map { .failure(HTTPFailure($0)) } ?? .success(())
    }
  }
}

extension HTTPHead {
  fileprivate init?(_ response: URLResponse) {
    guard let response = response as? HTTPURLResponse else { return nil }
    status = response.statusCode
    fields = [:]
    for case (let name as String, let value as String) in response.allHeaderFields {
      fields[name.lowercased()] = value
    }
  }
}

extension HTTPFailure {
  fileprivate init(_ error: any Error) {
    let error = error as? URLError
    let code = error?.code ?? .unknown
    // What is underneath has libcurl's own words.
    let curl = error?.errorUserInfo[NSUnderlyingErrorKey] as? NSError
    text = curl?.localizedDescription ?? error?.localizedDescription ?? ""
    let words = text.lowercased()
    switch code {
    case .cannotFindHost, .cannotConnectToHost, .dnsLookupFailed, .notConnectedToInternet, .unsupportedURL, .badURL:
      kind = .unreachable
    case _ where words.contains("ssl") || words.contains("certificate") || words.contains("tls"):
      // libcurl also names its TLS library when an open connection breaks.
      kind = words.contains("certificate") || words.contains("connect error") ? .insecure : .cut
    case .timedOut: kind = .silent
    default: kind = .cut
    }
  }
}
