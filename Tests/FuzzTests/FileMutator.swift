// SPDX-License-Identifier: Apache-2.0

import TestSupport

/// Damages files as broken downloads, broken disks and hostile people would.
struct FileMutator {
  private var generator: SplitMix64

  init(seed: UInt64) {
    generator = SplitMix64(seed: seed)
  }

  /// Numbers at which careless arithmetic goes wrong.
  private static let hostile: [UInt64] = [
    .max, .max - 7, 1 << 63, (1 << 63) - 1, 1 << 62, 1 << 61, 1 << 48, 1 << 40, 1 << 32, (1 << 32) - 1, 1 << 31,
    (1 << 31) - 1, 1 << 24, 1 << 16, 65535, 255, 31, 2, 1, 0,
  ]

  /// One of several, and one to three kinds of damage to one of its files.
  mutating func damaged(_ specimens: [Specimen]) -> Specimen {
    var specimen = specimens[below(specimens.count)]
    let file = below(specimen.files.count)
    for _ in 0...[0, 0, 1, 2][below(4)] { change(&specimen.files[file]) }
    return specimen
  }

  /// One of several files, with one to three kinds of damage.
  mutating func damaged(_ files: [[UInt8]]) -> [UInt8] {
    let bytes = files[below(files.count)]
    var file = Specimen.File(name: "", header: bytes, weightByteCount: 0)
    for _ in 0...[0, 0, 1, 2][below(4)] { change(&file) }
    return file.header
  }

  private mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }

  private mutating func change(_ file: inout Specimen.File) {
    let count = file.header.count
    guard count > 48 else { return }
    let place = below(count - 40)
    switch below(12) {
    case 0...3: file.header[place] ^= 1 << UInt8(below(8))
    case 4: file.header[place] = UInt8(below(256))
    case 5...7:
      let value = Self.hostile[below(Self.hostile.count)]
      let width = [8, 8, 4, 2][below(4)]
      withUnsafeBytes(of: value.littleEndian) {
        file.header.replaceSubrange(place..<place + width, with: $0.prefix(width))
      }
    case 8: file.header.removeSubrange(place..<place + 1 + below(32))
    case 9: file.header.insert(contentsOf: Array(file.header[place..<place + 1 + below(32)]), at: place)
    case 10: file.weightByteCount -= below(file.weightByteCount + 1)
    default:
      file.header.removeLast(below(count))
      file.weightByteCount = 0
    }
  }
}
