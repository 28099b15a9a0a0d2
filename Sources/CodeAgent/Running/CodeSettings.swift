// SPDX-License-Identifier: Apache-2.0

import Inference
import Records

/// How programming tasks are worked on.
public struct CodeSettings: Sendable {
  /// Which files take the roles; where there are none, tasks are refused with the reason.
  public var paths: Result<CodeModelPaths, ReportedError>
  public var threads: Int
  /// How the model is to be held in memory, and how much of it there is.
  public var memory: MemoryPlan
  public var limits: CodeLimits
  /// Runs programs without any containment.
  public var isUnsafeRunAllowed: Bool

  public init(
    paths: Result<CodeModelPaths, ReportedError>, threads: Int, memory: MemoryPlan = MemoryPlan(),
    limits: CodeLimits = CodeLimits(),
    isUnsafeRunAllowed: Bool = false
  ) {
    self.paths = paths
    self.threads = threads
    self.memory = memory
    self.limits = limits
    self.isUnsafeRunAllowed = isUnsafeRunAllowed
  }
}
