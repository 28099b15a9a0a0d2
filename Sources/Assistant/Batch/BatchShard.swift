// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The part of a request file that one of several runs answers: many machines, or many processes, read the same file
/// and each answers its own requests.
///
/// A request belongs to a shard by its id, so that the same requests are in the same shard wherever and whenever it
/// runs, whatever stands around them.
public struct BatchShard: Sendable, Equatable {
  /// From 1 to `count`.
  public let number: Int
  /// Shards in all.
  public let count: Int

  /// The most shards that a file can be divided into.
  public static let most = 100_000

  /// - Returns: nil unless `number` is one of 1 to `count`, and there are no more than `most`.
  public init?(number: Int, of count: Int) {
    guard (1...Self.most).contains(count), (1...count).contains(number) else { return nil }
    self.number = number
    self.count = count
  }

  /// The shard of a task of a Slurm job array: the first task is shard 1.
  ///
  /// - Returns: nil outside of a job array, or where its variables say nothing that can be used.
  public init?(slurm environment: [String: String]) {
    func value(_ name: String) -> Int? { environment["SLURM_ARRAY_TASK_" + name].flatMap { Int($0) } }
    guard let task = value("ID"), let first = value("MIN"), let count = value("COUNT") else { return nil }
    let step = max(value("STEP") ?? 1, 1)
    let (distance, overflow) = task.subtractingReportingOverflow(first)
    guard !overflow, distance >= 0, distance % step == 0 else { return nil }
    self.init(number: distance / step + 1, of: count)
  }

  /// Whether a request is answered in this shard.
  public func contains(id: String) -> Bool { Self.hash(id) % UInt64(count) == UInt64(number - 1) }

  /// Whether a line without an id that can be read is answered, with an error, in this shard.
  ///
  /// - Parameter line: counted from 1.
  public func contains(line: Int) -> Bool { (line - 1) % count == number - 1 }

  /// FNV-1a of the composed UTF-8 bytes, because ids that Unicode takes for the same are one request. It is mixed once
  /// more, because its lowest bits hardly depend on the earlier bytes.
  private static func hash(_ id: String) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in id.precomposedStringWithCanonicalMapping.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    return hash ^ (hash >> 33)
  }
}
