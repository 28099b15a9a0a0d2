// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dialogue
import Evaluation
import Records

/// The KV cache configurations that an evaluation compares, and their budgets.
struct EvaluationCacheOptions: ParsableArguments {
  @Option(
    name: .customLong("configurations"),
    help: ArgumentHelp(
      "Configurations to compare, separated by commas: a policy and its changes, joined by +, such as "
        + "infinipot-v+tar-proxy+q8_0+offload. All are compared with the first. "
        + "(default: \(ConfigurationList.standard))", valueName: "specs"),
    transform: ConfigurationList.init(text:))
  var chosen: ConfigurationList?

  @Option(
    name: .customLong("kv-ratios"),
    help: ArgumentHelp(
      "KV cache budgets as parts of the full cache's bytes, separated by commas. (default: \(RatioList.standard))",
      valueName: "ratios"),
    transform: RatioList.init(text:))
  var ratios: RatioList?

  @OptionGroup var budget: BudgetOptions
  @OptionGroup var files: CacheFileOptions

  /// The names of those that were given.
  var given: [String] {
    givenButBudget + budget.given
  }

  /// The names of those that were given, but for the budget.
  var givenButBudget: [String] {
    GivenOptions.names(of: ["--configurations": chosen != nil, "--kv-ratios": ratios != nil]) + files.given
  }

  var configurations: [CacheConfiguration] { (chosen ?? ConfigurationList.standard).list }

  /// The options of the dialogues that answer the questions. Configurations change them.
  ///
  /// - Throws: `ReportedError.profileUnusable`.
  func dialogue() throws(ReportedError) -> DialogueOptions {
    var options = EvaluationOptions.defaultDialogue
    options.headBudgetProfile = try files.headBudgetProfile()
    options.offload = files.offloadOptions
    return options
  }

  var budgets: [EvaluationBudget] {
    if let tokens = budget.tokens { return [.tokens(tokens)] }
    if let memory = budget.memory { return [.bytes(memory.bytes)] }
    return (ratios ?? RatioList.standard).list
  }

  func validate() throws {
    let given = GivenOptions.names(of: ["--kv-ratios": ratios != nil])
    try refuseWhereUnbounded(given + budget.given)
    if !budget.given.isEmpty {
      try GivenOptions.refuse(given, "with --kv-budget or --kv-memory")
    }
    switch (files.profile != nil, configurations.contains(where: \.usesProfile)) {
    case (false, true): throw ValidationError("+profile needs --kv-profile FILE, as `edgeassist profile` writes it")
    case (true, false): try GivenOptions.refuse(["--kv-profile"], "without a configuration with +profile")
    default: break
    }
    switch (files.offload != nil, configurations.contains(where: \.offloads)) {
    case (false, true):
      throw ValidationError("+offload needs --kv-offload FILE, a name for a file that may be written")
    case (true, false): try GivenOptions.refuse(["--kv-offload"], "without a configuration with +offload")
    default: break
    }
  }
}

extension EvaluationCacheOptions {
  /// Refuses options about budgets where no configuration has one.
  ///
  /// - Throws: `ValidationError`.
  func refuseWhereUnbounded(_ names: [String]) throws {
    if configurations.contains(where: \.isBounded) { return }
    try GivenOptions.refuse(names, "without a configuration that has a budget")
  }
}

/// Configurations, separated by commas.
struct ConfigurationList: CustomStringConvertible {
  var list: [CacheConfiguration] = []

  static let standard = ConfigurationList(known: "full,infinipot-v,infinipot-v+tar-proxy,uniform,sliding-window")

  /// - Parameter text: specifications that are all valid.
  private init(known text: String) {
    list = text.split(separator: ",").compactMap { try? CacheConfiguration(String($0)) }
  }

  init(text: String) throws {
    do {
      for specification in text.split(separator: ",", omittingEmptySubsequences: false) {
        let configuration = try CacheConfiguration(String(specification))
        if !list.contains(where: { $0.name == configuration.name }) { list.append(configuration) }
      }
    } catch {
      throw ValidationError(error.message)
    }
  }

  var description: String { list.map(\.name).joined(separator: ",") }
}

/// Ratios of the full cache, separated by commas.
struct RatioList: CustomStringConvertible {
  var list: [EvaluationBudget] = []

  static let standard = RatioList(list: [2, 4, 8, 16].map { .ratio(numerator: 1, denominator: $0) })

  private init(list: [EvaluationBudget]) { self.list = list }

  init(text: String) throws {
    do {
      for ratio in text.split(separator: ",", omittingEmptySubsequences: false) {
        let budget = try EvaluationBudget(ratio: String(ratio))
        if !list.contains(budget) { list.append(budget) }
      }
    } catch {
      throw ValidationError(error.message)
    }
  }

  var description: String { list.map(\.name).joined(separator: ",") }
}
