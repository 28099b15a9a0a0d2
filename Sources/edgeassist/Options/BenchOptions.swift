// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Benchmarking
import Images

/// Options for the measured parts, their sizes and the number of repetitions.
struct MeasurementOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Measure only these parts, separated by commas: "
        + BenchmarkPart.allCases.map(\.rawValue).joined(separator: ", ") + ".", valueName: "parts"),
    transform: PartList.init(text:))
  var only = PartList()

  @Flag(name: .long, help: "Fewer repetitions and shorter prompts, for a first look.")
  var quick = false

  @Option(
    name: .long, help: ArgumentHelp("How often each result is measured. (default: 5; --quick: 3)", valueName: "n"))
  var repetitions: Int?

  @Option(
    name: .customLong("prompt-lengths"),
    help: ArgumentHelp(
      "Lengths of the prompts to prefill in tokens, separated by commas. (default: 32,128,512; --quick: 32,128)",
      valueName: "n,…"))
  var promptLengths: NumberList?

  @Option(
    name: .customLong("context"),
    help: ArgumentHelp(
      "Tokens in the KV cache before decoding, separated by commas. (default: 0,1024,4096; --quick: 0,256)",
      valueName: "n,…"))
  var contextLengths: NumberList?

  @Option(
    name: .customLong("image-size"),
    help: ArgumentHelp("Size of the frames. (default: the largest square that the model prefers)", valueName: "w×h"))
  var imageSize: FrameSizeArgument?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Minutes of a long stream to measure, separated by commas. (default: none; with --only long-stream 1,10)",
      valueName: "n,…"))
  var minutes: NumberList?

  @OptionGroup var budget: TokenBudgetOptions
  @OptionGroup var type: CacheTypeOptions

  /// The names of those that were given.
  var given: [String] {
    GivenOptions.names(of: [
      "--only": !only.list.isEmpty, "--quick": quick, "--repetitions": repetitions != nil,
      "--prompt-lengths": promptLengths != nil, "--context": contextLengths != nil, "--image-size": imageSize != nil,
      "--minutes": minutes != nil, "--kv-budget": budget.tokens != nil, "--kv-type": type.chosen != nil,
    ])
  }

  /// The options that change some parts only, whether each was given, and the parts.
  private var effects: [(name: String, isGiven: Bool, parts: Set<BenchmarkPart>)] {
    let streams: Set<BenchmarkPart> = [.ingest, .compression, .firstToken, .longStream]
    let repeated = Set(BenchmarkPart.allCases).subtracting([.longStream, .memory])
    return [
      ("--quick", quick, repeated.union(streams)), ("--repetitions", repetitions != nil, repeated),
      ("--prompt-lengths", promptLengths != nil, [.prefill]),
      ("--context", contextLengths != nil, [.decode, .branches]),
      ("--image-size", imageSize != nil, streams.union([.vision, .sparseVision])),
      ("--minutes", minutes != nil, [.longStream]),
      ("--kv-budget", budget.tokens != nil, streams),
      ("--kv-type", type.chosen != nil, streams.union([.prefill, .decode, .branches])),
    ]
  }

  private func refuseUseless() throws {
    let parts = only.list
    if parts.isEmpty { return }
    let useless = effects.filter { $0.isGiven && parts.isDisjoint(with: $0.parts) }.map(\.name)
    let names = BenchmarkPart.allCases.filter(parts.contains).map(\.rawValue).joined(separator: ",")
    try GivenOptions.refuse(useless, "with --only \(names)")
  }

  func validate() throws {
    try refuseUseless()
    if let repetitions, !(1...1000).contains(repetitions) {
      throw ValidationError("--repetitions must be between 1 and 1000, not \(repetitions)")
    }
    if let minutes, !minutes.list.allSatisfy((1...100_000).contains) {
      throw ValidationError("--minutes must be between 1 and 100000")
    }
    if let promptLengths, promptLengths.list.contains(0) { throw ValidationError("--prompt-lengths must be above 0") }
  }

  var plan: BenchmarkPlan {
    var plan = quick ? BenchmarkPlan.quick : BenchmarkPlan()
    if !only.list.isEmpty { plan.parts = only.list }
    if let repetitions { plan.repetitions = repetitions }
    if let promptLengths { plan.promptLengths = promptLengths.list }
    if let contextLengths { plan.contextLengths = contextLengths.list }
    if let imageSize { plan.imageSize = imageSize.size }
    if let tokens = budget.tokens { plan.budget = tokens }
    plan.cacheType = type.type
    if let minutes { plan.minutes = minutes.list } else if only.list.contains(.longStream) { plan.minutes = [1, 10] }
    return plan
  }
}

/// A model with random weights that is made for the run.
struct RandomModelOptions: ParsableArguments {
  private static let standardType = "q4_0"
  private static let standardMMProjType = "f16"

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Measure a model of this shape with random weights, which is removed afterwards: "
        + ModelShape.all.map(\.name).joined(separator: ", ") + ".",
      valueName: "name"),
    completion: .list(ModelShape.all.map(\.name)))
  var shape: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Quantization type of its weights: q4_0, q8_0, q4_k, f16, …. (default: \(Self.standardType))",
      valueName: "type"))
  var type: String?

  @Option(
    name: .customLong("mmproj-type"),
    help: ArgumentHelp(
      "Quantization type of its vision tower's weights. (default: \(Self.standardMMProjType))", valueName: "type"))
  var mmprojType: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Keep the model in this file, and its vision tower beside it as mmproj-…; llama.cpp reads both.",
      valueName: "file"),
    completion: .file(extensions: ["gguf"]))
  var keep: String?

  func validate() throws {
    if shape == nil, let name = given.first { throw ValidationError("\(name) needs --shape NAME") }
    do { _ = try model() } catch { throw ValidationError(error.message) }
  }

  /// The names of those that were given.
  var given: [String] {
    GivenOptions.names(of: [
      "--shape": shape != nil, "--type": type != nil, "--mmproj-type": mmprojType != nil, "--keep": keep != nil,
    ])
  }

  /// - Returns: nil without `--shape`.
  func model() throws(BenchmarkError) -> RandomModel? {
    guard let shape else { return nil }
    return try RandomModel(
      shape: ModelShape(named: shape), type: type ?? Self.standardType,
      visionType: mmprojType ?? Self.standardMMProjType)
  }
}

/// Parts of a benchmark, separated by commas; empty for all.
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

/// Whole numbers, separated by commas.
struct NumberList: ExpressibleByArgument {
  var list: [Int] = []

  init?(argument: String) {
    for word in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let number = Int(word), (0...1_000_000).contains(number) else { return nil }
      if !list.contains(number) { list.append(number) }
    }
  }
}

/// A size in pixels, such as `448x448`.
struct FrameSizeArgument: ExpressibleByArgument {
  var size: ImageSize

  init?(argument: String) {
    let sides = argument.split(omittingEmptySubsequences: false) { "x×".contains($0) }.compactMap { Int($0) }
    guard sides.count == 2, sides.allSatisfy({ (1...4096).contains($0) }) else { return nil }
    size = ImageSize(width: sides[0], height: sides[1])
  }
}
