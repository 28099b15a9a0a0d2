// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Benchmarking
import Compute

/// What is measured, and how thoroughly.
struct MeasurementOptions: ParsableArguments {
  @Option(
    name: .long, help: ArgumentHelp("Measure these parts alone, with commas.", valueName: "parts"),
    transform: PartList.init(text:))
  var only = PartList()

  @Flag(name: .long, help: "Fewer rounds, shorter texts: a look instead of a measurement.")
  var quick = false

  @Option(name: .long, help: ArgumentHelp("Times that each figure is measured. (default: 5)", valueName: "n"))
  var rounds: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("Tokens of the texts that are read, with commas. (default: 32,128,512)", valueName: "n,…"))
  var lengths: NumberList?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Tokens that are held while others are written, with commas. (default: 0,1024,4096)", valueName: "n,…"))
  var held: NumberList?

  @Option(
    name: .long,
    help: ArgumentHelp("Pictures of this size. Left out: as the model is usually shown.", valueName: "w×h"))
  var image: ImageSides?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Minutes of a long stream of which the cost is measured, with commas. Left out: none; 1,10 with --only growth.",
      valueName: "n,…"))
  var minutes: NumberList?

  @Option(
    name: .customLong("kv-budget"),
    help: ArgumentHelp("Tokens that the stream may hold. (default: 1024)", valueName: "tokens"))
  var budget: Int?

  @Option(
    name: .customLong("kv-type"), help: ArgumentHelp("How keys and values are stored.", valueName: "type"))
  var type: KeyValueType = .f16

  func validate() throws {
    if let rounds, !(1...1000).contains(rounds) { throw ValidationError("--rounds must be between 1 and 1000") }
    if let budget, budget < 1 { throw ValidationError("--kv-budget must be above 0, not \(budget)") }
    if let minutes, !minutes.list.allSatisfy((1...100_000).contains) {
      throw ValidationError("--minutes must be between 1 and 100000")
    }
    if let lengths, lengths.list.contains(0) { throw ValidationError("--lengths must be above 0") }
  }

  var plan: BenchmarkPlan {
    var plan = quick ? BenchmarkPlan.quick : BenchmarkPlan()
    if !only.list.isEmpty { plan.parts = only.list }
    if let rounds { plan.rounds = rounds }
    if let lengths { plan.lengths = lengths.list }
    if let held { plan.held = held.list }
    if let image { plan.imageSize = .init(width: image.width, height: image.height) }
    if let budget { plan.budget = budget }
    plan.cacheType = type
    if let minutes { plan.minutes = minutes.list } else if only.list.contains(.growth) { plan.minutes = [1, 10] }
    return plan
  }
}

/// A model made on the spot.
struct RandomModelOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Make a model of this shape with random weights, measure it, and remove it: "
        + ModelShape.all.map(\.name).joined(separator: ", ") + ".",
      valueName: "name"))
  var shape: String?

  @Option(name: .long, help: ArgumentHelp("How its weights are stored: q4_0, q8_0, q4_k, f16, ….", valueName: "type"))
  var type = "q4_0"

  @Option(
    name: .customLong("vision-type"), help: ArgumentHelp("The same for its vision tower.", valueName: "type"))
  var visionType = "f16"

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Leave the model here, its vision tower beside it as mmproj-…; llama.cpp reads both.", valueName: "file"))
  var keep: String?

  func validate() throws {
    if shape == nil && keep != nil { throw ValidationError("--keep needs --shape NAME") }
    do { _ = try model() } catch { throw ValidationError(error.message) }
  }

  /// nil where no shape is asked for.
  func model() throws(BenchmarkError) -> RandomModel? {
    guard let shape else { return nil }
    return try RandomModel(shape: ModelShape(named: shape), type: type, visionType: visionType)
  }
}

/// Parts of a benchmark; none stands for all.
struct PartList {
  var list: Set<BenchmarkPart> = []

  init() {}

  init(text: String) throws {
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let part = BenchmarkPart(rawValue: String(word)) else {
        let parts = BenchmarkPart.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("there is no part “\(word)”; there are \(parts)")
      }
      list.insert(part)
    }
  }
}

/// Whole numbers with commas between them.
struct NumberList: ExpressibleByArgument {
  var list: [Int] = []

  init?(argument: String) {
    for word in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let number = Int(word), (0...1_000_000).contains(number) else { return nil }
      if !list.contains(number) { list.append(number) }
    }
  }
}

/// Sides as `448x448`.
struct ImageSides: ExpressibleByArgument {
  var width: Int
  var height: Int

  init?(argument: String) {
    let sides = argument.split(omittingEmptySubsequences: false) { "x×".contains($0) }.compactMap { Int($0) }
    guard sides.count == 2, sides.allSatisfy({ (1...4096).contains($0) }) else { return nil }
    (width, height) = (sides[0], sides[1])
  }
}
