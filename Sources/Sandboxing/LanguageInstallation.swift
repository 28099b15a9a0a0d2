// SPDX-License-Identifier: Apache-2.0

import CodeTasks

extension ProgramLanguage {
  /// Programs that compile or interpret it, the preferred one first.
  var tools: [String] {
    switch self {
    case .python: ["python3"]
    case .c: ["cc", "gcc", "clang"]
    case .swift: ["swiftc"]
    }
  }

  /// How to install one of them on Debian and its derivatives.
  var advice: String {
    switch self {
    case .python: "sudo apt install python3"
    case .c: "sudo apt install gcc libc6-dev"
    case .swift: "see swift.org/install"
    }
  }
}
