// SPDX-License-Identifier: Apache-2.0

/// Who works on a programming task, in the order in which they begin (MapCoder-Lite, arXiv 2509.17489).
public enum CodeRole: String, Sendable, CaseIterable {
  /// Recalls similar tasks with their solutions.
  case retriever
  /// Plans the steps, once for each similar task, and says how sure it is of each plan.
  case planner
  /// Writes the program of a plan.
  case coder
  /// Corrects plan and program after an example has failed.
  case debugger
}
