// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform
import Testing
import Tokenization

/// A template of anybody's costs what it pays for, and never ends the program.
///
/// `TEMPLATES` says how many, `TEMPLATE_SEED` from where on.
@Suite("A chat template made at random")
struct HostileTemplateTests {
  private static let shards: UInt64 = 2
  private static let environment = ProcessInfo.processInfo.environment
  private static let count = environment["TEMPLATES"].flatMap { UInt64($0) } ?? 600
  private static let seed = environment["TEMPLATE_SEED"].flatMap { UInt64($0) } ?? 0

  /// Processor time of a unit of work in a build without optimization, with room to spare: something that is paid for
  /// by the step and costs by the byte is beyond it by orders of magnitude.
  private static let secondsPerUnit = 2e-6
  /// For reading the template, and for a look at the clock that comes late.
  private static let secondsBesides = 1.0
  private static let mostSeconds = 2.0

  @Test("Costs what it pays for", arguments: 0..<shards)
  func cost(shard: UInt64) {
    var read = 0
    var dear = 0
    var slowest = 0.0
    for number in stride(from: shard, to: Self.count, by: Int(Self.shards)) {
      var grammar = TemplateGrammar(seed: Self.seed &+ number)
      let template = grammar.template()
      let began = threadProcessorSeconds()
      let work = ChatTemplate.work(of: template)
      let seconds = threadProcessorSeconds() - began
      let allowed = min(Double(work ?? 0) * Self.secondsPerUnit, Self.mostSeconds) + Self.secondsBesides
      #expect(
        seconds < allowed, "the template of seed \(Self.seed &+ number) takes \(seconds) s for \(work ?? 0) units")
      slowest = max(slowest, seconds)
      read += work == nil ? 0 : 1
      dear += (work ?? 0) > 1 << 20 ? 1 : 0
    }
    print("shard \(shard): \(read) templates read, \(dear) of them dear; the slowest took \(slowest) s")
    // Otherwise the templates would be too broken or too cheap to say anything.
    let part = Int(Self.count / Self.shards)
    #expect(read > part / 2 && dear > part / 20, "\(read) of \(part) could be read, \(dear) were dear")
  }
}
