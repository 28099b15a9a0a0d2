// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform

/// Why a request came to nothing.
enum TransferProblem: Error {
  /// It would come to nothing again.
  case lasting(HubError)
  /// It may go better in a while: after this many seconds, if the server says how many.
  case passing(String, seconds: Double?)
}

/// Asks the hub: follows redirects by its own rules, keeps the token to itself, and reads lists of files.
final class HubClient {
  /// An answer whose bytes are still to be read.
  struct Answer {
    var head: HTTPHead
    /// Where it came from, after all redirects.
    var url: URL
    /// The header fields of the hub's own answer, which may be the redirect: `x-linked-size`, `x-linked-etag`.
    var hubFields: [String: String]
  }

  let settings: HubSettings
  let limits: HubLimits
  let stop: StopSource
  private let connection: HTTPConnection

  init(settings: HubSettings, limits: HubLimits, stop: StopSource) {
    self.settings = settings
    self.limits = limits
    self.stop = stop
    connection = HTTPConnection()
  }

  // MARK: Requests

  /// Asks for a resource and follows redirects. The answer has a status of 2xx.
  ///
  /// - Parameter fields: go with every request. The token goes to the hub alone.
  /// - Throws: `TransferProblem`.
  func get(_ url: URL, fields: [String: String] = [:], subject: Subject) throws(TransferProblem) -> Answer {
    var url = url
    var hubFields: [String: String] = [:]
    for _ in 0...limits.redirects {
      var sent = fields
      if let token = settings.token, settings.allowsToken(for: url) { sent["Authorization"] = "Bearer \(token)" }
      let head: HTTPHead
      do throws(HTTPFailure) {
        head = try connection.get(url.absoluteString, fields: sent, within: limits.answerSeconds, stop: stop)
      } catch {
        throw problem(error, host: url.host() ?? "")
      }
      if url.hasSameOrigin(as: settings.endpoint) { hubFields.merge(head.fields) { old, _ in old } }
      guard Redirect.statuses.contains(head.status) else {
        if (200..<300).contains(head.status) { return Answer(head: head, url: url, hubFields: hubFields) }
        connection.cancel()
        throw refusal(head, url: url, subject: subject)
      }
      do throws(HubError) { url = try Redirect.target(of: head.fields["location"], from: url) } catch {
        throw .lasting(error)
      }
    }
    throw .lasting(
      HubError(
        .badRedirect,
        "\(settings.hostName) redirects more than \(limits.redirects) times for \(subject.name); check HF_ENDPOINT"))
  }

  /// The next bytes of the answer; nil at its end.
  ///
  /// - Throws: `TransferProblem`.
  func next(host: String) throws(TransferProblem) -> [UInt8]? {
    do throws(HTTPFailure) { return try connection.next(within: limits.silenceSeconds, stop: stop) } catch {
      throw problem(error, host: host)
    }
  }

  /// Drops the rest of the answer.
  func cancel() { connection.cancel() }

  /// The subject of a request, for messages: a file, or a repository's list of files.
  struct Subject {
    var repository: String
    /// nil for the list of files.
    var file: String?

    var name: String { file.map { "\($0) of \(repository)" } ?? repository }
  }

  // MARK: Lists

  /// All files of a repository.
  ///
  /// - Throws: `HubError`.
  func files(of repository: String) throws(HubError) -> [RemoteFile] {
    let subject = Subject(repository: repository)
    var files: [RemoteFile] = []
    var next = url("/api/models/\(repository)/tree/main?recursive=1")
    for _ in 0..<limits.listingPages {
      guard let url = next else { throw FileListing.malformed(repository, "the address of a page is none") }
      let (page, link) = try retryingPage(url, subject: subject)
      files += try FileListing.files(page: page, repository: repository)
      guard files.count <= limits.listedFiles else {
        throw FileListing.malformed(repository, "it has more than \(limits.listedFiles) files")
      }
      guard let address = FileListing.nextPage(link: link) else { return files }
      next = URL(string: address, relativeTo: settings.endpoint)?.absoluteURL
      guard next?.hasSameOrigin(as: settings.endpoint) == true else {
        throw FileListing.malformed(repository, "it goes on at “\(address)”, which is another server")
      }
    }
    throw FileListing.malformed(repository, "it has more than \(limits.listingPages) pages")
  }

  private func page(_ url: URL, subject: Subject) throws(TransferProblem) -> (Data, link: String?) {
    let answer = try get(url, subject: subject)
    let deadline = monotonicSeconds() + limits.listingSeconds
    var page = Data()
    while let bytes = try next(host: settings.hostName) {
      page.append(contentsOf: bytes)
      guard page.count <= limits.listingByteCount else {
        cancel()
        throw .lasting(
          FileListing.malformed(subject.repository, "it is larger than \(limits.listingByteCount >> 20) MiB"))
      }
      guard monotonicSeconds() < deadline else {
        cancel()
        throw .passing("\(settings.hostName) sends its list too slowly", seconds: nil)
      }
    }
    return (page, answer.head.fields["link"])
  }

  /// The address of something on the hub; nil for what is no address.
  func url(_ path: String) -> URL? { URL(string: settings.endpoint.absoluteString + path) }

  /// Where the hub hands a file out.
  func url(of file: RemoteFile, in repository: String) -> URL? {
    url("/\(repository)/resolve/main/" + file.path.split(separator: "/").map(Self.escaped).joined(separator: "/"))
  }

  private static func escaped(_ name: Substring) -> String {
    name.utf8.map { byte in
      let scalar = Unicode.Scalar(byte)
      let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
      if isPlain || "-._~".unicodeScalars.contains(scalar) { return String(Character(scalar)) }
      let digits = String(byte, radix: 16, uppercase: true)
      return "%" + (byte < 16 ? "0" : "") + digits
    }.joined()
  }

  // MARK: Trying again

  /// A page of a list, asked for again after a pause where it may go better then.
  ///
  /// - Throws: `HubError`.
  private func retryingPage(_ url: URL, subject: Subject) throws(HubError) -> (Data, link: String?) {
    var failures = 0
    while true {
      do throws(TransferProblem) { return try page(url, subject: subject) } catch {
        switch error {
        case .lasting(let error): throw error
        case .passing(let what, let seconds):
          failures += 1
          try pause(
            after: failures, because: what, seconds: seconds,
            advice: "the list of \(subject.repository)'s files has not come; try later, or check HF_ENDPOINT")
        }
      }
    }
  }

  /// Waits before the next try.
  ///
  /// - Parameters:
  ///   - failures: tries in a row that have come to nothing.
  ///   - advice: what is so after too many, and what to do.
  /// - Throws: `HubError.Reason.cut` after too many, `stopped`.
  func pause(after failures: Int, because what: String, seconds: Double?, advice: String) throws(HubError) {
    guard failures <= limits.retries else {
      throw HubError(.cut, "\(what), \(failures) times in a row; \(advice)")
    }
    let own = limits.firstPause * Double(1 << min(failures - 1, 10))
    let end = monotonicSeconds() + min(max(seconds ?? 0, own), limits.longestPause)
    while monotonicSeconds() < end {
      if stop.isStopped { throw HubError.stopped }
      usleep(20_000)
    }
  }

  // MARK: What went wrong

  private func problem(_ failure: HTTPFailure, host: String) -> TransferProblem {
    let words = failure.text.isEmpty ? "" : " (\(failure.text))"
    switch failure.kind {
    case .stopped: return .lasting(HubError.stopped)
    case .silent: return .passing("\(host) is silent", seconds: nil)
    case .cut: return .passing("the connection to \(host) broke\(words)", seconds: nil)
    case .malformed:
      return .lasting(HubError(.badAnswer, "\(host) sends what is no answer of HTTP\(words); check HF_ENDPOINT"))
    case .unreachable:
      return .lasting(
        HubError(
          .unreachable,
          "\(host) cannot be reached\(words); check the network, or set HF_ENDPOINT to a mirror"))
    case .insecure:
      return .lasting(
        HubError(
          .unreachable,
          "\(host) does not prove who it is\(words); check the clock and the package ca-certificates"))
    }
  }

  /// The problem for an HTTP status other than success.
  private func refusal(_ head: HTTPHead, url: URL, subject: Subject) -> TransferProblem {
    let name = subject.name
    guard url.hasSameOrigin(as: settings.endpoint) else {
      // The hub signs the addresses of its storage for a while.
      return .passing("\(url.host() ?? "") answers with the status \(head.status) for \(name)", seconds: nil)
    }
    let code = head.fields["x-error-code"] ?? ""
    let page = "\(settings.endpoint.absoluteString)/\(subject.repository)"
    switch head.status {
    case _ where code == "GatedRepo" || (head.status == 403 && code != "RepoNotFound"):
      return .lasting(
        HubError(
          .gated,
          "\(name) is gated: accept its terms on \(page), then "
            + (settings.token == nil ? "set HF_TOKEN to a token of yours" : "try again: HF_TOKEN alone is not enough")))
    case 401 where settings.token != nil && code != "RepoNotFound":
      return .lasting(HubError(.gated, "the hub refuses the token for \(name); check HF_TOKEN and the token file"))
    case 401, 404, 410:
      let advice = settings.token == nil ? "check the name; if it is private or gated, set HF_TOKEN" : "check the name"
      return .lasting(HubError(.notFound, "the hub has no \(name), or hides it; \(advice)"))
    case 408, 425, 429, 500...599:
      let wait = head.fields["retry-after"].flatMap { Double($0) }.flatMap { $0 >= 0 ? $0 : nil }
      return .passing("\(settings.hostName) answers with the status \(head.status)", seconds: wait)
    default:
      return .lasting(
        HubError(
          .badAnswer, "\(settings.hostName) answers with the status \(head.status) for \(name); check HF_ENDPOINT"))
    }
  }
}
