// SPDX-License-Identifier: Apache-2.0

// x86-64 with AVX2, FMA and F16C.
#include "panels.h"
#include "rows.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define CK_PANEL_TOKENS 6

#include "avx2_kernels.inc"

#pragma clang attribute pop

const ck_kernels ck_avx2_kernels = {
    "AVX2",  f16_to_f32,    f32_to_f16, quantize, multiply, attend, attend_rows, rms_norm, layer_norm,
    softmax, silu_multiply, quick_gelu, gelu,     rotate,
    gelu_tanh, 1, 0,
};
#endif
