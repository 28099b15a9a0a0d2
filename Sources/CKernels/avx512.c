// SPDX-License-Identifier: Apache-2.0

// x86-64 with AVX-512 and its byte dot products (VNNI).
#include "panels.h"
#include "rows.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c"))), apply_to = function)

#define CK_TILE_TOKENS 12
#define CK_INT_TOKENS 8
#define CK_PANEL "bytes_panel.inc"
#define CK_TILE_BY_SIX 4
#define CK_TILE_BY_TWO 4
#define CK_TILE_SUMS 24
#define CK_BYTE_DOTS _mm256_dpbusd_epi32
#define CK_PANEL_TOKENS 12
#define CK_PANELS_AHEAD 8192

#include "vector.inc"
#include "x86_dot.inc"
#include "avx512_panels.inc"
#define PANELS(NAME) NAME
#include "panels.inc"

/// Panel words are four weights of a row. The instruction wants x unsigned, so 128 is added to it, and 128 times the
/// row's sum taken off again.
INLINE void integer_tile(const ck_type type, const size_t tokens, const integer_panel *panel, size_t groups,
                         const ck_input *input, size_t columns, size_t token, size_t first_group, float *output,
                         size_t output_stride, const tile_end *end) {
  const size_t all_groups = columns / CK_BLOCK, halves = ck_has_half_factors(type) ? 2 : 1;
  __m512 sums[CK_INT_TOKENS];
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++) sums[t] = _mm512_setzero_ps();
  const int8_t *x = input->quantized.numbers + token * columns + first_group * CK_BLOCK;
  const float *scales = input->quantized.scales + token * all_groups + first_group;
  const int16_t *x_sums = input->quantized.sums + 2 * (token * all_groups + first_group);
  for (size_t g = 0; g < groups; g++) {
    // Halves with factors of their own are summed up apart.
    for (size_t h = 0; h < halves; h++) {
      const size_t at = (g * 2 + h) * 16;
      __m512i excess = _mm512_loadu_si512(panel->row_sums + at);
      if (halves == 1) excess = _mm512_add_epi32(excess, _mm512_loadu_si512(panel->row_sums + at + 16));
      __m512i whole[CK_INT_TOKENS];
#pragma clang loop unroll(full)
      for (size_t t = 0; t < tokens; t++)
        whole[t] = _mm512_sub_epi32(_mm512_setzero_si512(), _mm512_slli_epi32(excess, 7));
      for (size_t w = h * 4; w < h * 4 + 8 / halves; w++) {
        const __m512i weights = _mm512_loadu_si512(panel->words + (g * 8 + w) * 16);
#pragma clang loop unroll(full)
        for (size_t t = 0; t < tokens; t++) {
          uint32_t four;
          memcpy(&four, x + t * columns + g * CK_BLOCK + 4 * w, 4);
          whole[t] = _mm512_dpbusd_epi32(whole[t], _mm512_set1_epi32((int)(four ^ 0x80808080u)), weights);
        }
      }
      const __m512 row_scales = _mm512_loadu_ps(panel->scales + at), minimums = _mm512_loadu_ps(panel->minimums + at);
#pragma clang loop unroll(full)
      for (size_t t = 0; t < tokens; t++) {
        const float scale = scales[t * all_groups + g];
        const __m512 product = _mm512_mul_ps(row_scales, _mm512_set1_ps(scale));
        sums[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(whole[t]), product, sums[t]);
        if (!ck_has_minimum(type)) continue;
        const int16_t *x_halves = x_sums + 2 * (t * all_groups + g);
        const int x_sum = halves == 1 ? x_halves[0] + x_halves[1] : x_halves[h];
        sums[t] = _mm512_fnmadd_ps(minimums, _mm512_set1_ps(scale * (float)x_sum), sums[t]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++) end_row((vf16)sums[t], output + t * output_stride, end);
}

#pragma clang attribute pop

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512bf16,avx2,fma,f16c"))), \
    apply_to = function)
#include "avx512_rounded.inc"
#pragma clang diagnostic pop
#pragma clang attribute pop

const ck_kernels ck_avx512_kernels = {
    "AVX-512 VNNI", f16_to_f32,    f32_to_f16, quantize, multiply, attend_or_round, attend_rows, rms_norm, layer_norm,
    softmax,        silu_multiply, quick_gelu, gelu,     rotate,
    gelu_tanh,     1,             128,
};
#endif
