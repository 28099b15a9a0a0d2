// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Options that were given, by name, so that those which would do nothing, or undo each other, can be refused.
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

  /// Refuses two options that name the same file to write.
  ///
  /// - Parameter files: options and what they name; nil and `-`, standard output, name none.
  /// - Throws: `ValidationError` naming both.
  static func refuseSameFile(_ files: [(name: String, path: String?)]) throws {
    let named = files.filter { $0.path != nil && $0.path != "-" }
    for (index, file) in named.enumerated() {
      if let other = named[..<index].first(where: { $0.path == file.path }) {
        throw ValidationError("\(other.name) and \(file.name) name the same file")
      }
    }
  }
}
