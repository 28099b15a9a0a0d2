// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform

/// The download of one file into the cache. It goes on where an earlier one ended, and tries again what breaks.
final class FileDownload {
  let file: RemoteFile
  private let repository: String
  private let client: HubClient
  private let part: PartFile
  /// Where the bytes come from: the hub's storage, once the hub has told it. Its address is signed for a while.
  private var storage: URL?

  /// Bytes that are there.
  var byteCount: Int { part.byteCount }

  private var subject: HubClient.Subject { HubClient.Subject(repository: repository, file: file.path) }

  /// Opens what is there of the file.
  ///
  /// - Throws: `HubError.Reason.inUse`, `disk`, `stopped`.
  init(_ file: RemoteFile, of repository: String, to cache: ModelCache, client: HubClient) throws(HubError) {
    self.file = file
    self.repository = repository
    self.client = client
    part = try PartFile(file, path: cache.path(of: file.path, in: repository), stop: client.stop)
  }

  /// Downloads until `goal` bytes are there.
  ///
  /// - Parameters:
  ///   - goal: nil for the whole file.
  ///   - report: called after each piece, with what interrupts the download if something does.
  /// - Throws: `HubError`; what is there is kept, unless it is known to be wrong.
  func fetch(upTo goal: Int? = nil, report: (_ disconnection: String?) -> Void) throws(HubError) {
    let goal = min(goal ?? file.byteCount, file.byteCount)
    var failures = 0
    while part.byteCount < goal {
      let before = part.byteCount
      do throws(TransferProblem) {
        try fetchRange(upTo: goal) { report(nil) }
        failures = 0
      } catch {
        client.cancel()
        switch error {
        case .lasting(let error):
          // Where bytes have come before, the network is likely to come back.
          guard error.reason == .unreachable, before > 0 || failures > 0 else { throw error }
          failures = hasGained(since: before) ? 1 : failures + 1
          report(error.message)
          try client.pause(after: failures, because: error.message, seconds: nil, advice: advice)
        case .passing(let what, let seconds):
          storage = nil
          failures = hasGained(since: before) ? 1 : failures + 1
          report(what)
          try client.pause(after: failures, because: what, seconds: seconds, advice: advice)
        }
      }
    }
  }

  /// What is there when the connection has broken too often.
  private var advice: String {
    part.byteCount > 0
      ? "what has been downloaded is kept, and the same command goes on"
      : "nothing of \(file.path) has come; run the same command again later"
  }

  /// Whether enough has come to say that the connection works, though it breaks.
  private func hasGained(since before: Int) -> Bool { part.byteCount - before >= client.limits.slowByteCount }

  /// Checks the bytes and gives the file its name.
  ///
  /// - Returns: false where the hub gives no hash to check them against.
  /// - Throws: `HubError.Reason.wrongChecksum`, `disk`.
  func complete() throws(HubError) -> Bool { try part.complete() }

  /// Copies the first bytes of what is there into a file as long as the whole one.
  ///
  /// - Throws: `HubError.Reason.disk`.
  func copyBeginning(_ most: Int, to path: String) throws(HubError) { try part.copyBeginning(most, to: path) }

  /// Removes what is there.
  func discard() { part.discard() }

  // MARK: One request

  private func fetchRange(upTo goal: Int, report: () -> Void) throws(TransferProblem) {
    guard let address = storage ?? client.url(of: file, in: repository) else {
      throw .lasting(HubError(.unsafeName, "\(file.path) of \(repository) has a name that no address can have"))
    }
    var fields = ["Range": "bytes=\(part.byteCount)-\(goal - 1)"]
    if part.byteCount > 0, let tag = part.entityTag { fields["If-Range"] = tag }
    let answer = try client.get(address, fields: fields, subject: subject)
    try checkHubFields(answer.hubFields)
    let range = try AnsweredRange(answer.head, of: file, asked: part.byteCount..<goal, host: answer.url.host() ?? "")
    storage = answer.url.hasSameOrigin(as: client.settings.endpoint) ? nil : answer.url
    let tag = answer.head.fields["etag"].flatMap { $0.hasPrefix("\"") ? $0 : nil }
    do throws(HubError) {
      // A whole file in place of a range that was asked for under a condition: it is another one now.
      let isWhole = range.bytes.lowerBound == 0 && part.byteCount > 0
      if isWhole, let known = part.entityTag, known != tag { try part.restart() }
      if part.byteCount == 0 { try part.remember(entityTag: tag) }
      if let digest = Self.linkedSHA256(answer.hubFields) { try part.expect(linkedSha256: digest) }
    } catch {
      throw .lasting(error)
    }
    try read(range, upTo: goal, host: answer.url.host() ?? "", report: report)
  }

  /// The hub says of its file what the list said.
  private func checkHubFields(_ fields: [String: String]) throws(TransferProblem) {
    let size = fields["x-linked-size"].flatMap { Int($0) }
    let isOther = size.map { $0 != file.byteCount } ?? false
    let isOtherTag = Self.linkedSHA256(fields).map { file.sha256 != nil && $0 != file.sha256 } ?? false
    if isOther || isOtherTag {
      throw .lasting(
        HubError(.changed, "\(file.path) of \(repository) has just changed on the hub; run the same command again"))
    }
  }

  /// The SHA-256 that the hub gives as `X-Linked-ETag` for a file in its large-file storage; nil for another tag.
  private static func linkedSHA256(_ fields: [String: String]) -> String? {
    guard let tag = fields["x-linked-etag"]?.filter({ $0 != "\"" }).lowercased() else { return nil }
    return RemoteFile.isHexadecimal(tag, count: 64) ? tag : nil
  }

  /// Reads an answer into the part, past what is there already.
  private func read(
    _ range: AnsweredRange, upTo goal: Int, host: String, report: () -> Void
  ) throws(TransferProblem) {
    var position = range.bytes.lowerBound
    var watch = SlownessWatch(limits: client.limits)
    while let bytes = try client.next(host: host) {
      guard position + bytes.count <= range.bytes.upperBound else {
        part.discard()
        throw .lasting(
          HubError(
            .oversized,
            "\(host) sends more than the \(range.bytes.upperBound) bytes of \(file.path); nothing of it is kept"))
      }
      let known = min(max(0, part.byteCount - position), bytes.count)
      position += bytes.count
      do throws(HubError) { try part.append(bytes, from: known) } catch { throw .lasting(error) }
      report()
      if part.byteCount >= goal, position < range.bytes.upperBound { return client.cancel() }
      if watch.isTooSlow(at: position) { throw .passing("\(host) sends too slowly", seconds: nil) }
    }
    guard position == range.bytes.upperBound else {
      throw .passing("the connection to \(host) broke", seconds: nil)
    }
  }
}

/// The bytes that an answer holds, by its head.
private struct AnsweredRange {
  var bytes: Range<Int>

  /// - Parameter asked: the bytes of the request.
  /// - Throws: `TransferProblem` where they are others than were asked for, or of another file.
  init(_ head: HTTPHead, of file: RemoteFile, asked: Range<Int>, host: String) throws(TransferProblem) {
    let other = HubError(
      .changed,
      "\(host) sends something else than \(file.path) with its \(file.byteCount) bytes; run the same command again")
    guard head.status == 206 else {
      if let length = head.contentLength, length != file.byteCount { throw .lasting(other) }
      bytes = 0..<file.byteCount
      return
    }
    // bytes FIRST-LAST/WHOLE
    let field = head.fields["content-range"] ?? ""
    let numbers = field.split { !$0.isNumber }.map { Int($0) }
    guard field.hasPrefix("bytes "), numbers.count >= 2, let first = numbers[0], let last = numbers[1],
      first == asked.lowerBound, (first..<asked.upperBound).contains(last)
    else {
      throw .lasting(
        HubError(.badAnswer, "\(host) sends the range “\(field)” of \(file.path), which was not asked for; try later"))
    }
    if numbers.count > 2, numbers[2] != file.byteCount { throw .lasting(other) }
    bytes = first..<(last + 1)
    if let length = head.contentLength, length != bytes.count { throw .lasting(other) }
  }
}

/// Tells a server that sends a byte now and then from one that sends a file.
private struct SlownessWatch {
  private let limits: HubLimits
  private var start = monotonicSeconds()
  private var startPosition: Int?

  init(limits: HubLimits) { self.limits = limits }

  /// Whether too few bytes have come in the last stretch of time.
  mutating func isTooSlow(at position: Int) -> Bool {
    let now = monotonicSeconds()
    guard let before = startPosition else {
      startPosition = position
      return false
    }
    guard now - start >= limits.slowSeconds else { return false }
    defer { (start, startPosition) = (now, position) }
    return position - before < limits.slowByteCount
  }
}
