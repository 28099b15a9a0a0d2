import CodeAgent

/// How programming tasks are worked on.
public struct CodeSettings: Sendable {
  /// Which files take the roles; where there are none, tasks are refused with the reason.
  public var paths: Result<CodeModelPaths, AssistantError>
  public var threads: Int
  public var limits: CodeLimits
  /// Runs programs without any containment.
  public var isUnsafeRunAllowed: Bool

  public init(
    paths: Result<CodeModelPaths, AssistantError>, threads: Int, limits: CodeLimits = CodeLimits(),
    isUnsafeRunAllowed: Bool = false
  ) {
    self.paths = paths
    self.threads = threads
    self.limits = limits
    self.isUnsafeRunAllowed = isUnsafeRunAllowed
  }
}
