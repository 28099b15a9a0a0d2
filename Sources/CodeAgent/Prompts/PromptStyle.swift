// SPDX-License-Identifier: Apache-2.0

/// How roles are asked.
public enum PromptStyle: Sendable {
  /// With full instructions, for any model that follows instructions.
  case full
  /// In the few words that the model was trained on; its file says `edgeassist.code.prompts` = `short`.
  case short

  /// The metadata key of a model file that names the style.
  public static let metadataKey = "edgeassist.code.prompts"
  /// The value that asks for the short style.
  public static let shortValue = "short"
}
