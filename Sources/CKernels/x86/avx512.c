// SPDX-License-Identifier: Apache-2.0

// x86-64 with AVX-512 and its dot products of bytes (VNNI), and with AVX-512 BF16 if the processor has it.
#include "formats/kv_row_layout.h"
#include "formats/panel_layout.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"  // Functions that take wide vectors are always inlined.
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c"))), \
                             apply_to = function)

enum {
  FLOAT_TILE_TOKENS = 12,
  QUANT_TILE_TOKENS = 8,
  PANEL_TILE_TOKENS = 12,
  PANEL_TILE_MIDDLE = 8,
  PREFETCH_BYTES = 8192,
  SIX_HEAD_TILE = 4,
  TWO_HEAD_TILE = 4,
  ATTENTION_TILE_SUMS = 24,
  PANEL_ZERO_POINT = 128,
};

/// acc + the sums of four products of unsigned and signed bytes.
INLINE __m256i dot_bytes(__m256i acc, __m256i bytes, __m256i signed_bytes) {
  return _mm256_dpbusd_epi32(acc, bytes, signed_bytes);
}

#include "vector/vector.h"

#include "x86/x86_vectors.h"

#include "vector/conversions.h"
#include "vector/elementwise.h"
#include "vector/recurrence.h"

#include "vector/outputs.h"
#include "vector/float_products.h"

#include "vector/stored_quants.h"
#include "vector/quant_panel_i8.h"
#include "x86/quant_vec_dot.h"
#include "x86/avx512_quant_tile.h"
#include "vector/quant_products.h"

#include "x86/panel_codebooks.h"
#include "x86/avx512_panel_tile.h"
#include "vector/panel_products.h"

#include "vector/multiply.h"

#include "vector/kv_vectors.h"
#include "vector/key_rotation.h"
#include "vector/attention_rows.h"
#include "vector/attention_panels.h"

#pragma clang attribute pop

#pragma clang attribute push(                                                                          \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512bf16,avx2,fma,f16c"))), \
    apply_to = function)

#include "x86/avx512_bf16_attention.h"

#pragma clang attribute pop
#pragma clang diagnostic pop

const ck_kernels ck_avx512_kernels = {
    .name = "AVX-512 VNNI",
    .f16_to_f32 = f16_to_f32,
    .f32_to_f16 = f32_to_f16,
    .quantize_activations = quantize_activations,
    .multiply = multiply,
    .attend = attend_bf16_or_f32,
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
