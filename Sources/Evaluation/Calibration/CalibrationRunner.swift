// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Inference
import Platform
import Quantization
import Records

/// The text that a model is calibrated on.
public struct CalibrationOptions: Sendable {
  /// Where the text comes from.
  public enum Source: Sendable, Equatable {
    /// A text file, which is cut into windows.
    case file(String)
    /// A file of conversations: requests of a batch, about videos too, or messages. Each is read at its own length.
    case conversations(String)
    /// The model writes it: answers to prompts about subjects.
    case ownText(OwnTextPrompts)
  }

  /// Where the text comes from.
  public var source: Source
  /// Tokens of a window, each of which is read from an empty KV cache. Activations depend on how much text stands
  /// before them, so it should be as long as what the model will read (arXiv 2311.05161, "SLAC"). Conversations have
  /// lengths of their own; this is the longest that the model writes.
  public var length: Int
  /// Windows or conversations at most.
  public var windows: Int
  /// Names of the matrices of which more inputs are kept, as a search of channel scales needs.
  public var sampledMatrices: Set<String> = []
  /// Called after each window, with the windows done and those in all.
  public var report: @Sendable (Int, Int) -> Void

  /// Memberwise; checks nothing.
  public init(
    source: Source, length: Int, windows: Int, report: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) {
    self.source = source
    self.length = length
    self.windows = windows
    self.report = report
  }
}

extension CalibrationOptions {
  /// Whether a file holds conversations in JSON Lines, and not a text: it ends in `.jsonl`, or begins with an object.
  public static func isFileOfConversations(_ path: String) -> Bool { ConversationFile.isAt(path) }
}

/// What a calibration found.
public struct Calibration: Sendable {
  /// Mean squares of the inputs of each matrix by column, by the matrix's name.
  public var meanSquares: [String: [Float]] = [:]
  /// Some inputs of each matrix, by the matrix's name.
  public var samples: [String: InputSamples] = [:]
  /// The largest magnitude of each layer's output.
  public var layerMaxima: [Float] = []
  /// Tokens of each window or conversation.
  public var lengths: [Int] = []
  /// The windows of text that the model read or wrote, in tokens; none of conversations.
  public var texts: [[Int]] = []

  /// Tokens that the model read or wrote.
  public var tokens: Int { lengths.reduce(0, +) }
  /// Windows or conversations that they stood in.
  public var windows: Int { lengths.count }
  /// Tokens of the longest of them.
  public var longest: Int { lengths.max() ?? 0 }
}

extension Calibration {
  /// The calibration of the model with some of its neurons split.
  public func widened(by split: NeuronSplit) -> Calibration {
    var result = self
    for layer in split.neurons.keys {
      let name = "blk.\(layer).ffn_down.weight"
      guard let squares = meanSquares[name], let inputs = samples[name] else { continue }
      result.meanSquares[name] = split.widened(squares, columns: squares.count, layer: layer)
      result.samples[name] = InputSamples(
        values: split.widened(inputs.values, columns: inputs.columns, layer: layer),
        maxima: split.widened(inputs.maxima, columns: inputs.columns, layer: layer))
    }
    return result
  }
}

/// Runs a model over a text once, and measures the inputs of its matrices.
public actor CalibrationRunner {
  private let thread: ThreadExecutor
  private let model: LoadedModel
  private let options: CalibrationOptions
  private nonisolated let stop = StopSource()
  private var result = Calibration()
  /// nil where no conversations are read.
  private var reader: ConversationReader?

  /// The thread that the model runs on.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// Takes the model over: nobody else may use it while this runner lives.
  ///
  /// - Throws: `ReportedError` with the code `insufficient_threads`.
  public init(model: sending LoadedModel, options: CalibrationOptions) throws(ReportedError) {
    thread = try ThreadExecutor(reporting: "model")
    self.model = model
    self.options = options
  }

  /// Ends the run early.
  public nonisolated func interrupt() { stop.stop() }

  /// - Returns: nil if the run was interrupted.
  /// - Throws: `EvaluationError` or `ReportedError`.
  public func run() async throws -> Calibration? {
    let statistics = InputStatistics(
      rowLimits: Dictionary(uniqueKeysWithValues: options.sampledMatrices.map { ($0, Self.manyRows) }))
    model.language.inputStatistics = statistics
    model.language.outputMaxima = Array(repeating: 0, count: model.language.configuration.layers)
    defer { (model.language.inputStatistics, model.language.outputMaxima) = (nil, nil) }
    switch options.source {
    case .file(let path):
      let text = try TextWindows(
        path: path, length: options.length, limit: options.windows, tokenizers: (model.tokenizer, model.tokenizer),
        lengthOption: "--calibrate-length", stop: stop)
      for tokens in text.windows {
        try read(tokens)
        if stop.isStopped { return nil }
        result.texts.append(tokens)
        count(tokens.count, of: text.windows.count)
      }
    case .conversations(let path):
      let conversations = try ConversationFile(path: path).conversations.prefix(options.windows)
      reader = ConversationReader(path: path, maximumAnswerTokens: options.length)
      for conversation in conversations {
        guard let tokens = try await read(conversation) else { return nil }
        count(tokens, of: conversations.count)
      }
    case .ownText(let prompts):
      for window in 0..<options.windows {
        let tokens = try write(window, prompts)
        if stop.isStopped { return nil }
        result.texts.append(tokens)
        count(tokens.count, of: options.windows)
      }
    }
    for name in statistics.names {
      result.meanSquares[name] = statistics.meanSquares(of: name)
      result.samples[name] = statistics.samples(of: name)
    }
    result.layerMaxima = model.language.outputMaxima ?? []
    return result
  }

  private func count(_ tokens: Int, of all: Int) {
    result.lengths.append(tokens)
    options.report(result.windows, all)
  }

  /// Has the model read a conversation's video and turns, and answer what has no answer.
  ///
  /// - Returns: tokens of the longest prompt with its answer; nil where it was stopped.
  private func read(_ conversation: Conversation) async throws -> Int? {
    guard var reader else { return nil }
    guard let patches = try await reader.patches(of: conversation, model: model, stop: stop, on: self) else {
      return nil
    }
    self.reader = reader
    var dialogue = try reader.dialogue(of: conversation, model: model)
    for turn in conversation.turns.indices {
      guard try dialogue.ingest(patches, until: turn, stop: stop) else { return nil }
      if let answer = dialogue.answerTokens(of: turn), !answer.isEmpty {
        _ = try dialogue.logits(of: turn, answer: answer)
      } else {
        guard try dialogue.answer(turn, stop: stop) != nil else { return nil }
      }
    }
    return dialogue.peakTokens
  }

  private func read(_ tokens: [Int]) throws(ReportedError) {
    let cache = try makeCache()
    // In blocks short enough that Ctrl-C need not wait long.
    for start in stride(from: 0, to: tokens.count, by: Self.block) where !stop.isStopped {
      let range = start..<min(start + Self.block, tokens.count)
      do throws(ModelError) {
        // Scores every token, so that the output head has inputs as well.
        _ = try model.language.prefillKeepingLogits(
          tokens: Array(tokens[range]), positions: range.map { MRoPEPosition(text: Int32($0)) },
          into: cache.ticket(for: .text))
      } catch { throw .init(.computation, error.description) }
    }
  }

  /// Lets the model continue a prompt until the window is full.
  ///
  /// - Returns: the tokens of the prompt and of the text that were read.
  private func write(_ window: Int, _ prompts: OwnTextPrompts) throws(ReportedError) -> [Int] {
    let template = model.template
    let prompt = template.opening(system: nil) + template.textStart + template.question(prompts.prompt(window))
    guard prompt.count < options.length else {
      throw .requestMalformed(
        message: "a window of \(options.length) tokens is too short for a prompt of \(prompt.count); use a larger "
          + "--calibrate-length")
    }
    let cache = try makeCache()
    var sampler = Sampler(
      parameters: SamplingParameters(temperature: 1, topK: 0, topP: 1, seed: UInt64(window) + 1),
      vocabularySize: model.language.configuration.vocabularySize)
    var unread = prompt
    var read: [Int] = []
    do {
      while read.count < options.length, !stop.isStopped {
        try model.language.prefill(
          tokens: unread, positions: unread.indices.map { MRoPEPosition(text: Int32(read.count + $0)) },
          into: cache.ticket(for: .text))
        read += unread
        guard let token = sampler.choose(from: model.language.logits) else {
          throw ModelError.logitsNotFinite(path: model.language.path)
        }
        if model.tokenizer.endOfTurnTokens.contains(token) { break }
        unread = [token]
      }
    } catch { throw ReportedError(error) }
    return read
  }

  private func makeCache() throws(ReportedError) -> KeyValueCache {
    do {
      return try KeyValueCache(shape: model.language.configuration.cacheShape, budget: options.length, policy: .full)
    } catch { throw .init(.insufficientMemory, error.description) }
  }

  /// Tokens whose logits are kept at a time.
  private static let block = 64
  /// Inputs that are kept of the matrices that need more.
  private static let manyRows = 128
}
