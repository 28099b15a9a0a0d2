// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform
import Records

/// The results of a run, with the machine and the model that they are of.
public struct BenchmarkReport: Sendable, Codable, Equatable {
  /// The model that was measured, and its KV cache.
  public struct Model: Sendable, Codable, Equatable {
    /// The model's name.
    public var name: String
    /// Bytes of weights that decoding one token reads.
    public var weightBytes: Int
    /// Types of the weights, the one with the most bytes first, such as `Q4_0, Q6_K, F32`.
    public var types: String
    /// Number format of keys and values.
    public var cacheType: String

    /// Memberwise; checks nothing.
    public init(name: String, weightBytes: Int, types: String, cacheType: String) {
      self.name = name
      self.weightBytes = weightBytes
      self.types = types
      self.cacheType = cacheType
    }
  }

  /// The machine that was measured.
  public var machine: Machine
  /// The model that was measured.
  public var model: Model
  /// In the order of measurement.
  public var results: [BenchmarkResult]
  /// False for a run that was stopped.
  public var isComplete: Bool
  /// Version of the JSON keys. Reports without one are of version 1.
  public private(set) var format = Self.currentFormat

  private static let currentFormat = 2

  /// Results are added as they come; `isComplete` is set at the end.
  public init(machine: Machine, model: Model, results: [BenchmarkResult] = [], isComplete: Bool = false) {
    self.machine = machine
    self.model = model
    self.results = results
    self.isComplete = isComplete
  }

  /// The report as one JSON object on a line.
  public var json: String { SnakeCaseJSON.text(of: self) }

  /// Bytes of the largest report that is read.
  private static let largestFile = 16 << 20

  /// Reads what `json` wrote.
  ///
  /// - Throws: `BenchmarkError.unreadableReport` or `oldReport`, naming the file.
  public init(path: String) throws(BenchmarkError) {
    do {
      let data = Data(try InputFile.bytes(of: path, limit: Self.largestFile))
      if (try? SnakeCaseJSON.decode(OldReport.self, from: data)) != nil { throw BenchmarkError.oldReport(path: path) }
      self = try SnakeCaseJSON.decode(BenchmarkReport.self, from: data)
    } catch let error as BenchmarkError {
      throw error
    } catch let error as DecodingError {
      throw .unreadableReport(path: path, reason: Self.reason(error))
    } catch let error as InputError {
      throw .unreadableReport(path: path, reason: error.explanation)
    } catch {
      throw .unreadableReport(path: path, reason: error.localizedDescription)
    }
    guard format == Self.currentFormat else {
      throw .unreadableReport(
        path: path, reason: "it has format \(format), and this version reads \(Self.currentFormat)")
    }
  }

  /// Members that only reports of version 1 have.
  private struct OldReport: Decodable {
    struct Entry: Decodable {
      var place: String
    }

    var figures: [Entry]
  }

  private static func reason(_ error: DecodingError) -> String {
    func key(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
    switch error {
    case .keyNotFound(let missing, let context): return "it lacks \(key(context.codingPath + [missing]))"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return "\(key(context.codingPath)) has another type than expected"
    case .dataCorrupted(let context):
      return context.codingPath.isEmpty ? "it is not valid JSON" : "\(key(context.codingPath)) is not known"
    @unknown default: return "it is not a report"
    }
  }
}
