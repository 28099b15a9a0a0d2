// SPDX-License-Identifier: Apache-2.0

// Vector operations shared by the files of this folder. A word is four bytes: four quants, or two values of 16 bits.

/// For each of 32 nibbles, the byte of a table.
INLINE vu8x32 look_up(const int8_t table[16], vu8x32 nibbles) {
  const __m256i both = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)table));
  return (vu8x32)_mm256_shuffle_epi8(both, (__m256i)nibbles);
}

INLINE __m256i sixteen_bits(int value) { return _mm256_set1_epi16((short)value); }

/// The word at x in all lanes.
INLINE __m256i word_of(const uint8_t *x) {
  int32_t word;
  memcpy(&word, x, 4);
  return _mm256_set1_epi32(word);
}

/// As ck_e8m0_half, of exponents in 32 bits.
INLINE __m256 e8m0_halves(__m256i exponents) {
  const __m256i normal = _mm256_slli_epi32(_mm256_sub_epi32(exponents, _mm256_set1_epi32(1)), 23);
  const __m256i below = _mm256_sllv_epi32(_mm256_set1_epi32(0x00200000), exponents);
  const __m256i is_below = _mm256_cmpgt_epi32(_mm256_set1_epi32(2), exponents);
  return _mm256_castsi256_ps(_mm256_blendv_epi8(normal, below, is_below));
}
