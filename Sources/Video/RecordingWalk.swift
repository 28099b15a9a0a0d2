// SPDX-License-Identifier: Apache-2.0

/// The way through a recording from element to element, up to what follows it in the file.
struct RecordingWalk {
  /// The beginning of the next element, in bytes of the file.
  var place: Int64
  /// Whether the latest step looked for a header in bytes that are no elements.
  var isSearching = false
  /// Whether elements do not say how long they are: bytes that are none belong to the recording then.
  var isOpen = false
  /// In Ogg, whether pages have come behind the streams' first ones.
  var hasLaterPages = false
  /// Where bytes begin that are no elements.
  var unknown: Int64?
  /// Whether such bytes, as far as they were passed over, hold anything but zeros.
  var hasContent = false
  /// Where bytes began that are no tags, in FLV, or no elements of a segment in Matroska that does not say how long it
  /// is.
  var gap: Int64?
  /// Where the latest element began.
  var latest: Int64?
  /// Where the latest element ends, while another recording is looked for in it: its length led to no other element.
  var doubted: Int64?
  /// Where that one began.
  var broken: Int64?
  /// In a pipe, how far the latest element was looked through for the header of another recording.
  var inspected: Int64 = 0
  /// In a pipe, where such a header lies in it: another recording begins there if nothing follows the element.
  var candidate: Int64?
  var joins = TransportJoins()

  init(at place: Int64) { self.place = place }

  /// Where bytes begin that belong to no element so far.
  var lost: Int64? { unknown ?? gap }

  /// An element was found.
  fileprivate mutating func endSearch() {
    (unknown, gap, doubted, broken, candidate) = (nil, nil, nil, nil, nil)
    (isSearching, hasContent) = (false, false)
  }
}

/// Recordings are found in two ways. When the file is opened, its elements are walked through, as far as a bounded
/// number of bytes goes. What lies behind that is walked through as it is read.
extension RecordedFile {
  /// Takes note of bytes that are about to be read: another recording may begin in them, or a little before them.
  func note(bytes: Range<Int64>) {
    guard let walk, walk.place >= bytes.lowerBound - Self.longestLag, walk.place < bytes.upperBound else { return }
    // Enough for an element in every byte.
    budget = Int(bytes.upperBound - max(walk.place, bytes.lowerBound)) * Self.stepCost + Int(Self.longestLag)
    find(before: bytes.upperBound)
  }

  /// Bytes by which the walk may lag behind what is read and still catch up.
  private static let longestLag: Int64 = 1 << 20

  /// Looks on for another recording, once the last one known has ended.
  func findMore() {
    if pipe != nil { return findMoreInPipe() }
    budget = Self.mostBytesAtOnce
    let count = recordings.count
    while walk != nil, budget > 0, recordings.count == count { step() }
  }

  /// Walks on until `limit`, or as far as the budget goes.
  func find(before limit: Int64 = .max) {
    while let walk, walk.place < limit, budget > 0 { step() }
  }

  /// One step of the walk.
  func step() {
    guard let walk, let current = recordings.last, let currentContainer = current.container else { return }
    let isLong = currentContainer == .transportStream || walk.isSearching
    let head = bytes(at: walk.place, count: Container.headLength, piece: isLong ? Self.pieceLength : 0)
    if head.isEmpty {
      // A pipe only says at its end that an element does not come whole.
      if walk.place > size, let latest = walk.latest { return doubt(latest) }
      return finish()
    }
    let container = walk.place > current.bytes.lowerBound ? Container(headerOf: head) : nil
    if let container, container != currentContainer || isBeginning(container) {
      return begin(container, at: walk.place)
    }
    if currentContainer == .transportStream { return stepThroughPackets(of: head) }
    if let end = walk.doubted, !goesOn(in: head, at: walk.place) { return search(in: head, before: end) }
    // Bytes between are passed over where the recording goes on behind them.
    let goesOn = walk.unknown == nil || goesOn(in: head, at: walk.place)
    switch goesOn ? element(in: head, at: walk.place) : nil {
    case .measured(let length), .doubtful(let length):
      advance(by: length)
      self.walk?.hasLaterPages = walk.hasLaterPages || container == nil
    case .entered(let length):
      self.walk?.isOpen = true
      advance(by: length)
    case .unmeasured:
      self.walk?.isOpen = true
      search(in: head)
    case nil:
      if let latest = walk.latest { return doubt(latest) }
      if [.flash, .matroska].contains(currentContainer), walk.isOpen { self.walk?.gap = walk.gap ?? walk.place }
      if !walk.isOpen { self.walk?.unknown = walk.unknown ?? walk.place }
      search(in: head)
    }
  }

  /// The element at a place; nil for one whose name may be that of other bytes, if no other element follows.
  private func element(in head: ArraySlice<UInt8>, at place: Int64) -> Container.Element? {
    guard let walk, let container = recordings.last?.container else { return nil }
    let first = container.element(in: head, isEntered: walk.isOpen)
    var (element, place) = (first, place)
    for _ in 0..<Self.mostDoubtful {
      guard case .doubtful(let length) = element else { return element == nil ? nil : first }
      guard length <= size - place else { return nil }
      place += length
      if place == size { return first }
      element = container.element(in: bytes(at: place, count: Container.headLength), isEntered: walk.isOpen)
    }
    return nil
  }

  /// Elements of unknown names in a row that are taken for part of a recording.
  private static let mostDoubtful = 16

  /// Whether a header of the same container begins another recording. Those of transport streams are repeated, and
  /// those of Ogg come one behind the other.
  private func isBeginning(_ container: Container) -> Bool {
    switch container {
    case .transportStream: false
    case .ogg: walk?.hasLaterPages == true
    default: true
    }
  }

  /// Passes over an element.
  private func advance(by length: Int64) {
    guard let walk else { return }
    let isFlash = recordings.last?.container == .flash
    if isFlash, let gap = walk.broken ?? walk.gap {
      addFiller(gap..<walk.place)
    } else if let lost = walk.lost {
      lose(lost..<walk.place)
    }
    self.walk?.endSearch()
    self.walk?.latest = walk.place
    let (next, overflows) = walk.place.addingReportingOverflow(length)
    self.walk?.place = overflows ? .max : next
    // The file was cut off, or another one follows the cut, or these bytes are no element.
    if overflows || next > size { doubt(walk.place) }
  }

  /// Looks for another recording within the latest element.
  private func doubt(_ latest: Int64) {
    guard let walk else { return }
    if walk.place > size { noteCut() }
    self.walk?.latest = nil
    self.walk?.broken = latest
    self.walk?.doubted = min(walk.place, size)
    // What has come through a pipe and was handed on is there no longer.
    self.walk?.place = walk.candidate ?? max(latest + 1, pipe?.start ?? 0)
    self.walk?.candidate = nil
  }

  /// Moves to the next place in the latest element, which ends at `end`, at which another recording may begin.
  private func search(in part: ArraySlice<UInt8>, before end: Int64) {
    search(in: part)
    guard let walk, walk.place >= end else { return }
    self.walk?.doubted = nil
    self.walk?.broken = nil
    self.walk?.place = end
  }

  /// Moves to the next place in a part of the file at which a recording may begin, or this one may go on.
  private func search(in part: ArraySlice<UInt8>) {
    guard let walk, let container = recordings.last?.container else { return }
    self.walk?.isSearching = true
    let end = part.endIndex - (walk.place + Int64(part.count) >= size ? 0 : Container.longestMark)
    let next = (part.startIndex + 1..<max(part.startIndex + 1, end)).first { place in
      let fifth = place + 4 < part.endIndex ? part[place + 4] : 0
      guard Container.mayBegin(with: part[place], fifth: fifth) || container.mayGoOn(with: part[place]) else {
        return false
      }
      let rest = part[place...]
      return Container(headerOf: rest) != nil
        || goesOn(in: rest, at: walk.place + Int64(place - part.startIndex))
    }
    let place = next ?? max(part.startIndex + 1, end)
    if walk.lost != nil, !walk.hasContent { self.walk?.hasContent = part[..<place].contains { $0 != 0 } }
    self.walk?.place += Int64(place - part.startIndex)
  }

  /// Whether the recording goes on at a place behind bytes that are not part of it.
  private func goesOn(in bytes: ArraySlice<UInt8>, at place: Int64) -> Bool {
    guard let container = recordings.last?.container else { return false }
    if container.goesOn(in: bytes) { return true }
    // Of a long tag, the length behind it lies elsewhere.
    guard container == .flash, pipe == nil, let first = bytes.first, container.mayGoOn(with: first),
      case .measured(let length)? = container.element(in: bytes, isEntered: true), length > Int64(bytes.count)
    else { return false }
    budget -= Self.stepCost
    var mark = [UInt8](repeating: 0, count: 4)
    let count = mark.withUnsafeMutableBytes { mark in
      mark.baseAddress.map { read(at: place + length - 4, into: $0, count: 4) } ?? 0
    }
    return count == 4 && mark[...].bigEndian(at: 0, count: 4) == length - 4
  }

  private func lose(_ range: Range<Int64>) {
    if walk?.hasContent == true { lostCount += Int64(range.count) }
  }

  /// Ends the last recording where another one begins.
  func begin(_ container: Container, at place: Int64) {
    guard recordings.count < Self.mostRecordings else {
      let isReadOn = container == .transportStream && recordings.last?.container == .transportStream
      let unknown = walk?.unknown ?? place
      if !isReadOn { walk?.unknown = unknown }
      excess = isReadOn ? .readAsOne : .unread
      return finish()
    }
    let place = max(place, pipe?.start ?? 0)
    if walk?.doubted != nil { noteCut() }
    end(before: place)
    recordings.append(Recording(bytes: place..<size, container: container))
    walk = RecordingWalk(at: place)
  }

  /// Remembers that the last recording ends within an element, in ASF: FFmpeg tells of no length in a file of another
  /// size than its header says. In a broadcast lengths mean nothing.
  private func noteCut() {
    guard pipe == nil, let last = recordings.indices.last, recordings[last].container == .asf else { return }
    let header = bytes(at: recordings[last].bytes.lowerBound, count: Container.headLength)
    recordings[last].isCut = !Container.isBroadcast(header)
  }

  private func end(before place: Int64) {
    let end = min(walk?.lost ?? place, place)
    recordings[recordings.count - 1].bytes = recordings[recordings.count - 1].bytes.lowerBound..<end
    lose(end..<place)
  }

  /// The last recording is known whole.
  func finish() {
    if let lost = walk?.lost, let last = recordings.indices.last {
      recordings[last].bytes = recordings[last].bytes.lowerBound..<lost
      if let pipe, pipe.isAtEnd { lose(lost..<max(lost, pipe.end)) }
    }
    walk = nil
  }

  // MARK: Transport streams

  /// Bytes that are looked at in one step.
  static let pieceLength = 1 << 16
  /// Bytes behind which FFmpeg finds no more packets.
  private static let longestGap: Int64 = 1 << 15

  private func stepThroughPackets(of part: ArraySlice<UInt8>) {
    guard let walk, let current = recordings.last else { return }
    var place = part.startIndex
    while let packet = TransportPacket(part[place...].prefix(TransportPacket.length)) {
      let position = walk.place + Int64(place - part.startIndex)
      if let unknown = self.walk?.unknown {
        if position - unknown > Self.longestGap { return begin(.transportStream, at: position) }
        self.walk?.unknown = nil
        self.walk?.hasContent = false
      }
      if let begin = self.walk?.joins.take(packet, at: position) {
        if begin > current.bytes.lowerBound { return self.begin(.transportStream, at: begin) }
        self.walk?.joins = TransportJoins()
      }
      place += TransportPacket.length
    }
    self.walk?.place += Int64(place - part.startIndex)
    let isCut = part.endIndex - place < TransportPacket.length
    if place > part.startIndex || isCut {
      // The file may end within a packet.
      if isCut, walk.place + Int64(part.count) >= size { finish() }
      return
    }
    if walk.unknown == nil, let (container, place) = recordingInPacket(before: walk.place) {
      return begin(container, at: place)
    }
    self.walk?.unknown = walk.unknown ?? walk.place
    search(in: part)
  }

  /// Another recording that begins within the packet before a place: the packet was cut off there.
  private func recordingInPacket(before end: Int64) -> (Container, Int64)? {
    let start = max(recordings.last?.bytes.lowerBound ?? 0, end - Int64(TransportPacket.length)) + 1
    guard start < end else { return nil }
    let part = bytes(at: start, count: Container.headLength)
    for place in part.prefix(Int(end - start)).indices {
      if let container = Container(headerOf: part[place...]), container != .transportStream {
        return (container, start + Int64(place - part.startIndex))
      }
    }
    return nil
  }
}
