// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile
import Platform
import Records

/// A copy of a model file, of all its parts, in the system's temporary folder. It goes with the last reference.
final class TemporaryCopy {
  let file: GGUFFile
  private let folder: URL
  private let reader: TensorReader

  init(of original: GGUFFile) throws(ReportedError) {
    let folder = FileManager.default.temporaryDirectory.appending(path: "edgeassist-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
      var copies: [String] = []
      for path in original.partPaths {
        let copy = folder.appending(path: URL(fileURLWithPath: path).lastPathComponent)
        // A link would be copied as a link, to the original.
        try FileManager.default.copyItem(at: URL(fileURLWithPath: path).resolvingSymlinksInPath(), to: copy)
        // The original may be write-protected.
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: copy.path)
        copies.append(copy.path)
      }
      file = try GGUFFile(path: copies.first ?? folder.path)
      reader = try TensorReader(file)
    } catch {
      try? FileManager.default.removeItem(at: folder)
      throw .outputUnwritable(
        message: "\(original.path) cannot be copied to \(folder.path): \(error). Make room there, or set TMPDIR.")
    }
    self.folder = folder
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func tensor(_ name: String) throws(ReportedError) -> TensorDescription {
    do { return try file.requiredTensor(name) } catch { throw .modelUnreadable(message: error.message) }
  }

  func checksum(of tensor: TensorDescription) throws(ReportedError) -> UInt64 {
    var state = XXH64()
    for start in stride(from: 0, to: tensor.byteCount, by: TensorReader.pieceBytes) {
      let end = min(start + TensorReader.pieceBytes, tensor.byteCount)
      do throws(GGUFError) {
        try reader.read(start..<end, of: tensor) { state.update($0) }
      } catch {
        throw .modelUnreadable(message: error.message)
      }
    }
    return state.digest
  }

  /// Flips a bit of the file, and so of the mapped weights; a second time, flips it back.
  func flip(_ fault: WeightFault) throws(ReportedError) {
    let tensor = try tensor(fault.tensor)
    let path = file.partPaths[tensor.part]
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    defer { if descriptor >= 0 { close(descriptor) } }
    var byte: UInt8 = 0
    let offset = off_t(tensor.byteOffset + fault.byte)
    guard descriptor >= 0, pread(descriptor, &byte, 1, offset) == 1 else { throw failure(path) }
    byte ^= 1 << UInt8(fault.bit)
    guard pwrite(descriptor, &byte, 1, offset) == 1 else { throw failure(path) }
  }

  private func failure(_ path: String) -> ReportedError {
    .outputUnwritable(message: "\(path) cannot be changed: \(errorText(errno))")
  }
}
