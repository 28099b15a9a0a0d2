// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Options that were given, by name, so that those which would do nothing can be refused.
enum GivenOptions {
  /// The names of those that were given.
  static func names(of options: KeyValuePairs<String, Bool>) -> [String] {
    options.filter { $0.value }.map { $0.key }
  }

  /// Refuses options that would do nothing.
  ///
  /// - Parameters:
  ///   - names: of options that were given.
  ///   - place: where they have no effect, such as `with --suite code`.
  /// - Throws: `ValidationError` naming the first.
  static func refuse(_ names: [String], _ place: String) throws {
    if let name = names.first { throw ValidationError("\(name) has no effect \(place)") }
  }
}
