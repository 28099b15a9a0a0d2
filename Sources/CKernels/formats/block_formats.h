// SPDX-License-Identifier: Apache-2.0

// The layouts of quantized blocks, read one group of 32 weights at a time, in plain C.
//
// A block is one group, or eight groups that share a scale: a superblock of 256 weights. Every weight of every type is
//   scale * factor * q - minimum * minimum_factor
// with one factor and one minimum factor for each half of a group, 16 weights. ggml calls these d, scales, qs, dmin and
// mins. The layouts are ggml's (see gguf 0.19, quants.py). Types without a minimum store q + ck_zero_point(type).
//
// Two types have groups of two parts with a scale each instead (ck_part_count): of NVFP4, the halves of a group; of
// AMXFP4, its positive and its negative weights. A product is the sum of the products of the parts.
//
// Three layouts are this program's own:
// - AMXFP4 (arXiv 2411.09909): the scale of positive weights and that of negative weights, each a byte of the floating-
//   point format E5M2, then 32 values of E2M1.
// - DINT4 (arXiv 2311.05161): half a step in half precision, then 32 nibbles. A nibble is one of the integers -7...6
//   or one half or minus one half, in steps: fewer small weights become zero.
// - SAWB2 (Choi et al. 2018, "Bridging the accuracy gap for 2-bit quantized neural networks"): 256 weights in 2 bits
//   each, laid out as TQ2_0. All blocks of a row have the same scale, and a weight is -3, -1, 1 or 3 times the scale.
#ifndef EDGEASSIST_CKERNELS_BLOCK_FORMATS_H
#define EDGEASSIST_CKERNELS_BLOCK_FORMATS_H

#include "internal.h"

static inline int ck_is_quantized(ck_type type) { return type != CK_F32 && type != CK_F16 && type != CK_BF16; }

/// Weights of a block; 1 for types without blocks.
static inline size_t ck_block_weights(ck_type type) {
  switch (type) {
    case CK_F32:
    case CK_F16:
    case CK_BF16: return 1;
    case CK_Q2_K:
    case CK_Q3_K:
    case CK_Q4_K:
    case CK_Q5_K:
    case CK_Q6_K:
    case CK_IQ4_XS:
    case CK_TQ1_0:
    case CK_TQ2_0:
    case CK_SAWB2: return 256;
    case CK_NVFP4: return 64;
    default: return CK_BLOCK;
  }
}

static inline size_t ck_block_bytes(ck_type type) {
  switch (type) {
    case CK_F32: return 4;
    case CK_F16:
    case CK_BF16: return 2;
    case CK_Q8_0: return 34;  // scale, 32 bytes
    case CK_Q4_0:
    case CK_IQ4_NL:
    case CK_DINT4: return 18;    // scale, 16 bytes of nibbles
    case CK_AMXFP4: return 18;   // two scales of a byte, nibbles
    case CK_Q4_1: return 20;     // scale, minimum, nibbles
    case CK_Q5_0: return 22;     // scale, 4 bytes of fifth bits, nibbles
    case CK_Q5_1: return 24;     // scale, minimum, fifth bits, nibbles
    case CK_MXFP4: return 17;    // exponent, nibbles
    case CK_Q2_K: return 84;     // 16 bytes of factors, 64 of bit pairs, scale, minimum
    case CK_Q3_K: return 110;    // 32 bytes of third bits, 64 of bit pairs, 12 of factors, scale
    case CK_Q4_K: return 144;    // scale, minimum, 12 bytes of factors, 128 of nibbles
    case CK_Q5_K: return 176;    // scale, minimum, 12 bytes of factors, 32 of fifth bits, 128 of nibbles
    case CK_Q6_K: return 210;    // 128 bytes of nibbles, 64 of fifth and sixth bits, 16 factors, scale
    case CK_IQ4_XS: return 136;  // scale, 6 bytes of factors, 128 of nibbles
    case CK_NVFP4: return 36;    // 4 scales of a byte, 32 bytes of nibbles
    case CK_TQ1_0: return 54;    // 48 bytes of five digits of base 3, 4 bytes of four, scale
    case CK_TQ2_0:
    case CK_SAWB2: return 66;  // 64 bytes of bit pairs, scale
    default: return 0;         // panels have no blocks
  }
}

/// Whether quants are -1, 0 or 1.
static inline int ck_is_ternary(ck_type type) { return type == CK_TQ1_0 || type == CK_TQ2_0; }

/// Whether each half of a group has a factor of its own. If not, its two factors are equal.
static inline int ck_has_half_factors(ck_type type) { return type == CK_Q2_K || type == CK_Q3_K || type == CK_Q6_K; }

static inline int ck_has_minimum(ck_type type) {
  return type == CK_Q4_1 || type == CK_Q5_1 || type == CK_Q2_K || type == CK_Q4_K || type == CK_Q5_K;
}

/// The zero point of types that store unsigned quants without a minimum, 0 for others. Types of E2M1 and DINT4 store
/// indices into a table of signed values, which a zero point makes unsigned.
static inline int ck_zero_point(ck_type type) {
  switch (type) {
    case CK_TQ1_0:
    case CK_TQ2_0: return 1;
    case CK_SAWB2: return 3;
    case CK_Q3_K: return 4;
    case CK_Q4_0: return 8;
    case CK_MXFP4:
    case CK_NVFP4:
    case CK_AMXFP4: return 12;
    case CK_DINT4: return 14;
    case CK_Q5_0: return 16;
    case CK_Q6_K: return 32;
    default: return 0;
  }
}

/// The largest quant of a type, as it is multiplied: signed quants of 8 bits without their sign, others with the zero
/// point.
static inline int ck_largest_stored_quant(ck_type type) {
  switch (type) {
    case CK_TQ1_0: return 2;
    case CK_Q2_K:
    case CK_TQ2_0: return 3;
    case CK_SAWB2: return 6;
    case CK_Q3_K: return 7;
    case CK_Q4_0:
    case CK_Q4_1:
    case CK_Q4_K: return 15;
    case CK_MXFP4:
    case CK_NVFP4:
    case CK_AMXFP4: return 24;
    case CK_DINT4: return 26;
    case CK_Q5_0:
    case CK_Q5_1:
    case CK_Q5_K: return 31;
    case CK_Q6_K: return 63;
    case CK_IQ4_NL:
    case CK_IQ4_XS: return 127;
    default: return 128;
  }
}

/// The most products of such quants with activations whose sum fits 16 bits.
static inline size_t ck_chunk_in_16_bits(int largest) { return largest > 0 ? INT16_MAX / (size_t)(largest * 127) : 0; }

/// Parts of a group that have a scale each.
static inline int ck_part_count(ck_type type) { return type == CK_NVFP4 || type == CK_AMXFP4 ? 2 : 1; }

/// The block that holds group `group` of a row.
static inline const uint8_t *ck_block_of(ck_type type, const uint8_t *row, size_t group) {
  return row + group / (ck_block_weights(type) / CK_BLOCK) * ck_block_bytes(type);
}

/// The index of that group in its block.
static inline size_t ck_group_index(ck_type type, size_t group) { return group % (ck_block_weights(type) / CK_BLOCK); }

/// The values of the 16 indices of IQ4_NL and IQ4_XS.
static const int8_t ck_iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
/// Twice the values of the 4-bit floating-point format E2M1.
static const int8_t ck_e2m1_values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

/// The values of DINT4 in half steps, in ascending order.
static const int8_t ck_dint4_values[16] = {-14, -12, -10, -8, -6, -4, -2, -1, 0, 1, 2, 4, 6, 8, 10, 12};

/// The signed quants of the 16 nibbles of a type; NULL where nibbles are quants.
static inline const int8_t *ck_codebook(ck_type type) {
  switch (type) {
    case CK_IQ4_NL:
    case CK_IQ4_XS: return ck_iq4_values;
    case CK_MXFP4:
    case CK_NVFP4:
    case CK_AMXFP4: return ck_e2m1_values;
    case CK_DINT4: return ck_dint4_values;
    default: return NULL;
  }
}

/// Half the value of an E4M3 number without its sign; 0 for "not a number", as in ggml.
static inline float ck_e4m3_half(uint8_t bits) {
  return bits == 0x7f ? 0 : ck_float_of_bits((uint32_t)(bits & 0x7f) << 20) * 0x1p119f;
}

/// Half the value of an E5M2 number without its sign. E5M2 is half precision without its last byte.
static inline float ck_e5m2_half(uint8_t bits) { return ck_half_to_float((uint16_t)((bits & 0x7f) << 8)) / 2; }

/// Half the value of an E8M0 exponent, 2^(exponent - 127) (OCP Microscaling Formats 1.0). The values of E2M1 here are
/// doubled in return.
static inline float ck_e8m0_half(uint8_t exponent) {
  return ck_float_of_bits(exponent < 2 ? 0x00200000u << exponent : (uint32_t)(exponent - 1) << 23);
}

/// The scales of a group.
typedef struct {
  float scale, minimum;
  int16_t factors[2], minimum_factors[2];
  float part_scales[2];  // in place of `scale` and `factors`, of types with two parts
} ck_group;

/// Factor and minimum factor `index` of a superblock of Q4_K or Q5_K: 8 of each, 6 bits each, packed in 12 bytes.
static inline void ck_six_bit_factors(const uint8_t *packed, size_t index, int *factor, int *minimum) {
  if (index < 4) {
    *factor = packed[index] & 63;
    *minimum = packed[index + 4] & 63;
  } else {
    *factor = (packed[index + 4] & 15) | (packed[index - 4] >> 2 & 48);
    *minimum = packed[index + 4] >> 4 | (packed[index] >> 2 & 48);
  }
}

/// Factor `index` of a superblock of Q3_K: 16 of 6 bits, the low 4 bits packed in 8 bytes, the high 2 bits in 4 bytes.
static inline int ck_q3_factor(const uint8_t *packed, size_t index) {
  const int low = packed[index % 8] >> (index / 8 * 4) & 15, high = packed[8 + index % 4] >> (index / 4 * 2) & 3;
  return (low | high << 4) - 32;
}

static inline ck_group ck_read_group(ck_type type, const uint8_t *block, size_t index) {
  ck_group group = {0, 0, {1, 1}, {1, 1}, {0, 0}};
  int factor, minimum;
  switch (type) {
    case CK_Q4_1:
    case CK_Q5_1: group.minimum = -ck_half_to_float(ck_load_u16(block + 2));  // fallthrough
    case CK_Q8_0:
    case CK_Q4_0:
    case CK_Q5_0:
    case CK_IQ4_NL:
    case CK_DINT4: group.scale = ck_half_to_float(ck_load_u16(block)); break;
    case CK_NVFP4:
      for (size_t p = 0; p < 2; p++) group.part_scales[p] = ck_e4m3_half(block[2 * index + p]);
      break;
    case CK_AMXFP4:
      for (size_t p = 0; p < 2; p++) group.part_scales[p] = ck_e5m2_half(block[p]);
      break;
    case CK_TQ1_0: group.scale = ck_half_to_float(ck_load_u16(block + 52)); break;
    case CK_TQ2_0:
    case CK_SAWB2: group.scale = ck_half_to_float(ck_load_u16(block + 64)); break;
    case CK_MXFP4: group.scale = ck_e8m0_half(block[0]); break;
    case CK_Q2_K:
      group.scale = ck_half_to_float(ck_load_u16(block + 80));
      group.minimum = ck_half_to_float(ck_load_u16(block + 82));
      for (size_t h = 0; h < 2; h++) {
        group.factors[h] = block[2 * index + h] & 15;
        group.minimum_factors[h] = block[2 * index + h] >> 4;
      }
      break;
    case CK_Q3_K:
      group.scale = ck_half_to_float(ck_load_u16(block + 108));
      for (size_t h = 0; h < 2; h++) group.factors[h] = (int16_t)ck_q3_factor(block + 96, 2 * index + h);
      break;
    case CK_Q4_K:
    case CK_Q5_K:
      group.scale = ck_half_to_float(ck_load_u16(block));
      group.minimum = ck_half_to_float(ck_load_u16(block + 2));
      ck_six_bit_factors(block + 4, index, &factor, &minimum);
      group.factors[0] = group.factors[1] = (int16_t)factor;
      group.minimum_factors[0] = group.minimum_factors[1] = (int16_t)minimum;
      break;
    case CK_Q6_K:
      group.scale = ck_half_to_float(ck_load_u16(block + 208));
      for (size_t h = 0; h < 2; h++) group.factors[h] = (int8_t)block[192 + 2 * index + h];
      break;
    case CK_IQ4_XS:
      group.scale = ck_half_to_float(ck_load_u16(block));
      factor = (block[4 + index / 2] >> (index % 2 * 4) & 15) | (ck_load_u16(block + 2) >> (2 * index) & 3) << 4;
      group.factors[0] = group.factors[1] = (int16_t)(factor - 32);
      break;
    default: break;
  }
  return group;
}

/// Powers of 3. A byte of TQ1_0 times the power `n`, without its higher bits, is digit `n` as a fraction of 256.
static const uint8_t ck_powers_of_3[5] = {1, 3, 9, 27, 81};

/// The digit of base 3 of weight `i` of a block of TQ1_0: five to a byte, the last 16 weights four to a byte.
static inline int ck_ternary_digit(const uint8_t *block, size_t i) {
  size_t byte = i % 32, power = i / 32;
  if (i >= 240) byte = 48 + i % 4, power = (i - 240) / 4;
  else if (i >= 160) byte = 32 + i % 16, power = (i - 160) / 16;
  return (uint8_t)(block[byte] * ck_powers_of_3[power]) * 3 >> 8;
}

/// The part of a group that a weight belongs to.
static inline int ck_part_of(ck_type type, int column, int8_t quant) {
  if (type == CK_NVFP4) return column / 16;
  return type == CK_AMXFP4 ? quant < 0 : 0;
}

/// The quants of a group, signed, in the order of columns.
static inline void ck_group_quants(ck_type type, const uint8_t *block, size_t index, int8_t *out) {
  const size_t quarter = index % 4, half = index / 4;
  const uint8_t *data = block + 2;
  uint32_t fifth = 0;
  switch (type) {
    case CK_Q8_0: memcpy(out, data, CK_BLOCK); return;
    case CK_Q2_K:
      for (int i = 0; i < CK_BLOCK; i++) out[i] = (int8_t)(block[16 + 32 * half + i] >> (2 * quarter) & 3);
      return;
    case CK_Q3_K:
      for (int i = 0; i < CK_BLOCK; i++) {
        const int low = block[32 + 32 * half + i] >> (2 * quarter) & 3, high = block[i] >> index & 1;
        out[i] = (int8_t)(low + 4 * high - 4);
      }
      return;
    case CK_Q4_K:
      for (int i = 0; i < CK_BLOCK; i++) out[i] = (int8_t)(block[16 + index / 2 * 32 + i] >> (index % 2 * 4) & 15);
      return;
    case CK_Q5_K:
      for (int i = 0; i < CK_BLOCK; i++) {
        const int low = block[48 + index / 2 * 32 + i] >> (index % 2 * 4) & 15, high = block[16 + i] >> index & 1;
        out[i] = (int8_t)(low + 16 * high);
      }
      return;
    case CK_Q6_K:
      for (int i = 0; i < CK_BLOCK; i++) {
        const int low = block[64 * half + 32 * (quarter % 2) + i] >> (quarter / 2 * 4) & 15;
        const int high = block[128 + 32 * half + i] >> (2 * quarter) & 3;
        out[i] = (int8_t)(low + 16 * high - 32);
      }
      return;
    case CK_TQ1_0:
      for (size_t i = 0; i < CK_BLOCK; i++) out[i] = (int8_t)(ck_ternary_digit(block, index * CK_BLOCK + i) - 1);
      return;
    case CK_TQ2_0:
    case CK_SAWB2:
      for (int i = 0; i < CK_BLOCK; i++) {
        const int code = block[32 * half + i] >> (2 * quarter) & 3;
        out[i] = (int8_t)(type == CK_TQ2_0 ? code - 1 : 2 * code - 3);
      }
      return;
    case CK_NVFP4:
      for (size_t i = 0; i < CK_BLOCK; i++)
        out[i] = ck_e2m1_values[block[4 + 16 * index + i / 16 * 8 + i % 8] >> (i / 8 % 2 * 4) & 15];
      return;
    case CK_Q5_0:
    case CK_Q5_1:
      data = block + (type == CK_Q5_0 ? 6 : 8);
      memcpy(&fifth, data - 4, 4);
      break;
    case CK_Q4_1: data = block + 4; break;
    case CK_MXFP4: data = block + 1; break;
    case CK_IQ4_XS: data = block + 8 + 16 * index; break;
    default: break;
  }
  const int8_t *codebook = ck_codebook(type);
  for (int i = 0; i < CK_BLOCK; i++) {
    const int nibble = data[i % 16] >> (i / 16 * 4) & 15;
    if (codebook) out[i] = codebook[nibble];
    else out[i] = (int8_t)(nibble + (int)(fifth >> i & 1) * 16 - ck_zero_point(type));
  }
}

#endif
