// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Foundation
import Inference
import Platform
import Synchronization

/// A progress bar that any thread may redraw.
final class SharedProgressBar: Sendable {
  private let bar = Mutex(ProgressBar())

  func show(_ done: Int, of all: Int, _ what: String) { bar.withLock { $0.show(done, of: all, what) } }
  func finish() { bar.withLock { $0.finish() } }
}

/// A model with random weights on the disk, in a temporary folder unless it is kept.
struct WrittenModel: Sendable {
  let paths: ModelPaths
  /// The temporary folder; nil for a model that is kept.
  private let folder: URL?

  init(
    _ model: RandomModel, keep: String?, _ bar: SharedProgressBar, stop: StopSource
  ) throws(BenchmarkError) {
    let manager = FileManager.default
    let folder = keep == nil ? manager.temporaryDirectory.appending(path: "edgeassist-bench-\(UUID().uuidString)") : nil
    self.folder = folder
    if let folder { try? manager.createDirectory(at: folder, withIntermediateDirectories: true) }
    let path = keep ?? folder?.appending(path: model.shape.name + ".gguf").path ?? model.shape.name + ".gguf"
    defer { bar.finish() }
    do {
      paths = try model.write(
        to: path, progress: { bar.show($0, of: $1, "writing \(model.shape.name)") }, stop: stop)
    } catch {
      if let folder { try? manager.removeItem(at: folder) }
      throw error
    }
  }

  /// Removes the temporary folder, as soon as the files are mapped. A mapped file stays readable without its name, and
  /// nothing is left on the disk however the program ends.
  func remove() {
    if let folder { try? FileManager.default.removeItem(at: folder) }
  }
}
