// SPDX-License-Identifier: Apache-2.0

import ModelFile
import Testing

@Suite("The bits of a block")
struct BlockLayoutTests {
  @Test(
    "each have one meaning, in every type that can be computed with",
    arguments: TensorType.allCases.filter(\.isSupported))
  func everyBit(type: TensorType) {
    let bits = TensorType.BitMeaning.allCases.flatMap { type.bits(meaning: $0) }
    #expect(bits.sorted() == Array(0..<8 * type.bytesPerBlock))
    #expect(type.isQuantized == !type.bits(meaning: .scale).isEmpty)
  }

  @Test("are as many codes as the type has bits for each weight")
  func codes() {
    let expected: [TensorType: Int] = [
      .q8_0: 256, .q4_0: 128, .q5_1: 160, .q2_K: 512, .q3_K: 768, .q4_K: 1024, .q5_K: 1280, .q6_K: 1536,
      .iq4_xs: 1024, .mxfp4: 128, .nvfp4: 256, .tq2_0: 512, .tq1_0: 416, .amxfp4: 128, .dint4: 128, .sawb2: 512,
    ]
    for (type, count) in expected { #expect(type.bits(meaning: .code).count == count, "\(type)") }
  }
}
