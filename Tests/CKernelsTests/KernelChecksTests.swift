// SPDX-License-Identifier: Apache-2.0

import CKernels
import Foundation
import KernelChecks
import Testing

/// An instruction set of this machine.
struct KernelSet: Sendable, CustomTestStringConvertible {
  let level: ck_level

  static let levels = [CK_PORTABLE, CK_AVX2, CK_AVX_VNNI, CK_AVX512_VNNI, CK_NEON, CK_NEON_I8MM]
  static let available = levels.filter { ck_kernels_for($0) != nil }.map(KernelSet.init)

  var kernels: UnsafePointer<ck_kernels> { ck_kernels_for(level) ?? ck_best_kernels() }
  var testDescription: String { String(cString: kernels.pointee.name) }
}

/// Each operation of each instruction set that this machine has. `KernelChecks` says what each is compared with.
@Suite("Kernels by operation")
struct KernelChecksTests {
  @Test("The instruction sets that are tested are all that the system says this processor has")
  func instructionSets() throws {
    let found = Set(KernelSet.available.map(\.level.rawValue))
    #expect(found.contains(CK_PORTABLE.rawValue))
    #expect(KernelSet.available.contains { $0.kernels == ck_best_kernels() })
    #if os(Linux)
      let flags = try Set(
        String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8).split { $0.isWhitespace }.map(String.init))
      for (level, needed) in Self.neededFlags {
        #expect(found.contains(level.rawValue) == flags.isSuperset(of: needed), "\(needed)")
      }
    #endif
  }

  #if arch(x86_64)
    private static let neededFlags: [(ck_level, Set<String>)] = [
      (CK_AVX2, ["avx2", "fma", "f16c"]),
      (CK_AVX_VNNI, ["avx2", "fma", "f16c", "avx_vnni"]),
      (CK_AVX512_VNNI, ["avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512vl", "avx512dq", "avx512_vnni"]),
    ]
  #elseif arch(arm64)
    private static let neededFlags: [(ck_level, Set<String>)] = [
      (CK_NEON, ["asimddp"]), (CK_NEON_I8MM, ["asimddp", "i8mm"]),
    ]
  #else
    private static let neededFlags: [(ck_level, Set<String>)] = []
  #endif

  @Test("f16_to_f32 converts each half exactly", arguments: KernelSet.available)
  func f16ToF32(set: KernelSet) { expectPass(kc_f16_to_f32, set) }

  @Test("f32_to_f16 rounds to the nearest half, ties to even", arguments: KernelSet.available)
  func f32ToF16(set: KernelSet) { expectPass(kc_f32_to_f16, set) }

  @Test("quantize_activations rounds to 8 bits, and its sums are those of the quants", arguments: KernelSet.available)
  func quantizeActivations(set: KernelSet) { expectPass(kc_quantize_activations, set) }

  @Test("multiply is the sum of weight · input for float weights", arguments: KernelSet.available)
  func multiplyFloats(set: KernelSet) { expectPass(kc_multiply_floats, set) }

  @Test("multiply is the sum of weight · input for quantized weights", arguments: KernelSet.available)
  func multiplyQuants(set: KernelSet) { expectPass(kc_multiply_quants, set) }

  @Test("no quant is larger than the one that chunks of sums in 16 bits are made for")
  func largestQuants() throws { expectPass(kc_largest_quants, try #require(KernelSet.available.first)) }

  @Test("multiply is the sum of weight · input for repacked weights", arguments: KernelSet.available)
  func multiplyPanels(set: KernelSet) { expectPass(kc_multiply_panels, set) }

  @Test("multiply by ternary weights is exactly a sum by sign", arguments: KernelSet.available)
  func multiplyTernary(set: KernelSet) { expectPass(kc_multiply_ternary, set) }

  @Test("a float that is infinite, not a number or above a limit is seen wherever it is")
  func allWithin() throws { expectPass(kc_all_within, try #require(KernelSet.available.first)) }

  @Test("attend is softmax(q · k) · v for many tokens", arguments: KernelSet.available)
  func attend(set: KernelSet) { expectPass(kc_attend, set) }

  @Test("attend_rows is softmax(q · k) · v for one token, whole and in merged spans", arguments: KernelSet.available)
  func attendRows(set: KernelSet) { expectPass(kc_attend_rows, set) }

  @Test(
    "attend in bfloat16 is that of floats to the precision of bfloat16",
    .enabled(if: ck_has_bf16_attention() != 0, "this processor has no AVX-512 BF16"))
  func attendBF16() { expectPass(kc_attend_bf16, KernelSet(level: CK_AVX512_VNNI)) }

  @Test("attend with tables of 16 lines is attend to the tables' precision", arguments: KernelSet.available)
  func attendLUT16(set: KernelSet) { expectPass(kc_attend_lut16, set) }

  @Test("A table of 16 lines has at most a third of the largest error of 16 equally wide lines")
  func lut16Functions() throws { expectPass(kc_lut16_functions, try #require(KernelSet.available.first)) }

  @Test("Outside its range a table is what the function approaches, and not a number stays one")
  func lut16FarValues() throws { expectPass(kc_lut16_far_values, try #require(KernelSet.available.first)) }

  @Test("Norms with tables follow their formulas to the tables' precision, at every magnitude")
  func lut16Norms() throws { expectPass(kc_lut16_norms, try #require(KernelSet.available.first)) }

  @Test("rms_norm follows its formula", arguments: KernelSet.available)
  func rmsNorm(set: KernelSet) { expectPass(kc_rms_norm, set) }

  @Test("layer_norm follows its formula", arguments: KernelSet.available)
  func layerNorm(set: KernelSet) { expectPass(kc_layer_norm, set) }

  @Test("silu_multiply follows its formula", arguments: KernelSet.available)
  func siluMultiply(set: KernelSet) { expectPass(kc_silu_multiply, set) }

  @Test("sigmoid_multiply follows its formula", arguments: KernelSet.available)
  func sigmoidMultiply(set: KernelSet) { expectPass(kc_sigmoid_multiply, set) }

  @Test("l2_normalize follows its formula", arguments: KernelSet.available)
  func l2Normalize(set: KernelSet) { expectPass(kc_l2_normalize, set) }

  @Test(
    "convolve is a causal convolution, and keeps the tokens that the next block reads", arguments: KernelSet.available)
  func convolve(set: KernelSet) { expectPass(kc_convolve, set) }

  @Test("delta_rule follows its formula token by token, and keeps its state", arguments: KernelSet.available)
  func deltaRule(set: KernelSet) { expectPass(kc_delta_rule, set) }

  @Test("quick_gelu follows its formula", arguments: KernelSet.available)
  func quickGELU(set: KernelSet) { expectPass(kc_quick_gelu, set) }

  @Test("gelu follows its formula", arguments: KernelSet.available)
  func gelu(set: KernelSet) { expectPass(kc_gelu, set) }

  @Test("gelu_tanh follows its formula", arguments: KernelSet.available)
  func geluTanh(set: KernelSet) { expectPass(kc_gelu_tanh, set) }

  @Test("rotate is RoPE: it rotates the pairs of a head by their angles", arguments: KernelSet.available)
  func rotate(set: KernelSet) { expectPass(kc_rotate, set) }

  private func expectPass(
    _ check: (UnsafePointer<ck_kernels>, UnsafeMutablePointer<kc_report>) -> Void, _ set: KernelSet,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var report = kc_report()
    check(set.kernels, &report)
    let message = withUnsafeBytes(of: report.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    #expect(report.checked > 0, "nothing was checked", sourceLocation: sourceLocation)
    #expect(report.failed == 0, "\(report.failed) of \(report.checked): \(message)", sourceLocation: sourceLocation)
  }
}
