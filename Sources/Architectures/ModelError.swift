// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute
import ModelFile

/// Why a model cannot be loaded or run. Descriptions say what to do about it.
public enum ModelError: Error, Sendable {
  /// The file cannot be opened, or lacks a key or a tensor.
  case file(GGUFError)
  /// The file's model is of a kind that is not supported.
  case unsupportedArchitecture(path: String, found: String, supported: [String])
  /// A tensor's dimensions, fastest first, are not those that the model's sizes require.
  case wrongShape(path: String, tensor: String, expected: [Int], found: [Int])
  /// A tensor is stored in a type without kernels, or memory is refused.
  case compute(path: String, ComputeError)
  /// An adapter does not fit the model.
  case adapter(AdapterError)
  /// A value in the file is invalid or not supported.
  case invalidSize(path: String, key: String, value: String, allowed: String)
  /// The model is a mixture of this many experts.
  case mixtureOfExperts(path: String, key: String, experts: Int)
  /// By this key of the file no layer has attention.
  case noAttention(path: String, key: String)
  /// The vision tower belongs to language models of another architecture.
  case visionOfOtherFamily(visionPath: String, projector: String, modelPath: String, architecture: String)
  /// The tower's embeddings are not as wide as the language model reads them.
  case visionDoesNotFit(visionPath: String, visionWidth: Int, modelPath: String, modelWidth: Int)
  /// A token that is not in the vocabulary.
  case invalidToken(Int, vocabularySize: Int)
  /// The number of positions is not that of the tokens.
  case positionCount(tokens: Int, positions: Int)
  /// A layer has computed values that are infinite or not a number.
  case notFinite(path: String, layer: String)
  /// A layer has computed values beyond a multiple of the largest that it gave when the model was calibrated.
  case outOfRange(path: String, layer: String, limit: Float)
  /// No token can be chosen, because the forward pass has overflowed.
  case logitsNotFinite(path: String)
  /// A branch without tokens, or with more than can be read at once.
  case branchLength(tokens: Int, most: Int)
  /// The KV cache was made for a model of other sizes.
  case cacheDoesNotFit(cache: CacheShape, model: CacheShape)
  /// The KV cache refuses the tokens.
  case cache(CacheError)
  /// An image that is empty or too large, has sides that are not multiples of `multiple`, or is not of the same size as
  /// the other image of its temporal patch.
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
    case .mixtureOfExperts(let path, let key, let experts):
      "\(path): \(key) is \(experts), and mixture-of-experts models are not supported. "
        + "Choose a model of the family without a mixture of experts."
    case .noAttention(let path, let key):
      "\(path): by \(key) no layer has attention, but at least one must. "
        + "The file is damaged or its kind is not supported."
    case .visionOfOtherFamily(let visionPath, let projector, let modelPath, let architecture):
      "\(visionPath) is a vision tower of another family (\(projector)) than \(modelPath) (\(architecture)). "
        + "Use the mmproj file that belongs to the model."
    case .visionDoesNotFit(let visionPath, let visionWidth, let modelPath, let modelWidth):
      "\(visionPath) makes embeddings of \(visionWidth) values, but \(modelPath) reads embeddings of \(modelWidth). "
        + "Use the mmproj file that belongs to the model."
    case .invalidToken(let token, let vocabularySize):
      "token \(token) is not in the model's vocabulary of \(vocabularySize)"
    case .positionCount(let tokens, let positions):
      "\(tokens) tokens came with \(positions) positions"
    case .notFinite(let path, let layer):
      "\(path): layer \(layer) gives values that are not numbers. Its weights or an adapter's are damaged; "
        + "get the file again."
    case .outOfRange(let path, let layer, let limit):
      "\(path): layer \(layer) gives values above \(limit), \(Int(LayerOutputLimits.factor)) times "
        + "the largest of its calibration. Its weights or an adapter's may be damaged: --scrub finds out. If they are "
        + "not, calibrate the model on requests like these."
    case .logitsNotFinite(let path):
      "\(path): the logits are not numbers. The weights or an adapter's are damaged; get the file again."
    case .branchLength(let tokens, let most):
      "a branch of \(tokens) tokens cannot be read beside others; it must have from 1 to \(most)"
    case .cacheDoesNotFit(let cache, let model):
      "the KV cache is for \(ModelError.text(of: cache)), but the model has \(ModelError.text(of: model))"
    case .cache(let error): error.description
    case .unsuitableImage(let width, let height, let multiple, let maximumPixels):
      "an image of \(width)×\(height) cannot be encoded: both images of a temporal patch must have the same size, "
        + "sides that are multiples of \(multiple), and at most \(maximumPixels) pixels"
    }
  }

  private static func size(_ dimensions: [Int]) -> String { dimensions.map(String.init).joined(separator: "×") }

  private static func text(of shape: CacheShape) -> String {
    "\(shape.layers) layers × \(shape.keyValueHeads) heads × \(shape.headDimension)"
  }
}
