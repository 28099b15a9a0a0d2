// SPDX-License-Identifier: Apache-2.0

/// A method of solving programming tasks, one of several that an evaluation compares.
public enum CodeMethod: String, Sendable, CaseIterable, Encodable {
  /// The base model is asked for the program once.
  case singleShot = "single-shot"
  /// The base model plays the four roles by prompts alone.
  case prompted
  /// Four roles with their adapters, and no debugging rounds.
  case withoutDebugger = "adapters-without-debugger"
  /// Four roles with their adapters.
  case adapters

  /// Whether the roles have their LoRA adapters.
  var usesAdapters: Bool { self == .withoutDebugger || self == .adapters }
}
