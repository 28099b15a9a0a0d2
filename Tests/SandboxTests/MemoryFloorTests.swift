// SPDX-License-Identifier: Apache-2.0

import Sandboxing
import Testing

@Suite("What processes hold at least")
struct MemoryFloorTests {
  @Test("Is what one of them holds, as long as nothing is known of what they share")
  func largest() {
    var floor = MemoryFloor()
    floor.update([1: 100, 2: 70, 3: 80])
    #expect(floor.bytes == 100)
  }

  @Test("Grows with each of them")
  func growth() {
    var floor = MemoryFloor()
    floor.update([1: 100, 2: 100, 3: 100])
    floor.update([1: 105, 2: 110, 3: 120])
    floor.update([1: 106, 2: 111, 3: 121])
    #expect(floor.bytes == 138)
  }

  @Test("Grows from what a count found")
  func counted() {
    var floor = MemoryFloor(counted: 130, heldBytes: [1: 100, 2: 100])
    floor.update([1: 100, 2: 150])
    #expect(floor.bytes == 180)
  }

  @Test("Does not count what a new process was forked with, only what it gets then")
  func forked() {
    var floor = MemoryFloor()
    floor.update([1: 100])
    floor.update([1: 100, 2: 100])
    #expect(floor.bytes == 100)
    floor.update([1: 100, 2: 130])
    #expect(floor.bytes == 130)
  }

  @Test("Falls by all that was given back, and by all of a process that has ended")
  func fall() {
    var floor = MemoryFloor(counted: 300, heldBytes: [1: 150, 2: 120, 3: 130])
    floor.update([1: 110, 2: 120, 3: 130])
    #expect(floor.bytes == 260)
    floor.update([1: 110, 3: 130])
    #expect(floor.bytes == 140)
  }

  @Test("Is never less than what one of them holds")
  func least() {
    var floor = MemoryFloor(counted: 150, heldBytes: [1: 100, 2: 100])
    floor.update([1: 100])
    #expect(floor.bytes == 100)
    floor.update([:])
    #expect(floor.bytes == 0)
  }
}
