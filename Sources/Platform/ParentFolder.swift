// SPDX-License-Identifier: Apache-2.0

/// The folder that a path names a file in: `a` of `a/b`, `/` of `/b`, nothing of `b`. Slashes at the end do not count.
///
/// Foundation's own (`NSString.deletingLastPathComponent`) ends the program at a name of one letter, in Swift 6.3 on
/// Linux.
package func parentFolder(of path: String) -> String {
  let slash = UInt8(ascii: "/")
  var rest = path.utf8[...]
  while rest.last == slash { rest.removeLast() }
  guard !rest.isEmpty else { return path.utf8.isEmpty ? "" : "/" }
  while let last = rest.last, last != slash { rest.removeLast() }
  guard !rest.isEmpty else { return "" }
  while rest.last == slash { rest.removeLast() }
  return rest.isEmpty ? "/" : String(decoding: rest, as: UTF8.self)
}
