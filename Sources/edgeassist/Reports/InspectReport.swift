// SPDX-License-Identifier: Apache-2.0

import Foundation
import Inference
import ModelFile
import Quantization
import Records

/// The report of `edgeassist inspect`.
struct InspectReport {
  private let inspection: ModelInspection
  private let listsTensors: Bool
  private let style: ReportStyle
  private var lines: [String] = []

  init(
    _ inspection: ModelInspection, listsTensors: Bool, listsAccumulators: Bool, checksums: ChecksumInspection?,
    style: ReportStyle
  ) {
    self.inspection = inspection
    self.listsTensors = listsTensors
    self.style = style
    addFile(inspection.file, title: title(inspection.file))
    addTokenizer()
    addAdapter()
    addTensorKinds(inspection.file)
    if let vision = inspection.vision {
      addFile(vision, title: "Vision tower · " + title(vision))
      addTensorKinds(vision)
    }
    addMemory()
    if listsAccumulators { addAccumulators(inspection.file) }
    if listsTensors { addTensors(inspection.file) }
    if let checksums { addChecksums(checksums) }
    if let obstacle = inspection.obstacle {
      lines += ["", style.bad("Cannot be run here because:"), "  " + style.wrapped(visible(obstacle), indent: 2)]
    }
  }

  var text: String { lines.joined(separator: "\n") }

  // MARK: Sections

  private func title(_ file: FileInspection) -> String {
    let parts = file.partPaths.count
    let name = URL(fileURLWithPath: file.path).lastPathComponent
    return "\(visible(name)) · \(memorySize(file.byteCount))" + (parts > 1 ? " in \(parts) parts" : "")
  }

  private mutating func addFile(_ file: FileInspection, title: String) {
    if !lines.isEmpty { lines.append("") }
    lines.append(style.bold(title))
    add("kind", kindName(file.kind) + (file.architecture.map { " (\($0))" } ?? ", of no architecture"))
    if let name = file.name { add("name", name) }
    let type = file.mainType.map { ", mostly \($0.name), \(figure(file.bitsPerWeight)) bits each" } ?? ""
    add("parameters", parameters(file.parameterCount) + type)
    let sizes = file.sizes
    if let layers = sizes.layers {
      let inner = sizes.intermediateSize.map { ", intermediate size \($0)" } ?? ""
      add("layers", "\(layers)" + (sizes.hiddenSize.map { ", hidden size \($0)" } ?? "") + inner)
    }
    if let heads = sizes.heads {
      let shared = file.kind == .languageModel ? sizes.keyValueHeads.map { ", \($0) for keys and values" } ?? "" : ""
      add("heads", "\(heads)" + shared + (sizes.headDimension.map { ", each \($0) wide" } ?? ""))
    }
    if sizes.headsLeftOut > 0, let layers = sizes.attentionLayers, let keyValueHeads = sizes.keyValueHeads {
      add("pruned", "\(sizes.headsLeftOut) of \(layers * keyValueHeads) heads for keys and values, with their queries")
    }
    if let context = sizes.contextLength { add("context", "\(context) tokens") }
    if file.kind == .languageModel, let bytes = sizes.cacheBytesPerToken {
      let states = sizes.recurrentStateBytes.map { ", and recurrent states of \(memorySize($0))" } ?? ""
      let attending = states.isEmpty ? "" : sizes.attentionLayers.map { " in \($0) layers with attention" } ?? ""
      add("cache", "\(memorySize(bytes)) a token" + attending + states)
    }
  }

  private func kindName(_ kind: FileInspection.Kind) -> String {
    switch kind {
    case .languageModel: "language model"
    case .visionTower: "vision tower"
    case .adapter: "adapter"
    }
  }

  private mutating func addTokenizer() {
    guard let tokenizer = inspection.tokenizer else { return }
    let kind = [tokenizer.model, tokenizer.preTokenizer].compactMap(\.self).joined(separator: ", ")
    add("tokenizer", "\(tokenizer.vocabularySize) tokens (\(kind))")
    switch tokenizer.chatTemplate {
    case .none: add("template", "none; ChatML is used")
    case .followed: add("template", "followed")
    case .notFollowed: add("template", "not followed")
    }
    if tokenizer.isUsable, let notice = tokenizer.notice { add("", notice) }
  }

  private mutating func addAdapter() {
    guard let adapter = inspection.adapter else { return }
    let ranks = adapter.ranks.map(String.init).joined(separator: ", ")
    let alpha = adapter.alpha.map { ", alpha \(figure($0))" } ?? ""
    add("adapts", "\(adapter.targetCount) tensors by \(adapter.type ?? "an unknown way"), rank \(ranks)" + alpha)
  }

  private func name(_ kind: TensorKind) -> String { kind.rawValue.replacingOccurrences(of: "_", with: "-") }

  private mutating func addTensorKinds(_ file: FileInspection) {
    let products = file.products.map { precision, kinds in
      "\(precision) (\(kinds.map(name).joined(separator: ", ")))"
    }
    if !products.isEmpty { add("products", products.joined(separator: ", ")) }
    var table = TextTable(numeric: [2, 3, 4, 5])
    table.add("tensors", "type", "count", "parameters", "size", "bits")
    for group in file.groups {
      table.add(
        name(group.kind), group.type.name, "\(group.tensorCount)",
        parameters(group.parameterCount), memorySize(group.byteCount), figure(group.bitsPerWeight))
    }
    let set = table.lines(indent: 2)
    lines += ["", style.faint(set[0])] + set.dropFirst()
    if let plan = file.plan {
      lines += ["", style.bold("Types chosen by sensitivity")]
      for line in plan.lines(fileByteCount: file.byteCount) { lines.append("  " + style.wrapped(line, indent: 2)) }
      addSensitivities(plan)
    }
  }

  /// The groups that matter most, or with the list of tensors all of them.
  private mutating func addSensitivities(_ plan: PrecisionPlanRecord) {
    let groups = zip(plan.groups, plan.divergences).sorted { $0.1 > $1.1 }
    let shown = listsTensors ? groups.count : min(Self.shownSensitivities, groups.count)
    var table = TextTable(numeric: [1])
    table.add("tensors", "KL alone")
    for (name, divergence) in groups.prefix(shown) {
      table.add(visible(name), String(format: "%.5f", divergence))
    }
    let rows = table.lines(indent: 2)
    lines += [style.faint(rows[0])] + rows.dropFirst()
    if shown < groups.count { lines.append("  … \(groups.count - shown) more, with --tensors") }
  }

  private static let shownSensitivities = 5

  private mutating func addAccumulators(_ file: FileInspection) {
    lines += ["", style.bold("Bits that the sums of matrix products need")]
    var table = TextTable(numeric: [1, 2, 3, 4, 5, 6])
    table.add(
      "type", "inputs", "matrices", "integer", "chunk in 16 bits", "mantissa", "in chunks of \(AccumulatorNeed.chunk)")
    for need in file.accumulators {
      table.add(
        need.type.name, "\(need.inputs)", "\(need.matrices)", need.integerBits.map(String.init) ?? "",
        need.chunkIn16Bits.map(String.init) ?? "", "\(need.mantissa)", "\(need.mantissaInChunks)")
    }
    let rows = table.lines(indent: 2)
    lines += [style.faint(rows[0])] + rows.dropFirst()
    lines.append(
      "  "
        + style.wrapped(
          "Integer bits, with the sign, hold every sum of a row's products with activations of 8 bits. A chunk is the "
            + "most products that 16 bits hold. Mantissas are the least that keep the variance of a floating-point sum "
            + "of random products. This program sums integers of 32 inputs in 32 bits, and their sums as floats.",
          indent: 2))
  }

  private mutating func addChecksums(_ checksums: ChecksumInspection) {
    lines += ["", style.bold("Checksums (XXH64)")]
    let changed = checksums.changed
    if checksums.areKept, changed.isEmpty {
      return lines.append("  " + style.good("All \(checksums.tensors.count) tensors are as their checksums say."))
    }
    let note =
      checksums.areKept
      ? style.bad("Damaged, \(changed.count) of \(checksums.tensors.count) tensors. Download the file again.")
      : "The file keeps none. `edgeassist quantize FILE NEW --type COPY` adds these:"
    lines.append("  " + style.wrapped(note, indent: 2))
    for tensor in checksums.areKept ? changed : checksums.tensors {
      lines.append("  " + TensorChecksums.text(tensor.checksum) + "  " + visible(tensor.name))
    }
  }

  private mutating func addMemory() {
    guard let estimate = inspection.estimate else { return }
    lines += ["", style.bold("Memory at a budget of \(estimate.budget) tokens")]
    var table = TextTable(numeric: [1])
    table.add("weights", memorySize(estimate.weights))
    table.add("cache", memorySize(estimate.cache))
    table.add("working memory", memorySize(estimate.working))
    table.add("program", memorySize(estimate.program))
    table.add("total", memorySize(estimate.total))
    lines += table.lines(indent: 2)
    guard let machine = inspection.machine, let fits = inspection.fits, let fitting = inspection.fittingBudget else {
      return
    }
    let budget = fitting > 0 ? "A budget of up to \(fitting) tokens would fit." : "No budget would fit."
    let verdict =
      !fits
      ? "Does not fit: \(machine.owner) \(memorySize(machine.limit)). \(budget)"
      : "Fits\(machine.fitStatement(of: estimate.total)). \(budget)"
    let wrapped = style.wrapped(verdict, indent: 2)
    lines.append("  " + (fits ? style.good(wrapped) : style.bad(wrapped)))
  }

  private mutating func addTensors(_ file: FileInspection) {
    var table = TextTable(numeric: [2])
    table.add("tensor", "type", "size", "dimensions")
    for tensor in file.tensors {
      let dimensions = tensor.dimensions.map(String.init).joined(separator: " × ")
      table.add(tensor.name, tensor.type.name, memorySize(tensor.byteCount), dimensions)
    }
    let set = table.lines(indent: 2)
    lines += ["", style.faint(set[0])] + set.dropFirst()
  }

  // MARK: Lines

  private static let labelWidth = 12

  private mutating func add(_ label: String, _ value: String) {
    let padded = label + String(repeating: " ", count: Self.labelWidth - label.count)
    lines.append("  " + style.faint(padded) + style.wrapped(visible(value), indent: 2 + Self.labelWidth))
  }

  /// A count of parameters: `1.54 B`, `494 M`, `12 288`.
  private func parameters(_ number: Int) -> String {
    switch number {
    case 1_000_000_000...: "\(figure(Double(number) / 1e9)) B"
    case 1_000_000...: "\(figure(Double(number) / 1e6)) M"
    default: count(number)
    }
  }

  private func figure(_ value: Double) -> String { decimal(value, places: value < 100 ? 2 : 0) }
}
