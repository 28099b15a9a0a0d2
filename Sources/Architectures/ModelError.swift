// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute
import ModelFile

/// Why a model cannot be loaded or run, in words that a person can act on.
public enum ModelError: Error, Sendable {
  /// The file cannot be opened or lacks something.
  case file(GGUFError)
  /// The file holds a model that this program does not know.
  case unsupportedArchitecture(path: String, found: String, supported: [String])
  /// A tensor has other dimensions (fastest first) than the model's sizes ask for.
  case wrongShape(path: String, tensor: String, expected: [Int], found: [Int])
  /// A tensor is stored in a way that cannot be computed with, or memory is short.
  case compute(path: String, ComputeError)
  /// An adapter does not go with the model.
  case adapter(AdapterError)
  /// A size in the file is nonsense or beyond what is supported.
  case invalidSize(path: String, key: String, value: String, allowed: String)
  /// The vision tower makes rows of another width than the language model reads.
  case visionDoesNotFit(visionPath: String, visionWidth: Int, modelPath: String, modelWidth: Int)
  /// A token that the vocabulary does not have.
  case invalidToken(Int, vocabularySize: Int)
  /// Not one rope position for each token.
  case positionCount(tokens: Int, positions: Int)
  /// The cache was made for a model of other sizes.
  case cacheDoesNotFit(cache: CacheShape, model: CacheShape)
  /// The cache refuses the tokens.
  case cache(CacheError)
  /// A picture whose sides are not multiples of `multiple`, that is empty or too large, or two of different sizes.
  case unsuitableImage(width: Int, height: Int, multiple: Int, maximumPixels: Int)
}

extension ModelError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .unsupportedArchitecture(let path, let found, let supported):
      "\(path) holds a model of the kind \(found); supported: \(supported.joined(separator: ", ")). "
        + (found.hasSuffix("moe")
          ? "Choose a model of the family without a mixture of experts." : "Choose a model of one of these kinds.")
    case .wrongShape(let path, let tensor, let expected, let found):
      "\(path): tensor \(tensor) is \(ModelError.size(found)) but must be \(ModelError.size(expected)). "
        + "The file is damaged or made for something else."
    case .compute(let path, let error): "\(path): \(error)"
    case .adapter(let error): error.description
    case .invalidSize(let path, let key, let value, let allowed):
      "\(path): \(key) is \(value) but must be \(allowed). The file is damaged or its kind is not supported."
    case .visionDoesNotFit(let visionPath, let visionWidth, let modelPath, let modelWidth):
      "\(visionPath) makes vectors of \(visionWidth) numbers, but \(modelPath) reads vectors of \(modelWidth). "
        + "Use the mmproj file that belongs to the model."
    case .invalidToken(let token, let vocabularySize):
      "token \(token) is not in the model's vocabulary of \(vocabularySize)"
    case .positionCount(let tokens, let positions):
      "\(tokens) tokens came with \(positions) positions"
    case .cacheDoesNotFit(let cache, let model):
      "the key-value cache holds \(ModelError.words(cache)), but the model has \(ModelError.words(model))"
    case .cache(let error): error.description
    case .unsuitableImage(let width, let height, let multiple, let maximumPixels):
      "a picture of \(width)×\(height) cannot be read: both of a pair must have the same size, sides that are multiples of "
        + "\(multiple), and at most \(maximumPixels) pixels"
    }
  }

  private static func size(_ dimensions: [Int]) -> String { dimensions.map(String.init).joined(separator: "×") }

  private static func words(_ shape: CacheShape) -> String {
    "\(shape.layers) layers × \(shape.keyValueHeads) heads × \(shape.headDimension)"
  }
}
