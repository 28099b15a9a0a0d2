// SPDX-License-Identifier: Apache-2.0

/// Keeps the beginning of a stream of bytes up to a capacity, and counts the rest.
struct BeginningCapture {
  private(set) var bytes: [UInt8] = []
  let capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
  }

  mutating func append(_ piece: UnsafeRawBufferPointer) {
    let room = capacity - bytes.count
    if room > 0 { bytes.append(contentsOf: piece.prefix(room)) }
  }
}

/// Keeps the beginning and the end of a stream of bytes: what a compiler says first and what a program says last.
struct EdgesCapture {
  private var beginning: BeginningCapture
  private var recent: [UInt8] = []
  private let capacity: Int
  private var passed = 0

  /// `capacity` bytes at each end.
  init(capacity: Int) {
    beginning = BeginningCapture(capacity: capacity)
    self.capacity = capacity
  }

  mutating func append(_ piece: UnsafeRawBufferPointer) {
    let room = capacity - beginning.bytes.count
    beginning.append(piece)
    let rest = UnsafeRawBufferPointer(rebasing: piece.dropFirst(max(0, room)))
    guard !rest.isEmpty else { return }
    passed += rest.count
    recent.append(contentsOf: rest.suffix(capacity))
    // Trimmed now and then, so that each byte is moved a bounded number of times.
    if recent.count > 4 * capacity { recent.removeFirst(recent.count - capacity) }
  }

  /// Both ends; what was left out between them is said on a line of its own.
  var bytes: [UInt8] {
    let end = recent.suffix(capacity)
    let leftOut = passed - end.count
    if leftOut == 0 { return beginning.bytes + end }
    return beginning.bytes + Array("\n… \(leftOut) bytes left out …\n".utf8) + end
  }
}
