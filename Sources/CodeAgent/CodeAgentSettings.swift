// SPDX-License-Identifier: Apache-2.0

import Inference
import Records

/// How programming tasks are worked on.
public struct CodeAgentSettings: Sendable {
  /// The files that take the roles, or why there are none: tasks are then refused with that error.
  public var paths: Result<CodeModelPaths, ReportedError>
  /// Worker threads of the model.
  public var threads: Int
  /// How the model is kept in memory, and how much memory there is.
  public var memory: ModelLoadingOptions
  /// How much work a task may take.
  public var limits: SolveLimits
  /// Whether programs run without any containment.
  public var isUnsafeRunAllowed: Bool

  /// Makes settings.
  public init(
    paths: Result<CodeModelPaths, ReportedError>, threads: Int, memory: ModelLoadingOptions = ModelLoadingOptions(),
    limits: SolveLimits = SolveLimits(),
    isUnsafeRunAllowed: Bool = false
  ) {
    self.paths = paths
    self.threads = threads
    self.memory = memory
    self.limits = limits
    self.isUnsafeRunAllowed = isUnsafeRunAllowed
  }
}
