// SPDX-License-Identifier: Apache-2.0

import CKernels
import Synchronization

/// The repacked form of one matrix, made at its first product. Copies of a `WeightMatrix` share it.
///
/// Panels are in the order of one instruction set, that of the first engine that asks for them. Engines of other
/// instruction sets use the mapped weights.
final class LazyRepackedMatrix: Sendable {
  private enum State {
    case undecided
    /// There is no memory for panels, or the type has none.
    case mapped
    case repacked(RepackedMatrix)
  }

  private let state = Mutex<State>(.undecided)

  /// The panels for `kernels`; nil if the mapped weights are to be used.
  /// - Parameter repack: makes the panels, or returns nil if there can be none. It is called at most once.
  func panels(for kernels: UnsafePointer<ck_kernels>, repack: () -> RepackedMatrix?) -> RepackedMatrix? {
    state.withLock { state in
      if case .undecided = state { state = repack().map(State.repacked) ?? .mapped }
      guard case .repacked(let panels) = state, panels.kernels == kernels else { return nil }
      return panels
    }
  }
}
