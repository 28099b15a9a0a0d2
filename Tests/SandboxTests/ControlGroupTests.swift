// SPDX-License-Identifier: Apache-2.0

import Sandboxing
import Testing

@Suite("The control group of a program")
struct ControlGroupTests {
  private static let mount = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"

  @Test(
    "Is made beside that of this process",
    arguments: [
      (
        "0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope", mount,
        "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice"
      ),
      ("0::/", mount, "/sys/fs/cgroup"), ("0::/system.slice", mount, "/sys/fs/cgroup"),
      // In a container, whose own group is the first that it sees.
      ("0::/docker/12/inner", "30 24 0:26 /docker/12 /sys/fs/cgroup ro - cgroup2 cgroup ro", "/sys/fs/cgroup"),
    ])
  func parent(group: String, mount: String, parent: String) {
    #expect(
      parentOfControlGroup(groups: ["4:memory:/", group[...]], mounts: ["22 1 8:1 / / rw - ext4 a rw", mount[...]])
        == parent)
  }

  @Test(
    "Is not available where groups are of version 1, or elsewhere",
    arguments: [
      ("4:memory:/a", mount), ("0::/a", "31 24 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory"),
      ("0::/../other", mount), ("0::/a", "30 24 0:26 /docker/12 /sys/fs/cgroup ro - cgroup2 cgroup ro"), ("", ""),
    ])
  func none(group: String, mount: String) {
    #expect(parentOfControlGroup(groups: [group[...]], mounts: [mount[...]]) == nil)
  }

  private static let sandboxes = [Sandboxes.namespaces, Sandboxes.landlock].filter {
    $0.limitKeeping?.hard.contains { $0.hasPrefix("memory") } == true
  }

  @Test(
    "Ends the program at its limit of memory, and goes with it",
    .enabled(if: !sandboxes.isEmpty, "no control groups of version 2 are available here"), arguments: sandboxes)
  func memory(sandbox: Sandbox) async throws {
    // At once, so that no look of the sandbox comes first.
    let text =
      "print(open('/proc/self/cgroup').read(), flush=True)\nheld = bytearray(b'x') * (1 << 30)\nprint('had it')"
    let program = try await sandbox.prepare(text, language: .python)
    let result = try await sandbox.run(program, input: "", limits: HostileProgram.limits())
    #expect(result.end == .stopped(.memory) && !result.output.contains("had it"), "\(result)")
  }
}
