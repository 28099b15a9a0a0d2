// SPDX-License-Identifier: Apache-2.0

import Images
import TestSupport
import Testing
import Video

@Suite("Recordings written one behind the other")
struct JoinedRecordingTests {
  private func frames(of path: String, framesPerSecond: Double) async throws -> [Frame] {
    await all(of: try await VideoStream.open(.file(path: path), options: options(framesPerSecond)))
  }

  /// The two parts of the clip whose codec changes.
  private func parts() throws -> (h264: ArraySlice<UInt8>, mpeg2: ArraySlice<UInt8>) {
    let contents = try bytes(of: "other-codec.ts")
    let second = try #require(recordings(of: contents).last)
    return (contents[..<second], contents[second...])
  }

  @Test("are followed where the video goes on under the number that was the sound's")
  func swappedStreams() async throws {
    let frames = try await frames(of: media("swapped.ts"), framesPerSecond: 5)
    let colors = frames.map { $0.image.color(0.5, 0.5) }
    #expect(frames.map(\.index) == Array(0..<frames.count) && frames.count >= 19)
    // The last frame of the first recording may be lost.
    #expect(colors.prefix(9).allSatisfy { $0.isNear(.red, within: 12) }, "\(colors)")
    #expect(colors.suffix(9).allSatisfy { $0.isNear(.blue, within: 12) }, "\(colors)")
  }

  @Test("are followed where the codec changes under one number", arguments: [true, false])
  func otherCodec(isH264First: Bool) async throws {
    let folder = try TemporaryFolder()
    let (h264, mpeg2) = try parts()
    let path = try folder.write(Array(isH264First ? h264 + mpeg2 : mpeg2 + h264), to: "joined.ts")
    let frames = try await frames(of: path, framesPerSecond: 5)
    // One second of H.264 and two of MPEG-2, whose frames count from 0; the last one of a recording may be lost.
    let numbers = frames.map(\.image.number)
    let first = isH264First ? [0, 5, 10, 15, 20] : [0, 5, 10, 15, 20, 25, 30, 35, 40]
    let second = isH264First ? [0, 5, 10, 15, 20, 25, 30, 35, 40] : [0, 5, 10, 15]
    #expect(numbers.starts(with: first), "\(numbers)")
    #expect(numbers.dropFirst(first.count).drop { $0 > 40 }.starts(with: second), "\(numbers)")
  }

  @Test("are followed however many there are")
  func manyRecordings() async throws {
    let folder = try TemporaryFolder()
    // Packets of nothing (PID 8191) behind each: the next one is not only a moment.
    let nothing = Array(repeating: [0x47, 0x1F, 0xFF, 0x10] + Array(repeating: UInt8(0xFF), count: 184), count: 2000)
    let (h264, mpeg2) = try parts()
    let contents = (0..<8).flatMap { Array($0 % 2 == 0 ? h264 : mpeg2) + nothing.joined() }
    let path = try folder.write(contents, to: "joined.ts")
    let stream = try await VideoStream.open(.file(path: path), options: options(5))
    let frames = await all(of: stream)
    // Four of a second and four of two, without the last frames that are lost.
    #expect((56...60).contains(frames.count), "\(frames.count)")
    #expect(frames.count { $0.image.number == 0 } == 8, "\(frames.map(\.image.number))")
    #expect(stream.takeWarnings() == [])
  }

  @Test("are followed in Ogg, also at another rate")
  func chainedOgg() async throws {
    let frames = try await frames(of: media("chained.ogv"), framesPerSecond: 5)
    #expect(frames.map(\.index) == Array(0..<15))
    #expect(frames.map(\.image.number) == [0, 5, 10, 15, 20] + Array(0..<10))
  }

  @Test("are followed once more after a seek, back or into the second one")
  func seekBack() async throws {
    let stream = try await VideoStream.open(.file(path: media("swapped.ts")), options: options(5))
    _ = await all(of: stream)
    for (time, color) in [(1.0, Color.red), (3, .blue), (0, .red)] {
      stream.seek(to: time)
      let frames = await all(of: stream)
      #expect(frames.first?.time == time)
      #expect(try #require(frames.first).image.color(0.5, 0.5).isNear(color, within: 12), "at \(time) s")
      #expect(try #require(frames.last).time > 3.5)
      #expect(try #require(frames.last).image.color(0.5, 0.5).isNear(.blue, within: 12))
    }
    #expect(stream.takeWarnings() == [])
  }

  // MARK: Tables

  /// Packets of a transport stream with sections in them: PID and bytes.
  private func packets(_ sections: (pid: Int, bytes: [UInt8])...) -> [UInt8] {
    sections.flatMap { section in
      var left = [0] + section.bytes
      var packets: [UInt8] = []
      var isFirst = true
      while !left.isEmpty {
        let head: [UInt8] = [
          0x47, UInt8(section.pid >> 8) | (isFirst ? 0x40 : 0), UInt8(section.pid & 0xFF), 0x10,
        ]
        packets += head + left.prefix(184) + Array(repeating: 0xFF, count: max(0, 184 - left.count))
        left.removeFirst(min(184, left.count))
        isFirst = false
      }
      return packets
    }
  }

  private func section(_ kind: UInt8, _ body: [UInt8]) -> [UInt8] {
    let length = body.count + 9
    return [kind, 0xB0 | UInt8(length >> 8), UInt8(length & 0xFF), 0, 1, 0xC1, 0, 0] + body + [0, 0, 0, 0]
  }

  @Test("are told apart by the tables of their programs, however long those are")
  func tables() throws {
    let list = section(0, [0, 1, 0xF0, 0x00])
    // The clock's stream, no descriptors; then each stream with its kind, PID and descriptors.
    func table(_ streams: [(kind: UInt8, pid: UInt8, descriptors: Int)]) -> [UInt8] {
      var body: [UInt8] = [0xE1, 0, 0xF0, 0]
      for stream in streams {
        body += [stream.kind, 0xE1, stream.pid, 0xF0, UInt8(stream.descriptors)]
        body += Array(repeating: 0x1B, count: stream.descriptors)
      }
      return section(2, body)
    }
    let before = table([(0x1B, 0, 0), (0x0F, 1, 0)])
    let after = table([(0x0F, 0, 100), (0x0F, 2, 100), (0x24, 1, 0)])
    let other = (pid: 0x0123, bytes: after)
    let stream = packets((0, list), (0x1000, before), other, (0, list), (0x1000, after))
    var kinds: [[Int: ProgramTable.Kind]] = []
    let position = ProgramTable.position(in: stream) { table in
      kinds.append(table.kinds)
      return table.kinds[257] == .hevc
    }
    #expect(kinds == [[256: .h264, 257: .sound], [256: .sound, 258: .sound, 257: .hevc]])
    // From the list of programs before it: the table of another PID is none.
    #expect(position == 188 * 4)
    #expect(ProgramTable.position(in: Array(stream[100...])) { $0.kinds[257] == .hevc } == 188 * 4 - 100)
    #expect(ProgramTable.position(in: Array(stream.dropLast(188))) { $0.kinds[257] == .hevc } == nil)
    #expect(ProgramTable.position(in: []) { _ in true } == nil)
  }
}
