// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform
import Records

/// One model's way from the hub into the cache.
///
/// First `choose` asks the hub and chooses the files. `fetchBeginnings` then downloads their headers, from which the
/// memory that the model takes can be told. `download` brings the rest. Each goes on where an earlier run has ended.
public final class ModelPull {
  /// The requested model.
  public let reference: ModelReference
  private let settings: HubSettings
  private let client: HubClient
  private let stop: StopSource
  private var downloads: [String: FileDownload] = [:]
  /// Files of the selection that are there and right.
  private var complete: Set<String> = []
  /// Paths of downloaded files for which the hub gave no hash, so that nothing tells whether their bytes are right.
  public private(set) var uncheckedFiles: [String] = []

  private static let headerByteCount = 16 << 20
  /// Parts after the first and vision towers have no vocabulary.
  private static let smallHeaderByteCount = 1 << 20
  /// Bytes that a disk should have left.
  private static let diskReserve = 64 << 20

  /// - Parameter stop: ends the work at once; what has been downloaded is kept.
  public init(
    _ reference: ModelReference, settings: HubSettings, limits: HubLimits = HubLimits(), stop: StopSource = StopSource()
  ) {
    self.reference = reference
    self.settings = settings
    self.stop = stop
    client = HubClient(settings: settings, limits: limits, stop: stop)
  }

  deinit {
    // Empty parts go with their downloads, and then the folders that were made for them.
    downloads = [:]
    settings.cache.removeEmptyFolders(of: reference.repository)
  }

  // MARK: Choosing

  /// Asks the hub for the repository's files and chooses among them. Looks at what is there of them.
  ///
  /// - Parameters:
  ///   - mmprojType: the vision tower's type; nil for the preferred one.
  ///   - withTower: false leaves the vision tower out.
  /// - Throws: `HubError`.
  public func choose(mmprojType: String? = nil, withTower: Bool = true) throws(HubError) -> ModelSelection {
    if settings.isOffline {
      throw HubError(
        .offline,
        "HF_HUB_OFFLINE is set, and \(reference) is not in the cache (\(settings.cache.folder)); unset it, or pull the "
          + "model where there is a network")
    }
    let repository = reference.repository
    let selection = try ModelSelection(
      files: try client.files(of: repository), repository: repository, quantization: reference.quantization,
      mmprojType: mmprojType, withTower: withTower)
    let record = CacheRecord.read(in: settings.cache.folder(of: repository))
    for file in selection.files {
      let path = settings.cache.path(of: file.path, in: repository)
      guard fileSize(path) == file.byteCount else { continue }
      var isIntact = record.files.contains(file)
      if !isIntact { isIntact = try PartFile.isIntact(file, at: path, stop: stop) }
      if isIntact { complete.insert(file.path) }
    }
    return selection
  }

  /// Bytes that are still to be downloaded.
  public func missingByteCount(of selection: ModelSelection) -> Int {
    selection.files.reduce(0) { $0 + $1.byteCount - presentByteCount(of: $1) }
  }

  private func presentByteCount(of file: RemoteFile) -> Int {
    if complete.contains(file.path) { return file.byteCount }
    if let download = downloads[file.path] { return download.byteCount }
    let part = settings.cache.path(of: file.path, in: reference.repository) + PartFile.ending
    return min(fileSize(part) ?? 0, file.byteCount)
  }

  /// Checks that the disk of the cache has room for what is missing.
  ///
  /// - Throws: `HubError.Reason.disk` with both figures.
  public func checkDisk(for selection: ModelSelection) throws(HubError) {
    let missing = missingByteCount(of: selection)
    guard missing > 0, let free = freeByteCount(of: settings.cache.folder), missing + Self.diskReserve > free else {
      return
    }
    throw HubError(
      .disk,
      "\(reference) takes \(memorySize(missing)) more on the disk of \(settings.cache.folder), which has "
        + "\(memorySize(free)) free and should keep \(memorySize(Self.diskReserve)) of it; make room, or "
        + "set XDG_CACHE_HOME to a folder on another disk")
  }

  // MARK: Downloading

  /// The headers of a model's files, each in a file that is as long as the whole one and empty behind the header. The
  /// files are removed with the last reference to this.
  public final class Beginnings {
    /// The path of the language model's file, or of its first part.
    public let languageModel: String
    /// The path of the vision tower's file.
    public let mmproj: String?
    /// The folder of both, for messages that should not name it.
    public let folder: String
    /// Whether all of the files' bytes are there.
    public let areWhole: Bool

    /// Whether the files begin as GGUF files do.
    public var areGGUF: Bool {
      [languageModel, mmproj].compactMap(\.self).allSatisfy { path in
        let file = FileHandle(forReadingAtPath: path)
        return (try? file?.read(upToCount: 4)) == Data("GGUF".utf8)
      }
    }

    init(folder: String, languageModel: String, mmproj: String?, areWhole: Bool) {
      self.folder = folder
      self.languageModel = languageModel
      self.mmproj = mmproj
      self.areWhole = areWhole
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
  }

  /// Downloads the first bytes of each file, where its header is.
  ///
  /// - Parameter scale: how many times as many bytes as most headers need.
  /// - Throws: `HubError`.
  public func fetchBeginnings(
    of selection: ModelSelection, scale: Int = 1, report: (PullProgress) -> Void
  ) throws(HubError) -> Beginnings {
    let repository = reference.repository
    func byteCount(_ file: RemoteFile) -> Int { headerByteCount(of: file, in: selection) * scale }
    for file in selection.files where !complete.contains(file.path) {
      try fetch(file, upTo: byteCount(file), of: selection, report)
    }
    let folder = settings.cache.folder(of: repository) + "/.headers-" + UUID().uuidString
    try makeFolder(folder)
    let beginnings = Beginnings(
      folder: folder, languageModel: folder + "/" + selection.languageModel[0].name,
      mmproj: selection.mmproj.map { folder + "/" + $0.name },
      areWhole: selection.files.allSatisfy { complete.contains($0.path) || byteCount($0) >= $0.byteCount })
    for file in selection.files {
      let path = folder + "/" + file.name
      if let download = downloads[file.path] {
        try download.copyBeginning(byteCount(file), to: path)
      } else if symlink(realPath(settings.cache.path(of: file.path, in: repository)), path) != 0 {
        throw HubError(.disk, "\(path) cannot be made: \(errorText(errno))")
      }
    }
    return beginnings
  }

  private func headerByteCount(of file: RemoteFile, in selection: ModelSelection) -> Int {
    file == selection.languageModel.first ? Self.headerByteCount : Self.smallHeaderByteCount
  }

  /// Downloads what is missing, checks it, and notes the model in the cache.
  ///
  /// - Throws: `HubError`; files that are complete stay, others are gone on with by the next run, but after a wrong
  ///   checksum, which throws them away.
  public func download(_ selection: ModelSelection, report: (PullProgress) -> Void) throws(HubError) -> CachedModel {
    let repository = reference.repository
    let folder = settings.cache.folder(of: repository)
    for file in selection.files where !complete.contains(file.path) {
      try fetch(file, upTo: nil, of: selection, report)
      try finish(file)
      downloads[file.path] = nil
      complete.insert(file.path)
      try CacheRecord.update(in: folder) { $0.add(file) }
    }
    try CacheRecord.update(in: folder) { record in
      for file in selection.files where !record.files.contains(file) { record.add(file) }
      record.add(selection)
    }
    let first = selection.languageModel[0].path
    guard
      let model = settings.cache.models(of: repository).first(where: {
        $0.languageModel == settings.cache.path(of: first, in: repository)
      })
    else { throw HubError(.disk, "\(folder) has changed during the download; run the same command again") }
    return model
  }

  /// Checks a file and gives it its name.
  private func finish(_ file: RemoteFile) throws(HubError) {
    do throws(HubError) {
      if try downloads[file.path]?.complete() == false { uncheckedFiles.append(file.path) }
    } catch {
      // What has begun of the others is no use without a file that the repository may have damaged.
      if error.reason == .wrongChecksum { discard() }
      throw error
    }
  }

  /// Throws away what this run has begun, for a model that is not wanted after all.
  public func discard() {
    for download in downloads.values { download.discard() }
    downloads = [:]
  }

  /// Throws away all files of a model, but for those that another model of the cache has.
  ///
  /// - Throws: `HubError.Reason.disk`, `inUse`.
  public func remove(_ selection: ModelSelection) throws(HubError) {
    discard()
    complete.subtract(selection.files.map(\.path))
    try settings.cache.remove(selection.files.map(\.path), of: reference.repository)
  }

  private func fetch(
    _ file: RemoteFile, upTo goal: Int?, of selection: ModelSelection, _ report: (PullProgress) -> Void
  ) throws(HubError) {
    let download: FileDownload
    if let open = downloads[file.path] {
      download = open
    } else {
      download = try FileDownload(file, of: reference.repository, to: settings.cache, client: client)
      downloads[file.path] = download
    }
    let others = selection.files.filter { $0 != file }.reduce(0) { $0 + presentByteCount(of: $1) }
    let whole = selection.files.reduce(0) { $0 + $1.byteCount }
    var meter = RateMeter()
    try download.fetch(upTo: goal) { disconnection in
      meter.note(download.byteCount, at: monotonicSeconds())
      report(
        PullProgress(
          file: file.path, byteCount: others + download.byteCount, wholeByteCount: whole,
          bytesPerSecond: meter.bytesPerSecond, disconnection: disconnection))
    }
  }
}

/// Bytes that are free on the disk of a folder, which need not exist yet; nil where the system does not tell.
func freeByteCount(of folder: String) -> Int? {
  var path = folder
  var status = statvfs()
  while statvfs(path, &status) != 0 {
    let parent = parentFolder(of: path)
    guard errno == ENOENT, !parent.isEmpty, parent != path else { return nil }
    path = parent
  }
  let (bytes, overflow) = Int(status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
  return overflow ? .max : bytes
}
