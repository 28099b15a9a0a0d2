// SPDX-License-Identifier: Apache-2.0

// The codebooks and zero points of repacked weights on x86-64, whose instructions multiply unsigned bytes with signed
// ones. Needs PANEL_ZERO_POINT as in vector/vector.h.

/// Quants of 8 bits. Where they have no zero point, they are signed.
INLINE int has_eight_bits(const ck_type panels) {
  return panels == CK_PANELS_Q8_0 || ck_largest_stored_quant(ck_panel_source(panels)) == 127;
}

/// What makes the quants of a panel unsigned. Types whose signs have their own sums are multiplied without signs.
INLINE int panel_zero_point(const ck_type panels) {
  if (ck_panel_has_sign_sums(panels)) return 0;
  return has_eight_bits(panels) ? PANEL_ZERO_POINT : ck_zero_point(ck_panel_source(panels));
}

/// The bytes of the 16 nibbles of a type with a codebook, with the zero point. Where positive and negative weights have
/// their own sums, the sizes of the positive ones, or of the negative ones if `sign` is 1.
INLINE __m128i panel_codebook(const ck_type panels, const size_t sign) {
  const int8_t *values = ck_codebook(ck_panel_source(panels));
  if (!values) return _mm_setzero_si128();
  const __m128i bytes = _mm_loadu_si128((const __m128i *)values), zero = _mm_setzero_si128();
  if (ck_panel_has_sign_sums(panels)) return _mm_max_epi8(sign == 1 ? _mm_sub_epi8(zero, bytes) : bytes, zero);
  return _mm_add_epi8(bytes, _mm_set1_epi8((char)panel_zero_point(panels)));
}

/// Minus a zero point, times the sum of a group of x; of half `half` of the group, where halves have their own sums.
INLINE int32_t zero_point_correction(const ck_type panels, const int zero_point, const ck_quantized *q, size_t at,
                                     const size_t half) {
  if (zero_point == 0) return 0;
  if (ck_panel_has_half_sums(panels)) return -zero_point * q->bsums[2 * at + half];
  return -zero_point * (q->bsums[2 * at] + q->bsums[2 * at + 1]);
}
