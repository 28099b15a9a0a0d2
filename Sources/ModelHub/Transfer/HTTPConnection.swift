// SPDX-License-Identifier: Apache-2.0

import Foundation
import FoundationNetworking
import Platform

/// GET requests, one at a time, whose answers are read piece by piece by the thread that asks.
///
/// URLSession (libcurl) does the work on its own threads. It follows no redirect and keeps neither cookies nor passwords
/// nor answers.
final class HTTPConnection {
  private let events: HTTPEvents
  private let session: URLSession
  private var task: URLSessionDataTask?

  private static let userAgent = "edgeassist/0.1.0"

  /// - Parameter mostWaiting: bytes that may wait in memory.
  init(mostWaiting: Int) {
    events = HTTPEvents(mostWaiting: mostWaiting)
    let configuration = URLSessionConfiguration.ephemeral
    configuration.urlCache = nil
    configuration.urlCredentialStorage = nil
    configuration.httpCookieStorage = nil
    configuration.httpCookieAcceptPolicy = .never
    configuration.httpShouldSetCookies = false
    // Times are watched by whoever reads. This one only ends requests that nobody reads any more.
    configuration.timeoutIntervalForRequest = 300
    session = URLSession(configuration: configuration, delegate: events, delegateQueue: nil)
  }

  deinit {
    cancel()
    // Without this the session would keep its delegate for ever.
    session.finishTasksAndInvalidate()
  }

  /// Sends a request and waits for the beginning of the answer. An answer that is under way is dropped.
  ///
  /// - Throws: `HTTPFailure`.
  func get(
    _ url: URL, fields: [String: String], within seconds: Double, stop: StopSource
  ) throws(HTTPFailure) -> HTTPHead {
    cancel()
    var request = URLRequest(url: url)
    request.setValue(Self.userAgent, forHTTPHeaderField: "User-Agent")
    // Compressed bytes could not be counted.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    for (name, value) in fields { request.setValue(value, forHTTPHeaderField: name) }
    let task = session.dataTask(with: request)
    self.task = task
    events.begin(task: task.taskIdentifier)
    task.resume()
    return try events.head(until: monotonicSeconds() + seconds, stop: stop)
  }

  /// The next bytes of the answer.
  ///
  /// - Returns: nil at its end.
  /// - Throws: `HTTPFailure`.
  func next(within seconds: Double, stop: StopSource) throws(HTTPFailure) -> [Data]? {
    try events.take(until: monotonicSeconds() + seconds, stop: stop)
  }

  /// Drops the rest of the answer.
  func cancel() {
    if events.drop() { task?.cancel() }
    task = nil
  }
}
