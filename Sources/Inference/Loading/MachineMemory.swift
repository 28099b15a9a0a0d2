// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The memory (RAM) that this process may use: the machine's, or less where a control group sets a limit.
public struct MachineMemory: Sendable, Equatable {
  /// The most that may be used, in bytes.
  public var limit: Int
  /// Memory available now without paging anything else out, in bytes; never above `limit`.
  public var available: Int
  /// True where a control group (a container, a service) allows less than the machine has.
  public var isConfined: Bool

  /// Lowers `available` to `limit`. Both are bytes.
  public init(limit: Int, available: Int, isConfined: Bool = false) {
    self.limit = limit
    self.available = min(available, limit)
    self.isConfined = isConfined
  }

  /// Reads the kernel's figures.
  ///
  /// - Parameter root: stands before `/proc` and `/sys`.
  /// - Returns: nil where the kernel does not tell.
  public static func current(root: String = "") -> MachineMemory? {
    guard let text = contents(root + "/proc/meminfo") else { return nil }
    var figures: [Substring: Int] = [:]
    for line in text.split(separator: "\n") {
      let fields = line.split { $0 == ":" || $0 == " " }
      if fields.count > 1, let kibibytes = Int(fields[1]), kibibytes < 1 << 50 { figures[fields[0]] = kibibytes << 10 }
    }
    guard let total = figures["MemTotal"] else { return nil }
    let available = figures["MemAvailable"] ?? total
    let groupLimit = groupLimits(root: root).min()
    guard let groupLimit, groupLimit < total else { return MachineMemory(limit: total, available: available) }
    return MachineMemory(limit: groupLimit, available: available, isConfined: true)
  }

  /// The limits of the process's control groups and of all groups above them, versions 1 and 2.
  private static func groupLimits(root: String) -> [Int] {
    var limits: [Int] = []
    for line in (contents(root + "/proc/self/cgroup") ?? "").split(separator: "\n") {
      // hierarchy-ID:controllers:path, with no controllers in version 2.
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let isSecondVersion = fields[1].isEmpty
      guard isSecondVersion || fields[1].split(separator: ",").contains("memory") else { continue }
      let folder = root + (isSecondVersion ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory")
      let file = isSecondVersion ? "memory.max" : "memory.limit_in_bytes"
      // In a container the path may be one of the host's that is not seen here; the groups above it are tried too.
      var path = fields[2][...]
      while true {
        if let limit = contents(folder + path + "/" + file).flatMap({ Int($0.filter { !$0.isWhitespace }) }) {
          limits.append(limit)
        }
        guard let slash = path.lastIndex(of: "/") else { break }
        path = path[..<slash]
      }
    }
    return limits
  }

  /// A file of the kernel's, whose size is not known beforehand.
  private static func contents(_ path: String) -> String? {
    guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.readToEnd() else { return nil }
    return String(decoding: data, as: UTF8.self)
  }
}
