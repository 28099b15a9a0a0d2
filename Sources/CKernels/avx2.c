// x86-64 with AVX2, FMA and F16C.
#include "internal.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define CK_TILE_TOKENS 6
#define CK_INT_TOKENS 4
#define INT_PANEL_WORDS 16
#define CK_NIBBLE_WORDS 1

#include "vector.inc"

/// Pairs of products of a block's weights with x, in 16 bits. The instruction wants one side unsigned: the signs of
/// 8-bit weights move over to x, and 4-bit weights are taken as 0...15.
INLINE __m256i pair_products(ck_type type, const uint8_t *block, __m256i x) {
  if (type == CK_Q8_0) {
    const __m256i weights = _mm256_loadu_si256((const __m256i *)(block + 2));
    return _mm256_maddubs_epi16(_mm256_abs_epi8(weights), _mm256_sign_epi8(x, weights));
  }
  const __m128i packed = _mm_loadu_si128((const __m128i *)(block + 2));
  const __m256i nibbles = _mm256_set_m128i(_mm_srli_epi16(packed, 4), packed);
  return _mm256_maddubs_epi16(_mm256_and_si256(nibbles, _mm256_set1_epi8(15)), x);
}

/// Up to 8 blocks of a row. Their scales are fetched and multiplied together; what 4-bit weights are too large by, 8 times
/// the sum of x, comes off in the same go, because all lanes are summed in the end.
INLINE void add_blocks(const ck_type type, const size_t blocks, const uint8_t *row, const int8_t *x,
                       const float *scales, const int32_t *x_sums, __m256 sums[2]) {
  const size_t size = type == CK_Q8_0 ? CK_Q8_0_BYTES : CK_Q4_0_BYTES;
  float x_scales[8] = {0}, products[8];
  int32_t excess[8] = {0};
  uint16_t halves[8] = {0};
  memcpy(x_scales, scales, blocks * sizeof(float));
  if (type == CK_Q4_0) memcpy(excess, x_sums, blocks * sizeof(int32_t));
#pragma clang loop unroll(full)
  for (size_t b = 0; b < blocks; b++) halves[b] = ck_load_u16(row + b * size);
  const __m128i bits = _mm_set_epi16((short)halves[7], (short)halves[6], (short)halves[5], (short)halves[4],
                                     (short)halves[3], (short)halves[2], (short)halves[1], (short)halves[0]);
  const __m256 product = _mm256_mul_ps(_mm256_cvtph_ps(bits), _mm256_loadu_ps(x_scales));
  _mm256_storeu_ps(products, product);
  if (type == CK_Q4_0) {
    const __m256i eightfold = _mm256_slli_epi32(_mm256_loadu_si256((const __m256i *)excess), 3);
    sums[0] = _mm256_fnmadd_ps(product, _mm256_cvtepi32_ps(eightfold), sums[0]);
  }
#pragma clang loop unroll(full)
  for (size_t b = 0; b < blocks; b++) {
    const __m256i quantized = _mm256_loadu_si256((const __m256i *)(x + b * CK_BLOCK));
    const __m256i pairs = pair_products(type, row + b * size, quantized);
    const __m256 whole = _mm256_cvtepi32_ps(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    sums[b % 2] = _mm256_fmadd_ps(whole, _mm256_set1_ps(products[b]), sums[b % 2]);
  }
}

INLINE float quantized_dot(const ck_type type, const uint8_t *row, const ck_input *input, size_t token,
                           size_t blocks) {
  const size_t size = type == CK_Q8_0 ? CK_Q8_0_BYTES : CK_Q4_0_BYTES;
  const int8_t *x = input->quantized + token * blocks * CK_BLOCK;
  const float *scales = input->scales + token * blocks;
  const int32_t *x_sums = input->sums + token * blocks;
  __m256 sums[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
  size_t b = 0;
  for (; b + 8 <= blocks; b += 8) add_blocks(type, 8, row + b * size, x + b * CK_BLOCK, scales + b, x_sums + b, sums);
  for (; b + 4 <= blocks; b += 4) add_blocks(type, 4, row + b * size, x + b * CK_BLOCK, scales + b, x_sums + b, sums);
  for (; b < blocks; b++) add_blocks(type, 1, row + b * size, x + b * CK_BLOCK, scales + b, x_sums + b, sums);
  return sum8((vf8)_mm256_add_ps(sums[0], sums[1]));
}

/// One word of each of 16 rows with a token. Words are pairs of 16-bit weights, which are multiplied and added in one
/// instruction; or, of 4-bit weights, fours of bytes 0...15, whose sums of a block fit 16 bits.
INLINE void add_word(const ck_type type, __m256i *sum, __m256i weights, __m256i x) {
  *sum = type == CK_Q4_0 ? _mm256_add_epi16(*sum, _mm256_maddubs_epi16(weights, x))
                         : _mm256_add_epi32(*sum, _mm256_madd_epi16(weights, x));
}

/// A block's sum of 8 rows in 32 bits: of 4-bit weights less 8.
INLINE __m256 block_sum(const ck_type type, __m256i sum, int32_t x_sum) {
  if (type == CK_Q4_0)
    sum = _mm256_sub_epi32(_mm256_madd_epi16(sum, _mm256_set1_epi16(1)), _mm256_set1_epi32(8 * x_sum));
  return _mm256_cvtepi32_ps(sum);
}

INLINE void integer_tile(const ck_type type, const size_t tokens, const integer_panel *panel, size_t blocks,
                         const ck_input *input, size_t columns, size_t token, size_t first_block, float *output,
                         size_t output_stride, const tile_end *end) {
  __m256 sums[CK_INT_TOKENS][2];
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++) sums[t][0] = sums[t][1] = _mm256_setzero_ps();
  const size_t all_blocks = columns / CK_BLOCK, start = token * columns + first_block * CK_BLOCK;
  const size_t token_bytes = type == CK_Q4_0 ? columns : 2 * columns;
  const uint8_t *x = type == CK_Q4_0 ? (const uint8_t *)(input->quantized + start) : (const uint8_t *)(input->wide + start);
  const float *scales = input->scales + token * all_blocks + first_block;
  const int32_t *x_sums = input->sums + token * all_blocks + first_block;
  const size_t words = type == CK_Q4_0 ? 8 : 16;
  for (size_t b = 0; b < blocks; b++) {
    __m256i whole[CK_INT_TOKENS][2];
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) whole[t][0] = whole[t][1] = _mm256_setzero_si256();
    const int32_t *weights = panel->words + b * INT_PANEL_WORDS * 16;
    for (size_t w = 0; w < words; w++) {
      const __m256i low = _mm256_loadu_si256((const __m256i *)(weights + w * 16));
      const __m256i high = _mm256_loadu_si256((const __m256i *)(weights + w * 16 + 8));
#pragma clang loop unroll(full)
      for (size_t t = 0; t < tokens; t++) {
        int32_t word;
        memcpy(&word, x + t * token_bytes + 4 * (b * words + w), 4);
        const __m256i all = _mm256_set1_epi32(word);
        add_word(type, &whole[t][0], low, all);
        add_word(type, &whole[t][1], high, all);
      }
    }
    const __m256 low_scale = _mm256_loadu_ps(panel->scales + b * 16);
    const __m256 high_scale = _mm256_loadu_ps(panel->scales + b * 16 + 8);
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) {
      const __m256 scale = _mm256_set1_ps(scales[t * all_blocks + b]);
      const int32_t x_sum = x_sums[t * all_blocks + b];
      sums[t][0] = _mm256_fmadd_ps(block_sum(type, whole[t][0], x_sum), _mm256_mul_ps(low_scale, scale), sums[t][0]);
      sums[t][1] = _mm256_fmadd_ps(block_sum(type, whole[t][1], x_sum), _mm256_mul_ps(high_scale, scale), sums[t][1]);
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
    gelu_tanh,
};
#endif
