// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform

/// The models that have been downloaded: `OWNER/NAME/FILE` in a folder of the user's cache.
public struct ModelCache: Sendable, Equatable {
  /// The folder of all repositories.
  public let folder: String

  /// Names the folder; makes nothing.
  public init(folder: String) { self.folder = folder }

  /// `edgeassist/models` in `XDG_CACHE_HOME`, else in `~/.cache`.
  ///
  /// - Throws: `HubError.Reason.badSetting` where the environment names no folder.
  public init(environment: [String: String]) throws(HubError) {
    // The XDG specification has paths ignored that are not absolute.
    let named = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 + "/.cache" }
    guard let cache = named ?? home else {
      throw HubError(.badSetting, "there is no folder for downloads; set XDG_CACHE_HOME to one, or HOME")
    }
    folder = cache + "/edgeassist/models"
  }

  /// The folder of a repository.
  func folder(of repository: String) -> String { folder + "/" + repository }

  /// Where a file of a repository is kept.
  func path(of file: String, in repository: String) -> String { folder(of: repository) + "/" + file }

  // MARK: What is there

  /// All complete models, by name.
  public func models() -> [CachedModel] {
    repositories().flatMap { models(of: $0) }
  }

  /// The complete models of a repository, by quantization.
  func models(of repository: String) -> [CachedModel] {
    let record = CacheRecord.read(in: folder(of: repository))
    return record.models.compactMap { model -> CachedModel? in
      var total = 0
      for path in model.paths {
        guard let size = record.files.first(where: { $0.path == path })?.byteCount,
          fileSize(self.path(of: path, in: repository)) == size
        else { return nil }
        total += size
      }
      return CachedModel(
        repository: repository, quantization: model.quantization,
        languageModel: self.path(of: model.languageModel[0], in: repository),
        mmproj: model.mmproj.map { self.path(of: $0, in: repository) },
        isTowerLeftOut: model.isTowerLeftOut ?? false, byteCount: total,
        name: model.languageModel[0].replacing(/-\d{5}-of-\d{5}\.gguf$/.ignoresCase(), with: ".gguf"))
    }.sorted { ($0.quantization, $0.name) < ($1.quantization, $1.name) }
  }

  /// The complete model that a reference names; without a quantization any of the repository, chosen as on the hub.
  public func model(for reference: ModelReference) -> CachedModel? {
    let models = models(of: reference.repository)
    // The rules that choose among the hub's files choose among the cache's.
    let files = models.map { RemoteFile(path: $0.name, byteCount: $0.byteCount) }
    let selection = try? ModelSelection(
      files: files, repository: reference.repository, quantization: reference.quantization)
    return selection.flatMap { selection in models.first { $0.name == selection.languageModel[0].path } }
  }

  /// Downloads that have not come to their end, by name.
  public func incompleteFiles() -> [IncompleteFile] {
    repositories().flatMap { repository -> [IncompleteFile] in
      let top = folder(of: repository)
      let names = FileManager.default.enumerator(atPath: top)?.compactMap { $0 as? String } ?? []
      return names.filter { $0.hasSuffix(PartFile.ending) }.sorted().compactMap { name in
        let file = String(name.dropLast(PartFile.ending.count))
        let part = top + "/" + name
        guard let size = fileSize(part), size > 0 else { return nil }
        return IncompleteFile(
          repository: repository, file: file, byteCount: size,
          wholeByteCount: PartFile.Note.read(besides: top + "/" + file)?.byteCount)
      }
    }
  }

  /// `OWNER/NAME` of every repository with a folder.
  private func repositories() -> [String] {
    func folders(in path: String) -> [String] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
      return names.filter { !$0.hasPrefix(".") && isFolder(path + "/" + $0) }.sorted()
    }
    return folders(in: folder).flatMap { owner in folders(in: folder + "/" + owner).map { owner + "/" + $0 } }
  }

  private func isFolder(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  // MARK: Removing

  /// Removes a model, or without a quantization everything of its repository, unfinished downloads too.
  ///
  /// - Returns: the bytes that are free now.
  /// - Throws: `HubError.Reason.notInCache`, `inUse`, `disk`.
  public func remove(_ reference: ModelReference) throws(HubError) -> Int {
    let top = folder(of: reference.repository)
    guard isFolder(top) else { throw notInCache(reference) }
    guard reference.quantization != nil else { return try removeAll(of: reference.repository) }
    let record = CacheRecord.read(in: top)
    guard let model = self.model(for: reference),
      let entry = record.models.first(where: {
        path(of: $0.languageModel[0], in: reference.repository) == model.languageModel
      })
    else { throw notInCache(reference) }
    if record.models == [entry] { return try removeAll(of: reference.repository) }
    return try removeFiles(entry.paths, of: reference.repository)
  }

  /// Removes the files of a model, but for those that another model has, and the repository's folder if no file is
  /// left in it.
  func remove(_ files: [String], of repository: String) throws(HubError) {
    let top = folder(of: repository)
    guard isFolder(top) else { return }
    _ = try removeFiles(files, of: repository)
    let names = FileManager.default.enumerator(atPath: top)?.compactMap { $0 as? String } ?? []
    let isEmpty = names.allSatisfy { $0.hasPrefix(".") || isFolder(top + "/" + $0) }
    if isEmpty { _ = try removeAll(of: repository) }
  }

  /// - Returns: the bytes that are free now.
  private func removeFiles(_ files: [String], of repository: String) throws(HubError) -> Int {
    let top = folder(of: repository)
    let record = CacheRecord.read(in: top)
    let kept = Set(record.models.filter { $0.paths != files }.flatMap(\.paths))
    var freed = 0
    for file in files where !kept.contains(file) {
      let path = path(of: file, in: repository)
      freed += fileSize(path) ?? 0
      guard unlink(path) == 0 || errno == ENOENT else {
        throw HubError(.disk, "\(path) cannot be removed: \(errorText(errno))")
      }
    }
    try CacheRecord.update(in: top) { record in
      record.models.removeAll { $0.paths == files }
      record.files.removeAll { files.contains($0.path) && !kept.contains($0.path) }
    }
    return freed
  }

  private func removeAll(of repository: String) throws(HubError) -> Int {
    let top = folder(of: repository)
    let names = FileManager.default.enumerator(atPath: top)?.compactMap { $0 as? String } ?? []
    for name in names where name.hasSuffix(PartFile.ending) { try PartFile.checkUnused(top + "/" + name) }
    let freed = names.reduce(0) { $0 + (fileSize(top + "/" + $1) ?? 0) }
    do { try FileManager.default.removeItem(atPath: top) } catch {
      throw HubError(.disk, "\(top) cannot be removed: \(error.localizedDescription)")
    }
    // The owner's folder goes with the last of its repositories.
    rmdir(parentFolder(of: top))
    return freed
  }

  /// Removes the folders of a repository in which nothing is, and the owner's with the last of them.
  func removeEmptyFolders(of repository: String) {
    let top = folder(of: repository)
    let names = FileManager.default.enumerator(atPath: top)?.compactMap { $0 as? String } ?? []
    // Inner folders come behind those that hold them. What is no folder, or has something in it, stays.
    for name in names.reversed() { rmdir(top + "/" + name) }
    rmdir(top)
    rmdir(parentFolder(of: top))
  }

  private func notInCache(_ reference: ModelReference) -> HubError {
    let there = models().map { "\($0.repository):\($0.quantization)" }
    let list = there.isEmpty ? "nothing" : there.joined(separator: ", ")
    return HubError(.notInCache, "\(reference) is not in the cache (\(folder)), which has \(list)")
  }
}

/// The bytes of an ordinary file; nil for anything else.
func fileSize(_ path: String) -> Int? {
  var status = stat()
  guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
  return Int(status.st_size)
}

/// Makes a folder, and those that it is in, where they are not there.
///
/// - Throws: `HubError.Reason.disk` with the system's reason.
func makeFolder(_ path: String) throws(HubError) {
  // Another run may remove a folder in which nothing is yet.
  for _ in 0..<8 {
    if mkdir(path, 0o777) == 0 { return }
    let problem = errno
    var status = stat()
    if problem == EEXIST, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
    let parent = parentFolder(of: path)
    guard problem == ENOENT, !parent.isEmpty, parent != path else {
      throw HubError(.disk, "the folder \(path) cannot be made: \(errorText(problem))")
    }
    try makeFolder(parent)
  }
  throw HubError(.disk, "the folder \(path) cannot be made: another program removes it")
}
