// SPDX-License-Identifier: Apache-2.0

import Architectures
import Compute
import Foundation
import Inference
import ModelFile
import TestSupport
import Testing

/// Damaged at random, a file is read or refused, by the reader and by all that is built upon it; it never ends the
/// program, never keeps it busy, and nothing beyond the file's own size class is reserved for it.
///
/// `GGUF_MUTATIONS` says how many files, `GGUF_MUTATION_SEED` from where on. `under-address-sanitizer.sh` beside this
/// file runs many under the address sanitizer, which also refuses any large allocation.
@Suite("A damaged file of any kind")
struct DamagedFileTests {
  private static let shards: UInt64 = 4
  private static let environment = ProcessInfo.processInfo.environment
  private static let count = environment["GGUF_MUTATIONS"].flatMap { UInt64($0) } ?? 2000
  private static let seed = environment["GGUF_MUTATION_SEED"].flatMap { UInt64($0) } ?? 0

  @Test("Is read or refused", arguments: 0..<shards)
  func mutations(shard: UInt64) throws {
    let specimens = try Specimen.all()
    let pool = ThreadPool(threads: 1)
    let adapted = try LanguageModel(file: GGUFFile(path: Specimen.adapted), threads: pool)
    var tally = Tally()
    for number in stride(from: shard, to: Self.count, by: Int(Self.shards)) {
      var mutator = FileMutator(seed: Self.seed &+ number)
      let specimen = mutator.damaged(specimens)
      let folder = try TemporaryFolder()
      for file in specimen.files { try file.write(to: folder.url) }
      let time = ContinuousClock().measure {
        for file in specimen.files {
          tally.read(folder.path(file.name), pool: pool, adapted: adapted)
        }
      }
      let seconds = time / .seconds(1)
      #expect(seconds < 20, "the file of seed \(Self.seed &+ number) takes \(seconds) s")
      tally.slowest = max(tally.slowest, seconds)
    }
    print("shard \(shard): \(tally)")
    // Otherwise the damage would be too slight or too coarse to say anything.
    let least = Int(Self.count) / 200
    #expect(tally.opened > least && tally.refused > least && tally.loaded > least)
  }
}

/// Counts of the damaged files by outcome, and the slowest reading in seconds.
private struct Tally: CustomStringConvertible {
  var opened = 0
  var refused = 0
  /// Models, vision towers and adapters that were loaded.
  var loaded = 0
  var slowest = 0.0
  private var sum = 0

  var description: String {
    "\(opened) opened, \(refused) refused, \(loaded) loaded as models; the slowest took \(slowest) s"
  }

  mutating func read(_ path: String, pool: ThreadPool, adapted: LanguageModel) {
    if let inspection = try? ModelInspection(path: path, threads: 1, machine: nil) {
      sum &+= inspection.json(listingTensors: true).utf8.count
    }
    do {
      let file = try GGUFFile(path: path)
      opened += 1
      touch(file)
      if (try? LanguageModel(file: file, threads: pool)) != nil { loaded += 1 }
      if (try? VisionTower(file: file, threads: pool)) != nil { loaded += 1 }
      if (try? LoRAAdapter(file: file, model: adapted)) != nil { loaded += 1 }
    } catch {
      refused += 1
      sum &+= "\(error)".utf8.count
    }
  }

  /// Reads all metadata, and every tensor at both ends.
  private mutating func touch(_ file: GGUFFile) {
    for key in file.metadata.keys {
      if case .array(let array) = file.metadata[key] {
        sum &+= array.strings?.count ?? array.integers?.count ?? array.floats?.count ?? array.bools?.count ?? 0
      }
    }
    for tensor in file.tensors {
      let bytes = file.bytes(of: tensor)
      sum &+= Int(bytes.first ?? 0) &+ Int(bytes.last ?? 0) &+ tensor.elementCount
    }
  }
}
