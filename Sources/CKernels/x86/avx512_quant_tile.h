// SPDX-License-Identifier: Apache-2.0

// A tile of quants that are packed for one product (vector/quant_panel_i8.h).
//
// The instruction multiplies unsigned bytes with signed ones and sums four products. The weights are the signed ones,
// so x gets a zero point of 128: the sum of a block starts with -128 times the sum of the weights.

INLINE void quant_tile(const ck_type type, const size_t tokens, const quant_panel *panel, size_t groups,
                       const ck_input *input, size_t columns, size_t token, size_t first_group, float *output,
                       size_t output_stride, const tile_end *end) {
  const size_t all_groups = columns / CK_BLOCK, halves = ck_has_half_factors(type) ? 2 : 1;
  __m512 sums[QUANT_TILE_TOKENS];
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++) sums[t] = _mm512_setzero_ps();
  const int8_t *x = input->quantized.qs + token * columns + first_group * CK_BLOCK;
  const float *scales = input->quantized.scales + token * all_groups + first_group;
  const int16_t *bsums = input->quantized.bsums + 2 * (token * all_groups + first_group);
  for (size_t part = 0; part < groups * (size_t)ck_part_count(type); part++) {
    const size_t g = part / (size_t)ck_part_count(type);
    // Halves with their own factors have their own sums.
    for (size_t h = 0; h < halves; h++) {
      const size_t at = (part * 2 + h) * 16;
      __m512i row_sums = _mm512_loadu_si512(panel->row_sums + at);
      if (halves == 1) row_sums = _mm512_add_epi32(row_sums, _mm512_loadu_si512(panel->row_sums + at + 16));
      __m512i acc[QUANT_TILE_TOKENS];
#pragma clang loop unroll(full)
      for (size_t t = 0; t < tokens; t++)
        acc[t] = _mm512_sub_epi32(_mm512_setzero_si512(), _mm512_slli_epi32(row_sums, 7));
      for (size_t w = h * 4; w < h * 4 + 8 / halves; w++) {
        const __m512i weights = _mm512_loadu_si512(panel->words + (part * 8 + w) * 16);
#pragma clang loop unroll(full)
        for (size_t t = 0; t < tokens; t++) {
          uint32_t four;
          memcpy(&four, x + t * columns + g * CK_BLOCK + 4 * w, 4);
          acc[t] = _mm512_dpbusd_epi32(acc[t], _mm512_set1_epi32((int)(four ^ 0x80808080u)), weights);
        }
      }
      const __m512 row_scales = _mm512_loadu_ps(panel->scales + at), minimums = _mm512_loadu_ps(panel->minimums + at);
#pragma clang loop unroll(full)
      for (size_t t = 0; t < tokens; t++) {
        const float scale = scales[t * all_groups + g];
        const __m512 product = _mm512_mul_ps(row_scales, _mm512_set1_ps(scale));
        sums[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc[t]), product, sums[t]);
        if (!ck_has_minimum(type)) continue;
        const int16_t *x_halves = bsums + 2 * (t * all_groups + g);
        const int x_sum = halves == 1 ? x_halves[0] + x_halves[1] : x_halves[h];
        sums[t] = _mm512_fnmadd_ps(minimums, _mm512_set1_ps(scale * (float)x_sum), sums[t]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++) end_row((vf16)sums[t], output + t * output_stride, end);
}
