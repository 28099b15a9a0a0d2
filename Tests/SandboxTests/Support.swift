// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Processes of this machine whose command line holds a word.
func processes(holding word: String) -> [Int] {
  let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
  return names.compactMap(Int.init).filter { process in
    let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
    return String(decoding: line, as: UTF8.self).contains(word)
  }
}
