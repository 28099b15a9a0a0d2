// SPDX-License-Identifier: Apache-2.0

/// The files of a repository that make up one model: the language model in one quantization, and its vision tower.
public struct ModelSelection: Sendable, Equatable {
  /// Such as `Q4_K_M`; the file's name where it tells none.
  public let quantization: String
  /// One file, or all parts of a split one in their order.
  public let languageModel: [RemoteFile]
  /// The vision tower (mmproj); nil where the repository has none, or none is wanted.
  public let mmproj: RemoteFile?
  /// Whether the repository has a vision tower and none is wanted.
  public let isTowerLeftOut: Bool
  /// The quantizations of the language model that the repository has.
  public let available: [String]

  /// The language model's files and the vision tower.
  public var files: [RemoteFile] { languageModel + (mmproj.map { [$0] } ?? []) }

  /// Quantizations for a reference without one, the preferred first, in llama.cpp's order.
  private static let preferredQuantizations = ["Q4_K_M", "UD-Q4_K_M", "Q4_0", "UD-Q4_0", "Q8_0", "UD-Q8_0"]

  /// Vision towers, the best first. The tower computes in Q8_0 unless told otherwise, so that a file in Q8_0 is as fast
  /// and as exact as one in F16, at half the download.
  private static let preferredTowers = ["Q8_0", "F16", "BF16", "F32"]

  /// Chooses among the files of a repository.
  ///
  /// - Parameters:
  ///   - quantization: nil for Q4_K_M, else Q4_0, else Q8_0, else the first.
  ///   - mmprojType: the vision tower's type; nil for Q8_0, else F16, else BF16, else F32, else the first.
  ///   - withTower: false leaves the vision tower out.
  /// - Throws: `HubError.Reason.noModel`, `unknownQuantization`, or `malformedListing` where a split model lacks a
  ///   part.
  public init(
    files: [RemoteFile], repository: String, quantization: String? = nil, mmprojType: String? = nil,
    withTower: Bool = true
  ) throws(HubError) {
    let weights = files.filter(\.isGGUF)
    let groups = Group.groups(of: weights.filter { !$0.isTower && !$0.path.lowercased().contains("imatrix") })
    guard !groups.isEmpty else { throw HubError(.noModel, Self.noModel(files, repository)) }
    available = groups.map(\.quantization).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    guard let group = Self.choice(among: groups, quantization) else {
      throw HubError(
        .unknownQuantization,
        "\(repository) has no file of the quantization “\(quantization ?? "")”; it has "
          + available.joined(separator: ", "))
    }
    guard group.isComplete else {
      throw FileListing.malformed(
        repository, "of the \(group.partCount) parts of \(group.stem) it has \(group.files.count)")
    }
    self.quantization = group.quantization
    languageModel = group.files
    let towers = weights.filter(\.isTower)
    isTowerLeftOut = !withTower && !towers.isEmpty
    mmproj =
      withTower ? try Self.tower(among: towers, for: group, type: mmprojType, repository: repository) : nil
  }

  private static func choice(among groups: [Group], _ wanted: String?) -> Group? {
    if let wanted {
      let ranked = groups.compactMap { group in
        QuantizationName.rank(of: group.stem, for: wanted).map { (rank: $0, group: group) }
      }
      let order = { (one: (rank: Int, group: Group)) in (one.rank, one.group.stem.count, one.group.stem) }
      return ranked.min { order($0) < order($1) }?.group
    }
    for name in preferredQuantizations {
      if let group = groups.first(where: { $0.quantization == name }) { return group }
    }
    return groups.first
  }

  /// The vision tower beside a language model: of the same folder and name where there are several.
  private static func tower(
    among towers: [RemoteFile], for group: Group, type: String?, repository: String
  ) throws(HubError) -> RemoteFile? {
    guard !towers.isEmpty else {
      guard let type else { return nil }
      throw HubError(
        .unknownQuantization, "\(repository) has no vision tower (mmproj), so none of the type “\(type)” either")
    }
    let beside = towers.filter { $0.folder == group.files[0].folder }
    let near = beside.isEmpty ? towers : beside
    let related = near.filter { $0.isRelated(to: group.stem) }
    let candidates = (related.isEmpty ? near : related).sorted { $0.path < $1.path }
    if let type {
      let ranked = candidates.compactMap { file in
        QuantizationName.rank(of: file.pathWithoutEnding, for: type).map { (rank: $0, file: file) }
      }
      if let best = ranked.min(by: { $0.rank < $1.rank }) { return best.file }
      let types = candidates.map { QuantizationName.find(in: $0.path) ?? $0.name }
      throw HubError(
        .unknownQuantization,
        "\(repository) has no vision tower (mmproj) of the type “\(type)”; it has \(types.joined(separator: ", "))")
    }
    for name in preferredTowers {
      if let file = candidates.first(where: { QuantizationName.find(in: $0.path) == name }) { return file }
    }
    return candidates.first
  }

  private static func noModel(_ files: [RemoteFile], _ repository: String) -> String {
    var counts: [String: Int] = [:]
    for file in files {
      let ending = file.name.split(separator: ".").dropFirst().last.map { "." + $0 } ?? "without an ending"
      counts[ending, default: 0] += 1
    }
    let kinds = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(5).map { "\($0.value) \($0.key)" }
    let what = files.contains(where: \.isTower) ? "vision towers (mmproj) only" : kinds.joined(separator: ", ")
    return "\(repository) has no GGUF file of a model; it has \(what.isEmpty ? "no files" : what). "
      + "Repositories with GGUF files mostly end in -GGUF."
  }
}

/// The parts of one language model.
private struct Group {
  /// The path without `.gguf` and the number of the part.
  var stem: String
  var files: [RemoteFile]
  var partCount: Int
  var indices: [Int]

  var quantization: String {
    QuantizationName.find(in: stem) ?? String(stem.split(separator: "/").last ?? "")
  }

  var isComplete: Bool { indices == Array(1...partCount) }

  /// In the order of their names.
  static func groups(of files: [RemoteFile]) -> [Group] {
    let part = /^(.*)-(\d{5})-of-(\d{5})$/
    var groups: [Group] = []
    for file in files.sorted(by: { $0.path < $1.path }) {
      let whole = file.pathWithoutEnding
      let match = whole.wholeMatch(of: part)
      let stem = match.map { String($0.1) } ?? whole
      let (index, count) = match.map { (Int($0.2) ?? 0, Int($0.3) ?? 0) } ?? (1, 1)
      guard count > 0 else { continue }
      if let known = groups.firstIndex(where: { $0.stem == stem && $0.partCount == count }) {
        groups[known].files.append(file)
        groups[known].indices.append(index)
      } else {
        groups.append(Group(stem: stem, files: [file], partCount: count, indices: [index]))
      }
    }
    return groups
  }
}

extension RemoteFile {
  /// Whether the name is a vision tower's.
  fileprivate var isTower: Bool { name.lowercased().contains("mmproj") }

  fileprivate var pathWithoutEnding: String { isGGUF ? String(path.dropLast(".gguf".count)) : path }

  /// Whether a vision tower's name is a language model's, or nobody's.
  fileprivate func isRelated(to stem: String) -> Bool {
    let own = Self.words(of: String(name.dropLast(".gguf".count)))
    let theirs = Self.words(of: String(stem.split(separator: "/").last ?? ""))
    return own.isEmpty || own == ["MODEL"] || own == theirs
  }

  /// The words of a name without its quantization and `mmproj`.
  private static func words(of name: String) -> [Substring] {
    let rest = QuantizationName.find(in: name).map { found in
      let text = name.uppercased()
      // F16 may have been written FP16.
      let written = text.contains(found) ? found : found.replacing("F", with: "FP")
      return text.replacing(written, with: "")
    }
    return (rest ?? name.uppercased()).split { "-._".contains($0) }.filter { $0 != "MMPROJ" }
  }
}
