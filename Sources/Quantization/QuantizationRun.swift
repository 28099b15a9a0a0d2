// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile
import Platform

/// Carries out a plan. The file is read, converted and written piece by piece.
public struct QuantizationRun {
  /// The result for one tensor.
  public struct Result: Sendable {
    /// The tensor and its new type.
    public let entry: QuantizationPlan.Entry
    /// Root mean square of the error, divided by that of the values; nil for a tensor that was not changed.
    public let relativeError: Double?
  }

  /// The progress of a run.
  public struct Progress: Sendable {
    /// Bytes of the original that are done.
    public let bytesDone: Int
    /// Bytes of the whole original.
    public let bytesInAll: Int
    /// Name of the current tensor.
    public let tensor: String
  }

  /// An importance matrix: for a tensor, the weight of an error in each of its columns; nil for equal weights.
  public typealias Importance = (TensorDescription) -> [Float]?

  private let file: GGUFFile
  private let plan: QuantizationPlan
  private let quantizer: RowQuantizer
  private let importance: Importance
  private let scaling: ChannelScaling?

  /// `importance` nil for a tensor weighs all its columns the same. Reads nothing yet.
  ///
  /// - Parameter scaling: factors that tensors are multiplied by before; nil for none. `importance` is that of the
  ///   tensors as they are.
  public init(
    file: GGUFFile, plan: QuantizationPlan, threads: Int, importance: @escaping Importance = { _ in nil },
    scaling: ChannelScaling? = nil
  ) {
    self.file = file
    self.plan = plan
    self.importance = importance
    self.scaling = scaling
    quantizer = RowQuantizer(threads: threads)
  }

  /// Checks that the new file can be written to a path.
  ///
  /// - Parameters:
  ///   - byteCount: of the new file.
  ///   - inputs: files that this run reads besides the model.
  ///   - overwriting: whether it may take the place of another model file.
  /// - Throws: `sameFile`, `file` for what is no file or write-protected, `exists` without `overwriting`, or `noRoom`.
  public static func check(
    output path: String, byteCount: Int, of file: GGUFFile, inputs: [String] = [], overwriting: Bool
  ) throws(QuantizationError) {
    let manager = FileManager.default
    do throws(OutputError) {
      try OutputFile.check(
        path: path, inputs: file.partPaths + inputs,
        replacing: overwriting ? .kind("a model file", beginning: "GGUF") : .anything)
    } catch {
      throw error.reason == .input
        ? .sameFile(path: path) : .file(.unwritable(path: path, reason: error.explanation))
    }
    if manager.fileExists(atPath: path), !overwriting { throw .exists(path: path) }
    let folder = URL(filePath: path).deletingLastPathComponent().path
    let attributes = try? manager.attributesOfFileSystem(forPath: folder)
    // If the folder does not exist, the writer reports that.
    if let free = (attributes?[.systemFreeSize] as? NSNumber)?.intValue, free < byteCount {
      throw .noRoom(path: path, needed: byteCount, free: free)
    }
  }

  /// Writes the new file. It gets its name when it is complete.
  ///
  /// - Parameters:
  ///   - progress: called after each piece of a few MiB.
  ///   - stop: looked at after each piece, and while a pipe takes nothing.
  /// - Throws: `cancelled`, `notFinite`, `overflows`, or `file`. Nothing is left on the disk then.
  public func write(
    to path: String, progress: (Progress) -> Void = { _ in }, stop: StopSource? = nil
  ) throws(QuantizationError) -> [Result] {
    do {
      let writer = try GGUFWriter(
        path: path, metadata: plan.metadata, tensors: plan.declarations, keepingChecksums: true, stop: stop)
      var results: [Result] = []
      var done = 0
      let all = plan.bytesBefore
      for entry in plan.entries {
        let error = try write(entry, with: writer) { piece throws(QuantizationError) in
          done += piece
          progress(Progress(bytesDone: done, bytesInAll: all, tensor: entry.tensor.name))
          if stop?.isStopped == true { throw .cancelled }
        }
        results.append(Result(entry: entry, relativeError: error))
      }
      try writer.finish()
      return results
    } catch let error as GGUFError {
      throw stop?.isStopped == true ? .cancelled : .file(error)
    } catch let error as QuantizationError {
      throw error
    } catch {
      throw .file(.unwritable(path: path, reason: String(describing: error)))
    }
  }

  /// - Parameter step: called with the bytes of the original in each piece.
  private func write(
    _ entry: QuantizationPlan.Entry, with writer: GGUFWriter, step: (Int) throws(QuantizationError) -> Void
  ) throws -> Double? {
    let bytes = file.bytes(of: entry.tensor)
    let factors = scaling?.factors[entry.tensor.name]
    guard !entry.isKept || factors != nil, let columns = entry.tensor.dimensions.first else {
      for start in stride(from: 0, to: bytes.count, by: Self.copiedBytes) {
        let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + Self.copiedBytes, bytes.count)])
        try writer.append(piece)
        file.release(start..<start + piece.count, of: entry.tensor)
        try step(piece.count)
      }
      return nil
    }
    let rowBytes = columns / entry.tensor.type.elementsPerBlock * entry.tensor.type.bytesPerBlock
    let targetRowBytes = columns / entry.target.elementsPerBlock * entry.target.bytesPerBlock
    let rows = bytes.count / rowBytes
    let groupRows = min(quantizer.rowsPerGroup(columns: columns), rows)
    let target = UnsafeMutableRawBufferPointer.allocate(byteCount: groupRows * targetRowBytes, alignment: 64)
    defer { target.deallocate() }
    let measured = importance(entry.tensor)
    let weights = factors?.importance(measured) ?? measured
    var loss = RowQuantizer.Loss()
    for first in stride(from: 0, to: rows, by: groupRows) {
      let count = min(groupRows, rows - first)
      let source = UnsafeRawBufferPointer(rebasing: bytes[first * rowBytes..<(first + count) * rowBytes])
      let output = UnsafeMutableRawBufferPointer(rebasing: target[..<(count * targetRowBytes)])
      let lost = quantizer.quantize(
        source, as: entry.tensor.type, columns: columns, to: entry.target, factors: factors, firstRow: first,
        importance: weights, into: output)
      try lost.check(entry.tensor, of: file, to: entry.target)
      loss.squaredError += lost.squaredError
      loss.squaredValues += lost.squaredValues
      try writer.append(UnsafeRawBufferPointer(output))
      file.release(first * rowBytes..<(first + count) * rowBytes, of: entry.tensor)
      try step(source.count)
    }
    return entry.isKept ? nil : loss.relative
  }

  private static let copiedBytes = 1 << 22
}
