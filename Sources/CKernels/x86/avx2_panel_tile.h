// SPDX-License-Identifier: Apache-2.0

// A tile of repacked weights in registers of 256 bits.
//
// The instructions multiply unsigned bytes with signed ones. The weights are the unsigned ones, so that x is loaded
// from memory into all lanes as it is:
// - Quants of fewer than 8 bits are stored with a zero point.
// - Quants of 8 bits have a zero point of 128 where dot_bytes sums in 32 bits (HAS_VNNI). Elsewhere, sums of two
//   products would overflow 16 bits. They are stored signed, and their sign is moved to x.
// The sum of a block starts with a correction: minus the zero point, times the sum of x.
//
// A register holds eight rows of a panel. The sums of floats do not fit the registers beside the accumulators; they
// stay in the first-level cache.

/// Registers for the rows of a panel.
enum { PANEL_EIGHTS = CK_PANEL_ROWS / 8 };

INLINE __m256 eight_halves_at(const uint8_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }

/// The scales of eight rows of a group, from row 8 * `eight` on. The second ones are the minimums of CK_PANELS_Q4_K and
/// the scales of the second half of the group of CK_PANELS_Q6_K.
INLINE void panel_scales(const ck_type type, const uint8_t *panel, size_t g, size_t eight, __m256 scales[2]) {
  const uint8_t *block = panel + (ck_panel_has_superblocks(type) ? g / 8 * ck_panel_superblock_bytes(type) : g * 32);
  const uint8_t *factors = block + ck_panel_factors_at(type) + g % 8 * 32 + 8 * eight;
  const __m256 scale = scales[0] = scales[1] = eight_halves_at(block + 16 * eight);
  if (!ck_panel_has_superblocks(type)) return;
  for (size_t i = 0; i < 2; i++) {
    const __m128i bytes = _mm_loadl_epi64((const __m128i *)(factors + 16 * i));
    const __m256i integers = type == CK_PANELS_Q4_K ? _mm256_cvtepu8_epi32(bytes) : _mm256_cvtepi8_epi32(bytes);
    const __m256 other = type == CK_PANELS_Q4_K && i == 1 ? eight_halves_at(block + 32 + 16 * eight) : scale;
    scales[i] = _mm256_mul_ps(other, _mm256_cvtepi32_ps(integers));
  }
}

/// Word w of half a group, of eight rows.
INLINE __m256i panel_word(const ck_type type, const uint8_t *quants, const int half, const int w, size_t eight) {
  quants += 32 * eight;
  if (type == CK_PANELS_Q8_0) return (__m256i)load32(quants + (4 * half + w) * 64);
  const vu8x32 both = load32(quants + w * 64);
  const vu8x32 nibbles = shifted(both, half ? -4 : 0) & 15;
  if (type == CK_PANELS_Q4_0 || type == CK_PANELS_Q4_K) return (__m256i)nibbles;
  const vu8x32 bits = load32(quants + CK_PANEL_BITS + (type == CK_PANELS_Q6_K ? w / 2 * 64 : 0));
  return (__m256i)(nibbles | (type == CK_PANELS_Q6_K ? shifted(bits, 4 - 2 * half - 4 * (w % 2)) & 48
                                                     : shifted(bits, 4 - half - 2 * w) & 16));
}

/// The correction for the zero point, with which the sum of a block starts.
INLINE __m256i first_sum(const ck_type type, const ck_quantized *q, size_t at, const int half) {
  const __m256i correction = _mm256_set1_epi32(q->corrections[at]);
  switch (type) {
    case CK_PANELS_Q8_0: return PANEL_ZERO_POINT ? correction : _mm256_setzero_si256();
    case CK_PANELS_Q4_0: return _mm256_srai_epi32(correction, 4);
    case CK_PANELS_Q5_0: return _mm256_srai_epi32(correction, 3);
    case CK_PANELS_Q6_K: return _mm256_set1_epi32(-32 * q->bsums[2 * at + (size_t)half]);
    default: return _mm256_setzero_si256();
  }
}

/// Adds the products of half a group with its 16 columns of x to acc [token][eight rows], with dot products of bytes.
INLINE void multiply_half_vnni(const ck_type type, const size_t tokens, const uint8_t *quants, const int half,
                               const int8_t *x, size_t columns, __m256i acc[][PANEL_EIGHTS]) {
#pragma clang loop unroll(full)
  for (int w = 0; w < 4; w++) {
    __m256i words[PANEL_EIGHTS];
    for (size_t e = 0; e < PANEL_EIGHTS; e++) words[e] = panel_word(type, quants, half, w, e);
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) {
      const __m256i four = word_of((const uint8_t *)x + t * columns + 4 * w);
      for (size_t e = 0; e < PANEL_EIGHTS; e++) acc[t][e] = dot_bytes(acc[t][e], words[e], four);
    }
  }
}

/// The products of one word of eight rows with one word of x, sums of two in 16 bits.
INLINE __m256i pair_sums(const ck_type type, __m256i words, __m256i x) {
  if (type != CK_PANELS_Q8_0) return _mm256_maddubs_epi16(words, x);
  return _mm256_maddubs_epi16(_mm256_abs_epi8(words), _mm256_sign_epi8(x, words));
}

/// The same without dot products of bytes: sums that fit 16 bits are added there first.
INLINE void multiply_half_maddubs(const ck_type type, const size_t tokens, const uint8_t *quants, const int half,
                                  const int8_t *x, size_t columns, __m256i acc[][PANEL_EIGHTS]) {
  // Words whose products 16 bits hold; a word adds two products.
  const size_t words_in_16_bits = ck_chunk_in_16_bits(ck_largest_stored_quant(type)) / 2;
  const int step = words_in_16_bits >= 4 ? 4 : words_in_16_bits >= 2 ? 2 : 1;
#pragma clang loop unroll(full)
  for (int w = 0; w < 4; w += step)
#pragma clang loop unroll(full)
    for (size_t e = 0; e < PANEL_EIGHTS; e++) {
      __m256i words[4];
#pragma clang loop unroll(full)
      for (int i = 0; i < step; i++) words[i] = panel_word(type, quants, half, w + i, e);
#pragma clang loop unroll(full)
      for (size_t t = 0; t < tokens; t++) {
        const uint8_t *at = (const uint8_t *)x + t * columns + 4 * w;
        __m256i sum = pair_sums(type, words[0], word_of(at));
#pragma clang loop unroll(full)
        for (int i = 1; i < step; i++) sum = _mm256_add_epi16(sum, pair_sums(type, words[i], word_of(at + 4 * i)));
        acc[t][e] = _mm256_add_epi32(acc[t][e], _mm256_madd_epi16(sum, sixteen_bits(1)));
      }
    }
}

INLINE void multiply_half(const ck_type type, const size_t tokens, const uint8_t *quants, const int half,
                          const int8_t *x, size_t columns, __m256i acc[][PANEL_EIGHTS]) {
  if (HAS_VNNI) multiply_half_vnni(type, tokens, quants, half, x, columns, acc);
  else multiply_half_maddubs(type, tokens, quants, half, x, columns, acc);
}

/// Groups first_group..<last_group of a panel with `tokens` tokens from `token` on.
INLINE void panel_tile(const ck_type type, const size_t tokens, const uint8_t *panel, size_t columns,
                       size_t first_group, size_t last_group, const ck_input *input, size_t token, float *output,
                       size_t output_stride, const tile_end *end) {
  const size_t groups = columns / CK_BLOCK, group_bytes = ck_panel_group_bytes(type);
  // Halves with their own factors have their own sums.
  const int halves = type == CK_PANELS_Q6_K ? 2 : 1;
  const uint8_t *quants = panel + ck_panel_quants_at(type, columns) + first_group * group_bytes;
  // Each group prefetches its share of the whole panel, PREFETCH_BYTES ahead of its quants.
  const size_t share = ck_panel_bytes(type, columns) / groups;
  const uint8_t *ahead = panel + ck_panel_quants_at(type, columns) + PREFETCH_BYTES;
  const ck_quantized *q = &input->quantized;
  __m256 sums[PANEL_TILE_TOKENS][PANEL_EIGHTS];
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++)
    for (size_t e = 0; e < PANEL_EIGHTS; e++) sums[t][e] = _mm256_setzero_ps();
  for (size_t g = first_group; g < last_group; g++, quants += group_bytes) {
    const int8_t *x = q->qs + token * columns + g * CK_BLOCK;
    // With one token, memory is the limit, and the processor does not prefetch far enough ahead.
    if (tokens == 1)
      for (size_t b = 0; b < share; b += 64) __builtin_prefetch(ahead + g * share + b, 0, 2);
    __m256i acc[PANEL_TILE_TOKENS][PANEL_EIGHTS];
    __m256 scales[PANEL_EIGHTS][2];
#pragma clang loop unroll(full)
    for (int half = 0; half < 2; half++) {
      if (half < halves)
#pragma clang loop unroll(full)
        for (size_t t = 0; t < tokens; t++)
          for (size_t e = 0; e < PANEL_EIGHTS; e++) acc[t][e] = first_sum(type, q, (token + t) * groups + g, half);
      multiply_half(type, tokens, quants, half, x + 16 * half, columns, acc);
      if (half < 2 - halves) continue;
      for (size_t e = 0; e < PANEL_EIGHTS; e++) panel_scales(type, panel, g, e, scales[e]);
#pragma clang loop unroll(full)
      for (size_t t = 0; t < tokens; t++) {
        const __m256 scale = _mm256_set1_ps(q->scales[(token + t) * groups + g]);
        for (size_t e = 0; e < PANEL_EIGHTS; e++)
          sums[t][e] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(acc[t][e]),
                                       _mm256_mul_ps(scales[e][half * (halves - 1)], scale), sums[t][e]);
      }
    }
    if (type != CK_PANELS_Q4_K) continue;
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) {
      const __m256 sum = _mm256_set1_ps(q->dsums[(token + t) * groups + g]);
      for (size_t e = 0; e < PANEL_EIGHTS; e++) sums[t][e] = _mm256_fnmadd_ps(scales[e][1], sum, sums[t][e]);
    }
  }
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++) {
    vf16 sum;
    memcpy(&sum, sums[t], sizeof sum);
    end_row(sum, output + t * output_stride, end);
  }
}
