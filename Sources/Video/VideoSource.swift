// SPDX-License-Identifier: Apache-2.0

import Records

/// Where a video comes from.
public enum VideoSource: Sendable, Hashable {
  /// A file on this machine.
  case file(path: String)
  /// A network address: `rtsp://`, `http://`, `https://` and the like.
  case url(String)
  /// A capture device of Video4Linux, such as `/dev/video0`.
  case device(path: String)
  /// The bytes that are piped into the program.
  case standardInput

  /// Reads a source as a person writes it on the command line: `-` is standard input, `/dev/video0` (or anything in
  /// `/dev/v4l/`) a capture device, `name://…` a network address, `file://…` and everything else a file.
  public init(_ text: String) {
    if text == "-" {
      self = .standardInput
    } else if text.hasPrefix("/dev/video") || text.hasPrefix("/dev/v4l/") {
      self = .device(path: text)
    } else if text.lowercased().hasPrefix("file://") {
      let path = text.dropFirst("file://".count)
      // This machine may be named.
      let isNamed = path.lowercased().hasPrefix("localhost/")
      self = .file(path: Self.removingPercentEncoding(String(isNamed ? path.dropFirst("localhost".count) : path)))
    } else if Self.scheme(of: text) != nil {
      self = .url(text)
    } else {
      self = .file(path: text)
    }
  }

  /// True when the source alone says that it goes on for as long as somebody sends: a device, or an address of a
  /// streaming protocol. An `http` address can be either; ``VideoDescription/isLive`` knows once it is open.
  public var isLive: Bool {
    switch self {
    case .device: true
    case .file, .standardInput: false
    case .url(let address): !["http", "https"].contains(Self.scheme(of: address))
    }
  }

  /// The source for messages: one line, control characters made visible, a password in an address hidden.
  public var displayName: String {
    switch self {
    case .file(let path), .device(let path): visible(path)
    case .url(let address): visible(Self.hidingPassword(address))
    case .standardInput: "standard input"
    }
  }

  /// The protocol in front of `://`, in lower case; nil where there is none.
  static func scheme(of text: String) -> String? {
    guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://"), colon != text.startIndex else {
      return nil
    }
    let scheme = text[..<colon].lowercased()
    return scheme.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) } ? scheme : nil
  }

  static func isWebAddress(_ source: VideoSource) -> Bool {
    guard case .url(let address) = source, let scheme = scheme(of: address) else { return false }
    return ["http", "https"].contains(scheme)
  }

  /// The text without the password of an address in it, as it is shown.
  package static func hidingPassword(_ address: String) -> String {
    guard let separator = address.firstRange(of: "://") else { return address }
    let rest = address[separator.upperBound...]
    let host = rest.prefix { $0 != "/" && $0 != "?" }
    guard let at = host.lastIndex(of: "@"), let colon = host[..<at].firstIndex(of: ":") else { return address }
    return String(address[...colon]) + "***" + String(address[at...])
  }

  private static func removingPercentEncoding(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest.removeFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
