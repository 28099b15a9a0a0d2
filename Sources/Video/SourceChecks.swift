// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Platform

/// What is checked of a source before FFmpeg sees it, and who reads it.
extension MediaInput {
  /// A reader for a source that can only be read once, from front to back; nil for any other.
  static func pipe(
    of source: VideoSource, timeout: Double, interrupt: IOInterrupt
  ) throws(VideoError) -> DescriptorReader? {
    switch source {
    case .file(let path):
      var status = stat()
      guard ImageSequence(path) == nil, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { return nil }
      return try reader(ofFile: path, name: source.displayName, timeout: timeout, interrupt: interrupt)
    case .standardInput:
      let isRegular = DescriptorReader.isRegularFile(STDIN_FILENO)
      return isRegular ? nil : try readerOfStandardInput(interrupt: interrupt)
    case .device, .url: return nil
    }
  }

  /// Checks what can be said about a path before FFmpeg sees it.
  /// - Returns: a reader for a pipe with a name, or a file whose name FFmpeg would misread; nil for any other regular
  ///   file, which FFmpeg reads itself.
  static func reader(
    ofFile path: String, name: String, timeout: Double, interrupt: IOInterrupt
  ) throws(VideoError) -> DescriptorReader? {
    var status = stat()
    guard !path.isEmpty, stat(path, &status) == 0 else {
      if errno == EACCES { throw .notPermitted(source: name) }
      throw .missing(source: path.isEmpty ? "the empty path" : name)
    }
    let kind = status.st_mode & S_IFMT
    if kind == S_IFDIR { throw .isDirectory(source: name) }
    let descriptor = Platform.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == EACCES || errno == EPERM { throw .notPermitted(source: name) }
      throw .unreadable(source: name, detail: errorText(errno))
    }
    if kind == S_IFREG, status.st_size == 0 || !ImageSequence.isPattern(path) {
      close(descriptor)
      if status.st_size == 0 { throw .empty(source: name) }
      return nil
    }
    guard
      let reader = DescriptorReader(
        descriptor: descriptor, closesDescriptor: true, interrupt: interrupt,
        writerTimeout: kind == S_IFIFO ? timeout : nil)
    else {
      close(descriptor)
      throw .unreadable(source: name, detail: "out of memory")
    }
    return reader
  }

  static func readerOfStandardInput(interrupt: IOInterrupt) throws(VideoError) -> DescriptorReader {
    if fcntl(STDIN_FILENO, F_GETFD) == -1 { throw .noStandardInput(detail: "is closed") }
    if isatty(STDIN_FILENO) != 0 { throw .noStandardInput(detail: "is a terminal") }
    guard
      let reader = DescriptorReader(
        descriptor: STDIN_FILENO, closesDescriptor: false, interrupt: interrupt)
    else { throw .unreadable(source: VideoSource.standardInput.displayName, detail: "out of memory") }
    return reader
  }

  static func checkDevice(_ path: String, name: String) throws(VideoError) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw .deviceUnavailable(source: name, detail: errorText(errno))
    }
    guard access(path, R_OK) == 0 else {
      throw .deviceUnavailable(source: name, detail: "permission denied: is this user in the group 'video'?")
    }
  }
}
