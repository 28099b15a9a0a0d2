// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Memory of this process as the kernel counts it.
public enum ResidentMemory {
  /// Bytes resident now; 0 where the kernel does not tell.
  public static func current() -> Int {
    // The second figure of statm is the number of resident pages.
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let fields = text.split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
