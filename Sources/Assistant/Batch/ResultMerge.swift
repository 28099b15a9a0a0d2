// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Foundation
import Platform
import Records

/// Joins the result files of several shards to one, in the order of the requests.
public struct ResultMerge {
  /// What has been joined.
  public struct Summary: Sendable, Equatable {
    /// Lines of the request file that hold something.
    public var requests = 0
    /// Results written.
    public var results = 0
    /// Those of them that are errors.
    public var errors = 0
    /// Results of requests that are not in the request file; they are left out.
    public var strangers = 0
    /// What has no result, in the order of the requests: an id, with the turn where others of it have one.
    public var missing: [String] = []
  }

  /// What a result answers.
  private enum Key: Hashable {
    case turn(id: String, Int)
    /// A line that is no request.
    case line(Int)
  }

  /// Where a result is.
  private struct Place {
    let file: Int
    let bytes: Range<Int>
    let isError: Bool
  }

  private let requests: String
  private let shards: [String]
  private let stop: StopSource?

  /// - Parameters:
  ///   - requests: the file of requests.
  ///   - shards: the files of results, in any order.
  public init(requests: String, shards: [String], stop: StopSource? = nil) {
    self.requests = requests
    self.shards = shards
    self.stop = stop
  }

  /// Writes the results of all shards. Of two results of a turn an answer is taken before an error, and then the first.
  ///
  /// - Parameter output: the file; nil for standard output.
  /// - Throws: `ReportedError` naming the file and line: `requestMalformed` for a file that cannot be read or is no
  ///   file of results, `outputUnwritable`.
  public func run(output: String?) throws(ReportedError) -> Summary {
    var places: [Key: Place] = [:]
    for index in shards.indices { try read(index, into: &places) }
    let files = try shards.map { path throws(ReportedError) in try Self.open(path) }
    defer { for file in files { try? file.close() } }
    let written = try ResumableRecords<AnsweredTurn>(
      path: output, inputs: [requests] + shards, isResuming: false, stop: stop)
    var summary = Summary()
    var reader = try LineReader(path: requests, stop: stop)
    var identifiers = IdentifierSet()
    while stop?.isStopped != true, let line = try reader.next() {
      if line.isBlank { continue }
      summary.requests += 1
      for (key, name) in Self.expected(of: line, &identifiers) {
        guard let place = places.removeValue(forKey: key) else {
          summary.missing.append(name)
          continue
        }
        try written.write(line: Self.text(files[place.file], place.bytes, path: shards[place.file]))
        summary.results += 1
        if place.isError { summary.errors += 1 }
      }
    }
    summary.strangers = places.count
    return summary
  }

  /// The results that a line of the request file has, with what people call them.
  ///
  /// - Parameter identifiers: the ids so far.
  private static func expected(
    of line: LineReader.Line, _ identifiers: inout IdentifierSet
  ) -> [(Key, name: String)] {
    do {
      let request = try BatchRequest(line)
      // A second request of an id is refused like a line that is none.
      guard identifiers.insert(request.id) else { return [(.line(line.number), "line \(line.number)")] }
      guard request.turns.count > 1 else { return [(.turn(id: request.id, 0), request.id)] }
      return request.turns.indices.map { (.turn(id: request.id, $0), "\(request.id) (turn \($0))") }
    } catch {
      // A line that is no request has one result, which names the line.
      return [(.line(line.number), "line \(line.number)")]
    }
  }

  private func read(_ index: Int, into places: inout [Key: Place]) throws(ReportedError) {
    var reader = try LineReader(path: shards[index], limit: 8 * LineReader.usualLimit, stop: stop)
    var end = 0
    while let line = try reader.next() {
      let bytes = end..<reader.end
      end = reader.end
      if line.isBlank { continue }
      guard let text = line.text, let record = try? SnakeCaseJSON.decode(AnsweredTurn.self, from: Data(text.utf8))
      else {
        // A run that was cut off leaves a part of a line.
        if !reader.isLineComplete { return }
        throw .requestMalformed(
          message: "\(shards[index]) is not a file of results: line \(line.number) is none; name the files that "
            + "--batch --shard has written")
      }
      let key: Key
      if let number = record.line {
        key = .line(number)
      } else if let id = record.id {
        key = .turn(id: id, record.turn ?? 0)
      } else {
        continue
      }
      let place = Place(file: index, bytes: bytes, isError: record.status == .error)
      if let other = places[key], !other.isError || place.isError { continue }
      places[key] = place
    }
  }

  private static func open(_ path: String) throws(ReportedError) -> FileHandle {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw .requestMalformed(message: "\(path) cannot be read")
    }
    return file
  }

  private static func text(
    _ file: FileHandle, _ bytes: Range<Int>, path: String
  ) throws(ReportedError) -> String {
    do {
      try file.seek(toOffset: UInt64(bytes.lowerBound))
      let data = try file.read(upToCount: bytes.count) ?? Data()
      return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
    } catch {
      throw .requestMalformed(message: "\(path) cannot be read: \(error.localizedDescription)")
    }
  }
}
