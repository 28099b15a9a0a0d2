// x86-64 with AVX2, FMA and F16C.
#include "internal.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define CK_TILE_TOKENS 6
#define CK_INT_TOKENS 4
#define INT_PANEL_WORDS 16

#include "vector.inc"

/// Products of 32 signed bytes, summed to 8 floats. maddubs wants one side unsigned: the weights' signs move over to x.
INLINE __m256 byte_products(__m256i weights, __m256i x) {
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_sign_epi8(weights, weights), _mm256_sign_epi8(x, weights));
  return _mm256_cvtepi32_ps(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

INLINE __m256i block_weights(ck_type type, const uint8_t *block) {
  if (type == CK_Q8_0) return _mm256_loadu_si256((const __m256i *)(block + 2));
  const __m128i packed = _mm_loadu_si128((const __m128i *)(block + 2));
  const __m256i nibbles = _mm256_set_m128i(_mm_srli_epi16(packed, 4), packed);
  return _mm256_sub_epi8(_mm256_and_si256(nibbles, _mm256_set1_epi8(15)), _mm256_set1_epi8(8));
}

INLINE __m256 block_scale(const uint8_t *block, float x_scale) {
  return _mm256_mul_ps(_mm256_cvtph_ps(_mm_set1_epi16((short)ck_load_u16(block))), _mm256_set1_ps(x_scale));
}

INLINE float quantized_dot(ck_type type, const uint8_t *row, const int8_t *x,
                                                                 const float *scales, size_t blocks) {
  const size_t size = type == CK_Q8_0 ? CK_Q8_0_BYTES : CK_Q4_0_BYTES;
  __m256 sums[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
  size_t b = 0;
  for (; b + 2 <= blocks; b += 2)
    for (size_t i = 0; i < 2; i++) {
      const uint8_t *block = row + (b + i) * size;
      const __m256i quantized = _mm256_loadu_si256((const __m256i *)(x + (b + i) * CK_BLOCK));
      sums[i] = _mm256_fmadd_ps(byte_products(block_weights(type, block), quantized),
                                block_scale(block, scales[b + i]), sums[i]);
    }
  if (b < blocks) {
    const uint8_t *block = row + b * size;
    const __m256i quantized = _mm256_loadu_si256((const __m256i *)(x + b * CK_BLOCK));
    sums[0] = _mm256_fmadd_ps(byte_products(block_weights(type, block), quantized), block_scale(block, scales[b]),
                              sums[0]);
  }
  float lanes[8], sum = 0;
  _mm256_storeu_ps(lanes, _mm256_add_ps(sums[0], sums[1]));
  for (int i = 0; i < 8; i++) sum += lanes[i];
  return sum;
}

/// Panel words are pairs of 16-bit weights: one instruction multiplies eight rows' pairs with a pair of x and adds them.
INLINE void integer_tile(const size_t tokens, const integer_panel *panel, size_t blocks, const ck_input *input,
                         size_t columns, size_t token, size_t first_block, float *output, size_t output_stride,
                         const tile_end *end) {
  __m256 sums[CK_INT_TOKENS][2];
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++) sums[t][0] = sums[t][1] = _mm256_setzero_ps();
  const int16_t *x = input->wide + token * columns + first_block * CK_BLOCK;
  const float *scales = input->scales + token * (columns / CK_BLOCK) + first_block;
  for (size_t b = 0; b < blocks; b++) {
    __m256i whole[CK_INT_TOKENS][2];
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) whole[t][0] = whole[t][1] = _mm256_setzero_si256();
    const int32_t *words = panel->words + b * INT_PANEL_WORDS * 16;
    for (size_t w = 0; w < INT_PANEL_WORDS; w++) {
      const __m256i low = _mm256_loadu_si256((const __m256i *)(words + w * 16));
      const __m256i high = _mm256_loadu_si256((const __m256i *)(words + w * 16 + 8));
#pragma clang loop unroll(full)
      for (size_t t = 0; t < tokens; t++) {
        int32_t pair;
        memcpy(&pair, x + t * columns + b * CK_BLOCK + 2 * w, 4);
        const __m256i both = _mm256_set1_epi32(pair);
        whole[t][0] = _mm256_add_epi32(whole[t][0], _mm256_madd_epi16(low, both));
        whole[t][1] = _mm256_add_epi32(whole[t][1], _mm256_madd_epi16(high, both));
      }
    }
    const __m256 low_scale = _mm256_loadu_ps(panel->scales + b * 16);
    const __m256 high_scale = _mm256_loadu_ps(panel->scales + b * 16 + 8);
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) {
      const __m256 scale = _mm256_set1_ps(scales[t * (columns / CK_BLOCK) + b]);
      sums[t][0] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole[t][0]), _mm256_mul_ps(low_scale, scale), sums[t][0]);
      sums[t][1] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole[t][1]), _mm256_mul_ps(high_scale, scale), sums[t][1]);
    }
  }
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++) {
    vf16 sum;
    memcpy(&sum, sums[t], sizeof sum);
    end_row(sum, output + t * output_stride, end);
  }
}

#pragma clang diagnostic pop
#pragma clang attribute pop

const ck_kernels ck_avx2_kernels = {
    "AVX2",  f16_to_f32,    f32_to_f16, quantize, multiply, attend, rms_norm, layer_norm,
    softmax, silu_multiply, quick_gelu, gelu,     rotate,
};
#endif
