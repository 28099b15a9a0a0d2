// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

/// Reads a model's sizes and tensors from its file and checks each of them. Errors name the file and the key or tensor.
struct ModelLoader {
  let file: GGUFFile
  /// Counts the working memory that is allocated.
  var counter = WorkingMemoryCounter()
  /// How the weights of matrices lie in memory.
  var layout = WeightLayout.repacked
  /// Receives the weights that are copied out of the file.
  var inventory: WeightInventory?

  /// An integer of the metadata that must lie in a range.
  /// - Parameter fallback: taken if the key is missing; nil makes that an error.
  func size(_ key: String, in range: ClosedRange<Int>, fallback: Int? = nil) throws(ModelError) -> Int {
    let value: Int
    do {
      if let fallback {
        value = try file.metadata.integerIfPresent(key) ?? fallback
      } else {
        value = try file.metadata.integer(key)
      }
    } catch { throw .file(error) }
    guard range.contains(value) else {
      throw .invalidSize(
        path: file.path, key: key, value: "\(value)", allowed: "from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// A float of the metadata that must be positive and finite.
  /// - Parameter fallback: taken if the key is missing; nil makes that an error.
  func positive(_ key: String, fallback: Double? = nil) throws(ModelError) -> Double {
    let value: Double
    do {
      if let fallback {
        value = try file.metadata.floatIfPresent(key) ?? fallback
      } else {
        value = try file.metadata.float(key)
      }
    } catch { throw .file(error) }
    guard value.isFinite, value > 0 else {
      throw .invalidSize(path: file.path, key: key, value: "\(value)", allowed: "a positive number")
    }
    return value
  }

  /// A value of the metadata, by one of its getters.
  func value<T>(_ get: (GGUFMetadata) throws(GGUFError) -> T) throws(ModelError) -> T {
    do { return try get(file.metadata) } catch { throw .file(error) }
  }

  /// Whether the file has a tensor.
  func has(_ name: String) -> Bool { file.tensor(name) != nil }

  func tensor(_ name: String) throws(ModelError) -> TensorDescription {
    do { return try file.requiredTensor(name) } catch { throw .file(error) }
  }

  /// A tensor with these dimensions, fastest first. Trailing dimensions of 1 are ignored.
  func tensor(_ name: String, _ dimensions: [Int]) throws(ModelError) -> TensorDescription {
    let tensor = try tensor(name)
    func trimmed(_ sizes: [Int]) -> ArraySlice<Int> { sizes.prefix((sizes.lastIndex { $0 != 1 } ?? 0) + 1) }
    guard trimmed(tensor.dimensions) == trimmed(dimensions) else {
      throw .wrongShape(path: file.path, tensor: name, expected: dimensions, found: tensor.dimensions)
    }
    return tensor
  }

  /// A vector of `count` floats, such as a norm's weights.
  func vector(_ name: String, _ count: Int) throws(ModelError) -> FloatBuffer {
    let tensor = try tensor(name, [count])
    do {
      let buffer = try FloatBuffer(file: file, tensor: tensor)
      counter.add(buffer.byteCount)
      inventory?.add(buffer, of: name)
      return buffer
    } catch { throw .compute(path: file.path, error) }
  }

  /// A matrix, `[outputs][inputs]`, whose inputs may be several dimensions of the tensor.
  func matrix(_ name: String, inputs: [Int], outputs: Int) throws(ModelError) -> WeightMatrix {
    let tensor = try tensor(name, inputs + [outputs])
    let scale = try scale(of: name)
    do {
      return try WeightMatrix(
        file: file, tensor: tensor, rows: outputs, columns: inputs.reduce(1, *), scale: scale, layout: layout,
        inventory: inventory)
    } catch { throw .compute(path: file.path, error) }
  }

  /// The factor of all weights of a matrix `name.weight`: the tensor `name.scale`, if the file has it, else 1. Files of
  /// NVFP4 have such tensors (llama.cpp's `conversion/base.py`). Their `name.input_scale` belongs to activations in 4
  /// bits, and is not read.
  private func scale(of name: String) throws(ModelError) -> Float {
    let suffix = ".weight"
    guard name.hasSuffix(suffix) else { return 1 }
    let tensor = name.dropLast(suffix.count) + ".scale"
    guard has(String(tensor)) else { return 1 }
    let value = try vector(String(tensor), 1).values[0]
    guard value.isFinite else {
      throw .invalidSize(path: file.path, key: String(tensor), value: "\(value)", allowed: "a finite number")
    }
    return value
  }

  /// A linear layer: `name.weight` and, if the file has it, `name.bias`. All blocks have one or none has.
  func linear(_ name: String, inputs: Int, outputs: Int) throws(ModelError) -> Linear {
    let bias = name + ".bias"
    return Linear(
      weight: try matrix(name + ".weight", inputs: [inputs], outputs: outputs),
      bias: has(bias) || isInOtherBlock(bias) ? try vector(bias, outputs) : nil)
  }

  /// Whether a block near that of a tensor has a tensor of its kind. Layers of a kind lie some blocks apart in hybrid
  /// models.
  private func isInOtherBlock(_ name: String) -> Bool {
    guard let range = name.firstRange(of: "blk.") else { return false }
    let digits = name[range.upperBound...].prefix(while: \.isNumber)
    guard let block = Int(digits), block < 1 << 20 else { return false }
    let (head, tail) = (name[..<range.upperBound], name[digits.endIndex...])
    return (max(0, block - Self.blocksApart)...block + Self.blocksApart).contains { has("\(head)\($0)\(tail)") }
  }

  private static let blocksApart = 8

  /// The outputs of a matrix of which the metadata does not tell them.
  func outputs(of name: String) throws(ModelError) -> Int {
    let tensor = try tensor(name)
    guard tensor.dimensions.count == 2, (1...1_048_576).contains(tensor.dimensions[1]) else {
      throw .wrongShape(
        path: file.path, tensor: name, expected: [tensor.dimensions.first ?? 1, 1024], found: tensor.dimensions)
    }
    return tensor.dimensions[1]
  }

  /// Queries, keys and values whose matrices are one tensor, `[3 * outputs][inputs]`.
  func fusedQKV(_ name: String, inputs: Int, outputs: Int) throws(ModelError) -> (Linear, Linear, Linear) {
    let whole = try linear(name, inputs: inputs, outputs: 3 * outputs)
    func part(_ index: Int) throws(ModelError) -> Linear {
      let range = index * outputs..<(index + 1) * outputs
      var bias: FloatBuffer?
      if let all = whole.bias {
        do { bias = try FloatBuffer(all.values[range]) } catch { throw .compute(path: file.path, error) }
      }
      if let bias { inventory?.add(bias, of: name + ".bias") }
      return Linear(weight: whole.weight.outputs(range), bias: bias)
    }
    return (try part(0), try part(1), try part(2))
  }

  /// The weights of a depthwise convolution, which a file has channel by channel, tap by tap: `[kernel][channels]`.
  func convolution(_ name: String, kernel: Int, channels: Int) throws(ModelError) -> FloatMatrix {
    let stored = try matrix(name, inputs: [kernel], outputs: channels)
    let target = try rows(kernel, width: channels)
    guard !counter.countsOnly else { return target }
    do {
      let channel = try FloatBuffer(count: kernel)
      var values = Array(repeating: Float(0), count: kernel * channels)
      for index in 0..<channels {
        stored.dequantize(row: index, into: channel.rows(width: kernel))
        for (tap, value) in channel.values.enumerated() { values[tap * channels + index] = value }
      }
      target.set(values[...])
    } catch { throw .compute(path: file.path, error) }
    return target
  }

  /// Working memory for a matrix, `[count][width]`, counted by `counter`.
  func rows(_ count: Int, width: Int) throws(ModelError) -> FloatMatrix {
    let (floats, overflow) = count.multipliedReportingOverflow(by: width)
    let countsOnly = counter.countsOnly && !overflow && floats < Int.max / MemoryLayout<Float>.stride
    do {
      let buffer = try FloatBuffer(count: countsOnly ? 0 : overflow ? .max : floats)
      counter.add(countsOnly ? floats * MemoryLayout<Float>.stride : buffer.byteCount)
      return buffer.rows(width: width)
    } catch { throw .compute(path: file.path, error) }
  }
}
