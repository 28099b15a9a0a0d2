// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform

/// Where the hub is, who asks, and whether it may be asked, by the variables that Hugging Face's own tools read.
public struct HubSettings: Sendable {
  /// `HF_ENDPOINT`, without a slash at its end; else `https://huggingface.co`.
  public var endpoint: URL
  /// `HF_TOKEN`, else the contents of the token file; nil for neither.
  public var token: String?
  /// `HF_HUB_OFFLINE`: the cache is all there is.
  public var isOffline: Bool
  /// Where downloaded models are kept.
  public var cache: ModelCache

  /// Memberwise.
  public init(endpoint: URL, token: String? = nil, isOffline: Bool = false, cache: ModelCache) {
    self.endpoint = endpoint
    self.token = token
    self.isOffline = isOffline
    self.cache = cache
  }

  /// Reads the variables.
  ///
  /// - Throws: `HubError.Reason.badSetting` naming the variable.
  public init(environment: [String: String]) throws(HubError) {
    func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    cache = try ModelCache(environment: environment)
    isOffline = variable("HF_HUB_OFFLINE").map { Self.wordsForTrue.contains($0.uppercased()) } ?? false
    endpoint = try Self.endpoint(variable("HF_ENDPOINT") ?? Self.standardEndpoint)
    if let given = try Self.token(variable("HF_TOKEN"), source: "HF_TOKEN") {
      token = given
    } else if let path = Self.tokenPath(variable) {
      token = try Self.token(try? InputFile.text(of: path, limit: 1 << 12), source: path)
    }
  }

  private static let standardEndpoint = "https://huggingface.co"
  private static let wordsForTrue: Set = ["1", "ON", "YES", "TRUE"]

  /// The hub's name, for messages.
  var hostName: String { endpoint.host() ?? endpoint.absoluteString }

  /// Whether the token may go with a request: to the hub itself, and never in the clear over a network.
  package func allowsToken(for url: URL) -> Bool {
    url.hasSameOrigin(as: endpoint) && (url.isEncrypted || url.isLoopback)
  }

  private static func endpoint(_ text: String) throws(HubError) -> URL {
    let trimmed = String(text.reversed().drop { $0 == "/" }.reversed())
    guard let url = URL(string: trimmed), url.isWeb, url.host()?.isEmpty == false, url.user() == nil,
      url.query() == nil, url.fragment() == nil
    else {
      // A password in it is nobody's business.
      guard !text.contains("@") else {
        throw HubError(
          .badSetting, "HF_ENDPOINT holds a user's name or a password; write the hub's address alone, and HF_TOKEN")
      }
      throw HubError(
        .badSetting, "HF_ENDPOINT is “\(text)”, which is no address of a hub; write one such as \(standardEndpoint)")
    }
    return url
  }

  /// `HF_TOKEN_PATH`, else `token` in the folder of Hugging Face's tools.
  private static func tokenPath(_ variable: (String) -> String?) -> String? {
    if let path = variable("HF_TOKEN_PATH") { return path }
    if let home = variable("HF_HOME") { return home + "/token" }
    let cache = variable("XDG_CACHE_HOME") ?? variable("HOME").map { $0 + "/.cache" }
    return cache.map { $0 + "/huggingface/token" }
  }

  private static func token(_ text: String?, source: String) throws(HubError) -> String? {
    guard let text else { return nil }
    let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
    if token.isEmpty { return nil }
    // Anything else could end the header and begin another.
    guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw HubError(.badSetting, "\(source) holds something that is no token; a token is one word, such as hf_…")
    }
    return token
  }
}

extension URL {
  /// Whether the scheme is HTTP or HTTPS.
  var isWeb: Bool { scheme?.lowercased() == "http" || isEncrypted }
  var isEncrypted: Bool { scheme?.lowercased() == "https" }
  /// Whether the host is this machine.
  var isLoopback: Bool {
    guard let host = host()?.lowercased() else { return false }
    return ["localhost", "127.0.0.1", "::1", "[::1]"].contains(host)
  }

  /// Whether scheme, host and port are the same.
  func hasSameOrigin(as other: URL) -> Bool {
    guard let scheme = scheme?.lowercased(), let host = host()?.lowercased(), !host.isEmpty else { return false }
    return scheme == other.scheme?.lowercased() && host == other.host()?.lowercased()
      && effectivePort == other.effectivePort
  }

  private var effectivePort: Int { port ?? (isEncrypted ? 443 : 80) }
}
