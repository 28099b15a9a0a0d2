// SPDX-License-Identifier: Apache-2.0

// A tile of repacked weights in registers of 256 bits.
//
// The instructions multiply unsigned bytes with signed ones. The weights are the unsigned ones, so that x is loaded
// from memory into all lanes as it is:
// - Quants of fewer than 8 bits are stored with a zero point.
// - Quants of 8 bits have a zero point of 128 where dot_bytes sums in 32 bits (HAS_VNNI). Elsewhere, sums of two
//   products would overflow 16 bits. They are stored signed, and their sign is moved to x.
// - A codebook has the zero point of panel_zero_point (x86/panel_codebooks.h).
// The sum of a block starts with a correction: minus the zero point, times the sum of x.
//
// A register holds eight rows of a panel. The sums of floats do not fit the registers beside the accumulators; they
// stay in the first-level cache.

/// Registers for the rows of a panel.
enum { PANEL_EIGHTS = CK_PANEL_ROWS / 8 };

INLINE __m256 eight_halves_at(const uint8_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }

INLINE __m256 eight_bytes_at(const uint8_t *p, const int is_signed) {
  const __m128i bytes = _mm_loadl_epi64((const __m128i *)p);
  return _mm256_cvtepi32_ps(is_signed ? _mm256_cvtepi8_epi32(bytes) : _mm256_cvtepu8_epi32(bytes));
}

/// Scales of a byte each, in half: as ck_e8m0_half, ck_e4m3_half and ck_e5m2_half.
INLINE __m256 eight_byte_scales(const ck_type type, const uint8_t *p) {
  const __m128i bytes = _mm_loadl_epi64((const __m128i *)p);
  if (type == CK_PANELS_AMXFP4)
    return _mm256_mul_ps(_mm256_cvtph_ps(_mm_slli_epi16(_mm_cvtepu8_epi16(bytes), 8)), _mm256_set1_ps(0.5f));
  const __m256i bits = _mm256_cvtepu8_epi32(bytes);
  if (type == CK_PANELS_NVFP4)
    return _mm256_mul_ps(_mm256_castsi256_ps(_mm256_slli_epi32(bits, 20)), _mm256_set1_ps(0x1p119f));
  return e8m0_halves(bits);
}

/// The scales of eight rows of a group, from row 8 * `eight` on. The second ones are the minimums of types that have
/// them, and the scales of the second part of types with two.
INLINE void panel_scales(const ck_type type, const uint8_t *panel, size_t g, size_t eight, __m256 scales[2]) {
  const uint8_t *block = panel + ck_panel_scales_at(type, g);
  const uint8_t *factors = block + ck_panel_factors_at(type) + g % 8 * ck_panel_factor_bytes(type) + 8 * eight;
  const uint8_t *halves = block + 16 * eight, *bytes = block + 8 * eight;
  switch (type) {
    case CK_PANELS_Q4_1:
      scales[0] = eight_halves_at(halves);
      scales[1] = eight_halves_at(halves + 32);
      return;
    case CK_PANELS_MXFP4: scales[0] = eight_byte_scales(type, bytes); return;
    case CK_PANELS_NVFP4:
    case CK_PANELS_AMXFP4:
      scales[0] = eight_byte_scales(type, bytes);
      scales[1] = eight_byte_scales(type, bytes + 16);
      // Negative weights are multiplied without their sign.
      if (type == CK_PANELS_AMXFP4) scales[1] = _mm256_sub_ps(_mm256_setzero_ps(), scales[1]);
      return;
    case CK_PANELS_IQ4_XS: scales[0] = _mm256_mul_ps(eight_halves_at(halves), eight_bytes_at(factors, 1)); return;
    case CK_PANELS_Q4_K:
      scales[0] = _mm256_mul_ps(eight_halves_at(halves), eight_bytes_at(factors, 0));
      scales[1] = _mm256_mul_ps(eight_halves_at(halves + 32), eight_bytes_at(factors + 16, 0));
      return;
    case CK_PANELS_Q6_K:
      for (size_t i = 0; i < 2; i++)
        scales[i] = _mm256_mul_ps(eight_halves_at(halves), eight_bytes_at(factors + 16 * i, 1));
      return;
    default: scales[0] = eight_halves_at(halves);
  }
}

/// Word w of half a group, of eight rows. Nibbles of a codebook select bytes of `codebook`.
INLINE __m256i panel_word(const ck_type type, const uint8_t *quants, const int half, const int w, __m256i codebook,
                          size_t eight) {
  quants += 32 * eight;
  if (type == CK_PANELS_Q8_0) return (__m256i)load32(quants + (4 * half + w) * 64);
  if (ck_panel_group_bytes(type) == 128) {
    // Quants of 2 bits; those of CK_PANELS_SAWB2 are twice as large.
    const int left = type == CK_PANELS_SAWB2 ? 1 : 0;
    return (__m256i)(shifted(load32(quants + half * 64), left - 2 * w) & (uint8_t)(3 << left));
  }
  const vu8x32 both = load32(quants + w * 64);
  const vu8x32 nibbles = shifted(both, half ? -4 : 0) & 15;
  if (ck_codebook(ck_panel_source(type))) return _mm256_shuffle_epi8(codebook, (__m256i)nibbles);
  if (ck_panel_group_bytes(type) == CK_PANEL_BITS) return (__m256i)nibbles;
  const vu8x32 bits = load32(quants + CK_PANEL_BITS + (type == CK_PANELS_Q6_K ? w / 2 * 64 : 0));
  return (__m256i)(nibbles | (type == CK_PANELS_Q6_K ? shifted(bits, 4 - 2 * half - 4 * (w % 2)) & 48
                                                     : shifted(bits, 4 - half - 2 * w) & 16));
}

/// The correction for the zero point, with which the sum of a block starts.
INLINE __m256i first_sum(const ck_type type, const ck_quantized *q, size_t at, const size_t half) {
  return _mm256_set1_epi32(zero_point_correction(type, panel_zero_point(type), q, at, half));
}

/// Adds the products of half a group with its 16 columns of x to acc [token][eight rows], with dot products of bytes.
INLINE void multiply_half_vnni(const ck_type type, const size_t tokens, const uint8_t *quants, const int half,
                               __m256i codebook, const int8_t *x, size_t columns, __m256i acc[][PANEL_EIGHTS]) {
#pragma clang loop unroll(full)
  for (int w = 0; w < 4; w++) {
    __m256i words[PANEL_EIGHTS];
    for (size_t e = 0; e < PANEL_EIGHTS; e++) words[e] = panel_word(type, quants, half, w, codebook, e);
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) {
      const __m256i four = word_of((const uint8_t *)x + t * columns + 4 * w);
      for (size_t e = 0; e < PANEL_EIGHTS; e++) acc[t][e] = dot_bytes(acc[t][e], words[e], four);
    }
  }
}

/// The products of one word of eight rows with one word of x, sums of two in 16 bits.
INLINE __m256i pair_sums(const ck_type type, __m256i words, __m256i x) {
  if (!has_eight_bits(type)) return _mm256_maddubs_epi16(words, x);
  return _mm256_maddubs_epi16(_mm256_abs_epi8(words), _mm256_sign_epi8(x, words));
}

/// The same without dot products of bytes: sums that fit 16 bits are added there first.
INLINE void multiply_half_maddubs(const ck_type type, const size_t tokens, const uint8_t *quants, const int half,
                                  __m256i codebook, const int8_t *x, size_t columns, __m256i acc[][PANEL_EIGHTS]) {
  // Words whose products 16 bits hold; a word adds two products.
  const size_t words_in_16_bits = ck_chunk_in_16_bits(ck_largest_stored_quant(ck_panel_source(type))) / 2;
  const int step = words_in_16_bits >= 4 ? 4 : words_in_16_bits >= 2 ? 2 : 1;
#pragma clang loop unroll(full)
  for (int w = 0; w < 4; w += step)
#pragma clang loop unroll(full)
    for (size_t e = 0; e < PANEL_EIGHTS; e++) {
      __m256i words[4];
#pragma clang loop unroll(full)
      for (int i = 0; i < step; i++) words[i] = panel_word(type, quants, half, w + i, codebook, e);
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
                          __m256i codebook, const int8_t *x, size_t columns, __m256i acc[][PANEL_EIGHTS]) {
  if (HAS_VNNI) multiply_half_vnni(type, tokens, quants, half, codebook, x, columns, acc);
  else multiply_half_maddubs(type, tokens, quants, half, codebook, x, columns, acc);
}

/// Groups first_group..<last_group of a panel with `tokens` tokens from `token` on; `prefetch` bytes ahead, 0 for none.
INLINE void panel_tile(const ck_type type, const size_t tokens, const uint8_t *panel, size_t columns,
                       size_t first_group, size_t last_group, const ck_input *input, size_t token, float *output,
                       size_t output_stride, const tile_end *end, size_t prefetch) {
  const size_t groups = columns / CK_BLOCK, group_bytes = ck_panel_group_bytes(type);
  // Parts of a group with their own scales have their own sums, one after the other: halves, or signs.
  const int has_halves = ck_panel_has_half_sums(type);
  const size_t parts = has_halves || ck_panel_has_sign_sums(type) ? 2 : 1;
  __m256i codebooks[2];
  for (size_t p = 0; p < parts; p++) codebooks[p] = _mm256_broadcastsi128_si256(panel_codebook(type, p));
  const uint8_t *quants = panel + ck_panel_quants_at(type, columns) + first_group * group_bytes;
  // Each group prefetches its share of the whole panel, `prefetch` bytes ahead of its quants.
  const size_t share = ck_panel_bytes(type, columns) / groups;
  const uint8_t *ahead = panel + ck_panel_quants_at(type, columns) + prefetch;
  const ck_quantized *q = &input->quantized;
  __m256 sums[PANEL_TILE_TOKENS][PANEL_EIGHTS];
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++)
    for (size_t e = 0; e < PANEL_EIGHTS; e++) sums[t][e] = _mm256_setzero_ps();
  for (size_t g = first_group; g < last_group; g++, quants += group_bytes) {
    const int8_t *x = q->qs + token * columns + g * CK_BLOCK;
    if (prefetch)
      for (size_t b = 0; b < share; b += 64) __builtin_prefetch(ahead + g * share + b, 0, 2);
    __m256i acc[PANEL_TILE_TOKENS][PANEL_EIGHTS];
    __m256 scales[PANEL_EIGHTS][2];
    for (size_t e = 0; e < PANEL_EIGHTS; e++) panel_scales(type, panel, g, e, scales[e]);
#pragma clang loop unroll(full)
    for (size_t p = 0; p < parts; p++) {
#pragma clang loop unroll(full)
      for (size_t t = 0; t < tokens; t++)
        for (size_t e = 0; e < PANEL_EIGHTS; e++) acc[t][e] = first_sum(type, q, (token + t) * groups + g, p);
#pragma clang loop unroll(full)
      for (int half = 0; half < 2; half++)
        if (!has_halves || half == (int)p)
          multiply_half(type, tokens, quants, half, codebooks[p], x + 16 * half, columns, acc);
#pragma clang loop unroll(full)
      for (size_t t = 0; t < tokens; t++) {
        const __m256 scale = _mm256_set1_ps(q->scales[(token + t) * groups + g]);
        for (size_t e = 0; e < PANEL_EIGHTS; e++)
          sums[t][e] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(acc[t][e]), _mm256_mul_ps(scales[e][p], scale), sums[t][e]);
      }
    }
    if (!ck_has_minimum(ck_panel_source(type))) continue;
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
