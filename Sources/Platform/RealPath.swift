// SPDX-License-Identifier: Apache-2.0

/// The path without links; the path itself if it leads nowhere.
public func realPath(_ path: String) -> String {
  guard let real = realpath(path, nil) else { return path }
  defer { free(real) }
  return String(cString: real)
}
