// SPDX-License-Identifier: Apache-2.0

/// Why settings cannot be used.
enum SettingsError: Error, Equatable {
  case unreadable(path: String, reason: String)
  case malformed(path: String, line: Int, reason: String)
  /// There is no option of this name.
  case unknown(source: String, name: String)
  /// The option belongs to one run.
  case ofOneRun(source: String, name: String)
  case invalid(source: String, reason: String)

  /// One line: where the setting is, and what is wrong with it.
  var message: String {
    switch self {
    case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)"
    case .malformed(let path, let line, let reason): "\(path), line \(line): \(reason)"
    case .unknown(let source, let name):
      "\(source): there is no setting “\(name)”; there are "
        + SettableOptions.ofEdgeAssist.kinds.keys.sorted().joined(separator: ", ")
    case .ofOneRun(let source, let name):
      "\(source): --\(name) belongs to one run; give it on the command line"
    case .invalid(let source, let reason): "\(source): \(reason)"
    }
  }
}
