// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

/// Why something cannot be measured, in words that a person can act on.
public enum BenchmarkError: Error, Sendable, Equatable {
  /// A saved report cannot be read.
  case unreadableReport(path: String, reason: String)
  /// There is no shape of this name.
  case unknownShape(String)
  /// Random weights cannot be written in this way.
  case unknownType(String)
  /// The place of a model to be kept is taken.
  case exists(path: String)
  /// The disk has not enough room for a model.
  case noRoom(path: String, needed: Int, free: Int)
  /// A model of random weights cannot be written.
  case file(GGUFError)
  /// Memory for the measurement is short.
  case compute(ComputeError)
  /// The person broke it off.
  case cancelled

  /// One line: what is wrong, and what to do.
  public var message: String {
    switch self {
    case .unreadableReport(let path, let reason):
      "\(path) is no report of `edgeassist bench --json`: \(reason)"
    case .unknownShape(let name):
      "there is no shape “\(name)”; there are \(ModelShape.all.map(\.name).joined(separator: ", "))"
    case .unknownType(let name):
      "random weights cannot be stored as “\(name)”; try q4_0, q8_0, q4_k or f16"
    case .exists(let path):
      "\(path) is there already. Name another file, or measure that one with --model."
    case .noRoom(let path, let needed, let free):
      "\(path) needs \(needed >> 20) MiB, and its disk has \(free >> 20) MiB free. Make room, or choose another disk: "
        + "TMPDIR for a model that is removed again, --keep FILE for one that stays."
    case .file(let error): error.message
    case .compute(let error): "\(error)"
    case .cancelled: "Broken off; nothing was measured."
    }
  }
}
