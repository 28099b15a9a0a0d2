// SPDX-License-Identifier: Apache-2.0

import ModelFile
import Platform
import Records

/// The checksum of each tensor of a file, compared with the one that the file keeps.
public struct ChecksumInspection: Sendable {
  /// A tensor and its checksum.
  public struct Tensor: Sendable, Equatable {
    /// The tensor's name.
    public let name: String
    /// XXH64 of its bytes.
    public let checksum: UInt64
    /// Whether the checksum differs from the one that the file keeps; nil for a file that keeps none.
    public let isChanged: Bool?
  }

  /// In the order of the file.
  public let tensors: [Tensor]

  /// Whether the file keeps checksums.
  public var areKept: Bool { tensors.contains { $0.isChanged != nil } }
  /// The tensors whose bytes have changed since their checksums were made.
  public var changed: [Tensor] { tensors.filter { $0.isChanged == true } }

  /// Reads the whole file.
  ///
  /// - Parameters:
  ///   - progress: called with the bytes read so far and those of all tensors, after each piece.
  ///   - stop: looked at after each piece.
  /// - Throws: `ReportedError.modelUnreadable` for a file that cannot be read, whose checksums are damaged, or after a
  ///   stop.
  public init(
    path: String, stop: StopSource? = nil, progress: (_ done: Int, _ all: Int) -> Void = { _, _ in }
  ) throws(ReportedError) {
    do throws(GGUFError) {
      let file = try GGUFFile(path: path)
      let kept = try TensorChecksums(keptIn: file)
      let all = file.tensors.reduce(0) { $0 + $1.byteCount }
      let found = try TensorChecksums(of: file, stop: stop) { progress($0, all) }
      tensors = file.tensors.indices.map { index in
        Tensor(
          name: file.tensors[index].name, checksum: found.values[index],
          isChanged: kept.map { $0.values[index] != found.values[index] })
      }
    } catch {
      throw .modelUnreadable(message: error.message)
    }
  }

  package var json: OrderedJSON {
    [
      "algorithm": "xxh64", "kept": .bool(areKept),
      "tensors": .array(
        tensors.map { tensor in
          [
            "name": .string(tensor.name), "checksum": .string(TensorChecksums.text(tensor.checksum)),
            "changed": tensor.isChanged.map(OrderedJSON.bool) ?? .null,
          ]
        }),
    ]
  }
}
