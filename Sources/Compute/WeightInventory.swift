// SPDX-License-Identifier: Apache-2.0

import ModelFile
import Synchronization

/// The weights of a model that lie in memory of the program's own, beside those that it maps: matrices repacked into
/// panels, and vectors as floats. Each comes with a checksum that was made when it was.
public final class WeightInventory: Sendable {
  private let state = Mutex<[WeightCopy]>([])

  /// Of a model that is not loaded yet.
  public init() {}

  /// Those made so far. Panels are made at the first product with a matrix.
  public var copies: [WeightCopy] { state.withLock { $0 } }

  func add(_ panels: RepackedMatrix, of tensor: String) {
    add(WeightCopy(tensor: tensor, form: .panels, base: panels.base, byteCount: panels.byteCount, owner: panels))
  }

  /// Adds a vector, which nobody writes to from here on.
  package func add(_ vector: FloatBuffer, of tensor: String) {
    add(WeightCopy(tensor: tensor, form: .floats, base: vector.base, byteCount: vector.byteCount, owner: vector))
  }

  private func add(_ copy: WeightCopy) { state.withLock { $0.append(copy) } }
}

/// One tensor's weights in memory of the program's own. It keeps the memory alive.
public struct WeightCopy: @unchecked Sendable {
  /// How the weights lie there.
  public enum Form: Sendable {
    /// Repacked for the kernels.
    case panels
    /// As floats.
    case floats
  }

  /// The tensor's name in the model file. A fused tensor has a copy for each of its parts.
  public let tensor: String
  /// How the weights lie in memory.
  public let form: Form
  /// Bytes of the copy.
  public let byteCount: Int
  /// XXH64 of the copy as it was made.
  public let checksum: UInt64
  private let base: UnsafeMutableRawPointer
  private let owner: AnyObject

  init(tensor: String, form: Form, base: UnsafeMutableRawPointer, byteCount: Int, owner: AnyObject) {
    self.tensor = tensor
    self.form = form
    self.base = base
    self.byteCount = byteCount
    self.owner = owner
    checksum = XXH64.checksum(of: UnsafeRawBufferPointer(start: base, count: byteCount))
  }

  /// Appends some of the copy's bytes to a checksum.
  public func add(_ range: Range<Int>, to checksum: inout XXH64) {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "no such bytes")
    withExtendedLifetime(owner) {
      checksum.update(UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
    }
  }

  /// Changes one bit, as a fault of the memory would.
  ///
  /// - Parameter bit: from 0 to 8 · `byteCount` - 1.
  package func flip(bit: Int) {
    precondition(bit >= 0 && bit < 8 * byteCount, "no such bit")
    withExtendedLifetime(owner) {
      let byte = base + bit / 8
      byte.storeBytes(of: byte.load(as: UInt8.self) ^ 1 << UInt8(bit % 8), as: UInt8.self)
    }
  }
}
