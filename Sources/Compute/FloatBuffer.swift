// SPDX-License-Identifier: Apache-2.0

import Platform

/// A block of floats of a fixed size, aligned to a cache line of 64 bytes.
///
/// A model's working memory is made of these: allocated once at loading, and used again in every step.
public final class FloatBuffer: @unchecked Sendable {
  /// Floats in the buffer.
  public let count: Int
  let base: UnsafeMutablePointer<Float>

  /// Allocates `count` zeros.
  /// - Throws: `ComputeError.outOfMemory` if the system refuses the memory, or if `count` is negative.
  public init(count: Int) throws(ComputeError) {
    let (bytes, overflow) = max(count, 1).multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    var memory: UnsafeMutableRawPointer?
    guard !overflow, count >= 0, posix_memalign(&memory, 64, bytes) == 0, let memory else {
      throw .outOfMemory(bytes: overflow ? .max : bytes)
    }
    self.count = count
    base = memory.bindMemory(to: Float.self, capacity: max(count, 1))
    base.initialize(repeating: 0, count: max(count, 1))
  }

  /// Allocates a copy of `values`.
  /// - Throws: `ComputeError.outOfMemory` if the system refuses the memory.
  public convenience init(_ values: ArraySlice<Float>) throws(ComputeError) {
    try self.init(count: values.count)
    rows(width: max(values.count, 1)).set(values)
  }

  deinit { free(base) }

  /// Bytes of the floats.
  public var byteCount: Int { count * MemoryLayout<Float>.stride }

  /// A view of the whole buffer as rows of `width` floats without gaps.
  public func rows(width: Int) -> FloatMatrix { FloatMatrix(base: base, stride: width, width: width, owner: self) }

  /// Replaces the floats by those of a buffer of the same size.
  public func copy(from other: FloatBuffer) {
    precondition(other.count == count, "sizes differ")
    base.update(from: other.base, count: count)
  }

  /// Sets all floats to 0.
  public func clear() { base.update(repeating: 0, count: max(count, 1)) }

  /// A copy of all floats. It allocates an array.
  public var values: [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }
}
