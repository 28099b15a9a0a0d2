// SPDX-License-Identifier: Apache-2.0

// 64-bit ARM with NEON and its dot products of bytes, and with products of matrices of bytes (I8MM).
#include "arm/neon_i8mm.h"
#include "formats/kv_row_layout.h"
#include "formats/panel_layout.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#include <math.h>

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"  // Functions that take wide vectors are always inlined.
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

enum {
  FLOAT_TILE_TOKENS = 6,
  QUANT_TILE_TOKENS = 4,
  SIX_HEAD_TILE = 1,
  TWO_HEAD_TILE = 2,
  ATTENTION_TILE_SUMS = 8,
  PANEL_ZERO_POINT = 0,
  TOKENS_PER_VECTOR = 1,
};

#include "vector/vector.h"

/// For each of 32 nibbles, the byte of a table.
INLINE vu8x32 look_up(const int8_t table[16], vu8x32 nibbles) {
  const int8x16_t bytes = vld1q_s8(table);
  int8x16_t found[2];
  for (size_t h = 0; h < 2; h++) found[h] = vqtbl1q_s8(bytes, ((const uint8x16_t *)&nibbles)[h]);
  vu8x32 result;
  memcpy(&result, found, sizeof result);
  return result;
}

#include "vector/conversions.h"
#include "vector/elementwise.h"
#include "vector/recurrence.h"

#include "vector/outputs.h"
#include "vector/float_products.h"

#include "vector/stored_quants.h"
#include "vector/quant_panel_i8.h"
#include "arm/neon_quant_tile.h"
#include "vector/quant_products.h"

#include "arm/neon_panel_words.h"

INLINE void multiply_half(const ck_type type, const size_t tokens, const size_t quarters, const uint8_t *quants,
                          const int half, int8x16_t codebook, const int8_t *x, size_t columns, int32x4_t *acc) {
  multiply_half_dotprod(type, tokens, quarters, quants, half, codebook, x, columns, acc);
}

#include "arm/neon_panel_tile.h"
#include "vector/panel_products.h"

#include "vector/multiply.h"

#include "vector/kv_vectors.h"
#include "vector/key_rotation.h"
#include "vector/attention_rows.h"
#include "vector/attention_panels.h"

/// Products of matrices of bytes need a whole tile of tokens.
static void multiply_i8mm(const ck_product *product, const ck_input *input, size_t first, size_t last, float *scratch) {
  if (ck_is_panels(product->type) && input->tokens >= PANEL_TILE_TOKENS)
    ck_multiply_panels_i8mm(product, input, first, last);
  else multiply(product, input, first, last, scratch);
}

#pragma clang attribute pop
#pragma clang diagnostic pop

const ck_kernels ck_neon_kernels = {
    .name = "NEON",
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

const ck_kernels ck_neon_i8mm_kernels = {
    .name = "NEON I8MM",
    .f16_to_f32 = f16_to_f32,
    .f32_to_f16 = f32_to_f16,
    .quantize_activations = quantize_activations,
    .multiply = multiply_i8mm,
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
