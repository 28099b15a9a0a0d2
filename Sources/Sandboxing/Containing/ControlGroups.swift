// SPDX-License-Identifier: Apache-2.0

import CSandbox
import Platform

/// Control groups of version 2, which are had where this process may make one beside its own: root mostly, and users
/// whose own systemd started the program.
struct ControlGroups: Sendable {
  /// The folder of the group above this process's own.
  let parent: String

  /// nil if none can be had with a limit of memory.
  static func usable() -> ControlGroups? {
    guard
      let parent = parentOfControlGroup(
        groups: lines(of: "/proc/self/cgroup"), mounts: lines(of: "/proc/self/mountinfo")),
      controllers(of: parent).contains("memory")
    else { return nil }
    let groups = ControlGroups(parent: parent)
    let path = groups.newPath()
    guard mkdir(path, 0o755) == 0 else { return nil }
    defer { rmdir(path) }
    return groups.limit(path, RunLimits()) ? groups : nil
  }

  /// A group for one program. Its watchdog removes it.
  func group(limits: RunLimits, watchdog: Watchdog) throws(SandboxError) -> ControlGroup {
    let path = newPath()
    try watchdog.keep(group: path)
    guard mkdir(path, 0o755) == 0 else {
      let error = errno
      try watchdog.keep(group: "")
      throw .refused("mkdir: \(path)", error)
    }
    guard limit(path, limits) else { throw .refused("write: \(path)", errno) }
    return ControlGroup(path: path)
  }

  private func newPath() -> String {
    parent + "/edgeassist-program-" + String(UInt64.random(in: 0 ... .max), radix: 36)
  }

  /// False, and `errno`, if the kernel refuses.
  private func limit(_ path: String, _ limits: RunLimits) -> Bool {
    // The scratch folder's files are counted too, and what is shared with others, to whoever was first. Within that,
    // the looks at the program find what it takes by itself.
    let bytes = limits.memoryBytes + limits.scratchBytes + Self.sharedBytes
    guard write("\(bytes)", path + "/memory.max"), write("1", path + "/memory.oom.group") else { return false }
    // Not every kernel counts what is swapped out, and not every parent hands on the count of processes.
    _ = write("0", path + "/memory.swap.max")
    _ = write("\(limits.processes + Self.helpers)", path + "/pids.max")
    return true
  }

  private static let sharedBytes = 16 << 20
  /// Bubblewrap's processes, and what they become.
  private static let helpers = 8

  private static func controllers(of folder: String) -> [Substring] {
    lines(of: folder + "/cgroup.subtree_control").flatMap { $0.split(separator: " ") }
  }
}

/// A control group that one program runs in.
struct ControlGroup: Sendable {
  let path: String

  /// Whether the kernel has killed the program for its memory.
  var wasOutOfMemory: Bool {
    lines(of: path + "/memory.events").contains { $0.hasPrefix("oom_kill ") && $0 != "oom_kill 0" }
  }
}

/// The folder above a process's control group of version 2, or of its group if that is the first of all; nil if there
/// is none to be seen.
///
/// - Parameters:
///   - groups: the lines of `/proc/…/cgroup`.
///   - mounts: the lines of `/proc/…/mountinfo`.
package func parentOfControlGroup(groups: [Substring], mounts: [Substring]) -> String? {
  guard let path = groups.first(where: { $0.hasPrefix("0::/") })?.dropFirst(3), !path.contains("..") else { return nil }
  for line in mounts {
    // Number, parent's, device, root, mount point, options … - type, source, options.
    let fields = line.split(separator: " ")
    guard
      let separator = fields.firstIndex(of: "-"), separator >= 6, fields.count > separator + 1,
      fields[separator + 1] == "cgroup2"
    else { continue }
    let root = fields[3] == "/" ? "" : fields[3]
    guard path.hasPrefix(root) else { continue }
    // Of the mount: "" for its first group, else the names on the way to this one.
    let names = path.dropFirst(root.count).split(separator: "/")
    return ([fields[4]] + names.dropLast()).joined(separator: "/")
  }
  return nil
}

private func lines(of file: String) -> [Substring] {
  String(decoding: kernelFile(file) ?? [], as: UTF8.self).split(separator: "\n")
}

/// False, and `errno`, if the kernel refuses.
private func write(_ text: String, _ file: String) -> Bool {
  let descriptor = open(file, O_WRONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return false }
  defer { close(descriptor) }
  return Platform.write(descriptor, text, text.utf8.count) == text.utf8.count
}
