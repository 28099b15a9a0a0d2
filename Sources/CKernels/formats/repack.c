// SPDX-License-Identifier: Apache-2.0

// Repacks the rows of a matrix into panels.
#include "formats/panel_layout.h"

ck_type ck_repacked_type(ck_type type, size_t columns) {
  switch (type) {
    case CK_Q8_0: return CK_PANELS_Q8_0;
    case CK_Q4_0: return CK_PANELS_Q4_0;
    case CK_Q5_0: return CK_PANELS_Q5_0;
    case CK_Q4_K: return CK_PANELS_Q4_K;
    case CK_Q6_K: return CK_PANELS_Q6_K;
    case CK_F32:
    case CK_F16:
    case CK_BF16: return columns % CK_BLOCK == 0 ? CK_PANELS_Q8_0 : CK_F32;
    default: return CK_F32;
  }
}

size_t ck_panel_bytes(ck_type panels, size_t columns) {
  return ck_panel_quants_at(panels, columns) + columns / CK_BLOCK * ck_panel_group_bytes(panels);
}

/// Writes the words of one row of a group, which alternate with those of the other 15 rows.
static void store_words(const uint8_t *bytes, size_t words, uint8_t *target) {
  for (size_t w = 0; w < words; w++) memcpy(target + w * 4 * CK_PANEL_ROWS, bytes + 4 * w, 4);
}

static void repack_q8_0(const uint8_t *row, size_t groups, uint8_t zero_point, uint8_t *scales, uint8_t *quants) {
  for (size_t g = 0; g < groups; g++, row += ck_block_bytes(CK_Q8_0), quants += ck_panel_group_bytes(CK_PANELS_Q8_0)) {
    uint8_t stored[CK_BLOCK];
    for (size_t i = 0; i < CK_BLOCK; i++) stored[i] = (uint8_t)(row[2 + i] + zero_point);
    memcpy(scales + g * 2 * CK_PANEL_ROWS, row, 2);
    store_words(stored, 8, quants);
  }
}

static void repack_q4_0(const uint8_t *row, size_t groups, uint8_t *scales, uint8_t *quants) {
  for (size_t g = 0; g < groups; g++, row += ck_block_bytes(CK_Q4_0), quants += ck_panel_group_bytes(CK_PANELS_Q4_0)) {
    memcpy(scales + g * 2 * CK_PANEL_ROWS, row, 2);
    store_words(row + 2, 4, quants);
  }
}

/// Writes a group of unsigned quants as words of nibbles and words of the higher bits.
static void store_nibbles_and_bits(const uint8_t stored[CK_BLOCK], ck_type panels, uint8_t *target) {
  const int width = panels == CK_PANELS_Q5_0 ? 1 : 2, words = 4 / width;  // words of nibbles for each word of bits
  const uint32_t mask = width == 1 ? 0x01010101u : 0x03030303u;
  uint32_t fours[8], nibbles[4], bits[2] = {0, 0};
  memcpy(fours, stored, sizeof fours);
  for (int w = 0; w < 4; w++) {
    const uint32_t low = fours[w], high = fours[4 + w];
    nibbles[w] = (low & 0x0f0f0f0fu) | (high & 0x0f0f0f0fu) << 4;
    bits[w / words] |= (low >> 4 & mask) << (2 * (w % words) * width);
    bits[w / words] |= (high >> 4 & mask) << ((2 * (w % words) + 1) * width);
  }
  store_words((const uint8_t *)nibbles, 4, target);
  store_words((const uint8_t *)bits, (size_t)width, target + CK_PANEL_BITS);
}

static void repack_q5_0(const uint8_t *row, size_t groups, uint8_t *scales, uint8_t *quants) {
  for (size_t g = 0; g < groups; g++, row += ck_block_bytes(CK_Q5_0), quants += ck_panel_group_bytes(CK_PANELS_Q5_0)) {
    uint8_t stored[CK_BLOCK];
    uint32_t fifth;
    memcpy(&fifth, row + 2, 4);
    for (size_t i = 0; i < CK_BLOCK; i++)
      stored[i] = (uint8_t)((row[6 + i % 16] >> (i / 16 * 4) & 15) | (fifth >> i & 1) << 4);
    memcpy(scales + g * 2 * CK_PANEL_ROWS, row, 2);
    store_nibbles_and_bits(stored, CK_PANELS_Q5_0, quants);
  }
}

static void repack_q6_k(const uint8_t *block, size_t row, uint8_t *scales, uint8_t *quants) {
  memcpy(scales + 2 * row, block + 208, 2);
  for (size_t g = 0; g < 8; g++, quants += ck_panel_group_bytes(CK_PANELS_Q6_K)) {
    uint8_t *factors = scales + ck_panel_factors_at(CK_PANELS_Q6_K) + g * 32;
    factors[row] = block[192 + 2 * g];
    factors[16 + row] = block[192 + 2 * g + 1];
    int8_t qs[CK_BLOCK];
    uint8_t stored[CK_BLOCK];
    ck_group_quants(CK_Q6_K, block, g, qs);
    for (size_t i = 0; i < CK_BLOCK; i++) stored[i] = (uint8_t)(qs[i] + ck_zero_point(CK_Q6_K));
    store_nibbles_and_bits(stored, CK_PANELS_Q6_K, quants + 4 * row);
  }
}

/// Two groups share 32 bytes of a Q4_K block, one in the low nibbles and one in the high nibbles.
static void repack_q4_k(const uint8_t *block, size_t row, uint8_t *scales, uint8_t *quants) {
  memcpy(scales + 2 * row, block, 2);
  memcpy(scales + 32 + 2 * row, block + 2, 2);
  for (size_t g = 0; g < 8; g++, quants += ck_panel_group_bytes(CK_PANELS_Q4_K)) {
    int factor, minimum;
    ck_six_bit_factors(block + 4, g, &factor, &minimum);
    uint8_t *factors = scales + ck_panel_factors_at(CK_PANELS_Q4_K) + g * 32;
    factors[row] = (uint8_t)factor;
    factors[16 + row] = (uint8_t)minimum;
    const uint8_t *both = block + 16 + g / 2 * 32;
    uint8_t stored[16];
    for (size_t i = 0; i < 16; i++)
      stored[i] = g % 2 ? (uint8_t)(both[i] >> 4 | (both[16 + i] & 0xf0))
                        : (uint8_t)((both[i] & 15) | (both[16 + i] & 15) << 4);
    store_words(stored, 4, quants + 4 * row);
  }
}

/// Quantizes a row of floats to 8 bits.
static void repack_floats(const ck_kernels *kernels, ck_type type, const uint8_t *row, size_t columns,
                          uint8_t zero_point, uint8_t *scales, uint8_t *quants) {
  enum { part = 256 };
  const size_t size = ck_block_bytes(type);
  for (size_t start = 0; start < columns; start += part) {
    const size_t count = columns - start < part ? columns - start : part;
    float values[part], block_scales[part / CK_BLOCK], dsums[part / CK_BLOCK];
    int8_t qs[part];
    int16_t qs16[part], bsums[part / 16];
    int32_t corrections[part / CK_BLOCK];
    const ck_quantized quantized = {qs, qs16, block_scales, bsums, corrections, dsums};
    if (type == CK_F16 && (uintptr_t)row % 2 == 0)
      kernels->f16_to_f32((const uint16_t *)(const void *)(row + start * size), values, count);
    else ck_dequantize(type, row + start * size, values, count);
    kernels->quantize_activations(values, count, &quantized);
    for (size_t g = 0; g < count / CK_BLOCK; g++, quants += ck_panel_group_bytes(CK_PANELS_Q8_0)) {
      const uint16_t half = ck_float_to_half(block_scales[g]);
      memcpy(scales, &half, 2);
      scales += 2 * CK_PANEL_ROWS;
      uint8_t stored[CK_BLOCK];
      for (size_t i = 0; i < CK_BLOCK; i++) stored[i] = (uint8_t)(qs[g * CK_BLOCK + i] + zero_point);
      store_words(stored, 8, quants);
    }
  }
}

void ck_repack(const ck_kernels *kernels, ck_type type, const void *weights, size_t row_bytes, size_t rows,
               size_t columns, size_t first, size_t last, void *panels) {
  const ck_type panel_type = ck_repacked_type(type, columns);
  const size_t groups = columns / CK_BLOCK, quants_at = ck_panel_quants_at(panel_type, columns);
  for (size_t r = first; r < (last + 15) / 16 * 16; r++) {
    uint8_t *panel = (uint8_t *)panels + r / 16 * ck_panel_bytes(panel_type, columns);
    if (r % 16 == 0 && r + 16 > rows) memset(panel, 0, ck_panel_bytes(panel_type, columns));
    if (r >= rows) break;
    const uint8_t *row = (const uint8_t *)weights + r * row_bytes;
    uint8_t *scales = panel + 2 * (r % 16), *quants = panel + quants_at + 4 * (r % 16);
    if (type == CK_Q8_0) repack_q8_0(row, groups, kernels->panel_zero_point, scales, quants);
    else if (type == CK_Q4_0) repack_q4_0(row, groups, scales, quants);
    else if (type == CK_Q5_0) repack_q5_0(row, groups, scales, quants);
    else if (ck_panel_has_superblocks(panel_type))
      for (size_t b = 0; b < groups / 8; b++)
        (type == CK_Q4_K ? repack_q4_k : repack_q6_k)(row + b * ck_block_bytes(type), r % 16,
                                                      panel + b * ck_panel_superblock_bytes(panel_type),
                                                      panel + quants_at + b * 8 * ck_panel_group_bytes(panel_type));
    else repack_floats(kernels, type, row, columns, kernels->panel_zero_point, scales, quants);
  }
}
