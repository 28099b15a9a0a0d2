// 64-bit ARM with NEON and its byte dot products.
#include "internal.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#include <math.h>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#define CK_TILE_TOKENS 6
#define CK_INT_TOKENS 4
#define INT_PANEL_WORDS 8
#define CK_NIBBLE_WORDS 0

#include "vector.inc"

INLINE void block_weights(ck_type type, const uint8_t *block, int8x16_t weights[2]) {
  if (type == CK_Q8_0) {
    weights[0] = vld1q_s8((const int8_t *)block + 2);
    weights[1] = vld1q_s8((const int8_t *)block + 18);
    return;
  }
  const uint8x16_t packed = vld1q_u8(block + 2);
  weights[0] = vsubq_s8(vreinterpretq_s8_u8(vandq_u8(packed, vdupq_n_u8(15))), vdupq_n_s8(8));
  weights[1] = vsubq_s8(vreinterpretq_s8_u8(vshrq_n_u8(packed, 4)), vdupq_n_s8(8));
}

INLINE float quantized_dot(const ck_type type, const uint8_t *row, const ck_input *input, size_t token,
                           size_t blocks) {
  const int8_t *x = input->quantized + token * blocks * CK_BLOCK;
  const float *scales = input->scales + token * blocks;
  const size_t size = type == CK_Q8_0 ? CK_Q8_0_BYTES : CK_Q4_0_BYTES;
  float32x4_t sum = vdupq_n_f32(0);
  for (size_t b = 0; b < blocks; b++) {
    const uint8_t *block = row + b * size;
    int8x16_t weights[2];
    block_weights(type, block, weights);
    int32x4_t whole = vdotq_s32(vdupq_n_s32(0), weights[0], vld1q_s8(x + b * CK_BLOCK));
    whole = vdotq_s32(whole, weights[1], vld1q_s8(x + b * CK_BLOCK + 16));
    sum = vfmaq_n_f32(sum, vcvtq_f32_s32(whole), ck_half_to_float(ck_load_u16(block)) * scales[b]);
  }
  return vaddvq_f32(sum);
}

/// Panel words are four weights of a row: one instruction multiplies four rows' words with one of x.
INLINE void integer_tile(const ck_type type, const size_t tokens, const integer_panel *panel, size_t blocks, const ck_input *input,
                         size_t columns, size_t token, size_t first_block, float *output, size_t output_stride,
                         const tile_end *end) {
  (void)type;
  float32x4_t sums[CK_INT_TOKENS][4];
  for (size_t t = 0; t < tokens; t++)
    for (size_t q = 0; q < 4; q++) sums[t][q] = vdupq_n_f32(0);
  const int8_t *x = input->quantized + token * columns + first_block * CK_BLOCK;
  const float *scales = input->scales + token * (columns / CK_BLOCK) + first_block;
  for (size_t b = 0; b < blocks; b++) {
    int32x4_t whole[CK_INT_TOKENS][4];
    for (size_t t = 0; t < tokens; t++)
      for (size_t q = 0; q < 4; q++) whole[t][q] = vdupq_n_s32(0);
    for (size_t w = 0; w < INT_PANEL_WORDS; w++)
      for (size_t q = 0; q < 4; q++) {
        const int8x16_t weights = vreinterpretq_s8_s32(vld1q_s32(panel->words + (b * INT_PANEL_WORDS + w) * 16 + 4 * q));
        for (size_t t = 0; t < tokens; t++) {
          int32_t four;
          memcpy(&four, x + t * columns + b * CK_BLOCK + 4 * w, 4);
          whole[t][q] = vdotq_s32(whole[t][q], weights, vreinterpretq_s8_s32(vdupq_n_s32(four)));
        }
      }
    for (size_t t = 0; t < tokens; t++)
      for (size_t q = 0; q < 4; q++) {
        const float32x4_t scale = vmulq_n_f32(vld1q_f32(panel->scales + b * 16 + 4 * q),
                                              scales[t * (columns / CK_BLOCK) + b]);
        sums[t][q] = vfmaq_f32(sums[t][q], vcvtq_f32_s32(whole[t][q]), scale);
      }
  }
  for (size_t t = 0; t < tokens; t++) {
    vf16 sum;
    memcpy(&sum, sums[t], sizeof sum);
    end_row(sum, output + t * output_stride, end);
  }
}

#pragma clang diagnostic pop
#pragma clang attribute pop

const ck_kernels ck_neon_kernels = {
    "NEON",  f16_to_f32,    f32_to_f16, quantize, multiply, attend, rms_norm, layer_norm,
    softmax, silu_multiply, quick_gelu, gelu,     rotate,
    gelu_tanh,
};
#endif
