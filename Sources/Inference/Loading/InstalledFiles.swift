// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform

/// Where the files that come with the program lie, whether it runs from a checkout or is installed.
public enum InstalledFiles {
  /// Folders of this name, the likeliest first: under `EDGEASSIST_HOME`; under `share/edgeassist` beside the program's
  /// `bin`; in the folders above the program, which for a checkout's build are those of the checkout.
  public static func folders(named name: String) -> [String] {
    var roots: [String] = []
    if let home = ProcessInfo.processInfo.environment["EDGEASSIST_HOME"], !home.isEmpty { roots.append(home) }
    if let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
      var folder = parentFolder(of: program)
      roots.append(parentFolder(of: folder) + "/share/edgeassist")
      while folder.count > 1 {
        roots.append(folder)
        folder = parentFolder(of: folder)
      }
    }
    let candidates = roots.map { $0 + "/" + name }
    let existing = candidates.filter { FileManager.default.fileExists(atPath: $0) }
    return existing.isEmpty ? Array(candidates.prefix(3)) : existing
  }

  /// A file that comes with the program, for example `Assets/sample.mp4`; nil when it is not there.
  public static func file(_ name: String, in folder: String) -> String? {
    folders(named: folder).map { $0 + "/" + name }.first { FileManager.default.fileExists(atPath: $0) }
  }
}
