// x86-64 with AVX-512 and its byte dot products (VNNI).
#include "internal.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c"))), apply_to = function)

#define CK_TILE_TOKENS 12
#define CK_INT_TOKENS 8
#define INT_PANEL_WORDS 8
#define CK_NIBBLE_WORDS 0

#include "vector.inc"

INLINE __m256i block_weights(ck_type type, const uint8_t *block) {
  if (type == CK_Q8_0) return _mm256_loadu_si256((const __m256i *)(block + 2));
  const __m128i packed = _mm_loadu_si128((const __m128i *)(block + 2));
  const __m256i nibbles = _mm256_set_m128i(_mm_srli_epi16(packed, 4), packed);
  return _mm256_sub_epi8(_mm256_and_si256(nibbles, _mm256_set1_epi8(15)), _mm256_set1_epi8(8));
}

INLINE float quantized_dot(const ck_type type, const uint8_t *row, const ck_input *input, size_t token,
                           size_t blocks) {
  const int8_t *x = input->quantized + token * blocks * CK_BLOCK;
  const float *scales = input->scales + token * blocks;
  const size_t size = type == CK_Q8_0 ? CK_Q8_0_BYTES : CK_Q4_0_BYTES;
  __m256 sum = _mm256_setzero_ps();
  for (size_t b = 0; b < blocks; b++) {
    const uint8_t *block = row + b * size;
    const __m256i weights = block_weights(type, block);
    const __m256i quantized = _mm256_loadu_si256((const __m256i *)(x + b * CK_BLOCK));
    const __m256i whole = _mm256_dpbusd_epi32(_mm256_setzero_si256(), _mm256_abs_epi8(weights),
                                              _mm256_sign_epi8(quantized, weights));
    const __m256 scale = _mm256_cvtph_ps(_mm_set1_epi16((short)ck_load_u16(block)));
    sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole), _mm256_mul_ps(scale, _mm256_set1_ps(scales[b])), sum);
  }
  return sum8((vf8)sum);
}

/// Panel words are four weights of a row. The instruction wants x unsigned, so 128 is added to it, and 128 times the
/// row's sum taken off again.
INLINE void integer_tile(const ck_type type, const size_t tokens, const integer_panel *panel, size_t blocks, const ck_input *input,
                         size_t columns, size_t token, size_t first_block, float *output, size_t output_stride,
                         const tile_end *end) {
  (void)type;
  __m512 sums[CK_INT_TOKENS];
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++) sums[t] = _mm512_setzero_ps();
  const int8_t *x = input->quantized + token * columns + first_block * CK_BLOCK;
  const float *scales = input->scales + token * (columns / CK_BLOCK) + first_block;
  for (size_t b = 0; b < blocks; b++) {
    const __m512i excess = _mm512_slli_epi32(_mm512_loadu_si512(panel->row_sums + b * 16), 7);
    __m512i whole[CK_INT_TOKENS];
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) whole[t] = _mm512_sub_epi32(_mm512_setzero_si512(), excess);
    for (size_t w = 0; w < INT_PANEL_WORDS; w++) {
      const __m512i weights = _mm512_loadu_si512(panel->words + (b * INT_PANEL_WORDS + w) * 16);
#pragma clang loop unroll(full)
      for (size_t t = 0; t < tokens; t++) {
        uint32_t four;
        memcpy(&four, x + t * columns + b * CK_BLOCK + 4 * w, 4);
        whole[t] = _mm512_dpbusd_epi32(whole[t], _mm512_set1_epi32((int)(four ^ 0x80808080u)), weights);
      }
    }
    const __m512 row_scales = _mm512_loadu_ps(panel->scales + b * 16);
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) {
      const __m512 scale = _mm512_mul_ps(row_scales, _mm512_set1_ps(scales[t * (columns / CK_BLOCK) + b]));
      sums[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(whole[t]), scale, sums[t]);
    }
  }
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++) end_row((vf16)sums[t], output + t * output_stride, end);
}

#pragma clang diagnostic pop
#pragma clang attribute pop

const ck_kernels ck_avx512_kernels = {
    "AVX-512 VNNI", f16_to_f32,    f32_to_f16, quantize, multiply, attend, rms_norm, layer_norm,
    softmax,        silu_multiply, quick_gelu, gelu,     rotate,
    gelu_tanh,
};
#endif
