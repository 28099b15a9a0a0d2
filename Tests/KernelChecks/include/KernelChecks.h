// SPDX-License-Identifier: Apache-2.0

#ifndef EDGEASSIST_KERNEL_CHECKS_H
#define EDGEASSIST_KERNEL_CHECKS_H

#include <CKernels.h>

#pragma clang assume_nonnull begin

// Checks each operation of a table of kernels against formulas in double precision and against the portable table.

typedef struct {
  size_t checked, failed;
  char message[256];  // of the first failure
} kc_report;

typedef void kc_check(const ck_kernels *kernels, kc_report *report);

kc_check kc_f16_to_f32, kc_f32_to_f16, kc_quantize_activations;
/// `multiply` by floats, by quants as GGUF stores them, and by panels that ck_repack made.
kc_check kc_multiply_floats, kc_multiply_quants, kc_multiply_panels;
/// Ternary weights with scales of 1: sums of x by sign, exactly.
kc_check kc_multiply_ternary;
/// The largest quant of each type that `ck_largest_quant` names, which the chunks of sums in 16 bits follow from.
kc_check kc_largest_quants;
/// `ck_all_within`, the same for every table.
kc_check kc_all_within;
/// `attend` of many tokens; `attend_rows`, also by spans that ck_merge_spans combines.
kc_check kc_attend, kc_attend_rows;
/// `attend` in bfloat16, for a table that has it: it differs from `attend`, but by no more than bfloat16 explains.
kc_check kc_attend_bf16;
/// Attention with the tables of `CK_NONLINEAR_LUT16`.
kc_check kc_attend_lut16;
/// The tables of `CK_NONLINEAR_LUT16` within their ranges, beside tables of equally wide lines; and far outside.
kc_check kc_lut16_functions, kc_lut16_far_values, kc_lut16_norms;
kc_check kc_rms_norm, kc_layer_norm, kc_l2_normalize, kc_silu_multiply, kc_sigmoid_multiply, kc_quick_gelu, kc_gelu,
    kc_gelu_tanh, kc_rotate;
/// `convolve` and `delta_rule`, whole and in two blocks of tokens.
kc_check kc_convolve, kc_delta_rule;

#pragma clang assume_nonnull end

#endif
