// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a run has measured, on what.
public struct BenchmarkReport: Sendable, Codable, Equatable {
  /// Which model, and how it was used.
  public struct Subject: Sendable, Codable, Equatable {
    public var name: String
    /// Bytes of weights that are read once a token.
    public var weightBytes: Int
    /// How the weights are stored, the commonest first, such as `Q4_0, Q6_K, F32`.
    public var types: String
    /// How keys and values are stored.
    public var cacheType: String

    public init(name: String, weightBytes: Int, types: String, cacheType: String) {
      self.name = name
      self.weightBytes = weightBytes
      self.types = types
      self.cacheType = cacheType
    }
  }

  public var machine: Machine
  public var subject: Subject
  public var figures: [BenchmarkResult]
  /// False for a run that was stopped.
  public var isComplete: Bool

  public init(machine: Machine, subject: Subject, figures: [BenchmarkResult] = [], isComplete: Bool = false) {
    self.machine = machine
    self.subject = subject
    self.figures = figures
    self.isComplete = isComplete
  }

  /// All of it as one JSON object on a line.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    // Its numbers are finite and its strings are strings.
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }

  /// Reads what `json` wrote.
  ///
  /// - Throws: `BenchmarkError.unreadableReport` naming the file.
  public init(path: String) throws(BenchmarkError) {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      self = try decoder.decode(BenchmarkReport.self, from: Data(contentsOf: URL(filePath: path)))
    } catch let error as DecodingError {
      throw .unreadableReport(path: path, reason: Self.words(error))
    } catch {
      throw .unreadableReport(path: path, reason: error.localizedDescription)
    }
  }

  private static func words(_ error: DecodingError) -> String {
    func place(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
    switch error {
    case .keyNotFound(let key, let context): return "it lacks \(place(context.codingPath + [key]))"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return "\(place(context.codingPath)) is not what it should be"
    case .dataCorrupted(let context):
      return context.codingPath.isEmpty ? "it is not valid JSON" : "\(place(context.codingPath)) is not known"
    @unknown default: return "it is not a report"
    }
  }
}
