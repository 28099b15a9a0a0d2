// SPDX-License-Identifier: Apache-2.0

import ModelFile
import Quantization
import Records

extension ModelInspection {
  /// The same as one JSON object on one line. Members keep their names and meanings from version to version, and more
  /// may come; all sizes are bytes, and what is not known is null.
  ///
  /// - Parameters:
  ///   - listingTensors: adds `tensors`, in the order of the file.
  ///   - accumulators: adds `accumulators`, by type and number of inputs.
  ///   - checksums: added as `checksums`.
  public func json(
    listingTensors: Bool = false, accumulators: Bool = false, checksums: ChecksumInspection? = nil
  ) -> String {
    var members: [(String, OrderedJSON)] = file.members
    members += [
      ("tokenizer", tokenizer.map(Self.json) ?? .null),
      ("vision", vision.map { .object($0.members) } ?? .null),
      ("adapter", adapter.map(Self.json) ?? .null),
      ("runnable", .bool(file.kind != .adapter && obstacle == nil)),
      ("obstacle", .optional(obstacle)),
      ("memory", estimate.map(json) ?? .null),
      ("machine", machine.map(Self.json) ?? .null),
    ]
    if listingTensors { members.append(("tensors", .array(file.tensors.map(Self.json)))) }
    if accumulators { members.append(("accumulators", .array(file.accumulators.map(Self.json)))) }
    if let checksums { members.append(("checksums", checksums.json)) }
    return OrderedJSON.object(members).text
  }

  private func json(_ estimate: MemoryEstimate) -> OrderedJSON {
    [
      "budget": .integer(estimate.budget), "cache_bytes_per_token": .integer(estimate.cacheBytesPerToken),
      "weights": .integer(estimate.weights), "cache": .integer(estimate.cache),
      "working": .integer(estimate.working), "program": .integer(estimate.program),
      "total": .integer(estimate.total), "fits": fits.map(OrderedJSON.bool) ?? .null,
      "fitting_budget": .optional(fittingBudget),
    ]
  }

  private static func json(_ tokenizer: TokenizerSummary) -> OrderedJSON {
    [
      "model": .optional(tokenizer.model), "pre": .optional(tokenizer.preTokenizer),
      "vocabulary": .integer(tokenizer.vocabularySize), "chat_template": .string(tokenizer.chatTemplate.rawValue),
      "notice": .optional(tokenizer.notice),
    ]
  }

  private static func json(_ adapter: AdapterSummary) -> OrderedJSON {
    [
      "type": .optional(adapter.type), "alpha": adapter.alpha.map(OrderedJSON.number) ?? .null,
      "ranks": .array(adapter.ranks.map(OrderedJSON.integer)), "targets": .integer(adapter.targetCount),
    ]
  }

  private static func json(_ machine: MachineMemory) -> OrderedJSON {
    [
      "limit": .integer(machine.limit), "available": .integer(machine.available),
      "confined": .bool(machine.isConfined),
    ]
  }

  private static func json(_ need: AccumulatorNeed) -> OrderedJSON {
    [
      "type": .string(need.type.name), "inputs": .integer(need.inputs), "matrices": .integer(need.matrices),
      "integer_bits": .optional(need.integerBits), "chunk_in_16_bits": .optional(need.chunkIn16Bits),
      "mantissa_bits": .integer(need.mantissa), "mantissa_bits_in_chunks": .integer(need.mantissaInChunks),
    ]
  }

  private static func json(_ tensor: TensorDescription) -> OrderedJSON {
    [
      "name": .string(tensor.name), "dimensions": .array(tensor.dimensions.map(OrderedJSON.integer)),
      "type": .string(tensor.type.name), "bytes": .integer(tensor.byteCount),
      "kind": .string(TensorKind(tensor: tensor.name).rawValue), "part": .integer(tensor.part + 1),
    ]
  }
}

extension FileInspection {
  fileprivate var members: [(String, OrderedJSON)] {
    [
      ("path", .string(path)), ("parts", .array(partPaths.map(OrderedJSON.string))), ("bytes", .integer(byteCount)),
      ("gguf_version", .integer(version)), ("kind", .string(kind.rawValue)),
      ("architecture", .optional(architecture)), ("name", .optional(name)), ("parameters", .integer(parameterCount)),
      (
        "quantization",
        [
          "main": .optional(mainType?.name), "bits_per_weight": .number(bitsPerWeight),
          "groups": .array(groups.map(Self.json)), "plan": plan.map(Self.json) ?? .null,
        ]
      ),
      (
        "sizes",
        [
          "layers": .optional(sizes.layers), "attention_layers": .optional(sizes.attentionLayers),
          "hidden_size": .optional(sizes.hiddenSize),
          "intermediate_size": .optional(sizes.intermediateSize), "heads": .optional(sizes.heads),
          "key_value_heads": .optional(sizes.keyValueHeads), "head_dimension": .optional(sizes.headDimension),
          "heads_left_out": .optional(sizes.headsLeftOut),
          "context_length": .optional(sizes.contextLength),
          "cache_bytes_per_token": .optional(sizes.cacheBytesPerToken),
          "recurrent_state_bytes": .optional(sizes.recurrentStateBytes),
        ]
      ),
    ]
  }

  private static func json(_ group: TensorGroup) -> OrderedJSON {
    [
      "kind": .string(group.kind.rawValue), "type": .string(group.type.name), "tensors": .integer(group.tensorCount),
      "parameters": .integer(group.parameterCount), "bytes": .integer(group.byteCount),
      "bits_per_weight": .number(group.bitsPerWeight), "products": .array(group.products.map(OrderedJSON.string)),
    ]
  }

  private static func json(_ plan: PrecisionPlanRecord) -> OrderedJSON {
    var target: (String, OrderedJSON)
    switch plan.target {
    case .bytes(let bytes): target = ("target_bytes", .integer(bytes))
    case .divergence(let limit): target = ("target_divergence", .number(limit))
    }
    let groups = zip(plan.groups, plan.divergences).map { name, divergence -> OrderedJSON in
      ["name": .string(name), "divergence": .number(Double(divergence))]
    }
    return .object([
      target, ("divergence", .number(plan.divergence)), ("tokens", .integer(plan.tokens)), ("groups", .array(groups)),
    ])
  }
}

extension OrderedJSON {
  fileprivate static func optional(_ number: Int?) -> OrderedJSON { number.map { .integer($0) } ?? .null }
}
