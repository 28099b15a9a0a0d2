// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Platform

/// The recordings of a source, of which a file or a pipe may have several, one behind the other. One is open at a time.
final class RecordingSequence {
  private let source: VideoSource
  private let options: MediaInput.OpeningOptions
  private let interrupt: IOInterrupt
  /// nil for what is read as one recording.
  private let file: RecordedFile?
  /// nil for all but a pipe.
  private let pipe: DescriptorReader?
  /// The recording that is open.
  private(set) var number = 0
  /// How long recordings are, in seconds, as far as it is known.
  private var lengths: [Int: Double] = [:]
  /// Recordings in which no frame was found.
  private var unreadable: Set<Int> = []

  /// Recordings whose length is looked for when the file is opened. That of others is estimated by their bytes.
  private static let mostMeasured = 100

  /// Waits for the first bytes of a pipe; `interrupt` ends that.
  init(of source: VideoSource, options: MediaInput.OpeningOptions, interrupt: IOInterrupt) throws(VideoError) {
    (self.source, self.options, self.interrupt) = (source, options, interrupt)
    let file = Self.file(of: source)
    pipe = file == nil ? try MediaInput.pipe(of: source, timeout: options.timeout, interrupt: interrupt) : nil
    self.file = file ?? pipe.map(RecordedFile.init(pipeOf:))
  }

  private static func file(of source: VideoSource) -> RecordedFile? {
    switch source {
    case .file(let path):
      var status = stat()
      guard ImageSequence(path) == nil, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
      let descriptor = Platform.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
      return descriptor < 0 ? nil : RecordedFile(descriptor: descriptor, closesDescriptor: true)
    case .standardInput:
      guard lseek(STDIN_FILENO, 0, SEEK_CUR) == 0 else { return nil }
      return RecordedFile(descriptor: STDIN_FILENO, closesDescriptor: false)
    case .device, .url: return nil
    }
  }

  private var count: Int { file?.recordings.count ?? 1 }

  // MARK: Opening

  /// Opens the first recording that has a frame.
  /// - Returns: the recording and its first frame.
  /// - Throws: what is wrong with the very first one where none has any.
  func openFirst() throws(VideoError) -> (MediaInput, DecodedFrame) {
    do throws(VideoError) {
      let opened = try open(0)
      measure()
      return opened
    } catch {
      unreadable.insert(0)
      if interrupt.isStopped { throw error }
      guard let opened = openNext() else { throw error }
      measure()
      return opened
    }
  }

  /// Opens the recording that follows the open one. Those without a frame are left out.
  func openNext() -> (MediaInput, DecodedFrame)? {
    var next = number + 1
    while !interrupt.isStopped {
      if next >= count { file?.findMore() }
      guard next < count else { return nil }
      if let opened = try? open(next) { return opened }
      unreadable.insert(next)
      next += 1
    }
    return nil
  }

  /// Opens the recording that is shown at `time`, in seconds; nil where that is the open one.
  func open(at time: Double) -> (MediaInput, DecodedFrame)? {
    let beginnings = beginnings(ofFirst: count)
    let wanted = (0..<min(count, beginnings.count)).last { !unreadable.contains($0) && beginnings[$0] <= time }
    guard let wanted, wanted != number else { return nil }
    return try? open(wanted)
  }

  private func open(_ number: Int) throws(VideoError) -> (MediaInput, DecodedFrame) {
    let input = try openInput(number)
    let first = try input.readFirst(timeout: options.timeout, interrupt: interrupt)
    self.number = number
    lengths[number] = lengths[number] ?? Self.length(of: input)
    return (input, first)
  }

  private func openInput(_ number: Int) throws(VideoError) -> MediaInput {
    var options = options
    if let file {
      guard let reader = RecordingReader(of: number, in: file) else {
        throw .unreadable(source: source.displayName, detail: "out of memory")
      }
      options.recording = reader
      options.pipe = pipe
    }
    return try MediaInput.open(source, options: options, interrupt: interrupt)
  }

  // MARK: Times

  /// Looks how long the recordings are.
  private func measure() {
    guard count > 1, pipe == nil else { return }
    for number in 0..<min(count, Self.mostMeasured) where lengths[number] == nil && !interrupt.isStopped {
      guard !unreadable.contains(number) else { continue }
      do throws(VideoError) {
        lengths[number] = Self.length(of: try openInput(number))
      } catch {
        unreadable.insert(number)
      }
    }
  }

  private static func length(of input: MediaInput) -> Double? { input.statedVideoDuration ?? input.duration }

  /// Seconds of one recording; nil where nobody knows.
  /// - Parameter rate: seconds in a byte of those whose length was looked for.
  private func length(of number: Int, rate: Double?) -> Double? {
    if unreadable.contains(number) { return 0 }
    if let length = lengths[number] { return length }
    guard let file, let rate, number >= Self.mostMeasured else { return nil }
    return rate * Double(file.recordings[number].bytes.count)
  }

  private var measuredRate: Double? {
    guard let file, count > Self.mostMeasured else { return nil }
    let measured = 0..<Self.mostMeasured
    let bytes = measured.reduce(0.0) { $0 + Double(file.recordings[$1].bytes.count) }
    return bytes > 0 ? measured.reduce(0) { $0 + (lengths[$1] ?? 0) } / bytes : nil
  }

  /// Where the first recordings begin, in seconds, as far as it is known; at last where the one behind them begins.
  private func beginnings(ofFirst count: Int) -> [Double] {
    let rate = measuredRate
    var beginnings = [0.0]
    for number in 0..<count {
      guard let length = length(of: number, rate: rate) else { break }
      beginnings.append(beginnings[number] + length)
    }
    return beginnings
  }

  private func beginning(of number: Int) -> Double? {
    let beginnings = beginnings(ofFirst: number)
    return number < beginnings.count ? beginnings[number] : nil
  }

  /// Where the open recording begins, in seconds of the whole.
  var beginning: Double { beginning(of: number) ?? 0 }

  /// Seconds of the whole; nil where nobody knows.
  func duration(with input: MediaInput) -> Double? {
    input.isLive ? nil : count > 1 ? beginning(of: count) : Self.length(of: input)
  }

  /// The open recording has been read to its end, `length` seconds behind its beginning.
  func noteEnd(after length: Double) {
    if length > 0 { lengths[number] = length }
  }

  /// Whether a recording ends before its header says, as far as its bytes tell.
  func isCut(_ number: Int) -> Bool { file?.recordings[number].isCut ?? false }

  // MARK: What was not read

  /// A line about bytes of the file that were not read, once all of it has ended; nil where there are none, or all were
  /// told of.
  func lineOfUnreadBytes(after input: MediaInput) -> String? {
    // Of a file, the bytes that were not read are known.
    if let excess = file?.excess, excess == .readAsOne || pipe != nil, !isLimitTold {
      isLimitTold = true
      return "\(source.displayName): what follows its first \(RecordedFile.mostRecordings) recordings was "
        + (excess == .readAsOne ? "read as one, and frames may be lost where they were joined" : "not read")
    }
    guard let (unread, size) = unreadBytes(after: input), unread >= Self.fewestUnread, unread > toldUnread else {
      return nil
    }
    toldUnread = unread
    return
      "\(source.displayName): \(unread) of \(size) bytes were not read; they hold another recording, or are damaged"
  }

  /// A line about bytes within recordings that were passed over; nil where there are none, or all were told of.
  func lineOfSkippedBytes() -> String? {
    guard let skipped = file?.skippedCount(besides: unreadable), skipped > toldSkipped else { return nil }
    toldSkipped = skipped
    return "\(source.displayName): \(skipped) bytes that are part of no recording lie within one, and were skipped"
  }

  private var toldSkipped: Int64 = 0

  private static let fewestUnread: Int64 = 1 << 10
  private var toldUnread: Int64 = 0
  private var isLimitTold = false

  private func unreadBytes(after input: MediaInput) -> (unread: Int64, size: Int64)? {
    if let file, pipe == nil, let last = file.recordings.last {
      let unread = unreadable.reduce(0) { $0 + Int64(file.recordings[$1].bytes.count) }
      return (unread + file.unreadCount(upTo: last.bytes.lowerBound + input.readPosition), file.size)
    }
    if let file, pipe != nil {
      guard file.size < .max else { return nil }
      let unread = unreadable.reduce(0) { $0 + Int64(file.recordings[$1].bytes.clamped(to: 0..<file.size).count) }
      return (unread + file.lostCount, file.size)
    }
    // What FFmpeg reads by itself may end in an index, which it reads elsewhere or leaves out.
    guard case .file = source, !input.isPlaylist, let bytes = input.format.pointee.pb else { return nil }
    let size = avio_size(bytes)
    let unread = size - input.readPosition
    return size > 0 && unread > max(Self.longestIndex, size / 10) ? (unread, size) : nil
  }

  private static let longestIndex: Int64 = 1 << 18
}
