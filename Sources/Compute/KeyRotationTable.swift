// SPDX-License-Identifier: Apache-2.0

import CKernels
import Foundation

/// Which cached keys attention rotates when it reads them, because their RoPE positions have changed since they were
/// stored.
///
/// A key that is rotated in place is rounded again each time its position changes, and the errors add up. Rotated when
/// it is read, a key is rounded once. The rotation costs at most six operations for each pair of channels, once for all
/// query heads that share the key.
public final class KeyRotationTable {
  /// Consecutive rows of a head that are rotated by the same angles.
  public struct Run: Equatable {
    /// The row behind the run's last one. A run begins where the one before it ends.
    public var end: Int
    /// The index of the angles, in the order of `addAngles`; nil for keys that are read as they are stored.
    public var angles: Int?

    /// Memberwise; checks nothing.
    public init(end: Int, angles: Int?) {
      self.end = end
      self.angles = angles
    }
  }

  private let headDimension: Int
  /// Floats from the cosines of a change to its sines.
  private let stride: Int
  /// Cosines, then sines of each change of position: `[changes][2][stride]`.
  private var angles: UnsafeMutablePointer<Float>
  private var angleCount = 0
  private var angleCapacity = 0
  /// Of each head, its runs.
  private var runs: [UnsafeMutablePointer<ck_key_run>]
  private var runCounts: [Int]
  private var runCapacities: [Int]
  /// Pairs from this one on are rotated by no angles.
  private var pairs = 0

  /// - Parameter heads: key-value heads of all layers.
  public init(heads: Int, headDimension: Int) {
    self.headDimension = headDimension
    stride = ck_angle_stride(headDimension)
    angles = .allocate(capacity: 1)
    runs = (0..<heads).map { _ in .allocate(capacity: 1) }
    runCounts = Array(repeating: 0, count: heads)
    runCapacities = Array(repeating: 1, count: heads)
  }

  /// The same rotations in memory of its own.
  public init(copying other: KeyRotationTable) {
    headDimension = other.headDimension
    stride = other.stride
    angleCount = other.angleCount
    angleCapacity = other.angleCapacity
    pairs = other.pairs
    runCounts = other.runCounts
    runCapacities = other.runCapacities
    let angles = UnsafeMutablePointer<Float>.allocate(capacity: max(other.angleCapacity * 2 * other.stride, 1))
    angles.initialize(repeating: 0, count: max(other.angleCapacity * 2 * other.stride, 1))
    angles.update(from: other.angles, count: other.angleCount * 2 * other.stride)
    self.angles = angles
    runs = zip(other.runs, zip(other.runCounts, other.runCapacities)).map { runs, size in
      let copy = UnsafeMutablePointer<ck_key_run>.allocate(capacity: size.1)
      for index in 0..<size.0 {
        // A run points to its angles.
        (copy + index).initialize(
          to: ck_key_run(
            last: runs[index].last,
            angles: runs[index].angles.map { UnsafePointer(angles) + ($0 - UnsafePointer(other.angles)) }))
      }
      return copy
    }
  }

  deinit {
    angles.deallocate()
    for run in runs { run.deallocate() }
  }

  /// Lets every key be read as it is stored.
  public func removeAll() {
    angleCount = 0
    pairs = 0
    for head in runCounts.indices { runCounts[head] = 0 }
  }

  /// Adds the angles of a change of position.
  ///
  /// - Parameters:
  ///   - change: positions.
  ///   - frequencies: radians for one position, of pairs (i, i + headDimension / 2) from the first on; others do not
  ///     turn.
  /// - Returns: the index of the angles.
  /// - Precondition: no head has runs yet.
  public func addAngles(of change: Int, frequencies: [Double]) -> Int {
    precondition(runCounts.allSatisfy { $0 == 0 }, "runs point to angles, which may not move")
    if angleCount == angleCapacity { growAngles() }
    let cosines = angles + angleCount * 2 * stride
    cosines.update(repeating: 1, count: stride)
    (cosines + stride).update(repeating: 0, count: stride)
    for (pair, frequency) in frequencies.prefix(headDimension / 2).enumerated() where frequency != 0 {
      let angle = Double(change) * frequency
      cosines[pair] = Float(cos(angle))
      cosines[stride + pair] = Float(sin(angle))
      pairs = max(pairs, pair + 1)
    }
    angleCount += 1
    return angleCount - 1
  }

  private func growAngles() {
    let capacity = max(angleCapacity * 2, 16)
    let grown = UnsafeMutablePointer<Float>.allocate(capacity: capacity * 2 * stride)
    grown.initialize(repeating: 0, count: capacity * 2 * stride)
    grown.update(from: angles, count: angleCount * 2 * stride)
    angles.deallocate()
    (angles, angleCapacity) = (grown, capacity)
  }

  /// Sets a head's runs: ascending, from its first row on. What follows the last one is read as it is stored.
  public func setRuns(_ new: [Run], head: Int) {
    if runCapacities[head] < new.count {
      runs[head].deallocate()
      runCapacities[head] = max(new.count, runCapacities[head] * 2)
      runs[head] = .allocate(capacity: runCapacities[head])
    }
    for (index, run) in new.enumerated() {
      (runs[head] + index).initialize(
        to: ck_key_run(last: run.end, angles: run.angles.map { UnsafePointer(angles + $0 * 2 * stride) }))
    }
    runCounts[head] = new.count
  }

  /// Rotates a key `[headDimension]` as attention does when it reads this row.
  public func rotate(_ key: UnsafeMutablePointer<Float>, head: Int, row: Int) {
    guard let cosines = angles(head: head, row: row) else { return }
    let half = headDimension / 2
    for pair in 0..<min(pairs, half) {
      let (cosine, sine) = (cosines[pair], cosines[stride + pair])
      let (first, second) = (key[pair], key[pair + half])
      key[pair] = first * cosine - second * sine
      key[pair + half] = first * sine + second * cosine
    }
  }

  /// Whether attention rotates the key of this row when it reads it.
  public func isRotated(head: Int, row: Int) -> Bool { angles(head: head, row: row) != nil }

  private func angles(head: Int, row: Int) -> UnsafePointer<Float>? {
    guard row >= 0 else { return nil }
    var low = 0
    var high = runCounts[head]
    while low < high {
      let middle = (low + high) / 2
      if runs[head][middle].last <= row { low = middle + 1 } else { high = middle }
    }
    return low < runCounts[head] ? runs[head][low].angles : nil
  }

  /// The runs of a head as attention reads them; nil where every key is read as it is stored.
  ///
  /// - Parameter start: rows in front of the first run.
  public func rows(head: Int, from start: Int) -> RotatedRows? {
    runCounts[head] == 0
      ? nil : RotatedRows(runs: UnsafePointer(runs[head]), count: runCounts[head], start: start, pairs: pairs)
  }
}

/// A head's runs of rotated keys, valid until its `KeyRotationTable` changes.
public struct RotatedRows {
  let runs: UnsafePointer<ck_key_run>
  let count: Int
  /// Rows in front of the first run.
  let start: Int
  /// Pairs from this one on are not rotated.
  let pairs: Int
}

extension ck_head_rows {
  /// The first rows of a head.
  init(_ rows: PagedRows, count: Int) {
    let pages = UnsafeRawPointer(rows.pages).assumingMemoryBound(to: UnsafePointer<UInt8>.self)
    self.init(
      key_pages: pages, value_pages: pages, key_offset: rows.keyOffset, value_offset: rows.valueOffset, count: count,
      key_range: rows.keyRange, rotatedRows: rows.rotatedRows)
  }

  /// - Parameter rotatedRows: nil for keys that are all read as they are stored.
  init(
    key_pages: UnsafePointer<UnsafePointer<UInt8>>, value_pages: UnsafePointer<UnsafePointer<UInt8>>, key_offset: Int,
    value_offset: Int, count: Int, key_range: UnsafePointer<Float>?, rotatedRows: RotatedRows?
  ) {
    self.init(
      key_pages: key_pages, value_pages: value_pages, key_offset: key_offset, value_offset: value_offset, count: count,
      key_range: key_range, key_runs: rotatedRows?.runs, run_count: rotatedRows?.count ?? 0,
      run_start: rotatedRows?.start ?? 0, rotated_pairs: rotatedRows?.pairs ?? 0)
  }
}
