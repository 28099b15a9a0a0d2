// SPDX-License-Identifier: Apache-2.0

/// Why an adapter cannot be used with a model. Descriptions say what to do about it.
public enum AdapterError: Error, Equatable, Sendable {
  /// The file's `general.type` is not `adapter`; nil if the key is missing.
  case notAnAdapter(path: String, type: String?)
  /// An adapter of a kind other than LoRA.
  case unsupportedKind(path: String, kind: String)
  /// The adapter was made for another kind of model.
  case wrongArchitecture(path: String, found: String, modelPath: String, model: String)
  /// The model's channels were scaled when it was quantized, so that updates of the original no longer fit.
  case scaledModel(path: String, modelPath: String)
  /// The model's file lacks attention heads, and the adapter is of a model that has them.
  case prunedModel(path: String, modelPath: String)
  /// One of a pair of tensors is missing.
  case missingHalf(path: String, tensor: String)
  /// An update of a matrix that the model does not have.
  case unknownMatrix(path: String, matrix: String, modelPath: String)
  /// An update of a matrix of the model that adapters cannot change here, such as one of a recurrent layer.
  case unsupportedMatrix(path: String, matrix: String)
  /// A tensor that is not half of an update of a matrix, such as a norm's weights.
  case unexpectedTensor(path: String, tensor: String)
  /// The file has no update.
  case empty(path: String)
}

extension AdapterError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notAnAdapter(let path, let type):
      "\(path) is not an adapter: its general.type is \(type ?? "missing"). Choose a LoRA adapter in GGUF."
    case .unsupportedKind(let path, let kind):
      "\(path) is an adapter of the kind \(kind), which is not supported; supported is lora."
    case .wrongArchitecture(let path, let found, let modelPath, let model):
      "\(path) is an adapter for models of the kind \(found), but \(modelPath) holds one of the kind \(model). "
        + "Use the model that the adapter was trained with."
    case .scaledModel(let path, let modelPath):
      "\(path) cannot be used with \(modelPath), whose channels were scaled when it was quantized. Quantize the model "
        + "without --scale-channels."
    case .prunedModel(let path, let modelPath):
      "\(path) is an adapter of the whole model; \(modelPath) has no weights of some of its attention heads. Use the "
        + "model that the adapter was trained with, and --attention-pruning to leave heads out."
    case .missingHalf(let path, let tensor):
      "\(path): tensor \(tensor) is missing, the other half of its pair is there. The file is damaged."
    case .unknownMatrix(let path, let matrix, let modelPath):
      "\(path) changes \(matrix), which \(modelPath) does not have. Use the model that the adapter was trained with."
    case .unsupportedMatrix(let path, let matrix):
      "\(path) changes \(matrix), which adapters cannot change here. Those of attention, feed-forward networks, "
        + "embeddings and the output head can."
    case .unexpectedTensor(let path, let tensor):
      "\(path): tensor \(tensor) is not half of a low-rank update. Only adapters that change nothing else are "
        + "supported."
    case .empty(let path):
      "\(path) holds no update of any matrix. The file is damaged."
    }
  }
}
