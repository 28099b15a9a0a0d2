// SPDX-License-Identifier: Apache-2.0

// Reads the quants of a group from its block into 32 bytes.
//
// Needs look_up(table, nibbles) from the instruction set: for each of 32 nibbles, the byte of a table of 16 bytes.

/// The low nibbles of 16 bytes, then the high nibbles.
INLINE vu8x32 nibbles_at(const uint8_t *p) {
  const vu8x16u low = *(const vu8x16u *)p;
  const vu8x16u high = (vu8x16u)((vu16x8)low >> 4);
  const vu8x32 both = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
                                              18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
  return both & 15;
}

/// 16 in each byte whose bit in a word of 32 bits is set.
INLINE vu8x32 fifth_bits_at(const uint8_t *p) {
  uint32_t word;
  memcpy(&word, p, 4);
  const vu8x32 words = (vu8x32)((vu32x8){} + word);
  const vu8x32 spread = __builtin_shufflevector(words, words, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 18, 18,
                                                18, 18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19);
  const vu8x32 bits = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128,
                       1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  return (vu8x32)((spread & bits) != 0) & 16;
}

/// Digits of base 3, each the first of a fraction of 256.
INLINE vu8x32 first_ternary_digits(vu8x32 fractions) {
  // Comparisons give 255, which is -1.
  return -((vu8x32)(fractions > 85) + (vu8x32)(fractions > 170));
}

/// The digits of group `index` of a block of TQ1_0.
INLINE vu8x32 ternary_digits(const uint8_t *block, const size_t index) {
  if (index < 5) return first_ternary_digits(load32(block) * ck_powers_of_3[index]);
  // Two digits of 16 bytes; the last 16 weights are four digits of 4 bytes.
  static const uint8_t powers[3][32] = {
      {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3},
      {9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27},
      {81, 81, 81, 81, 81, 81, 81, 81, 81, 81, 81, 81, 81, 81, 81, 81,
       1,  1,  1,  1,  3,  3,  3,  3,  9,  9,  9,  9,  27, 27, 27, 27}};
  const vu8x16u sixteen = *(const vu8x16u *)(block + 32), last = *(const vu8x16u *)(block + 36);
  const vu8x16u second =
      index < 7 ? sixteen
                : __builtin_shufflevector(last, last, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15);
  const vu8x32 bytes = __builtin_shufflevector(sixteen, second, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
                                               16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
  return first_ternary_digits(bytes * load32(powers[index - 5]));
}

/// The nibbles of a group of NVFP4: of each half, the low nibbles of 8 bytes, then the high nibbles.
INLINE vu8x32 nibbles_by_half(const uint8_t *p) {
  const vu8x32 nibbles = nibbles_at(p);
  return __builtin_shufflevector(nibbles, nibbles, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23, 8, 9, 10, 11,
                                 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
}

/// The quants of group `index` of a block as they are stored, with ck_zero_point(type) added.
INLINE vu8x32 stored_quants(const ck_type type, const uint8_t *block, const size_t index) {
  static const int8_t e2m1[16] = {12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0};
  static const int8_t dint4[16] = {0, 2, 4, 6, 8, 10, 12, 13, 14, 15, 16, 18, 20, 22, 24, 26};
  const size_t half = index / 4;
  const int quarter = (int)(index % 4);
  switch (type) {
    case CK_Q8_0: return load32(block + 2);
    case CK_Q4_0: return nibbles_at(block + 2);
    case CK_Q4_1: return nibbles_at(block + 4);
    case CK_Q5_0: return nibbles_at(block + 6) | fifth_bits_at(block + 2);
    case CK_Q5_1: return nibbles_at(block + 8) | fifth_bits_at(block + 4);
    case CK_IQ4_NL: return look_up(ck_iq4_values, nibbles_at(block + 2));
    case CK_IQ4_XS: return look_up(ck_iq4_values, nibbles_at(block + 8 + 16 * index));
    case CK_MXFP4: return look_up(e2m1, nibbles_at(block + 1));
    case CK_AMXFP4: return look_up(e2m1, nibbles_at(block + 2));
    case CK_NVFP4: return look_up(e2m1, nibbles_by_half(block + 4 + 16 * index));
    case CK_DINT4: return look_up(dint4, nibbles_at(block + 2));
    case CK_TQ1_0: return ternary_digits(block, index);
    case CK_TQ2_0: return shifted(load32(block + 32 * half), -2 * quarter) & 3;
    case CK_SAWB2: {
      const vu8x32 codes = shifted(load32(block + 32 * half), -2 * quarter) & 3;
      return codes + codes;
    }
    case CK_Q2_K: return shifted(load32(block + 16 + 32 * half), -2 * quarter) & 3;
    case CK_Q3_K:
      return (shifted(load32(block + 32 + 32 * half), -2 * quarter) & 3) | (shifted(load32(block), 2 - (int)index) & 4);
    case CK_Q4_K: return shifted(load32(block + 16 + index / 2 * 32), index % 2 ? -4 : 0) & 15;
    case CK_Q5_K:
      return (shifted(load32(block + 48 + index / 2 * 32), index % 2 ? -4 : 0) & 15) |
             (shifted(load32(block + 16), 4 - (int)index) & 16);
    case CK_Q6_K:
      return (shifted(load32(block + 64 * half + 32 * (index % 2)), quarter / 2 ? -4 : 0) & 15) |
             (shifted(load32(block + 128 + 32 * half), 4 - 2 * quarter) & 48);
    default: return (vu8x32){0};
  }
}

/// The stored quants of one part of a group: those of the other are the zero point.
INLINE vu8x32 stored_part(const ck_type type, vu8x32 quants, int part) {
  const uint8_t zero_point = (uint8_t)ck_zero_point(type);
  const vu8x32 first_half = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
  vu8x32 mask = type == CK_NVFP4 ? first_half : (vu8x32)(quants > zero_point);
  if (part == 1) mask = ~mask;
  return (quants & mask) | (zero_point & ~mask);
}

/// Types with signed quants of 8 bits. All others are stored unsigned, in at most 6 bits.
INLINE int has_signed_bytes(ck_type type) { return type == CK_Q8_0 || type == CK_IQ4_NL || type == CK_IQ4_XS; }
