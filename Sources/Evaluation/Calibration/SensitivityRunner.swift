// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Foundation
import Inference
import ModelFile
import Platform
import Quantization
import Records

/// What sensitivities are measured on, and where they are kept.
public struct SensitivityOptions: Sendable {
  /// Windows of the calibration's text that are read.
  public var windows: Int
  /// The file that keeps the measurements. What is there already is not measured again.
  public var path: String
  /// The text, as users name it, for the file's first line.
  public var source: String
  /// Threads that compute.
  public var threads: Int
  /// Called after each measurement, with those done and those in all.
  public var report: @Sendable (Int, Int) -> Void

  /// Memberwise; checks nothing.
  public init(
    windows: Int, path: String, source: String, threads: Int,
    report: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) {
    self.windows = windows
    self.path = path
    self.source = source
    self.threads = threads
    self.report = report
  }
}

/// Measures what a model loses when one group of its tensors is quantized.
///
/// The model reads windows of the calibration's text once, and its logits are kept. Then, layer by layer, each group is
/// quantized alone, and the windows go from that layer's known input through the rest of the model.
public actor SensitivityRunner {
  private let thread: ThreadExecutor
  private let model: LoadedModel
  private let file: GGUFFile
  let groups: [PrecisionGroup]
  private let calibration: Calibration
  private let options: SensitivityOptions
  private nonisolated let stop = StopSource()
  private let quantizer: TensorQuantizer
  private let errors: ProductErrors
  private var windows: [SensitivityWindow] = []
  /// The layer whose inputs the windows have.
  private var layer = 0
  private var known = Sensitivities()

  /// The thread that the model runs on.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// Takes the model over: nobody else may use it while this runner lives.
  ///
  /// - Parameters:
  ///   - file: the model's file.
  ///   - groups: of its tensors, in the order in which a token passes them.
  /// - Throws: `ReportedError` with the code `insufficient_threads`.
  public init(
    model: sending LoadedModel, file: GGUFFile, groups: [PrecisionGroup], calibration: Calibration,
    options: SensitivityOptions
  ) throws(ReportedError) {
    thread = try ThreadExecutor(reporting: "model")
    self.model = model
    self.file = file
    self.groups = groups
    self.calibration = calibration
    self.options = options
    quantizer = TensorQuantizer(file: file, threads: options.threads) { calibration.meanSquares[$0.name] }
    errors = ProductErrors(threads: options.threads)
  }

  /// Ends a measurement early. What was measured is in the file.
  public nonisolated func interrupt() { stop.stop() }

  /// Predictions that divergences are measured on.
  public var tokens: Int { windows.reduce(0) { $0 + $1.scored.count } }

  /// Measures what the file has not yet.
  ///
  /// - Returns: nil if it was interrupted.
  /// - Throws: `ReportedError`.
  public func run() throws(ReportedError) -> Sensitivities? {
    let output = try ResumableRecords<SensitivityRecord>(
      path: options.path, inputs: [file.path], isResuming: true, header: header, stop: stop)
    known = Sensitivities(records: output.records)
    let all = groups.flatMap { group in group.candidates.map { (group, $0) } }
    var done = all.count { !isMissing($0.0, $0.1) }
    options.report(done, all.count)
    try readOriginal()
    for (group, type) in all where !stop.isStopped && isMissing(group, type) {
      guard let record = try measure(group, type) else { break }
      known.add(record)
      try output.write(line: SnakeCaseJSON.text(of: record))
      done += 1
      options.report(done, all.count)
    }
    return stop.isStopped ? nil : known
  }

  /// The divergence of the model with each group in a type of its own, in nats.
  ///
  /// - Parameter types: by group.
  /// - Returns: nil if it was interrupted.
  /// - Throws: `ReportedError`.
  public func divergence(of types: [TensorType]) throws(ReportedError) -> Double? {
    var matrices: [WeightMatrix] = []
    for (group, type) in zip(groups, types) {
      for tensor in group.tensors where tensor.type != type {
        if stop.isStopped { return nil }
        matrices.append(try quantized(tensor, to: type).matrix)
      }
    }
    return try divergence(with: matrices, from: nil)
  }

  // MARK: One measurement

  private func isMissing(_ group: PrecisionGroup, _ type: TensorType) -> Bool {
    guard let record = known.record(of: group, in: type) else { return true }
    return record.divergence == nil && group.measuredTypes.contains(type)
  }

  /// - Returns: nil if it was interrupted.
  private func measure(_ group: PrecisionGroup, _ type: TensorType) throws(ReportedError) -> SensitivityRecord? {
    var matrices: [WeightMatrix] = []
    var squares = 0.0
    for tensor in group.tensors {
      let result = try quantized(tensor, to: type)
      let error = try outputError(of: result, tensor)
      squares += error * error
      matrices.append(result.matrix)
    }
    var record = SensitivityRecord(
      group: group.name, type: type.name, outputError: (squares / Double(group.tensors.count)).squareRoot(),
      divergence: nil)
    guard group.measuredTypes.contains(type) else { return record }
    let layers = model.language.configuration.layers
    let first = group.layer ?? (group.isEmbedding ? nil : layers)
    try advance(to: min(first ?? 0, layers))
    guard let divergence = try divergence(with: matrices, from: first) else { return nil }
    record.divergence = divergence
    return record
  }

  private func quantized(
    _ tensor: TensorDescription, to type: TensorType
  ) throws(ReportedError) -> TensorQuantizer.Result {
    do { return try quantizer.quantized(tensor, to: type) } catch {
      throw .modelUnreadable(message: error.message)
    }
  }

  private func outputError(
    of result: TensorQuantizer.Result, _ tensor: TensorDescription
  ) throws(ReportedError) -> Double {
    guard let inputs = calibration.samples[tensor.name], let plain = ProductErrors.matrix(tensor.name, of: file) else {
      return result.relativeError
    }
    do { return try errors.relativeError(of: result.matrix, from: plain, inputs: inputs) ?? 0 } catch {
      throw .init(.insufficientMemory, error.description)
    }
  }

  /// Mean divergence with some matrices quantized.
  ///
  /// - Parameter first: the layer that they are of, which the windows have the inputs of; nil to begin with the
  ///   embedding.
  private func divergence(with matrices: [WeightMatrix], from first: Int?) throws(ReportedError) -> Double? {
    do throws(ModelError) {
      try model.language.substitute(matrices)
    } catch { throw .init(.insufficientMemory, error.description) }
    defer { try? model.language.substitute([]) }
    var sum = 0.0
    for window in windows {
      if stop.isStopped { return nil }
      do throws(ModelError) {
        let inputs = try first == nil ? model.language.layerInputs(of: window.tokens) : window.inputs
        sum += try window.divergence(of: logits(window, after: inputs, from: first ?? 0))
      } catch { throw .init(.computation, error.description) }
    }
    guard sum.isFinite else {
      throw .init(.computation, "the logits are not numbers; the weights of \(file.path) are damaged")
    }
    return sum / Double(max(tokens, 1))
  }

  // MARK: Reading

  /// Chooses the windows and keeps the original's logits.
  private func readOriginal() throws(ReportedError) {
    let configuration = model.language.configuration
    windows = SensitivityWindow.windows(of: calibration.texts, count: options.windows)
    layer = 0
    for index in windows.indices where !stop.isStopped {
      do throws(ModelError) {
        windows[index].inputs = try model.language.layerInputs(of: windows[index].tokens)
        windows[index].logits = try logits(windows[index], after: windows[index].inputs, from: 0)
      } catch { throw .init(.computation, error.description) }
    }
    precondition(groups.allSatisfy { ($0.layer ?? 0) < configuration.layers }, "the groups are of another model")
  }

  /// Brings the windows' inputs forward to a layer, or back to the first one.
  private func advance(to wanted: Int) throws(ReportedError) {
    if wanted < layer { try readOriginal() }
    for index in windows.indices where wanted > layer && !stop.isStopped {
      do throws(ModelError) {
        windows[index].inputs = try run(windows[index].inputs, layer..<wanted)
      } catch { throw .init(.computation, error.description) }
    }
    layer = wanted
  }

  private func logits(
    _ window: SensitivityWindow, after inputs: [Float], from first: Int
  ) throws(ModelError) -> [[Float]] {
    let outputs = try run(inputs, first..<model.language.configuration.layers)
    let width = model.language.configuration.hiddenSize
    return model.language.logits(
      ofOutputs: window.scored.flatMap { outputs[$0 * width..<($0 + 1) * width] })
  }

  private func run(_ inputs: [Float], _ range: Range<Int>) throws(ModelError) -> [Float] {
    let configuration = model.language.configuration
    let cache: KeyValueCache
    do {
      cache = try KeyValueCache(
        shape: configuration.cacheShape, budget: max(inputs.count / configuration.hiddenSize, 1), policy: .full)
    } catch { throw .cache(error) }
    return try model.language.run(layers: range, inputs: inputs, from: 0, into: cache.ticket(for: .text))
  }

  // MARK: The file

  private var header: RecordsHeader {
    let path = options.path
    let members: [(String, String)] = [
      ("suite", "sensitivity"), ("format", "1"), ("model", "\(model.name) \(model.fingerprint.digest)"),
      ("text", (options.source as NSString).lastPathComponent), ("tokens", "\(calibration.tokens)"),
      ("calibration_windows", "\(calibration.windows)"), ("windows", "\(options.windows)"),
    ]
    return RecordsHeader(line: .object(members.map { ($0.0, .string($0.1)) })) { line, _ throws(ReportedError) in
      let found = try? JSONDecoder().decode([String: String].self, fromUntrusted: Data(line.utf8))
      guard let found, found["suite"] == "sensitivity" else {
        throw .outputUnwritable(message: "\(path) is no file of sensitivities; name another with --sensitivities")
      }
      for (name, value) in members where found[name] != value {
        throw .outputUnwritable(
          message: "\(path) has sensitivities with another \(name) (\(found[name] ?? "none"), not \(value)); remove "
            + "it, or name another file with --sensitivities")
      }
    }
  }
}
