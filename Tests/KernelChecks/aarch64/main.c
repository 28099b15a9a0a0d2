// SPDX-License-Identifier: Apache-2.0

// Runs all checks with each instruction set of the machine, in one program without Swift: for an emulator.
//
// The argument is the number of instruction sets that the machine has, so that a missing one is an error.
#include "KernelChecks.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
  const char *name;
  kc_check *check;
} checks[] = {{"f16_to_f32", kc_f16_to_f32},
              {"f32_to_f16", kc_f32_to_f16},
              {"quantize_activations", kc_quantize_activations},
              {"multiply, floats", kc_multiply_floats},
              {"multiply, quants", kc_multiply_quants},
              {"multiply, panels", kc_multiply_panels},
              {"multiply, ternary", kc_multiply_ternary},
              {"largest quants", kc_largest_quants},
              {"all_within", kc_all_within},
              {"attend", kc_attend},
              {"attend_rows", kc_attend_rows},
              {"attend, lut16", kc_attend_lut16},
              {"functions, lut16", kc_lut16_functions},
              {"far values, lut16", kc_lut16_far_values},
              {"norms, lut16", kc_lut16_norms},
              {"rms_norm", kc_rms_norm},
              {"layer_norm", kc_layer_norm},
              {"silu_multiply", kc_silu_multiply},
              {"quick_gelu", kc_quick_gelu},
              {"gelu", kc_gelu},
              {"gelu_tanh", kc_gelu_tanh},
              {"rotate", kc_rotate}};

/// Returns whether the check failed, or checked nothing.
static int run(const ck_kernels *kernels, const char *name, kc_check *check) {
  kc_report report = {0};
  check(kernels, &report);
  const int failed = report.failed > 0 || report.checked == 0;
  printf("%s %s, %s: %zu of %zu failed. %s\n", failed ? "FAILED" : "passed", kernels->name, name, report.failed,
         report.checked, report.message);
  return failed;
}

int main(int argc, char **argv) {
  int failures = 0, sets = 0;
  for (ck_level level = CK_PORTABLE; level <= CK_NEON_I8MM; level++) {
    const ck_kernels *kernels = ck_kernels_for(level);
    if (!kernels) continue;
    sets++;
    for (size_t c = 0; c < sizeof checks / sizeof *checks; c++)
      failures += run(kernels, checks[c].name, checks[c].check);
    if (level == CK_AVX512_VNNI && ck_has_bf16_attention()) failures += run(kernels, "attend, bf16", kc_attend_bf16);
  }
  const int expected = argc > 1 ? atoi(argv[1]) : 0;
  printf("%d instruction sets, %d failures\n", sets, failures);
  return failures > 0 || sets != expected;
}
