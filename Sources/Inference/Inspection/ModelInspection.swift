// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Foundation
import ModelFile
import Records
import Tokenization

/// The contents of a model file, whether it can be run here, and the memory that it would take: what
/// `edgeassist inspect` reports.
public struct ModelInspection: Sendable {
  /// A file's vocabulary, and how much of it can be used.
  public struct TokenizerSummary: Sendable, Equatable {
    /// Whether a file's chat template is followed.
    public enum TemplateUse: String, Sendable {
      /// The file has no template; ChatML is used.
      case none
      /// Prompts are laid out as it says.
      case followed
      /// ChatML is used instead.
      case notFollowed = "not_followed"
    }

    /// The file's names for them, such as `gpt2` and `qwen2`.
    public var model: String?
    /// `tokenizer.ggml.pre`: how text is split before byte-pair encoding.
    public var preTokenizer: String?
    /// Tokens, special ones included.
    public var vocabularySize: Int
    /// Whether prompts follow the file's template.
    public var chatTemplate: TemplateUse
    /// Why the template is not followed, or the vocabulary cannot be used; nil if both can.
    public var notice: String?
    /// Whether prompts can be made with this vocabulary.
    public var isUsable: Bool
  }

  /// Properties of a LoRA adapter, from its metadata and tensors.
  public struct AdapterSummary: Sendable, Equatable {
    /// Such as `lora`.
    public var type: String?
    /// `adapter.lora.alpha`: products of a pair are scaled by alpha / rank; nil without the key.
    public var alpha: Double?
    /// The ranks of its pairs of matrices, ascending.
    public var ranks: [Int]
    /// Tensors of the model that it adapts.
    public var targetCount: Int
  }

  /// The file that was named.
  public let file: FileInspection
  /// The vision tower that belongs to a language model; nil if there is none.
  public let vision: FileInspection?
  /// Nil for files without a vocabulary.
  public let tokenizer: TokenizerSummary?
  /// Nil unless the file is an adapter.
  public let adapter: AdapterSummary?
  /// The memory that it would take; nil for files that cannot be run, and for those that are no language model.
  public let estimate: MemoryEstimate?
  /// Why it cannot be run here; nil where it can.
  public let obstacle: String?
  /// Nil where the kernel does not tell.
  public let machine: MachineMemory?

  /// Whether the model fits into memory; nil where that is not known.
  public var fits: Bool? {
    guard let estimate, let machine else { return nil }
    return estimate.total <= machine.limit
  }

  /// The largest budget that fits; nil where it is not known.
  public var fittingBudget: Int? {
    guard let estimate, let machine else { return nil }
    return estimate.budget(fitting: machine.limit)
  }

  /// Reads headers only.
  ///
  /// - Parameters:
  ///   - vision: the vision tower of a language model.
  ///   - budget: of the KV cache; nil for what the model prefers.
  ///   - isVisionExact: whether the vision tower's weights are used as they are stored.
  /// - Throws: `ReportedError.modelUnreadable` for a file that cannot be opened.
  public init(
    path: String, vision: VisionTowerChoice = .beside, budget: CacheBudget? = nil,
    type: KeyValueType = .f16, threads: Int, isVisionExact: Bool = false, machine: MachineMemory? = .current()
  ) throws(ReportedError) {
    self.machine = machine
    do {
      let opened = try GGUFFile(path: path)
      opened.expect(.scattered)
      let file = FileInspection(file: opened)
      var tower: GGUFFile?
      if file.kind == .languageModel {
        let paths = try ModelPaths.resolve(languageModel: path, vision: vision)
        tower = try paths.vision.map { path throws(GGUFError) in try GGUFFile(path: path) }
        tower?.expect(.scattered)
      }
      self.file = file
      self.vision = tower.map { FileInspection(file: $0, layout: isVisionExact ? .repacked : .repackedQ8) }
      let tokenizer = TokenizerSummary(metadata: opened.metadata, forVision: tower != nil)
      self.tokenizer = tokenizer
      adapter = file.kind == .adapter ? AdapterSummary(file: opened) : nil
      switch file.kind {
      case .languageModel:
        let unusable = tokenizer?.isUsable == false ? tokenizer?.notice : nil
        (estimate, obstacle) = Self.estimate(
          opened, tower, budget, type, threads, isVisionExact: isVisionExact, unusable: unusable)
      case .visionTower:
        estimate = nil
        obstacle = Self.obstacle { () throws(ModelError) in _ = try VisionConfiguration(file: opened) }
      case .adapter:
        estimate = nil
        obstacle = nil
      }
    } catch let error as ReportedError {
      throw error
    } catch {
      throw .modelUnreadable(message: String(describing: error))
    }
  }

  private static func obstacle(_ body: () throws(ModelError) -> Void) -> String? {
    do {
      try body()
      return nil
    } catch { return error.description }
  }

  private static func estimate(
    _ language: GGUFFile, _ vision: GGUFFile?, _ budget: CacheBudget?, _ type: KeyValueType, _ threads: Int,
    isVisionExact: Bool, unusable: String?
  ) -> (MemoryEstimate?, obstacle: String?) {
    var estimate: MemoryEstimate?
    let obstacle = obstacle { () throws(ModelError) in
      estimate = try MemoryEstimate(
        language: language, vision: vision, budget: budget, type: type, threads: threads,
        visionWeights: isVisionExact ? .repacked : .repackedQ8)
      guard let vision else { return }
      try VisionConfiguration(file: vision).check(
        fits: DecoderConfiguration(file: language), path: vision.path, modelPath: language.path)
    }
    return (estimate, obstacle ?? unusable)
  }
}

extension ModelInspection.TokenizerSummary {
  /// Nil where the metadata has no vocabulary.
  init?(metadata: GGUFMetadata, forVision: Bool) {
    guard let tokens = (try? metadata.arrayIfPresent("tokenizer.ggml.tokens")) ?? nil else { return nil }
    model = (try? metadata.nameIfPresent("tokenizer.ggml.model")) ?? nil
    preTokenizer = (try? metadata.nameIfPresent("tokenizer.ggml.pre")) ?? nil
    vocabularySize = tokens.count
    let isThere = metadata["tokenizer.chat_template"] != nil
    do {
      let template = try ChatTemplate(tokenizer: Tokenizer(metadata: metadata), forVision: forVision)
      notice = template.notice
      isUsable = true
    } catch {
      notice = String(describing: error)
      isUsable = false
    }
    chatTemplate = !isThere ? .none : notice == nil ? .followed : .notFollowed
  }
}

extension ModelInspection.AdapterSummary {
  init(file: GGUFFile) {
    type = (try? file.metadata.nameIfPresent("adapter.type")) ?? nil
    alpha = (try? file.metadata.floatIfPresent("adapter.lora.alpha")) ?? nil
    let second = file.tensors.filter { $0.name.hasSuffix(".lora_b") }
    ranks = Set(second.compactMap(\.dimensions.first)).sorted()
    targetCount = second.count
  }
}
