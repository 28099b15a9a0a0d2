// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import ConstrainedDecoding
import Foundation
import ModelFile
import Records
import Tokenization

/// A language model with its tokenizer, its chat template and, where there is one, its vision tower. The one place in
/// which models are loaded.
///
/// Not safe to share between threads: whoever loads it hands it to the one that uses it.
public final class LoadedModel {
  /// The name its file gives it, or the file's own name.
  public let name: String
  /// True for the model that comes with the program.
  public let isEmbedded: Bool
  /// Tells the language model from others. Made when it is first asked for, for it touches every tensor.
  public private(set) lazy var fingerprint = ModelFingerprint(
    file: file, name: name, shape: language.configuration.cacheShape)
  /// The vocabulary of the language model's file.
  public let tokenizer: Tokenizer
  /// The file's chat template, or ChatML where that cannot be followed.
  public let template: ChatTemplate
  /// The decoder, with the adapter if `ModelPaths` names one.
  public let language: LanguageModel
  /// The vision tower; nil for a model that only reads.
  public let vision: VisionTower?
  /// Which places of a stream's frames go through the vision tower.
  public var visionEncoding: VisionEncoding { memory.visionEncoding }
  /// Threads that compute, the caller's among them.
  public let threads: Int
  /// Preferences of the model file: frame sizes, sampling rate, system prompt and KV cache budget.
  public let preferences: ModelPreferences
  /// Warnings for people: requests that could not be met, and assumptions that had to be made.
  public let warnings: [String]
  /// Checks the weights while the model runs; nil unless that was asked for.
  public let scrubber: WeightScrubber?
  /// Tells the vision tower from others; nil without one.
  package private(set) lazy var towerFingerprint = visionFile.flatMap { file in
    vision.map { Self.fingerprint(of: $0, in: file) }
  }
  /// The vocabulary in the order of its bytes, for grammars. Made when it is first asked for.
  private(set) lazy var sortedVocabulary = SortedVocabulary(count: tokenizer.vocabularySize) {
    [tokenizer] in tokenizer.bytes(of: $0)
  }
  private let file: GGUFFile
  private let visionFile: GGUFFile?
  private let path: String
  private let memory: ModelLoadingOptions
  private let estimate: MemoryEstimate

  /// Name and content of the file, and how it is computed with where that changes results.
  public var identity: String {
    "\(name) \(fingerprint.digest)" + (memory.nonlinear == .exact ? "" : " " + memory.nonlinear.rawValue)
      + (memory.pruning.map { " " + $0.summary } ?? "")
  }

  /// Metadata of the language model's file.
  package var metadata: GGUFMetadata { file.metadata }

  /// Pixels along the side of a vision token in most models.
  static let usualSide = 28

  /// Pixels along the side of a square frame, before they are rounded to what the vision tower takes.
  package var squareFrameSide: Int {
    if let side = vision?.configuration.fixedImageSide { return side }
    let largest = Int(Double(preferences.maximumPixels).squareRoot())
    return min(largest, vision?.configuration.overviewSide ?? .max)
  }

  /// Maps the files and checks that they belong together and will fit into memory. Weights are read when they are first
  /// used, unless `memory` asks for more.
  ///
  /// - Throws: `ReportedError.modelUnreadable` with the reason, or `insufficientMemory` with the figures.
  public init(paths: ModelPaths, threads: Int, memory: ModelLoadingOptions = ModelLoadingOptions())
    throws(ReportedError)
  {
    do {
      let file = try GGUFFile(path: paths.languageModel)
      let visionFile = try paths.vision.map { path throws(GGUFError) in try GGUFFile(path: path) }
      let weights = [file, visionFile].compactMap(\.self)
      for file in weights { file.expect(.scattered) }
      let adapterFile = try paths.adapter.map { path throws(GGUFError) in try GGUFFile(path: path) }
      let estimate = try MemoryEstimate(
        language: file, vision: visionFile, adapter: adapterFile, budget: memory.budget, type: memory.type,
        threads: threads, pixels: memory.maximumPixels, visionWeights: memory.visionWeights,
        visionEncoding: memory.visionEncoding)
      try memory.check(estimate, path: paths.languageModel)
      let pool = ThreadPool(threads: threads)
      let inventory = memory.scrubRate == nil ? nil : WeightInventory()
      let language = try LanguageModel(
        file: file, threads: pool, weights: memory.languageWeights, inventory: inventory)
      language.nonlinear = memory.nonlinear
      language.activationCast = memory.activationCast
      language.schedules = memory.schedules
      if let adapterFile { language.adapter = try LoRAAdapter(file: adapterFile, model: language) }
      let tokenizer = try Tokenizer(metadata: file.metadata)
      if let visionFile {
        let tower = try VisionTower(
          file: visionFile, threads: pool, weights: memory.visionWeights, inventory: inventory)
        tower.nonlinear = memory.nonlinear
        if let pruning = memory.pruning, let vision = pruning.vision {
          try pruning.check(tower, Self.fingerprint(of: tower, in: visionFile))
          tower.pruning = vision.pruning
        }
        tower.schedules = memory.schedules
        try tower.check(fits: language)
        vision = tower
      } else {
        vision = nil
      }
      self.language = language
      self.tokenizer = tokenizer
      let markers = vision?.configuration.family.markers ?? []
      let missing = markers.filter { tokenizer.specialToken($0) == nil }
      guard missing.isEmpty else {
        throw TokenizerError.missingSpecialTokens(path: paths.languageModel, tokens: missing)
      }
      template = try ChatTemplate(
        tokenizer: tokenizer, forVision: vision != nil, hasOwnMarkers: !markers.isEmpty)
      preferences = ModelPreferences(
        metadata: file.metadata, vision: vision?.configuration, isReadSparsely: memory.isBudgetHalved)
      let title = try? file.metadata.nameIfPresent("general.name")
      name = title ?? URL(fileURLWithPath: paths.languageModel).deletingPathExtension().lastPathComponent
      if let pruning = memory.pruning {
        try pruning.check(ModelFingerprint(file: file, name: name, shape: language.configuration.cacheShape))
        language.pruning = pruning.language
      }
      self.file = file
      self.visionFile = visionFile
      path = paths.languageModel
      self.memory = memory
      self.estimate = estimate
      isEmbedded = paths.isEmbedded
      self.threads = threads
      for file in weights { file.expect(.tensors) }
      let files = weights + [adapterFile].compactMap(\.self)
      scrubber = try inventory.map { inventory throws(GGUFError) in
        try WeightScrubber(files: files, inventory: inventory, rate: memory.scrubRate ?? WeightScrubber.defaultRate)
      }
      warnings =
        memory.apply(files) + (template.notice.map { [$0] } ?? [])
        + (scrubber?.start() == false ? ["The system has no thread left to check weights on. Going on without."] : [])
    } catch let error as ReportedError {
      throw error
    } catch {
      throw .modelUnreadable(message: String(describing: error))
    }
  }

  private static func fingerprint(of tower: VisionTower, in file: GGUFFile) -> ModelFingerprint {
    let sizes = tower.configuration
    return ModelFingerprint(
      file: file, name: URL(fileURLWithPath: file.path).lastPathComponent,
      shape: CacheShape(layers: sizes.layers, keyValueHeads: sizes.heads, headDimension: sizes.headDimension))
  }

  /// Checks that the model would fit into memory with another KV cache than it was loaded for, such as one that a
  /// request asks for.
  ///
  /// - Throws: `ReportedError.insufficientMemory` with the figures.
  public func check(budget: CacheBudget, type: KeyValueType) throws(ReportedError) {
    let shape = language.configuration.cacheShape
    try memory.check(
      estimate.with(budget: budget.tokens(shape: shape, type: type), shape: shape, type: type), path: path)
  }

  /// The most tokens that a KV cache may hold beside the model; nil where the machine does not tell its memory.
  public func tokenLimit(type: KeyValueType) -> Int? {
    memory.machine.map { machine in
      estimate.with(budget: 0, shape: language.configuration.cacheShape, type: type)
        .budget(fitting: machine.limit, isMappedOnly: memory.isMappedOnly)
    }
  }

  /// How many forks of a KV cache fit into memory beside it and the model; `Int.max` where the machine does not
  /// tell its memory.
  ///
  /// - Parameter capacity: the most tokens of a fork's own.
  public func forkLimit(of cache: KeyValueCache, capacity: Int) -> Int {
    guard let machine = memory.machine else { return .max }
    let needed = estimate.with(budget: cache.budget ?? cache.count, shape: cache.shape, type: cache.type)
    let left = machine.limit - (memory.isMappedOnly ? needed.leastTotal : needed.total)
    return max(0, left) / max(cache.forkByteCount(capacity: capacity), 1)
  }
}
