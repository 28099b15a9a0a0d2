// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

/// A linear layer: a matrix and, in some, a bias.
struct Linear {
  let weight: WeightMatrix
  let bias: FloatBuffer?

  func product(to output: FloatMatrix, accumulate: Bool = false) -> Engine.Product {
    Engine.Product(weight, bias: bias, to: output, accumulate: accumulate)
  }
}

/// Finds a model's sizes and tensors in its file, and checks each before anything relies on it.
struct WeightLoader {
  let file: GGUFFile
  /// Counts what is set aside.
  var counter = AllocationCounter()
  /// How the weights of matrices lie in memory.
  var layout = WeightLayout.repacked

  /// An integer that must lie in a range; `fallback` stands in for one that is not there.
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

  /// A number that must be positive and finite.
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

  /// A key's value by one of the metadata's getters.
  func value<T>(_ get: (GGUFMetadata) throws(GGUFError) -> T) throws(ModelError) -> T {
    do { return try get(file.metadata) } catch { throw .file(error) }
  }

  func has(_ name: String) -> Bool { file.tensor(name) != nil }

  func tensor(_ name: String) throws(ModelError) -> TensorDescription {
    do { return try file.requiredTensor(name) } catch { throw .file(error) }
  }

  /// A tensor with exactly these dimensions, fastest first; trailing ones are nothing.
  func tensor(_ name: String, _ dimensions: [Int]) throws(ModelError) -> TensorDescription {
    let tensor = try tensor(name)
    func trimmed(_ sizes: [Int]) -> ArraySlice<Int> { sizes.prefix((sizes.lastIndex { $0 != 1 } ?? 0) + 1) }
    guard trimmed(tensor.dimensions) == trimmed(dimensions) else {
      throw .wrongShape(path: file.path, tensor: name, expected: dimensions, found: tensor.dimensions)
    }
    return tensor
  }

  func vector(_ name: String, _ count: Int) throws(ModelError) -> FloatBuffer {
    let tensor = try tensor(name, [count])
    do {
      let buffer = try FloatBuffer(file: file, tensor: tensor)
      counter.add(buffer.byteCount)
      return buffer
    } catch { throw .compute(path: file.path, error) }
  }

  /// A matrix whose inputs may be spread over several dimensions.
  func matrix(_ name: String, inputs: [Int], outputs: Int) throws(ModelError) -> WeightMatrix {
    let tensor = try tensor(name, inputs + [outputs])
    do {
      return try WeightMatrix(file: file, tensor: tensor, rows: outputs, columns: inputs.reduce(1, *), layout: layout)
    } catch { throw .compute(path: file.path, error) }
  }

  /// `name.weight` and, if the file has it, `name.bias`.
  func linear(_ name: String, inputs: Int, outputs: Int) throws(ModelError) -> Linear {
    Linear(
      weight: try matrix(name + ".weight", inputs: [inputs], outputs: outputs),
      bias: has(name + ".bias") ? try vector(name + ".bias", outputs) : nil)
  }

  /// The outputs of a matrix whose size only its own tensor tells.
  func outputs(of name: String) throws(ModelError) -> Int {
    let tensor = try tensor(name)
    guard tensor.dimensions.count == 2, (1...1_048_576).contains(tensor.dimensions[1]) else {
      throw .wrongShape(
        path: file.path, tensor: name, expected: [tensor.dimensions.first ?? 1, 1024], found: tensor.dimensions)
    }
    return tensor.dimensions[1]
  }

  /// Three linear layers of the same input whose outputs lie one after the other in one tensor.
  func thirds(_ name: String, inputs: Int, outputs: Int) throws(ModelError) -> (Linear, Linear, Linear) {
    let whole = try linear(name, inputs: inputs, outputs: 3 * outputs)
    func part(_ index: Int) throws(ModelError) -> Linear {
      let range = index * outputs..<(index + 1) * outputs
      var bias: FloatBuffer?
      if let all = whole.bias {
        do { bias = try FloatBuffer(all.values[range]) } catch { throw .compute(path: file.path, error) }
      }
      return Linear(weight: whole.weight.outputs(range), bias: bias)
    }
    return (try part(0), try part(1), try part(2))
  }

  /// Working memory of `count` rows.
  func rows(_ count: Int, width: Int) throws(ModelError) -> FloatMatrix {
    let (numbers, overflow) = count.multipliedReportingOverflow(by: width)
    let isCounted = counter.isForecast && !overflow && numbers < Int.max / MemoryLayout<Float>.stride
    do {
      let buffer = try FloatBuffer(count: isCounted ? 0 : overflow ? .max : numbers)
      counter.add(isCounted ? numbers * MemoryLayout<Float>.stride : buffer.byteCount)
      return buffer.rows(width: width)
    } catch { throw .compute(path: file.path, error) }
  }
}
