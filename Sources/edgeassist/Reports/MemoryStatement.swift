// SPDX-License-Identifier: Apache-2.0

import Inference
import Records

extension MachineMemory {
  /// How much there is and how much of it is free, for example `this machine has 7.6 GiB, 6.1 GiB of it free now`.
  private var statement: String {
    "\(owner) \(memorySize(limit)), \(memorySize(available)) of it free now"
  }

  /// Whose limit it is, before the figure.
  var owner: String { isConfined ? "this process's control group allows" : "this machine has" }

  /// What follows the statement that a model fits: how much memory there is, and whether other programs use it.
  func fitStatement(of byteCount: Int) -> String {
    byteCount > available ? ", but other programs use memory: \(statement)" : ": \(statement)"
  }
}
