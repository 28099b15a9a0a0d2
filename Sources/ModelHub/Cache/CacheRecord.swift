// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform
import Records

/// The cached models and files of one repository, as a JSON file in the repository's folder.
///
/// The folder alone would not tell which vision tower belongs to which language model, nor whether a file is the one
/// that the hub has now.
struct CacheRecord: Codable, Equatable {
  /// A model whose files are all there.
  struct Model: Codable, Equatable {
    var quantization: String
    /// Paths in the repository, the parts of a split model in their order.
    var languageModel: [String]
    var mmproj: String?
    /// True where the repository has a vision tower that was not wanted.
    var isTowerLeftOut: Bool?

    var paths: [String] { languageModel + (mmproj.map { [$0] } ?? []) }
  }

  var models: [Model] = []
  /// Downloaded and checked.
  var files: [RemoteFile] = []

  private static let name = ".edgeassist.json"
  private static let lockName = ".edgeassist.lock"
  private static let largest = 4 << 20

  /// Reads the record of a repository's folder; an empty one where there is none that can be read.
  static func read(in folder: String) -> CacheRecord {
    guard let bytes = try? InputFile.bytes(of: folder + "/" + name, limit: largest, isOrdinary: true),
      var record = try? SnakeCaseJSON.decode(CacheRecord.self, from: Data(bytes))
    else { return CacheRecord() }
    // Whoever edits the file must not make a removal reach out of the folder.
    record.files.removeAll { !RemoteFile.isSafe($0.path) }
    record.models.removeAll { !$0.paths.allSatisfy(RemoteFile.isSafe) || $0.languageModel.isEmpty }
    return record
  }

  /// Changes the record, while no other program does.
  ///
  /// - Throws: `HubError.Reason.disk`, `inUse`.
  static func update(in folder: String, _ change: (inout CacheRecord) -> Void) throws(HubError) {
    let path = folder + "/" + lockName
    let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw HubError(.disk, "\(path) cannot be written: \(errorText(errno))") }
    defer { close(descriptor) }
    guard lock(descriptor) != EWOULDBLOCK else {
      throw HubError(.inUse, "\(folder) is being changed by another edgeassist; try again when that has ended")
    }
    var record = read(in: folder)
    change(&record)
    do throws(OutputError) {
      try OutputFile.write(SnakeCaseJSON.text(of: record) + "\n", to: folder + "/" + name)
    } catch {
      throw HubError(.disk, error.description)
    }
  }

  /// Notes a file that has been downloaded and checked.
  mutating func add(_ file: RemoteFile) {
    files.removeAll { $0.path == file.path }
    files.append(file)
  }

  /// Notes a model whose files are all there.
  mutating func add(_ selection: ModelSelection) {
    models.removeAll { $0.languageModel == selection.languageModel.map(\.path) }
    models.append(
      Model(
        quantization: selection.quantization, languageModel: selection.languageModel.map(\.path),
        mmproj: selection.mmproj?.path, isTowerLeftOut: selection.isTowerLeftOut ? true : nil))
  }
}
