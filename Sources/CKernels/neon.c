// SPDX-License-Identifier: Apache-2.0

// 64-bit ARM with NEON and its byte dot products.
#include "panels.h"
#include "rows.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#include <math.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#define CK_TILE_TOKENS 6
#define CK_INT_TOKENS 4
#define CK_PANEL "bytes_panel.inc"
#define CK_TILE_BY_SIX 1
#define CK_TILE_BY_TWO 2
#define CK_TILE_SUMS 8
#define CK_PANEL_TOKENS 6
#define CK_PANELS_AHEAD 4096

#include "vector.inc"

INLINE vu8x32 look_up(const int8_t table[16], vu8x32 nibbles) {
  const int8x16_t numbers = vld1q_s8(table);
  int8x16_t found[2];
  for (size_t h = 0; h < 2; h++) found[h] = vqtbl1q_s8(numbers, ((const uint8x16_t *)&nibbles)[h]);
  vu8x32 result;
  memcpy(&result, found, sizeof result);
  return result;
}

INLINE float quantized_dot(const ck_type type, const uint8_t *row, const ck_input *input, size_t token,
                           size_t groups) {
  const int8_t *x = input->quantized.numbers + token * groups * CK_BLOCK;
  const float *scales = input->quantized.scales + token * groups;
  const int16_t *x_sums = input->quantized.sums + token * groups * 2;
  float32x4_t sum = vdupq_n_f32(0);
  float minimums = 0;
  for (size_t g = 0; g < groups; g++) {
    const uint8_t *block = ck_block_of(type, row, g);
    const size_t place = ck_place_of(type, g);
    const ck_group group = ck_read_group(type, block, place);
    const vu8x32 integers = stored_integers(type, block, place) - (uint8_t)ck_excess(type);
    for (size_t h = 0; h < 2; h++) {
      const int8x16_t weights = ((const int8x16_t *)&integers)[h];
      const int32x4_t whole = vdotq_s32(vdupq_n_s32(0), weights, vld1q_s8(x + g * CK_BLOCK + 16 * h));
      sum = vfmaq_n_f32(sum, vcvtq_f32_s32(whole), group.scale * (float)group.factors[h] * scales[g]);
      if (ck_has_minimum(type))
        minimums += group.minimum * (float)group.minimum_factors[h] * scales[g] * (float)x_sums[2 * g + h];
    }
  }
  return vaddvq_f32(sum) - minimums;
}

/// Panel words are four weights of a row: one instruction multiplies four rows' words with one of x.
INLINE void integer_tile(const ck_type type, const size_t tokens, const integer_panel *panel, size_t groups,
                         const ck_input *input, size_t columns, size_t token, size_t first_group, float *output,
                         size_t output_stride, const tile_end *end) {
  const size_t all_groups = columns / CK_BLOCK, halves = ck_has_half_factors(type) ? 2 : 1;
  float32x4_t sums[CK_INT_TOKENS][4];
  for (size_t t = 0; t < tokens; t++)
    for (size_t q = 0; q < 4; q++) sums[t][q] = vdupq_n_f32(0);
  const int8_t *x = input->quantized.numbers + token * columns + first_group * CK_BLOCK;
  const float *scales = input->quantized.scales + token * all_groups + first_group;
  const int16_t *x_sums = input->quantized.sums + 2 * (token * all_groups + first_group);
  for (size_t g = 0; g < groups; g++) {
    // Halves with factors of their own are summed up apart.
    for (size_t h = 0; h < halves; h++) {
      int32x4_t whole[CK_INT_TOKENS][4];
      for (size_t t = 0; t < tokens; t++)
        for (size_t q = 0; q < 4; q++) whole[t][q] = vdupq_n_s32(0);
      for (size_t w = h * 4; w < h * 4 + 8 / halves; w++)
        for (size_t q = 0; q < 4; q++) {
          const int8x16_t weights = vreinterpretq_s8_s32(vld1q_s32(panel->words + (g * 8 + w) * 16 + 4 * q));
          for (size_t t = 0; t < tokens; t++) {
            int32_t four;
            memcpy(&four, x + t * columns + g * CK_BLOCK + 4 * w, 4);
            whole[t][q] = vdotq_s32(whole[t][q], weights, vreinterpretq_s8_s32(vdupq_n_s32(four)));
          }
        }
      for (size_t t = 0; t < tokens; t++) {
        const float scale = scales[t * all_groups + g];
        const int16_t *x_halves = x_sums + 2 * (t * all_groups + g);
        const int x_sum = halves == 1 ? x_halves[0] + x_halves[1] : x_halves[h];
        for (size_t q = 0; q < 4; q++) {
          const size_t at = (g * 2 + h) * 16 + 4 * q;
          const float32x4_t product = vmulq_n_f32(vld1q_f32(panel->scales + at), scale);
          sums[t][q] = vfmaq_f32(sums[t][q], vcvtq_f32_s32(whole[t][q]), product);
          if (ck_has_minimum(type))
            sums[t][q] = vfmsq_n_f32(sums[t][q], vld1q_f32(panel->minimums + at), scale * (float)x_sum);
        }
      }
    }
  }
  for (size_t t = 0; t < tokens; t++) {
    vf16 sum;
    memcpy(&sum, sums[t], sizeof sum);
    end_row(sum, output + t * output_stride, end);
  }
}

#include "neon_panels.inc"
#define PANELS(NAME) NAME##_by_dots
#define CK_TOGETHER 1
#include "neon_tile.inc"
#include "panels.inc"
#undef CK_TOGETHER
#undef PANELS

#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("dotprod,i8mm"))), apply_to = function)
#include "neon_pairs.inc"
#define PANELS(NAME) NAME##_by_pairs
#define CK_TOGETHER 2
#include "neon_tile.inc"
#include "panels.inc"
#pragma clang diagnostic pop
#pragma clang attribute pop

/// Whether the processor multiplies matrices of bytes. The C library keeps the answer in memory.
static inline int ck_has_i8mm(void) {
#if defined(__linux__)
  return (getauxval(AT_HWCAP2) & (1ul << 13)) != 0;  // HWCAP2_I8MM
#else
  return 0;
#endif
}

static void multiply_panels(const ck_product *product, const ck_input *input, size_t first, size_t last) {
  if (input->tokens >= CK_PANEL_TOKENS && ck_has_i8mm()) multiply_panels_by_pairs(product, input, first, last);
  else multiply_panels_by_dots(product, input, first, last);
}

const ck_kernels ck_neon_kernels = {
    "NEON",  f16_to_f32,    f32_to_f16, quantize, multiply, attend, attend_rows, rms_norm, layer_norm,
    softmax, silu_multiply, quick_gelu, gelu,     rotate,
    gelu_tanh, 1, 0,
};
#endif
