// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Platform

/// The recordings of a source, of which only a file has several, one behind the other. One is open at a time.
final class RecordingSequence {
  private let source: VideoSource
  private let options: MediaInput.OpeningOptions
  private let interrupt: IOInterrupt
  /// nil for what is read as one recording.
  private let file: RecordedFile?
  /// The recording that is open.
  private var number = 0
  /// How long recordings are, in seconds, as far as it is known.
  private var lengths: [Int: Double] = [:]
  /// Recordings in which no frame was found.
  private var unreadable: Set<Int> = []

  /// Recordings whose length is looked for when the file is opened. That of others is estimated by their bytes.
  private static let mostMeasured = 100

  init(of source: VideoSource, options: MediaInput.OpeningOptions, interrupt: IOInterrupt) {
    (self.source, self.options, self.interrupt) = (source, options, interrupt)
    file = Self.file(of: source)
  }

  private static func file(of source: VideoSource) -> RecordedFile? {
    switch source {
    case .file(let path):
      // A pipe must not be opened twice: its writer would take the first reader for all there are.
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
    let wanted = (0..<count).last { !unreadable.contains($0) && (beginning(of: $0) ?? .infinity) <= time }
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
    }
    return try MediaInput.open(source, options: options, interrupt: interrupt)
  }

  // MARK: Times

  /// Looks how long the recordings are.
  private func measure() {
    guard count > 1 else { return }
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
  private func length(of number: Int) -> Double? {
    if unreadable.contains(number) { return 0 }
    if let length = lengths[number] { return length }
    guard let file, number >= Self.mostMeasured else { return nil }
    let measured = 0..<Self.mostMeasured
    let bytes = measured.reduce(0.0) { $0 + Double(file.recordings[$1].bytes.count) }
    let seconds = measured.reduce(0) { $0 + (lengths[$1] ?? 0) }
    return bytes > 0 ? seconds / bytes * Double(file.recordings[number].bytes.count) : nil
  }

  private func beginning(of number: Int) -> Double? {
    (0..<number).reduce(0) { sum, number in sum.flatMap { sum in length(of: number).map { sum + $0 } } }
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

  // MARK: What was not read

  /// A line about bytes of the file that were not read, once all of it has ended; nil where there are none, or all were
  /// told of.
  func lineOfUnreadBytes(after input: MediaInput) -> String? {
    guard let (unread, size) = unreadBytes(after: input), unread >= Self.fewestUnread, unread > toldUnread else {
      return nil
    }
    toldUnread = unread
    return
      "\(source.displayName): \(unread) of \(size) bytes were not read; they hold another recording, or are damaged"
  }

  private static let fewestUnread: Int64 = 1 << 10
  private var toldUnread: Int64 = 0

  private func unreadBytes(after input: MediaInput) -> (unread: Int64, size: Int64)? {
    if let file, let last = file.recordings.last {
      let unread = unreadable.reduce(0) { $0 + Int64(file.recordings[$1].bytes.count) }
      return (unread + file.unreadCount(upTo: last.bytes.lowerBound + input.readPosition), file.size)
    }
    // What FFmpeg reads by itself may end in an index, which it reads elsewhere or leaves out.
    guard case .file = source, !input.isPlaylist, let bytes = input.format.pointee.pb else { return nil }
    let size = avio_size(bytes)
    let unread = size - input.readPosition
    return size > 0 && unread > max(Self.longestIndex, size / 10) ? (unread, size) : nil
  }

  private static let longestIndex: Int64 = 1 << 18
}
