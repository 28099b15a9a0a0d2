// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Foundation
import TestSupport
import Testing

@Suite("A machine")
struct MachineTests {
  @Test("is described by what its kernel says")
  func described() throws {
    let machineFolder = try TemporaryFolder()
    defer { withExtendedLifetime(machineFolder) {} }
    let root = machineFolder.url
    let caches = root.appending(path: "sys/devices/system/cpu/cpu0/cache")
    for (index, size) in ["32K", "1024K", "16M"].enumerated() {
      let folder = caches.appending(path: "index\(index)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data((size + "\n").utf8).write(to: folder.appending(path: "size"))
    }
    let proc = root.appending(path: "proc")
    try FileManager.default.createDirectory(at: proc, withIntermediateDirectories: true)
    try Data("processor\t: 0\nmodel name\t: Small CPU @ 1 GHz\n".utf8).write(to: proc.appending(path: "cpuinfo"))
    try Data("MemTotal: 2048 kB\n".utf8).write(to: proc.appending(path: "meminfo"))
    let machine = Machine.current(threads: 3, root: root.path)
    #expect(machine.processor == "Small CPU @ 1 GHz")
    #expect(machine.cacheBytes == 16 << 20 && machine.memoryBytes == 2 << 20)
    #expect(machine.title.contains("Small CPU") && machine.title.contains("3 of "))
  }

  @Test("of which nothing is known has a title all the same")
  func unknown() {
    let machine = Machine.current(threads: 1, root: "/nonexistent")
    #expect(machine.processor == "unknown processor" && machine.cacheBytes == 0)
  }
}
