// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile
import Platform
import Synchronization

/// Checks the weights of a loaded model again and again, slowly and in the background, and names the tensors that have
/// changed.
///
/// It reads the tensors of the model's files, whose pages the system shares with the mapping, and the copies in the
/// program's own memory: panels and vectors. Tables that the vision tower makes of position embeddings, and panels of
/// an adapter, are not covered. A tensor is reported once.
public final class WeightScrubber: Sendable {
  private let state: ScrubState

  /// Bytes that are checked in a second, unless asked otherwise: less than 1 % of what a processor can check.
  public static let defaultRate = 16 << 20

  /// Reads each file once, at full speed, and checks it against the checksums that it keeps. Files without are checked
  /// from here on against what was read.
  ///
  /// - Parameters:
  ///   - inventory: receives the weights that are copied out of the files.
  ///   - rate: bytes that are checked in a second.
  /// - Throws: `GGUFError.changedTensor`, `unusableChecksums` or `unreadable`.
  public init(files: [GGUFFile], inventory: WeightInventory, rate: Int = defaultRate) throws(GGUFError) {
    var checked: [ScrubState.File] = []
    for file in files {
      checked.append(
        ScrubState.File(file: file, reader: try TensorReader(file), checksums: try TensorChecksums(checking: file)))
    }
    state = ScrubState(files: checked, inventory: inventory, rate: rate)
  }

  deinit { state.stop() }

  /// Begins to check, on a thread of low priority, until the scrubber is released.
  ///
  /// - Returns: false if the system has no thread left.
  public func start() -> Bool {
    startThread(name: "scrub") { [state] in
      yieldToOtherThreads()
      while state.checkAll() {}
    }
  }

  /// A sentence for each tensor that has changed so far.
  public var warnings: [String] { state.warnings.withLock { $0 } }

  /// How often everything has been checked.
  public var passes: Int { state.passes.load(ordering: .acquiring) }
}

/// What the scrubber's thread works on. It outlives the scrubber until the thread has ended.
private final class ScrubState: Sendable {
  struct File {
    let file: GGUFFile
    let reader: TensorReader
    /// As they were when the model was loaded.
    let checksums: TensorChecksums
  }

  /// One tensor in one place.
  private enum Place: Hashable {
    case file(Int, tensor: Int)
    case copy(Int)
  }

  let warnings = Mutex<[String]>([])
  let passes = Atomic<Int>(0)
  private let files: [File]
  private let inventory: WeightInventory
  private let rate: Double
  private let isStopped = Monitor(false)
  private let reported = Mutex<Set<Place>>([])

  init(files: [File], inventory: WeightInventory, rate: Int) {
    self.files = files
    self.inventory = inventory
    self.rate = Double(max(rate, 1))
  }

  func stop() { isStopped.withLock { $0 = true } }

  /// Checks everything once; false after a stop.
  func checkAll() -> Bool {
    for (number, file) in files.enumerated() {
      for index in file.file.tensors.indices {
        guard check(file, tensor: index, at: .file(number, tensor: index)) else { return false }
      }
    }
    for (number, copy) in inventory.copies.enumerated() {
      guard check(copy, at: .copy(number)) else { return false }
    }
    passes.add(1, ordering: .releasing)
    return pause(after: 0)
  }

  /// - Returns: false after a stop.
  private func check(_ file: File, tensor index: Int, at place: Place) -> Bool {
    let tensor = file.file.tensors[index]
    var state = XXH64()
    for start in stride(from: 0, to: tensor.byteCount, by: TensorReader.pieceBytes) {
      let end = min(start + TensorReader.pieceBytes, tensor.byteCount)
      do {
        try file.reader.read(start..<end, of: tensor) { state.update($0) }
      } catch {
        report("tensor \(tensor.name) cannot be checked any more. \(error.message)", at: place)
        return pause(after: end - start)
      }
      guard pause(after: end - start) else { return false }
    }
    if state.digest != file.checksums.values[index] {
      report(
        "tensor \(tensor.name) has changed since it was loaded, in \(file.file.path). \(Self.remedy)", at: place)
    }
    return true
  }

  /// - Returns: false after a stop.
  private func check(_ copy: WeightCopy, at place: Place) -> Bool {
    var state = XXH64()
    for start in stride(from: 0, to: copy.byteCount, by: TensorReader.pieceBytes) {
      let end = min(start + TensorReader.pieceBytes, copy.byteCount)
      copy.add(start..<end, to: &state)
      guard pause(after: end - start) else { return false }
    }
    if state.digest != copy.checksum {
      let form = copy.form == .panels ? "repacked weights" : "floats"
      report(
        "tensor \(copy.tensor) has changed since it was loaded, in memory, where its \(form) are. \(Self.remedy)",
        at: place)
    }
    return true
  }

  private static let remedy =
    "Answers may be wrong. Start again; if it comes back, the file, the disk or the memory is damaged."

  private func report(_ warning: String, at place: Place) {
    guard reported.withLock({ $0.insert(place).inserted }) else { return }
    warnings.withLock { $0.append(warning) }
  }

  /// Waits as long as the rate asks for after a number of bytes; false after a stop.
  private func pause(after bytes: Int) -> Bool {
    let end = monotonicSeconds() + Double(bytes) / rate
    return isStopped.waitFor { isStopped in
      isStopped ? .done(false) : monotonicSeconds() >= end ? .done(true) : .wait(until: end)
    }
  }
}
