// SPDX-License-Identifier: Apache-2.0

import ModelFile
import Testing

/// A file made by the reference implementation (Goldens/make_goldens.py) is read as it was meant.
@Suite("A file made by the gguf package")
struct GoldenFileTests {
  let file: GGUFFile

  init() throws { file = try GGUFFile(path: goldenPath("everything.gguf")) }

  @Test("Gives every scalar type its value")
  func scalars() {
    let metadata = file.metadata
    #expect(file.version == 3)
    #expect(metadata["type.uint8"] == .uint8(200))
    #expect(metadata["type.int8"] == .int8(-100))
    #expect(metadata["type.uint16"] == .uint16(60000))
    #expect(metadata["type.int16"] == .int16(-30000))
    #expect(metadata["type.uint32"] == .uint32(4_000_000_000))
    #expect(metadata["type.int32"] == .int32(-2_000_000_000))
    #expect(metadata["type.uint64"] == .uint64(18_000_000_000_000_000_000))
    #expect(metadata["type.int64"] == .int64(-9_000_000_000_000_000_000))
    #expect(metadata["type.float32"] == .float32(0.5))
    #expect(metadata["type.float64"] == .float64(0.1))
    #expect(metadata["type.bool"] == .bool(true))
    #expect(metadata["type.string"] == .string("größer, 大きい"))
  }

  @Test("Gives arrays their elements")
  func arrays() throws {
    #expect(try file.metadata.strings("array.strings") == ["Ġthe", "", "猫 sat"])
    #expect(try file.metadata.integers("array.int32") == [3, -1, 4])
    #expect(try file.metadata.integers("array.uint16") == [1, 65535])
    #expect(try file.metadata.floats("array.float32") == [0.25, -8])
    #expect(try file.metadata.array("array.bool").bools == [true, false, true])
  }

  @Test("Keeps the order of its entries")
  func order() {
    #expect(file.metadata.keys.prefix(4) == ["general.architecture", "general.alignment", "type.uint8", "type.int8"])
  }

  @Test("Lists its tensors with shape, type and place")
  func tensors() throws {
    #expect(file.tensors.map(\.name) == ["ramp.f32", "ramp.f16", "ramp.q8_0", "ramp.q4_0", "blocks.q6_k", "patch"])
    #expect(file.tensors.map(\.type) == [.f32, .f16, .q8_0, .q4_0, .q6_K, .f32])
    #expect(file.tensors.map(\.byteCount) == [512, 256, 136, 72, 210, 96])
    #expect(file.tensors.map(\.byteOffset) == [1088, 1600, 1856, 2048, 2176, 2432])
    #expect(try file.requiredTensor("patch").dimensions == [2, 2, 3, 2])
    #expect(try file.requiredTensor("patch").elementCount == 24)
  }

  @Test("Maps each tensor's bytes")
  func weights() throws {
    let ramp = try file.bytes(of: file.requiredTensor("ramp.f32"))
    #expect((0..<128).allSatisfy { ramp.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) == Float($0) - 40 })
    let blocks = try file.bytes(of: file.requiredTensor("blocks.q6_k"))
    #expect(blocks.elementsEqual((0..<210).map { UInt8($0) }))
    #expect(try file.bytes(of: file.requiredTensor("ramp.q8_0")).prefix(4).elementsEqual([0x0A, 0x35, 0x81, 0x84]))
  }

  @Test("Has quantizations that can be computed with, by their customary names")
  func supportedTypes() throws {
    #expect(try file.requiredTensor("ramp.q4_0").type.isSupported)
    #expect(try file.requiredTensor("blocks.q6_k").type.isSupported)
    #expect(try file.requiredTensor("blocks.q6_k").type.name == "Q6_K")
  }

  @Test("Quantizations without kernels can be looked at but not computed with")
  func unsupportedTypes() {
    #expect(!TensorType.iq2_xxs.isSupported)
    #expect(!TensorType.q8_1.isSupported)
  }
}
