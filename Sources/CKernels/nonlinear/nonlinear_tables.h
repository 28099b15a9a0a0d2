// SPDX-License-Identifier: Apache-2.0

// Tables of straight lines that stand for nonlinear functions: NN-LUT (arXiv 2112.02191).
#ifndef CK_NONLINEAR_TABLES_H
#define CK_NONLINEAR_TABLES_H

/// 16 lines: line i holds from bounds[i - 1] to bounds[i].
typedef struct {
  float bounds[15];
  float slopes[16];
  float intercepts[16];
} ck_lines;

/// A table for each function. The last three hold for the mantissa only: 2^x for 0..1, 1 / x for 1..2, and 1 / sqrt(x)
/// for 1..4.
typedef struct {
  ck_lines silu, gelu, gelu_tanh, quick_gelu, sigmoid, exp2, reciprocal, rsqrt;
} ck_nonlinear_tables;

/// Fitted by Tests/KernelChecks/fit_nonlinear_tables.py.
extern const ck_nonlinear_tables ck_lut16;

#endif
