// SPDX-License-Identifier: Apache-2.0

import Compute
import Foundation
import Platform
import Records

/// The tuned schedules of one machine and number of threads, in a file of the user's cache.
public struct TunedScheduleFile: Sendable, Equatable {
  /// What the schedules belong to.
  public let key: TuningKey
  /// In the order of tuning.
  public private(set) var products: [TunedProduct]

  /// Without a product.
  public init(key: TuningKey, products: [TunedProduct] = []) {
    self.key = key
    self.products = products
  }

  /// The product of this shape.
  public func product(_ shape: ProductShape) -> TunedProduct? { products.first { $0.shape == shape } }

  /// Adds a product, or replaces the one of its shape.
  public mutating func set(_ product: TunedProduct) {
    if let index = products.firstIndex(where: { $0.shape == product.shape }) {
      products[index] = product
    } else {
      products.append(product)
    }
  }

  /// The schedules to compute with; nil where none is better than the standard one.
  public var table: ScheduleTable? {
    var schedules: [ProductShape: ProductSchedule] = [:]
    for product in products {
      if let result = product.result, result.schedule != .standard { schedules[product.shape] = result.schedule }
    }
    return schedules.isEmpty ? nil : ScheduleTable(schedules)
  }

  // MARK: The file

  /// Why a file of tuned schedules is not used.
  public enum Problem: Error, Sendable, Equatable {
    /// It cannot be read, or is not such a file.
    case unusable(path: String, reason: String)
    /// It belongs to another build of the program.
    case otherBuild(path: String)
    /// It belongs to another machine.
    case otherMachine(path: String)

    /// One line: what is wrong, and what to do.
    public var message: String {
      let again = "Products are computed in the standard way; `edgeassist autotune` measures again."
      switch self {
      case .unusable(let path, let reason): return "\(path) is not used: \(reason). \(again)"
      case .otherBuild(let path): return "\(path) was measured with another build of the program. \(again)"
      case .otherMachine(let path): return "\(path) was measured on another machine. \(again)"
      }
    }
  }

  /// Where the schedules for this machine are kept: in `edgeassist/schedules` in `XDG_CACHE_HOME`, else in `~/.cache`;
  /// nil where the environment names no folder.
  public static func path(environment: [String: String], threads: Int) -> String? {
    // The XDG specification has paths ignored that are not absolute.
    let named = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 + "/.cache" }
    return (named ?? home).map { cache in
      cache + "/edgeassist/schedules/"
        + TuningKey.fileName(
          processor: Processor().identity, kernels: InstructionSet.best.rawValue, threads: threads)
    }
  }

  /// Bytes of the largest file that is read.
  private static let largestFile = 4 << 20
  private static let currentFormat = 1

  private struct Contents: Codable {
    var format: Int
    var key: TuningKey
    var products: [TunedProductRecord]
  }

  /// Reads the schedules of this machine and program.
  ///
  /// - Parameter key: made where there is a file alone.
  /// - Returns: nil where there is no file.
  /// - Throws: `Problem` for one that is not to be used.
  public init?(path: String, key: @autoclosure () -> TuningKey?) throws(Problem) {
    let bytes: [UInt8]
    do throws(InputError) { bytes = try InputFile.bytes(of: path, limit: Self.largestFile, isOrdinary: true) } catch {
      if error.reason == .missing || error.reason == .system(ENOTDIR) { return nil }
      throw .unusable(path: path, reason: error.explanation)
    }
    guard let contents = try? SnakeCaseJSON.decode(Contents.self, from: Data(bytes)) else {
      throw .unusable(path: path, reason: "it is damaged, or no file of tuned schedules")
    }
    guard contents.format == Self.currentFormat else {
      throw .unusable(
        path: path, reason: "it has format \(contents.format), and this version reads \(Self.currentFormat)")
    }
    guard let key = key() else { throw .unusable(path: path, reason: "this program cannot be told from others") }
    guard contents.key == key else {
      var sameBuild = contents.key
      sameBuild.build = key.build
      throw sameBuild == key ? .otherBuild(path: path) : .otherMachine(path: path)
    }
    self.key = key
    products = []
    for record in contents.products {
      do throws(TunedProductRecord.Refusal) { set(try record.product()) } catch {
        throw .unusable(path: path, reason: error.reason)
      }
    }
  }

  /// Writes the file as a whole or not at all, and makes its folder.
  ///
  /// - Throws: `ReportedError.outputUnwritable`.
  public func write(to path: String) throws(ReportedError) {
    do {
      try FileManager.default.createDirectory(atPath: parentFolder(of: path), withIntermediateDirectories: true)
      let contents = Contents(
        format: Self.currentFormat, key: key, products: products.map { TunedProductRecord($0) })
      try OutputFile.write(SnakeCaseJSON.text(of: contents) + "\n", to: path)
    } catch let error as OutputError {
      throw .outputUnwritable(message: error.description)
    } catch {
      let message = "\(parentFolder(of: path)) cannot be made; set XDG_CACHE_HOME to a folder that can be written"
      throw .outputUnwritable(message: message)
    }
  }
}
