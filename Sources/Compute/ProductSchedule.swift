// SPDX-License-Identifier: Apache-2.0

import CKernels

/// A part of a schedule. The raw values are the words of files and reports.
public enum ScheduleKnob: String, Sendable, CaseIterable {
  /// Threads that compute.
  case threads
  /// Chunks that each of them has on average: with 1 the outputs are divided once, with more the threads that are
  /// faster take more.
  case chunks
  /// The most tokens whose sums stay in registers together.
  case tile
  /// Tokens that are multiplied with all outputs of a chunk before the next tokens.
  case pass
  /// Segments of 2,048 columns of 16 outputs that are multiplied before those of the next outputs.
  case segments
  /// Bytes that repacked weights are prefetched ahead; 0 for not at all.
  case prefetch

  /// The values that a schedule may have.
  public var bounds: ClosedRange<Int> {
    switch self {
    case .threads: 1...256
    case .chunks: 1...256
    case .tile: 1...64
    case .pass: 1...65_536
    case .segments: 1...65_536
    case .prefetch: 0...(1 << 20)
    }
  }
}

/// How a product is divided and in which order it reads memory. It changes the speed alone: results are the same to the
/// last bit. A knob without a value is as the engine sets it of itself.
public struct ProductSchedule: Sendable, Hashable {
  private var threads: Int?
  private var chunks: Int?
  private var tile: Int?
  private var pass: Int?
  private var segments: Int?
  private var prefetch: Int?

  /// No knob has a value.
  public static let standard = ProductSchedule()

  /// No knob has a value.
  public init() {}

  /// The value of a knob; nil for what the engine sets of itself.
  public subscript(knob: ScheduleKnob) -> Int? {
    get {
      switch knob {
      case .threads: threads
      case .chunks: chunks
      case .tile: tile
      case .pass: pass
      case .segments: segments
      case .prefetch: prefetch
      }
    }
    set {
      switch knob {
      case .threads: threads = newValue
      case .chunks: chunks = newValue
      case .tile: tile = newValue
      case .pass: pass = newValue
      case .segments: segments = newValue
      case .prefetch: prefetch = newValue
      }
    }
  }

  /// Whether all values are within the bounds of their knobs.
  public var isWithinBounds: Bool {
    ScheduleKnob.allCases.allSatisfy { knob in self[knob].map(knob.bounds.contains) ?? true }
  }

  /// The knobs that have values, such as `tile 8, chunks 4`; `standard` for none.
  public var title: String {
    let parts = ScheduleKnob.allCases.compactMap { knob in self[knob].map { "\(knob.rawValue) \($0)" } }
    return parts.isEmpty ? "standard" : parts.joined(separator: ", ")
  }

  /// What the kernels see of it.
  var kernelSchedule: ck_schedule {
    ck_schedule(
      tile_tokens: tile ?? 0, pass_tokens: pass ?? 0, pass_segments: segments ?? 0,
      prefetch_bytes: prefetch == 0 ? Self.noPrefetch : prefetch ?? 0)
  }

  /// CK_NO_PREFETCH, which is no number that Swift reads.
  private static let noPrefetch = Int(bitPattern: UInt.max)

  /// The threads of a pool that compute.
  func threadCount(of all: Int) -> Int { min(threads ?? all, all) }

  /// Outputs of a chunk, in whole panels of 16: eight chunks for each thread unless the schedule says otherwise, so
  /// that a slow thread delays the others little.
  func chunkRows(_ rows: Int, threads all: Int) -> Int {
    let threads = threadCount(of: all)
    let parts = threads * (chunks ?? (threads == 1 ? 1 : 8))
    return max((rows / parts + 15) / 16 * 16, 16)
  }
}

/// The schedules of some products; the others have the standard one.
public struct ScheduleTable: Sendable, Equatable {
  private let schedules: [ProductShape: ProductSchedule]

  /// - Precondition: the schedules are within the bounds of their knobs.
  public init(_ schedules: [ProductShape: ProductSchedule]) {
    precondition(schedules.values.allSatisfy(\.isWithinBounds), "a schedule is out of bounds")
    self.schedules = schedules
  }

  /// How many products have a schedule of their own.
  public var count: Int { schedules.count }

  /// The schedule of a product.
  public subscript(shape: ProductShape) -> ProductSchedule { schedules[shape] ?? .standard }
}
