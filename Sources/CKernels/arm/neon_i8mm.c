// SPDX-License-Identifier: Apache-2.0

// 64-bit ARM with NEON and products of 2 x 8 matrices of bytes (I8MM): products of repacked weights.
#include "arm/neon_i8mm.h"
#include "formats/panel_layout.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"  // Functions that take wide vectors are always inlined.
#pragma clang attribute push(__attribute__((target("dotprod,i8mm"))), apply_to = function)

enum { TOKENS_PER_VECTOR = 2 };

#include "vector/vector.h"

#include "vector/outputs.h"

#include "arm/neon_panel_words.h"

/// The words of two rows: the low or the high halves of two vectors.
INLINE int8x16_t zip_rows(int8x16_t word, int8x16_t next, const int upper) {
  const int32x4_t a = vreinterpretq_s32_s8(word), b = vreinterpretq_s32_s8(next);
  return vreinterpretq_s8_s32(upper ? vzip2q_s32(a, b) : vzip1q_s32(a, b));
}

/// As multiply_half_dotprod. A whole tile adds to acc [pair of tokens][2 * quarters] instead: a vector has the sums of
/// two rows, of which those of the two tokens alternate. With fewer tokens, zipping the words costs more than it saves.
INLINE void multiply_half(const ck_type type, const size_t tokens, const size_t quarters, const uint8_t *quants,
                          const int half, int8x16_t codebook, const int8_t *x, size_t columns, int32x4_t *acc) {
  if (tokens < PANEL_TILE_TOKENS) {
    multiply_half_dotprod(type, tokens, quarters, quants, half, codebook, x, columns, acc);
    return;
  }
#pragma clang loop unroll(full)
  for (int w = 0; w < 4; w += 2) {
    int8x16_t pairs[PANEL_TILE_TOKENS / 2];
#pragma clang loop unroll(full)
    for (size_t p = 0; p < tokens / 2; p++) {
      const int8_t *eight = x + 2 * p * columns + 4 * w;
      pairs[p] = vcombine_s8(vld1_s8(eight), vld1_s8(eight + columns));
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < 2 * quarters; r++) {
      const int8x16_t rows = zip_rows(panel_word(type, quants, half, w, codebook, r / 2),
                                      panel_word(type, quants, half, w + 1, codebook, r / 2), r % 2);
#pragma clang loop unroll(full)
      for (size_t p = 0; p < tokens / 2; p++) {
        int32x4_t *sum = acc + 2 * quarters * p + r;
        *sum = vmmlaq_s32(*sum, rows, pairs[p]);
      }
    }
  }
}

#include "arm/neon_panel_tile.h"
#include "vector/panel_products.h"

void ck_multiply_panels_i8mm(const ck_product *product, const ck_input *input, size_t first, size_t last) {
  multiply_panels(product, input, first, last);
}

#pragma clang attribute pop
#pragma clang diagnostic pop
#endif
