// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The files of the repository that tests read in place.
public enum Checkout {
  /// The repository's top folder.
  public static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The path of a file, from its path in the repository.
  public static func path(_ relative: String) -> String { root.appending(path: relative).path }

  /// The small vision language model that comes with the program.
  public static let model = path("Models/edgeassist-tiny-Q8_0.gguf")
  /// Its vision tower.
  public static let visionTower = path("Models/mmproj-edgeassist-tiny-F16.gguf")
  /// The sample clip, of the doorstep world.
  public static let sampleClip = path("Assets/sample.mp4")
}
