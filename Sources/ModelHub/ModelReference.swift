// SPDX-License-Identifier: Apache-2.0

/// A model on the hub as users name it: `OWNER/NAME`, with a quantization after a colon where one is meant.
public struct ModelReference: Sendable, Equatable, CustomStringConvertible {
  /// `OWNER/NAME`.
  public let repository: String
  /// As it was typed, for example `Q4_K_M`; nil for the default.
  public let quantization: String?

  /// The prefix that tells a model on the hub from a file.
  private static let prefix = "hf:"
  /// Addresses of the hub, which people put before a repository's name.
  private static let addresses = ["https://huggingface.co/", "https://hf.co/", "huggingface.co/", "hf.co/"]
  /// Characters of an owner, a name or a quantization at most, as on the hub.
  private static let longestName = 96

  /// Reads `OWNER/NAME[:QUANT]`, after `hf:` or an address of the hub if there is one.
  ///
  /// - Throws: `HubError.Reason.badReference`.
  public init(_ text: String) throws(HubError) {
    var rest = text[...]
    if rest.hasPrefix(Self.prefix) { rest = rest.dropFirst(Self.prefix.count) }
    if let address = Self.addresses.first(where: { rest.hasPrefix($0) }) { rest = rest.dropFirst(address.count) }
    let halves = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let names = halves[0].split(separator: "/", omittingEmptySubsequences: false)
    guard names.count == 2, names.allSatisfy(Self.isName), halves.dropFirst().allSatisfy(Self.isName) else {
      throw HubError(
        .badReference,
        "“\(text)” names no model on the hub; write OWNER/NAME or OWNER/NAME:QUANT, such as "
          + "ggml-org/SmolVLM2-500M-Video-Instruct-GGUF:Q8_0")
    }
    repository = String(halves[0])
    quantization = halves.count > 1 ? String(halves[1]) : nil
  }

  /// A model on the hub, if a value of `--model` names one: it begins with `hf:`.
  ///
  /// - Throws: `HubError.Reason.badReference`.
  public static func named(by argument: String) throws(HubError) -> ModelReference? {
    argument.hasPrefix(prefix) ? try ModelReference(argument) : nil
  }

  public var description: String { repository + (quantization.map { ":" + $0 } ?? "") }

  /// Names become folders: letters, digits, `-`, `_` and `.`, not at the beginning and no two dots in a row.
  private static func isName(_ name: Substring) -> Bool {
    guard let first = name.first, first != ".", first != "-", name.utf8.count <= longestName else { return false }
    return !name.contains("..") && name.utf8.allSatisfy { $0.isNameByte }
  }
}

extension UInt8 {
  fileprivate var isNameByte: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}
