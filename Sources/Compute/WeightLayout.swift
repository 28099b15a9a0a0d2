// SPDX-License-Identifier: Apache-2.0

/// How the weights of a matrix are held while it is used.
public enum WeightLayout: Sendable, Equatable {
  /// Where they lie in the file; the system may page them in and out.
  case mapped
  /// Turned, when the matrix is first multiplied with, into the order that the kernels read fastest; the file's own
  /// pages are given back then. Types and machines without such an order use them where they lie.
  case repacked
  /// Turned, and floats rounded to blocks of 8-bit integers as Q8_0 has them.
  case repackedQ8
}
