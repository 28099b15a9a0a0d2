// SPDX-License-Identifier: Apache-2.0

// A tile of quants that are packed for one product (vector/quant_panel_i16.h).

/// Words whose products can be summed in 16 bits, a power of two. A word adds two products of quants and activations.
/// Types with half factors have at most the words of half a group.
INLINE size_t words_in_16_bits(const ck_type type) {
  const size_t words = ck_chunk_in_16_bits(ck_largest_stored_quant(type)) / 2;
  if (words >= 8 && !ck_has_half_factors(type)) return 8;
  return words >= 4 ? 4 : words >= 2 ? 2 : 1;
}

/// Adds the products of one word of eight rows with one word of x: two values of 16 bits, or four bytes.
INLINE void add_word(const ck_type type, __m256i *sum, __m256i words, __m256i x) {
  *sum = group_words(type) == 8 ? _mm256_add_epi16(*sum, _mm256_maddubs_epi16(words, x))
                                : _mm256_add_epi32(*sum, _mm256_madd_epi16(words, x));
}

/// The sums of a group, where 16 bits hold those of all its words or where words are two values of 16 bits.
INLINE void add_group(const ck_type type, const size_t tokens, const int32_t *words, const uint8_t *x, size_t x_stride,
                      __m256i acc[QUANT_TILE_TOKENS][2]) {
  for (size_t w = 0; w < group_words(type); w++) {
    const __m256i low = _mm256_loadu_si256((const __m256i *)(words + w * 16));
    const __m256i high = _mm256_loadu_si256((const __m256i *)(words + w * 16 + 8));
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) {
      const __m256i all = word_of(x + t * x_stride + 4 * w);
      add_word(type, &acc[t][0], low, all);
      add_word(type, &acc[t][1], high, all);
    }
  }
  if (group_words(type) == 16) return;
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++)
    for (size_t q = 0; q < 2; q++) acc[t][q] = _mm256_madd_epi16(acc[t][q], sixteen_bits(1));
}

/// The same where 16 bits hold fewer words: these are summed, multiplied with the factors of their half, and added.
INLINE void add_group_in_parts(const ck_type type, const size_t tokens, const int32_t *words, const int32_t *factors,
                               const uint8_t *x, size_t x_stride, __m256i acc[QUANT_TILE_TOKENS][2]) {
  const size_t step = words_in_16_bits(type);
  for (size_t w = 0; w < 8; w += step)
    for (size_t q = 0; q < 2; q++) {
      __m256i part[4], factor = sixteen_bits(1);
#pragma clang loop unroll(full)
      for (size_t i = 0; i < step; i++) part[i] = _mm256_loadu_si256((const __m256i *)(words + (w + i) * 16 + 8 * q));
      if (ck_has_half_factors(type)) factor = _mm256_loadu_si256((const __m256i *)(factors + w / 4 * 16 + 8 * q));
#pragma clang loop unroll(full)
      for (size_t t = 0; t < tokens; t++) {
        const uint8_t *at = x + t * x_stride + 4 * w;
        __m256i sum = _mm256_maddubs_epi16(part[0], word_of(at));
#pragma clang loop unroll(full)
        for (size_t i = 1; i < step; i++)
          sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(part[i], word_of(at + 4 * i)));
        acc[t][q] = _mm256_add_epi32(acc[t][q], _mm256_madd_epi16(sum, factor));
      }
    }
}

INLINE void quant_tile(const ck_type type, const size_t tokens, const quant_panel *panel, size_t groups,
                       const ck_input *input, size_t columns, size_t token, size_t first_group, float *output,
                       size_t output_stride, const tile_end *end) {
  __m256 sums[QUANT_TILE_TOKENS][2];
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++) sums[t][0] = sums[t][1] = _mm256_setzero_ps();
  const size_t all_groups = columns / CK_BLOCK, start = token * columns + first_group * CK_BLOCK;
  const int bytes = group_words(type) == 8;
  const size_t x_stride = bytes ? columns : 2 * columns;
  const uint8_t *x =
      bytes ? (const uint8_t *)(input->quantized.qs + start) : (const uint8_t *)(input->quantized.qs16 + start);
  const float *scales = input->quantized.scales + token * all_groups + first_group;
  const int16_t *bsums = input->quantized.bsums + 2 * (token * all_groups + first_group);
  for (size_t part = 0; part < groups * (size_t)ck_part_count(type); part++) {
    const size_t g = part / (size_t)ck_part_count(type);
    __m256i acc[QUANT_TILE_TOKENS][2];
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) acc[t][0] = acc[t][1] = _mm256_setzero_si256();
    const int32_t *words = panel->words + part * 16 * 16;
    if (!bytes || words_in_16_bits(type) == 8)
      add_group(type, tokens, words, x + g * group_words(type) * 4, x_stride, acc);
    else add_group_in_parts(type, tokens, words, panel->factors + part * 2 * 16, x + g * CK_BLOCK, x_stride, acc);
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) {
      const float scale = scales[t * all_groups + g];
      const int16_t *halves = bsums + 2 * (t * all_groups + g);
#pragma clang loop unroll(full)
      for (size_t q = 0; q < 2; q++) {
        if (ck_zero_point(type)) {
          const __m256i zero_point = _mm256_loadu_si256((const __m256i *)(panel->zero_points + part * 16 + 8 * q));
          acc[t][q] = _mm256_sub_epi32(acc[t][q], _mm256_madd_epi16(zero_point, word_of((const uint8_t *)halves)));
        }
        const __m256 product = _mm256_mul_ps(_mm256_loadu_ps(panel->scales + part * 16 + 8 * q), _mm256_set1_ps(scale));
        sums[t][q] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(acc[t][q]), product, sums[t][q]);
        if (!ck_has_minimum(type)) continue;
        const float *minimums = panel->minimums + part * 32 + 8 * q;
        if (ck_has_half_factors(type)) {
          for (size_t h = 0; h < 2; h++)
            sums[t][q] = _mm256_fnmadd_ps(_mm256_loadu_ps(minimums + 16 * h), _mm256_set1_ps(scale * (float)halves[h]),
                                          sums[t][q]);
        } else {
          const __m256 all = _mm256_set1_ps(scale * (float)(halves[0] + halves[1]));
          sums[t][q] = _mm256_fnmadd_ps(_mm256_loadu_ps(minimums), all, sums[t][q]);
        }
      }
    }
  }
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++) {
    vf16 sum;
    memcpy(&sum, sums[t], sizeof sum);
    end_row(sum, output + t * output_stride, end);
  }
}
