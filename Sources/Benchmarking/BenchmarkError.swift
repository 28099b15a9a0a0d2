// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile
import Records

/// Why something cannot be measured.
public enum BenchmarkError: Error, Sendable, Equatable {
  /// A saved report cannot be read.
  case unreadableReport(path: String, reason: String)
  /// A saved report has the keys of an earlier version.
  case oldReport(path: String)
  /// There is no model shape of this name.
  case unknownShape(String)
  /// Random weights cannot be stored as this type.
  case unknownType(String)
  /// The file for a model of random weights exists.
  case exists(path: String)
  /// The disk has not enough room for a model of random weights.
  case noRoom(path: String, needed: Int, free: Int)
  /// A model of random weights cannot be written.
  case file(GGUFError)
  /// The vision tower alone is to be measured, and the model has none.
  case noTower(path: String)
  /// There is not enough memory for the measurement.
  case compute(ComputeError)
  /// The user interrupted the run.
  case cancelled

  /// One line: what is wrong, and what to do.
  public var message: String {
    switch self {
    case .unreadableReport(let path, let reason):
      "\(path) is no report of `edgeassist bench --json`: \(reason)"
    case .oldReport(let path):
      "\(path) was written by an earlier version of edgeassist, with other names; measure again with --json"
    case .unknownShape(let name):
      "there is no shape “\(name)”; there are \(ModelShape.all.map(\.name).joined(separator: ", "))"
    case .unknownType(let name):
      "random weights cannot be stored as “\(name)”; try q4_0, q8_0, q4_k or f16"
    case .exists(let path):
      "\(path) exists. Name another file, or measure that one with --model."
    case .noRoom(let path, let needed, let free):
      "\(path) needs \(memorySize(needed)), and its disk has \(memorySize(free)) free. Make room, or choose another "
        + "disk: TMPDIR for a temporary model, --keep FILE for one that stays."
    case .file(let error): error.message
    case .noTower(let path):
      "there is no vision tower (mmproj) to measure with \(path); name one with --mmproj FILE, or measure other parts"
    case .compute(let error): "\(error)"
    case .cancelled: "Interrupted; nothing was measured."
    }
  }
}
