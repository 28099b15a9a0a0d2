// SPDX-License-Identifier: Apache-2.0

/// A way of working on a programming task, as one of several that are compared.
public enum CodeWay: String, Sendable, CaseIterable {
  /// The base is asked for the program once.
  case singleShot = "single-shot"
  /// The base plays the four roles by prompts alone.
  case prompted
  /// Four roles with their adapters, but nobody corrects a program that fails.
  case undebugged = "adapters-without-debugger"
  /// Four roles with their adapters.
  case adapters
}
