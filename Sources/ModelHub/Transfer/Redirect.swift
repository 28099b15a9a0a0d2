// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where redirects lead, and which are followed.
package enum Redirect {
  /// The statuses that come with a `Location`.
  static let statuses: Set = [301, 302, 303, 307, 308]

  /// The address that a redirect leads to.
  ///
  /// - Parameters:
  ///   - location: the `Location` of the answer, which may be relative; nil without one.
  ///   - url: the address that was asked.
  /// - Throws: `HubError.Reason.badRedirect` for anything but HTTP and HTTPS, for an address with a password, and for
  ///   one that leaves encryption.
  package static func target(of location: String?, from url: URL) throws(HubError) -> URL {
    let host = url.host() ?? ""
    guard let location, let target = URL(string: location, relativeTo: url)?.absoluteURL, target.isWeb,
      target.host()?.isEmpty == false, target.user() == nil
    else {
      throw HubError(
        .badRedirect, "\(host) redirects to “\(location ?? "")”, which is no address for a download; check HF_ENDPOINT")
    }
    guard target.isEncrypted || !url.isEncrypted else {
      throw HubError(
        .badRedirect,
        "\(host) redirects to “\(location)”, where everybody could read and change what comes; check HF_ENDPOINT")
    }
    return target
  }
}
