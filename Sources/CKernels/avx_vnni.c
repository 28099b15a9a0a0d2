// SPDX-License-Identifier: Apache-2.0

// x86-64 with AVX2, FMA and F16C, and byte dot products (VNNI) of registers of that width: AVX-VNNI.
#include "panels.h"
#include "rows.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>

#pragma clang attribute push(__attribute__((target("avxvnni,avx2,fma,f16c"))), apply_to = function)

#define CK_BYTE_DOTS _mm256_dpbusd_avx_epi32
#define CK_PANEL_TOKENS 4

#include "avx2_kernels.inc"

#pragma clang attribute pop

const ck_kernels ck_avx_vnni_kernels = {
    "AVX-VNNI", f16_to_f32,    f32_to_f16, quantize, multiply, attend, attend_rows, rms_norm, layer_norm,
    softmax,    silu_multiply, quick_gelu, gelu,     rotate,
    gelu_tanh,  1,             128,
};
#endif
