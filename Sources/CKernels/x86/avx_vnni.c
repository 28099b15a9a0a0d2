// SPDX-License-Identifier: Apache-2.0

// x86-64 with AVX2, FMA and F16C, and with dot products of bytes in registers of that width: AVX-VNNI.
#include "formats/kv_row_layout.h"
#include "formats/panel_layout.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"  // Functions that take wide vectors are always inlined.
#pragma clang attribute push(__attribute__((target("avxvnni,avx2,fma,f16c"))), apply_to = function)

enum { HAS_VNNI = 1, PANEL_TILE_TOKENS = 4, PANEL_ZERO_POINT = 128 };

/// acc + the sums of four products of unsigned and signed bytes.
INLINE __m256i dot_bytes(__m256i acc, __m256i bytes, __m256i signed_bytes) {
  return _mm256_dpbusd_avx_epi32(acc, bytes, signed_bytes);
}

#include "x86/avx2_kernels.h"

#pragma clang attribute pop
#pragma clang diagnostic pop

const ck_kernels ck_avx_vnni_kernels = {
    .name = "AVX-VNNI",
    .f16_to_f32 = f16_to_f32,
    .f32_to_f16 = f32_to_f16,
    .quantize_activations = quantize_activations,
    .multiply = multiply,
    .attend = attend,
    .attend_rows = attend_rows,
    .rms_norm = rms_norm,
    .layer_norm = layer_norm,
    .silu_multiply = silu_multiply,
    .sigmoid_multiply = sigmoid_multiply,
    .l2_normalize = l2_normalize,
    .convolve = convolve,
    .delta_rule = delta_rule,
    .quick_gelu = quick_gelu,
    .gelu = gelu,
    .gelu_tanh = gelu_tanh,
    .rotate = rotate,
    .supports_repacking = 1,
    .panel_zero_point = PANEL_ZERO_POINT,
    .panel_tiles = {4, PANEL_TILE_MIDDLE, PANEL_TILE_TOKENS},
    .prefetch_bytes = PREFETCH_BYTES,
};
#endif
