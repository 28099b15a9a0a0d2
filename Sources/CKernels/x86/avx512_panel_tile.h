// SPDX-License-Identifier: Apache-2.0

// A tile of repacked weights in registers of 512 bits.
//
// The instruction multiplies unsigned bytes with signed ones and sums four products. The weights are the unsigned ones,
// so that x is loaded from memory into all lanes as it is. Quants of 8 bits are stored with a zero point of 128, and a
// codebook gets the zero point of panel_zero_point (x86/panel_codebooks.h). Nibbles of CK_PANELS_Q4_0 stay in the upper
// half of a byte, where they are 16 times as large, and so is their zero point: 128. The sum of a block starts with a
// correction: minus the zero point, times the sum of x.

/// The word at x in all lanes.
INLINE __m512i word_of_x(const int8_t *x) {
  int32_t word;
  memcpy(&word, x, 4);
  return _mm512_set1_epi32(word);
}

INLINE __m512 sixteen_halves(const uint8_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }

INLINE __m512 sixteen_bytes_at(const uint8_t *p, const int is_signed) {
  const __m128i bytes = _mm_loadu_si128((const __m128i *)p);
  return _mm512_cvtepi32_ps(is_signed ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes));
}

/// Scales of a byte each, in half: as ck_e8m0_half, ck_e4m3_half and ck_e5m2_half.
INLINE __m512 sixteen_byte_scales(const ck_type type, const uint8_t *p) {
  const __m128i bytes = _mm_loadu_si128((const __m128i *)p);
  if (type == CK_PANELS_AMXFP4)
    return _mm512_mul_ps(_mm512_cvtph_ps(_mm256_slli_epi16(_mm256_cvtepu8_epi16(bytes), 8)), _mm512_set1_ps(0.5f));
  const __m512i bits = _mm512_cvtepu8_epi32(bytes), two = _mm512_set1_epi32(2);
  if (type == CK_PANELS_NVFP4)
    return _mm512_mul_ps(_mm512_castsi512_ps(_mm512_slli_epi32(bits, 20)), _mm512_set1_ps(0x1p119f));
  const __m512i normal = _mm512_slli_epi32(_mm512_sub_epi32(bits, _mm512_set1_epi32(1)), 23);
  const __m512i below = _mm512_sllv_epi32(_mm512_set1_epi32(0x00200000), bits);
  return _mm512_castsi512_ps(_mm512_mask_blend_epi32(_mm512_cmplt_epi32_mask(bits, two), normal, below));
}

/// The scales of 16 rows of a group. `other` gets the minimums of types that have them, and the scales of the second
/// part of types with two.
INLINE __m512 panel_scales(const ck_type type, const uint8_t *panel, size_t g, __m512 *other) {
  const uint8_t *block = panel + ck_panel_scales_at(type, g);
  const uint8_t *factors = block + ck_panel_factors_at(type) + g % 8 * ck_panel_factor_bytes(type);
  switch (type) {
    case CK_PANELS_Q4_0: return _mm512_mul_ps(sixteen_halves(block), _mm512_set1_ps(1.0f / 16));
    case CK_PANELS_Q4_1: *other = sixteen_halves(block + 32); return sixteen_halves(block);
    case CK_PANELS_MXFP4: return sixteen_byte_scales(type, block);
    case CK_PANELS_NVFP4: *other = sixteen_byte_scales(type, block + 16); return sixteen_byte_scales(type, block);
    case CK_PANELS_AMXFP4:
      // Negative weights are multiplied without their sign.
      *other = _mm512_sub_ps(_mm512_setzero_ps(), sixteen_byte_scales(type, block + 16));
      return sixteen_byte_scales(type, block);
    case CK_PANELS_IQ4_XS: return _mm512_mul_ps(sixteen_halves(block), sixteen_bytes_at(factors, 1));
    case CK_PANELS_Q4_K:
      *other = _mm512_mul_ps(sixteen_halves(block + 32), sixteen_bytes_at(factors + 16, 0));
      return _mm512_mul_ps(sixteen_halves(block), sixteen_bytes_at(factors, 0));
    case CK_PANELS_Q6_K:
      *other = _mm512_mul_ps(sixteen_halves(block), sixteen_bytes_at(factors + 16, 1));
      return _mm512_mul_ps(sixteen_halves(block), sixteen_bytes_at(factors, 1));
    default: return sixteen_halves(block);
  }
}

/// Shifts the bits of each byte left, or right if `left` is negative, and clears all outside `mask`.
INLINE __m512i shifted_bits(__m512i bytes, const int left, const int mask) {
  const __m512i bits =
      left >= 0 ? _mm512_slli_epi32(bytes, left >= 0 ? left : 0) : _mm512_srli_epi32(bytes, left < 0 ? -left : 0);
  return _mm512_and_si512(bits, _mm512_set1_epi8((char)mask));
}

/// Two words of a group: words 2w and 2w + 1 of CK_PANELS_Q8_0, else word w of each half, such as the low and the high
/// nibbles.
/// Nibbles of a codebook select bytes of `codebook`.
INLINE void panel_words(const ck_type type, const uint8_t *quants, const int w, __m512i codebook, __m512i words[2]) {
  const size_t at = (size_t)w;
  if (type == CK_PANELS_Q8_0) {
    words[0] = _mm512_load_si512(quants + at * 128);
    words[1] = _mm512_load_si512(quants + at * 128 + 64);
    return;
  }
  if (ck_panel_group_bytes(type) == 128) {
    // Quants of 2 bits; those of CK_PANELS_SAWB2 are twice as large.
    const int left = type == CK_PANELS_SAWB2 ? 1 : 0;
    for (size_t h = 0; h < 2; h++) words[h] = shifted_bits(_mm512_load_si512(quants + h * 64), left - 2 * w, 3 << left);
    return;
  }
  const __m512i both = _mm512_load_si512(quants + at * 64);
  if (type == CK_PANELS_Q4_0) {
    words[0] = shifted_bits(both, 4, 0xf0);
    words[1] = shifted_bits(both, 0, 0xf0);
    return;
  }
  words[0] = shifted_bits(both, 0, 15);
  words[1] = shifted_bits(both, -4, 15);
  if (ck_codebook(ck_panel_source(type))) {
    for (size_t h = 0; h < 2; h++) words[h] = _mm512_shuffle_epi8(codebook, words[h]);
  } else if (type == CK_PANELS_Q5_0) {
    const __m512i bits = _mm512_load_si512(quants + CK_PANEL_BITS);
    words[0] = _mm512_or_si512(words[0], shifted_bits(bits, 4 - 2 * w, 16));
    words[1] = _mm512_or_si512(words[1], shifted_bits(bits, 3 - 2 * w, 16));
  } else if (type == CK_PANELS_Q6_K) {
    const __m512i bits = _mm512_load_si512(quants + CK_PANEL_BITS + at / 2 * 64);
    words[0] = _mm512_or_si512(words[0], shifted_bits(bits, 4 - 4 * (w % 2), 48));
    words[1] = _mm512_or_si512(words[1], shifted_bits(bits, 2 - 4 * (w % 2), 48));
  }
}

/// The correction for the zero point, with which the sum of a block starts.
INLINE __m512i first_sum(const ck_type type, const ck_quantized *q, size_t at, const size_t half) {
  // Of CK_PANELS_Q4_0, nibbles are 16 times as large.
  return _mm512_set1_epi32(
      zero_point_correction(type, type == CK_PANELS_Q4_0 ? 128 : panel_zero_point(type), q, at, half));
}

/// Groups first_group..<last_group of a panel with `tokens` tokens from `token` on; `prefetch` bytes ahead, 0 for none.
INLINE void panel_tile(const ck_type type, const size_t tokens, const uint8_t *panel, size_t columns,
                       size_t first_group, size_t last_group, const ck_input *input, size_t token, float *output,
                       size_t output_stride, const tile_end *end, size_t prefetch) {
  const size_t groups = columns / CK_BLOCK, group_bytes = ck_panel_group_bytes(type);
  // Columns of x from the first to the second of the two words, and from one pair of words to the next.
  const size_t second = type == CK_PANELS_Q8_0 ? 4 : 16, step = type == CK_PANELS_Q8_0 ? 8 : 4;
  // Halves with their own factors have their own sums.
  const size_t halves = ck_panel_has_half_sums(type) ? 2 : 1;
  // Positive and negative weights with their own scales have their own sums, one after the other.
  const size_t signs = ck_panel_has_sign_sums(type) ? 2 : 1;
  __m512i codebooks[2];
  for (size_t s = 0; s < signs; s++) codebooks[s] = _mm512_broadcast_i32x4(panel_codebook(type, s));
  const uint8_t *quants = panel + ck_panel_quants_at(type, columns) + first_group * group_bytes;
  // Each group prefetches its share of the whole panel, `prefetch` bytes ahead of its quants.
  const size_t share = ck_panel_bytes(type, columns) / groups;
  const uint8_t *ahead = panel + ck_panel_quants_at(type, columns) + prefetch;
  const ck_quantized *q = &input->quantized;
  __m512 sums[PANEL_TILE_TOKENS];
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++) sums[t] = _mm512_setzero_ps();
  for (size_t g = first_group; g < last_group; g++, quants += group_bytes) {
    const int8_t *x = q->qs + token * columns + g * CK_BLOCK;
    if (prefetch)
      for (size_t b = 0; b < share; b += 64) __builtin_prefetch(ahead + g * share + b, 0, 2);
    __m512 other;
    const __m512 scales = panel_scales(type, panel, g, &other);
#pragma clang loop unroll(full)
    for (size_t s = 0; s < signs; s++) {
      __m512i acc[PANEL_TILE_TOKENS][2];
#pragma clang loop unroll(full)
      for (size_t t = 0; t < tokens; t++)
        for (size_t h = 0; h < halves; h++) acc[t][h] = first_sum(type, q, (token + t) * groups + g, h);
#pragma clang loop unroll(full)
      for (int w = 0; w < 4; w++) {
        __m512i words[2];
        panel_words(type, quants, w, codebooks[s], words);
#pragma clang loop unroll(full)
        for (size_t t = 0; t < tokens; t++)
          for (size_t h = 0; h < 2; h++) {
            const __m512i four = word_of_x(x + t * columns + (size_t)w * step + h * second);
            acc[t][h * (halves - 1)] = _mm512_dpbusd_epi32(acc[t][h * (halves - 1)], words[h], four);
          }
      }
#pragma clang loop unroll(full)
      for (size_t t = 0; t < tokens; t++) {
        const __m512 scale = _mm512_set1_ps(q->scales[(token + t) * groups + g]);
        const __m512 product = _mm512_mul_ps(s == 1 ? other : scales, scale);
        sums[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc[t][0]), product, sums[t]);
        if (halves == 2) sums[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc[t][1]), _mm512_mul_ps(other, scale), sums[t]);
      }
    }
    if (!ck_has_minimum(ck_panel_source(type))) continue;
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++)
      sums[t] = _mm512_fnmadd_ps(other, _mm512_set1_ps(q->dsums[(token + t) * groups + g]), sums[t]);
  }
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++) end_row((vf16)sums[t], output + t * output_stride, end);
}
