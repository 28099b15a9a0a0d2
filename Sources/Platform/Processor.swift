// SPDX-License-Identifier: Apache-2.0

/// The processor of this machine, as the system describes it.
public struct Processor: Sendable, Equatable {
  /// Its model name; nil where the system tells none.
  public let name: String?
  /// The name and the numbers that tell models of one name apart, such as `Xeon · 6 · 207 · 2`; empty where the system
  /// tells none.
  public let identity: String

  private static let nameKeys = ["model name", "Model", "Hardware"]
  private static let identityKeys = [
    "cpu family", "model", "stepping", "CPU implementer", "CPU variant", "CPU part", "CPU revision",
  ]
  /// Bytes of the longest description that is read: thousands of processors have a page each.
  private static let largestDescription = 64 << 20

  /// - Parameter root: prefix of `/proc`, for tests.
  public init(root: String = "") {
    let text = (try? InputFile.bytes(of: root + "/proc/cpuinfo", limit: Self.largestDescription)) ?? []
    var fields: [Substring: String] = [:]
    for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
      let pair = line.split(separator: ":", maxSplits: 1)
      guard pair.count == 2 else { continue }
      let key = pair[0].trimmed
      let value = String(pair[1].trimmed)
      // The first processor's: the others come behind it.
      if !value.isEmpty, fields[key] == nil { fields[key] = value }
    }
    name = Self.nameKeys.compactMap { fields[Substring($0)] }.first
    identity = ([name] + Self.identityKeys.map { fields[Substring($0)] }).compactMap(\.self).joined(separator: " · ")
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    let space: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    let start = drop(while: space)
    return start.lastIndex { !space($0) }.map { start[...$0] } ?? ""
  }
}
