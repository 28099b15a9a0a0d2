// SPDX-License-Identifier: Apache-2.0

import CKernels
import Platform
import Synchronization

/// The panels that a matrix is turned into at its first product.
///
/// Copies of a `WeightMatrix` share them. They are in the order of one instruction set, that of the first engine that
/// multiplies with the matrix; engines of another use the weights where they lie.
final class RepackedWeights: Sendable {
  private enum State {
    case untouched
    /// There is no memory for panels, or no use.
    case mapped
    case turned(Panels)
  }

  private let state = Mutex<State>(.untouched)

  /// - Returns: nil where the weights are to be used as they lie.
  func panels(of matrix: WeightMatrix, engine: Engine) -> Panels? {
    state.withLock { state in
      if case .untouched = state { state = RepackedWeights.turn(matrix, engine: engine) }
      guard case .turned(let panels) = state, panels.kernels == engine.kernels else { return nil }
      return panels
    }
  }

  private static func turn(_ matrix: WeightMatrix, engine: Engine) -> State {
    guard engine.supportsRepacking, let type = matrix.panelType,
      let panels = Panels(type: type, rows: matrix.rows, columns: matrix.columns, kernels: engine.kernels)
    else { return .mapped }
    // Locked weights stay locked.
    if matrix.isLocked, mlock(panels.base, panels.byteCount) != 0 { return .mapped }
    var job = RepackJob(matrix: matrix, panels: panels)
    engine.threads.run(chunks: (matrix.rows + job.rowsPerChunk - 1) / job.rowsPerChunk, job: &job) { job, chunk, _ in
      job.assumingMemoryBound(to: RepackJob.self).pointee.perform(chunk)
    }
    matrix.releaseFilePages()
    return .turned(panels)
  }
}

/// A matrix in panels of 16 rows; see `CKernels/panels.h`.
final class Panels: @unchecked Sendable {
  let type: ck_type
  let base: UnsafeMutableRawPointer
  let byteCount: Int
  let kernels: UnsafePointer<ck_kernels>

  /// Nil if the system refuses the memory.
  init?(type: ck_type, rows: Int, columns: Int, kernels: UnsafePointer<ck_kernels>) {
    let panel = ck_panel_bytes(type, columns)
    let (bytes, overflow) = ((rows + 15) / 16).multipliedReportingOverflow(by: panel)
    guard !overflow, let memory = ck_reserve(bytes) else { return nil }
    self.type = type
    base = memory
    byteCount = bytes
    self.kernels = kernels
  }

  deinit { ck_give_back(base, byteCount) }
}

/// Rows of a matrix that become panels, as the pool's threads get them.
private struct RepackJob {
  let kernels: UnsafePointer<ck_kernels>
  let type: ck_type
  let weights: UnsafeRawPointer
  let rowBytes, rows, columns: Int
  let panels: UnsafeMutableRawPointer
  let rowsPerChunk: Int

  init(matrix: WeightMatrix, panels: Panels) {
    kernels = panels.kernels
    type = matrix.kernelType
    weights = matrix.base
    rowBytes = matrix.rowBytes
    rows = matrix.rows
    columns = matrix.columns
    self.panels = panels.base
    rowsPerChunk = max(16, (1 << 18) / matrix.rowBytes / 16 * 16)
  }

  func perform(_ chunk: Int) {
    let first = chunk * rowsPerChunk
    ck_turn(kernels, type, weights, rowBytes, rows, columns, first, min(first + rowsPerChunk, rows), panels)
  }
}
