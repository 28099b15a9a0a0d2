// SPDX-License-Identifier: Apache-2.0

/// Follows the packets of a transport stream, and tells where another recording begins: where the clock is set back, or
/// the programs' tables cannot be those of the recording before.
struct TransportJoins {
  /// Of the first packets and of the latest, the clocks by their streams and the programs' tables by theirs.
  struct Marks {
    var clocks: [Int: Int64] = [:]
    var tables: [Int: ProgramTable] = [:]

    var isEmpty: Bool { clocks.isEmpty && tables.isEmpty }

    /// Whether these cannot follow `former` in one recording.
    func contradict(_ former: Marks) -> Bool {
      clocks.contains { stream, clock in former.clocks[stream].map { isBehind(clock, $0) } ?? false }
        || tables.contains { stream, table in former.tables[stream].map(table.contradicts) ?? false }
    }
  }

  private(set) var first = Marks()
  private(set) var latest = Marks()
  /// PIDs of programs' tables.
  private var tablePIDs: Set<Int> = []
  private var sections: [Int: (position: Int64, bytes: [UInt8])] = [:]
  private var counters: [Int: UInt8] = [:]
  /// Where the tables begin that lie before the latest packet without any between; nil where there are none.
  private var tablesPosition: Int64?
  /// Where packets are missing for the first time since the latest clock that fits those before.
  private var breakPosition: Int64?
  /// A clock that was set back, and where a recording begins if the next one fits it.
  private var suspicion: (stream: Int, clock: Int64, position: Int64)?

  /// Where another recording begins, if the packets that follow confirm it; nil for nowhere.
  var possibleBeginning: Int64? {
    [breakPosition, tablesPosition, suspicion?.position].compactMap { $0 }.min()
  }

  /// Ticks in a second.
  private static let second: Int64 = 90_000
  private static let mask: Int64 = 1 << 33 - 1

  /// Whether a clock is set back by more than a moment.
  private static func isBehind(_ clock: Int64, _ former: Int64) -> Bool {
    let back = (former - clock) & mask
    return back > second / 10 && back < 1 << 32
  }

  /// Takes note of the packet at `position`.
  /// - Returns: where another recording begins, which has then been read up to this packet.
  mutating func take(_ packet: TransportPacket, at position: Int64) -> Int64? {
    // Lists of programs, of services, of the network; programs' tables.
    let isTable = [0, 16, 17].contains(packet.stream) || tablePIDs.contains(packet.stream)
    if isTable, tablesPosition == nil { tablesPosition = position }
    defer { if !isTable { tablesPosition = nil } }
    noteCounter(of: packet, at: tablesPosition ?? position)
    if let begin = noteTable(in: packet, isTable: isTable, at: position) { return begin }
    guard let clock = packet.clock else { return nil }
    return note(clock: clock, of: packet.stream, at: position)
  }

  private mutating func noteCounter(of packet: TransportPacket, at position: Int64) {
    // Empty packets (PID 8191) are not counted.
    guard packet.payload != nil, packet.stream != 0x1FFF else { return }
    let former = counters.updateValue(packet.counter, forKey: packet.stream)
    if let former, packet.counter != former, packet.counter != (former + 1) & 0x0F, breakPosition == nil {
      breakPosition = position
    }
  }

  private mutating func note(clock: Int64, of stream: Int, at position: Int64) -> Int64? {
    if first.clocks[stream] == nil { first.clocks[stream] = clock }
    if let suspicion, suspicion.stream == stream {
      self.suspicion = nil
      if (clock - suspicion.clock) & Self.mask < Self.longestPause { return suspicion.position }
    }
    if let former = latest.clocks[stream], Self.isBehind(clock, former) {
      suspicion = (stream, clock, breakPosition ?? tablesPosition ?? position)
      return nil
    }
    latest.clocks[stream] = clock
    breakPosition = nil
    return nil
  }

  /// Ticks between two clocks of a stream, of which the second confirms the first.
  private static let longestPause = 10 * second

  private mutating func noteTable(in packet: TransportPacket, isTable: Bool, at position: Int64) -> Int64? {
    guard isTable, let payload = packet.payload else { return nil }
    if packet.isBeginning {
      let pointer = payload.first.map(Int.init) ?? 0
      sections[packet.stream] = (tablesPosition ?? position, Array(payload.dropFirst(1 + pointer)))
    } else {
      sections[packet.stream]?.bytes += payload
    }
    guard let section = sections[packet.stream] else { return nil }
    let begin = min(section.position, breakPosition ?? .max)
    if packet.stream == 0 {
      let programs = Set(ProgramTable.programs(in: section.bytes))
      guard !programs.isEmpty else { return nil }
      sections[packet.stream] = nil
      if !tablePIDs.isEmpty, tablePIDs.isDisjoint(with: programs) { return begin }
      tablePIDs.formUnion(programs)
    } else if let table = ProgramTable(section: section.bytes) {
      sections[packet.stream] = nil
      if let former = latest.tables[packet.stream], table.contradicts(former) { return begin }
      if first.tables[packet.stream] == nil { first.tables[packet.stream] = table }
      latest.tables[packet.stream] = table
    }
    return nil
  }
}
