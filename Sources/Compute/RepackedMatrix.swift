// SPDX-License-Identifier: Apache-2.0

import CKernels
import Platform

/// A matrix repacked into panels of 16 rows, in the order in which one instruction set reads weights fastest; the
/// layout is in `CKernels/formats/panel_layout.h`.
final class RepackedMatrix: @unchecked Sendable {
  let type: ck_type
  let base: UnsafeMutableRawPointer
  let byteCount: Int
  let kernels: UnsafePointer<ck_kernels>
  private let rows, columns: Int

  /// Reserves memory for a matrix, `[rows][columns]`; nil if the system refuses it.
  init?(type: ck_type, rows: Int, columns: Int, kernels: UnsafePointer<ck_kernels>) {
    let panel = ck_panel_bytes(type, columns)
    let (bytes, overflow) = ((rows + 15) / 16).multipliedReportingOverflow(by: panel)
    guard !overflow, let memory = ck_allocate(bytes) else { return nil }
    self.type = type
    base = memory
    byteCount = bytes
    self.kernels = kernels
    self.rows = rows
    self.columns = columns
  }

  deinit { ck_deallocate(base, byteCount) }

  /// Keeps the panels in RAM; false if the system refuses.
  func lock() -> Bool { mlock(base, byteCount) == 0 }

  /// Fills the panels of some rows from a matrix in the file's layout, with all threads of a pool.
  /// - Parameters:
  ///   - range: rows, in whole panels but for the last of the matrix.
  ///   - weights: the first row of the matrix.
  ///   - type: how the rows are stored.
  ///   - rowBytes: bytes from the start of one row to the next.
  func fill(
    _ range: Range<Int>, from weights: UnsafeRawPointer, type: ck_type, rowBytes: Int, threads: ThreadPool
  ) {
    // Some 256 KiB of weights a chunk, in whole panels.
    let rowsPerChunk = max(16, (1 << 18) / rowBytes / 16 * 16)
    var job = RepackJob(
      kernels: kernels, type: type, weights: weights, rowBytes: rowBytes, rows: rows, columns: columns, panels: base,
      range: range, rowsPerChunk: rowsPerChunk)
    threads.run(chunks: (range.count + rowsPerChunk - 1) / rowsPerChunk, job: &job) { job, chunk, _ in
      job.assumingMemoryBound(to: RepackJob.self).pointee.perform(chunk)
    }
  }
}

/// Repacks some of a matrix's rows, as one chunk of a pool's job.
private struct RepackJob {
  let kernels: UnsafePointer<ck_kernels>
  let type: ck_type
  let weights: UnsafeRawPointer
  let rowBytes, rows, columns: Int
  let panels: UnsafeMutableRawPointer
  let range: Range<Int>
  let rowsPerChunk: Int

  func perform(_ chunk: Int) {
    let first = range.lowerBound + chunk * rowsPerChunk
    let end = min(first + rowsPerChunk, range.upperBound)
    ck_repack(kernels, type, weights, rowBytes, rows, columns, first, end, panels)
  }
}
