// SPDX-License-Identifier: Apache-2.0

import CKernels
import ModelFile

/// What the speed of a product depends on: its matrices, one to three that have the same inputs, and its tokens.
///
/// Numbers of tokens are told apart by classes only, so that a schedule that was found for one fits the others.
public struct ProductShape: Sendable, Hashable {
  /// One matrix of a product.
  public struct Matrix: Sendable, Hashable {
    /// The type of its weights.
    public let type: TensorType
    /// Whether they are repacked into panels.
    public let isRepacked: Bool
    /// Its outputs.
    public let rows: Int

    /// - Precondition: there are kernels for the type, and panels if it is repacked, and there are some rows.
    public init(type: TensorType, isRepacked: Bool, rows: Int) {
      precondition(rows > 0 && Matrix.kernelType(type, isRepacked: isRepacked) != nil, "no such matrix")
      self.type = type
      self.isRepacked = isRepacked
      self.rows = rows
    }

    /// The kernels' type; nil if there is none.
    static func kernelType(_ type: TensorType, isRepacked: Bool) -> ck_type? {
      guard let stored = type.kernelType else { return nil }
      guard isRepacked else { return stored }
      let panels = type.isQuantized ? ck_repacked_type(stored, ProductShape.largestBlock) : CK_F32
      return panels == CK_F32 ? nil : panels
    }

    /// Whether the kernels compute with a type, and have panels of it if it is to be repacked.
    public static func exists(_ type: TensorType, isRepacked: Bool) -> Bool {
      kernelType(type, isRepacked: isRepacked) != nil
    }
  }

  /// Without an allocation, so that a product can be looked up on its way.
  private struct Part: Sendable, Hashable {
    var type: UInt32
    var rows: Int
  }

  private let first: Part
  private let second, third: Part?
  /// Inputs of the matrices.
  public let columns: Int
  /// The most tokens of the class.
  public let tokenClass: Int

  /// The largest number of tokens of each class. What has more is of the last one.
  private static let tokenClasses = [1, 4, 12, 48, 192, 1024]
  /// Weights in a block of the types with the largest blocks.
  private static let largestBlock = 256

  /// - Precondition: there are one to three matrices.
  public init(_ matrices: [Matrix], columns: Int, tokens: Int) {
    precondition((1...Int(CK_MAX_PRODUCTS)).contains(matrices.count), "a product has one to three matrices")
    let parts = matrices.map { matrix in
      Part(type: Matrix.kernelType(matrix.type, isRepacked: matrix.isRepacked)?.rawValue ?? 0, rows: matrix.rows)
    }
    first = parts[0]
    second = parts.count > 1 ? parts[1] : nil
    third = parts.count > 2 ? parts[2] : nil
    self.columns = columns
    tokenClass = Self.tokenClass(of: tokens)
  }

  init(_ products: (ck_product, ck_product, ck_product), count: Int, tokens: Int) {
    first = Part(type: products.0.type.rawValue, rows: products.0.rows)
    second = count > 1 ? Part(type: products.1.type.rawValue, rows: products.1.rows) : nil
    third = count > 2 ? Part(type: products.2.type.rawValue, rows: products.2.rows) : nil
    columns = products.0.columns
    tokenClass = Self.tokenClass(of: tokens)
  }

  private static func tokenClass(of tokens: Int) -> Int {
    for largest in tokenClasses where tokens <= largest { return largest }
    return 1024
  }

  /// The matrices, in the order of the product.
  public var matrices: [Matrix] {
    [first, second, third].compactMap { part in
      part.flatMap { part in
        Self.types[part.type].map { Matrix(type: $0.type, isRepacked: $0.isRepacked, rows: part.rows) }
      }
    }
  }

  /// Bytes of all weights.
  public var byteCount: Int {
    matrices.reduce(0) { $0 + $1.rows * (columns / $1.type.elementsPerBlock) * $1.type.bytesPerBlock }
  }

  /// Whether all matrices are repacked, so that the schedule reaches their kernels.
  public var isRepacked: Bool { matrices.allSatisfy(\.isRepacked) }

  /// The matrices and the inputs, such as `Q4_0 128+64+64 × 576`.
  public var title: String {
    let matrices = matrices
    let types = matrices.map { $0.type.name + ($0.isRepacked ? "" : " as stored") }
    let all = Set(types).count == 1 ? types[0] : types.joined(separator: "+")
    return all + " " + matrices.map { String($0.rows) }.joined(separator: "+") + " × \(columns)"
  }

  /// The types of the kernels, as those of files. Of several that make the same panels it is the last.
  private static let types: [UInt32: (type: TensorType, isRepacked: Bool)] = {
    var types: [UInt32: (type: TensorType, isRepacked: Bool)] = [:]
    for type in TensorType.allCases {
      for isRepacked in [false, true] {
        if let kernelType = Matrix.kernelType(type, isRepacked: isRepacked) {
          types[kernelType.rawValue] = (type, isRepacked)
        }
      }
    }
    return types
  }()
}

/// Writes down which products an engine computes.
public final class ProductRecorder {
  /// A product, and how often it came.
  public struct Product: Sendable, Equatable {
    /// What was multiplied.
    public var shape: ProductShape
    /// Tokens of the first time.
    public var tokens: Int
    /// How often it came.
    public var count: Int

    /// Memberwise; checks nothing.
    public init(shape: ProductShape, tokens: Int, count: Int) {
      self.shape = shape
      self.tokens = tokens
      self.count = count
    }
  }

  /// In the order in which they came first.
  public private(set) var products: [Product] = []

  /// Nothing has come yet.
  public init() {}

  func add(_ shape: ProductShape, tokens: Int) {
    if let index = products.firstIndex(where: { $0.shape == shape }) {
      products[index].count += 1
    } else {
      products.append(Product(shape: shape, tokens: tokens, count: 1))
    }
  }
}
