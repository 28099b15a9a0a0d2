// SPDX-License-Identifier: Apache-2.0

import Compute
import Records

/// Why the cache cannot do what was asked.
public enum CacheError: Error, Equatable, Sendable {
  /// A layer count, head count or head dimension is not positive.
  case invalidShape(CacheShape)
  /// A ratio among the policy's parameters is outside its range.
  case invalidParameter(name: String, value: Double)
  /// Keys and values of heads of this dimension cannot be stored as this type.
  case unsupportedType(KeyValueType, headDimension: Int)
  /// The system refused memory for this many tokens.
  case cannotAllocate(tokens: Int, bytes: Int)
  /// The budget is smaller than the operation needs; `least` is the smallest that works.
  case budgetTooSmall(budget: Int, least: Int)
  /// Appending more than fits; `ensureCapacity` comes first.
  case noCapacity(cached: Int, adding: Int, budget: Int)
  /// Appending to a segment after a later one has been begun.
  case outOfOrder(CacheSegment)
  /// A count of tokens that is not positive, or not that of the grid.
  case invalidCount(tokens: Int, grid: GridTHW?)
  /// Temporal patches of another shape than those cached; the cache must be emptied first.
  case gridChanged(cached: GridTHW, appended: GridTHW)
}

extension CacheError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalidShape(let shape):
      "the model asks for a KV cache of \(shape.layers) layers × \(shape.keyValueHeads) heads × "
        + "\(shape.headDimension) values, which is not possible; the model file is probably damaged"
    case .invalidParameter(let name, let value):
      "the cache parameter \(name) is \(value), which is outside its range"
    case .unsupportedType(let type, let dimension):
      "keys and values of \(dimension) values cannot be stored as \(type.rawValue); choose another --kv-type"
    case .cannotAllocate(let tokens, let bytes):
      "no memory for a KV cache of \(tokens) tokens (\(CacheError.size(bytes))); choose a smaller budget"
    case .budgetTooSmall(let budget, let least):
      "the KV budget of \(budget) tokens is too small here: at least \(least) tokens are needed"
    case .noCapacity(let cached, let adding, let budget):
      "\(adding) more tokens do not fit beside the \(cached) cached in a KV budget of \(budget) tokens"
    case .outOfOrder(let segment):
      "the \(segment.rawValue) segment of the cache is closed: a later one has been begun"
    case .invalidCount(let tokens, .none):
      "\(tokens) tokens cannot be appended to the cache: the count must be positive, and vision tokens need a grid"
    case .invalidCount(let tokens, .some(let grid)):
      "\(tokens) tokens are not \(grid.temporalPatches) temporal patches of \(grid.height) × \(grid.width)"
    case .gridChanged(let cached, let appended):
      "temporal patches of \(appended.height) × \(appended.width) tokens cannot follow those of "
        + "\(cached.height) × \(cached.width) tokens; the cache must be emptied first"
    }
  }

  private static func size(_ bytes: Int) -> String {
    bytes < .max ? memorySize(bytes) : "more bytes than can be counted"
  }
}
