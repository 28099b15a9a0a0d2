// SPDX-License-Identifier: Apache-2.0

// One row of quantized weights with one token. Needs dot_bytes as in avx2_kernels.h.

/// Eight partial sums of the products of a group with x, times the factors in 16 bits. Of signed quants, the sign is
/// moved to x, because the instruction multiplies unsigned bytes with signed ones.
INLINE __m256 group_sums(const ck_type type, const uint8_t *block, const size_t index, const int8_t *x,
                         __m256i factors) {
  const __m256i quants = (__m256i)stored_quants(type, block, index);
  __m256i input = _mm256_loadu_si256((const __m256i *)x), sizes = quants;
  if (has_signed_bytes(type)) {
    sizes = _mm256_abs_epi8(quants);
    input = _mm256_sign_epi8(input, quants);
  }
  if (!ck_has_half_factors(type)) return _mm256_cvtepi32_ps(dot_bytes(_mm256_setzero_si256(), sizes, input));
  return _mm256_cvtepi32_ps(_mm256_madd_epi16(_mm256_maddubs_epi16(sizes, input), factors));
}

/// Loads `count` halves, at most 8, from every `step` bytes; the others are zero.
INLINE __m256 eight_halves(const uint8_t *p, size_t step, const size_t count) {
  uint16_t halves[8] = {0};
#pragma clang loop unroll(full)
  for (size_t b = 0; b < count; b++) halves[b] = ck_load_u16(p + b * step);
  return _mm256_cvtph_ps(_mm_set_epi16((short)halves[7], (short)halves[6], (short)halves[5], (short)halves[4],
                                       (short)halves[3], (short)halves[2], (short)halves[1], (short)halves[0]));
}

/// The scales of `count` blocks, at most 8.
INLINE __m256 block_scales(const ck_type type, const uint8_t *row, const size_t count) {
  if (type != CK_MXFP4) return eight_halves(row, ck_block_bytes(type), count);
  uint64_t exponents = 0;
  for (size_t b = 0; b < count; b++) exponents |= (uint64_t)row[b * ck_block_bytes(type)] << (8 * b);
  return e8m0_halves(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)exponents)));
}

/// Superblocks whose groups have no factors.
INLINE int has_one_scale(const ck_type type) { return type == CK_TQ1_0 || type == CK_TQ2_0 || type == CK_SAWB2; }

/// Adds up to 8 blocks of one group each. Their scales are loaded and multiplied together. Zero points and minimums are
/// subtracted in the same lanes, because all lanes are summed in the end.
INLINE void add_blocks(const ck_type type, const size_t count, const uint8_t *row, const int8_t *x, const float *scales,
                       const int16_t *bsums, __m256 sums[2]) {
  const size_t size = ck_block_bytes(type);
  float x_scales[8] = {0}, products[8];
  int16_t halves[16] = {0};
  memcpy(x_scales, scales, count * sizeof(float));
  memcpy(halves, bsums, 2 * count * sizeof(int16_t));
  const __m256i input_sums = _mm256_loadu_si256((const __m256i *)halves);
  const __m256 product = _mm256_mul_ps(block_scales(type, row, count), _mm256_loadu_ps(x_scales));
  _mm256_storeu_ps(products, product);
  if (ck_zero_point(type)) {
    const __m256i zero_point = _mm256_madd_epi16(input_sums, sixteen_bits(ck_zero_point(type)));
    sums[0] = _mm256_fnmadd_ps(product, _mm256_cvtepi32_ps(zero_point), sums[0]);
  }
  if (ck_has_minimum(type)) {
    const __m256 all = _mm256_cvtepi32_ps(_mm256_madd_epi16(input_sums, sixteen_bits(1)));
    const __m256 minimums = _mm256_mul_ps(eight_halves(row + 2, size, count), _mm256_loadu_ps(x_scales));
    sums[0] = _mm256_fmadd_ps(minimums, all, sums[0]);
  }
#pragma clang loop unroll(full)
  for (size_t b = 0; b < count; b++) {
    const __m256 partial = group_sums(type, row + b * size, 0, x + b * CK_BLOCK, sixteen_bits(1));
    sums[b % 2] = _mm256_fmadd_ps(partial, _mm256_set1_ps(products[b]), sums[b % 2]);
  }
}

/// Adds up to 8 groups of AMXFP4: the products of positive and of negative weights, with a scale each. Sizes without
/// signs are multiplied, so that nothing is subtracted for a zero point.
INLINE void add_amxfp4(const size_t count, const uint8_t *row, const int8_t *x, const float *scales, __m256 sums[2]) {
  static const int8_t positive_sizes[16] = {0, 1, 2, 3, 4, 6, 8, 12};
  static const int8_t negative_sizes[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 6, 8, 12};
  const size_t size = ck_block_bytes(CK_AMXFP4);
  float x_scales[8] = {0}, products[2][8];
  memcpy(x_scales, scales, count * sizeof(float));
  uint16_t halves[2][8] = {{0}};
  for (size_t b = 0; b < count; b++)
    for (size_t p = 0; p < 2; p++) halves[p][b] = (uint16_t)((row[b * size + p] & 0x7f) << 8);
  const __m256 half_scales = _mm256_mul_ps(_mm256_loadu_ps(x_scales), _mm256_set1_ps(0.5f));
  for (size_t p = 0; p < 2; p++) {
    const __m256 part_scales = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)halves[p]));
    _mm256_storeu_ps(products[p], _mm256_mul_ps(part_scales, half_scales));
  }
#pragma clang loop unroll(full)
  for (size_t b = 0; b < count; b++) {
    const vu8x32 nibbles = nibbles_at(row + b * size + 2);
    const __m256i input = _mm256_loadu_si256((const __m256i *)(x + b * CK_BLOCK)), none = _mm256_setzero_si256();
    const __m256i positive = dot_bytes(none, (__m256i)look_up(positive_sizes, nibbles), input);
    const __m256i negative = dot_bytes(none, (__m256i)look_up(negative_sizes, nibbles), input);
    sums[0] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(positive), _mm256_set1_ps(products[0][b]), sums[0]);
    sums[1] = _mm256_fnmadd_ps(_mm256_cvtepi32_ps(negative), _mm256_set1_ps(products[1][b]), sums[1]);
  }
}

/// Adds a group of NVFP4. Its halves fill the two lanes of a vector.
INLINE void add_nvfp4(const uint8_t *block, const size_t index, const int8_t *x, float x_scale, const int16_t *bsums,
                      __m256 *sum) {
  const ck_group group = ck_read_group(CK_NVFP4, block, index);
  const __m128 first = _mm_set1_ps(group.part_scales[0]), second = _mm_set1_ps(group.part_scales[1]);
  const __m256 product = _mm256_mul_ps(_mm256_set_m128(second, first), _mm256_set1_ps(x_scale));
  const __m256i input = _mm256_loadu_si256((const __m256i *)x);
  const int zero_point = ck_zero_point(CK_NVFP4);
  // Each half's zero point is subtracted in one of its lanes.
  const __m256i before = _mm256_setr_epi32(-zero_point * bsums[0], 0, 0, 0, -zero_point * bsums[1], 0, 0, 0);
  const __m256i dots = dot_bytes(before, (__m256i)stored_quants(CK_NVFP4, block, index), input);
  *sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dots), product, *sum);
}

/// The 16 factors of a superblock in 16 bits, and its minimum factors. If a group has one factor, it is there twice.
INLINE void block_factors(const ck_type type, const uint8_t *block, __m256i *factors, __m256i *minimums) {
  if (type == CK_Q4_K || type == CK_Q5_K) {
    uint32_t words[3];
    memcpy(words, block + 4, 12);
    const uint32_t low = words[0] & 0x3f3f3f3f, high = (words[2] & 0x0f0f0f0f) | (words[0] >> 2 & 0x30303030);
    const uint32_t low_minimum = words[1] & 0x3f3f3f3f;
    const uint32_t high_minimum = (words[2] >> 4 & 0x0f0f0f0f) | (words[1] >> 2 & 0x30303030);
    const __m128i bytes = _mm_set_epi32((int)high_minimum, (int)low_minimum, (int)high, (int)low);
    *factors = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(bytes, bytes));
    *minimums = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(bytes, bytes));
  } else if (type == CK_Q6_K) {
    *factors = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(block + 192)));
  } else if (type == CK_Q2_K) {
    const __m256i bytes = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)block));
    *factors = _mm256_and_si256(bytes, sixteen_bits(15));
    *minimums = _mm256_srli_epi16(bytes, 4);
  } else if (type == CK_Q3_K) {
    uint32_t words[3];
    memcpy(words, block + 96, 12);
    const __m128i low = _mm_set_epi32((int)(words[1] >> 4), (int)(words[0] >> 4), (int)words[1], (int)words[0]);
    const __m128i high = _mm_set_epi32((int)(words[2] >> 2), (int)words[2], (int)(words[2] << 2), (int)(words[2] << 4));
    const __m128i bytes = _mm_or_si128(_mm_and_si128(low, _mm_set1_epi8(15)), _mm_and_si128(high, _mm_set1_epi8(48)));
    *factors = _mm256_cvtepi8_epi16(_mm_sub_epi8(bytes, _mm_set1_epi8(32)));
  } else if (has_one_scale(type)) {
    *factors = sixteen_bits(1);
  } else {
    int16_t values[16];
    for (size_t i = 0; i < 16; i++) values[i] = ck_read_group(type, block, i / 2).factors[0];
    *factors = _mm256_loadu_si256((const __m256i *)values);
  }
}

/// Where the scale of a superblock is, in bytes.
INLINE size_t block_scale_at(const ck_type type) {
  switch (type) {
    case CK_Q2_K: return 80;
    case CK_Q3_K: return 108;
    case CK_Q6_K: return 208;
    case CK_TQ1_0: return 52;
    case CK_TQ2_0:
    case CK_SAWB2: return 64;
    default: return 0;
  }
}

/// Adds a superblock.
INLINE void add_superblock(const ck_type type, const uint8_t *block, const int8_t *x, const float *scales,
                           const int16_t *bsums, __m256 sums[2]) {
  __m256i factors, minimum_factors = _mm256_setzero_si256();
  block_factors(type, block, &factors, &minimum_factors);
  const size_t scale_at = block_scale_at(type);
  const __m256 x_scales = _mm256_loadu_ps(scales);
  const __m256i input_sums = _mm256_loadu_si256((const __m256i *)bsums);
  __m256 product = _mm256_mul_ps(_mm256_set1_ps((float)*(const _Float16 *)(block + scale_at)), x_scales);
  if (ck_has_minimum(type)) {
    const __m256 minimum = _mm256_set1_ps((float)*(const _Float16 *)(block + scale_at + 2));
    const __m256 factor_sums = _mm256_cvtepi32_ps(_mm256_madd_epi16(input_sums, minimum_factors));
    sums[0] = _mm256_fnmadd_ps(_mm256_mul_ps(minimum, x_scales), factor_sums, sums[0]);
  }
  if (ck_zero_point(type)) {
    const __m256i zero_point = _mm256_mullo_epi16(factors, sixteen_bits(ck_zero_point(type)));
    sums[0] = _mm256_fnmadd_ps(product, _mm256_cvtepi32_ps(_mm256_madd_epi16(input_sums, zero_point)), sums[0]);
  }
  __m256i by_half = sixteen_bits(1);
  if (ck_has_half_factors(type)) {
    // The factors of first halves in the low lane, those of second halves in the high lane.
    const __m128i even_odd = _mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
    by_half = _mm256_shuffle_epi8(factors, _mm256_broadcastsi128_si256(even_odd));
    by_half = _mm256_permute4x64_epi64(by_half, 0xd8);
  } else {
    product = _mm256_mul_ps(product, _mm256_cvtepi32_ps(_mm256_srai_epi32(factors, 16)));
  }
  float products[8];
  _mm256_storeu_ps(products, product);
  // Forces broadcasting loads below: they cost nothing beside the sums, unlike the shuffles that compilers prefer.
  __asm__("" : "+m"(products));
#pragma clang loop unroll(full)
  for (size_t g = 0; g < 8; g++) {
    __m256i group_factors = by_half;
    if (ck_has_half_factors(type))
      group_factors = _mm256_shuffle_epi8(by_half, sixteen_bits((int)(2 * g | (2 * g + 1) << 8)));
    const __m256 partial = group_sums(type, block, g, x + g * CK_BLOCK, group_factors);
    sums[g % 2] = _mm256_fmadd_ps(partial, _mm256_set1_ps(products[g]), sums[g % 2]);
  }
}

INLINE float quant_vec_dot(const ck_type type, const uint8_t *row, const ck_input *input, size_t token, size_t groups) {
  const int8_t *x = input->quantized.qs + token * groups * CK_BLOCK;
  const float *scales = input->quantized.scales + token * groups;
  const int16_t *bsums = input->quantized.bsums + token * groups * 2;
  const size_t size = ck_block_bytes(type);
  __m256 sums[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
  size_t g = 0;
  if (type == CK_NVFP4) {
    for (; g < groups; g++)
      add_nvfp4(row + g / 2 * size, g % 2, x + g * CK_BLOCK, scales[g], bsums + 2 * g, &sums[g % 2]);
  } else if (type == CK_AMXFP4) {
    for (; g + 8 <= groups; g += 8) add_amxfp4(8, row + g * size, x + g * CK_BLOCK, scales + g, sums);
    for (; g < groups; g++) add_amxfp4(1, row + g * size, x + g * CK_BLOCK, scales + g, sums);
  } else if (ck_block_weights(type) == 256) {
    for (; g < groups; g += 8)
      add_superblock(type, row + g / 8 * size, x + g * CK_BLOCK, scales + g, bsums + 2 * g, sums);
  } else {
    for (; g + 8 <= groups; g += 8)
      add_blocks(type, 8, row + g * size, x + g * CK_BLOCK, scales + g, bsums + 2 * g, sums);
    for (; g + 4 <= groups; g += 4)
      add_blocks(type, 4, row + g * size, x + g * CK_BLOCK, scales + g, bsums + 2 * g, sums);
    for (; g < groups; g++) add_blocks(type, 1, row + g * size, x + g * CK_BLOCK, scales + g, bsums + 2 * g, sums);
  }
  return sum8((vf8)_mm256_add_ps(sums[0], sums[1]));
}
