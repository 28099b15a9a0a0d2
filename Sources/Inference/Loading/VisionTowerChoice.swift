// SPDX-License-Identifier: Apache-2.0

/// The vision tower that a language model is run with.
public enum VisionTowerChoice: Sendable, Equatable {
  /// The mmproj file that lies beside the language model, if there is one that fits.
  case beside
  /// This file.
  case file(String)
  /// No tower, even if one lies beside the model: it reads text only and takes less memory.
  case without
}
