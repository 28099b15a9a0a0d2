// SPDX-License-Identifier: Apache-2.0

// Matrices turned into panels.
#include "panels.h"

ck_type ck_panels_of(ck_type type, size_t columns) {
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
  return ck_panel_integers_at(panels, columns) + columns / CK_BLOCK * ck_panel_group_bytes(panels);
}

/// Words of a row's group among those of 16 rows.
static void place_words(const uint8_t *bytes, size_t words, uint8_t *target) {
  for (size_t w = 0; w < words; w++) memcpy(target + w * 4 * CK_PANEL_ROWS, bytes + 4 * w, 4);
}

static void turn_bytes(const uint8_t *row, size_t groups, uint8_t excess, uint8_t *scales, uint8_t *integers) {
  for (size_t g = 0; g < groups; g++, row += 34, integers += ck_panel_group_bytes(CK_PANELS_Q8_0)) {
    uint8_t stored[CK_BLOCK];
    for (size_t i = 0; i < CK_BLOCK; i++) stored[i] = (uint8_t)(row[2 + i] + excess);
    memcpy(scales + g * 2 * CK_PANEL_ROWS, row, 2);
    place_words(stored, 8, integers);
  }
}

static void turn_nibbles(const uint8_t *row, size_t groups, uint8_t *scales, uint8_t *integers) {
  for (size_t g = 0; g < groups; g++, row += 18, integers += ck_panel_group_bytes(CK_PANELS_Q4_0)) {
    memcpy(scales + g * 2 * CK_PANEL_ROWS, row, 2);
    place_words(row + 2, 4, integers);
  }
}

/// A group of integers without a sign as words of nibbles, and of words with the bits above these.
static void place_integers(const uint8_t stored[CK_BLOCK], ck_type panels, uint8_t *target) {
  const int width = panels == CK_PANELS_Q5_0 ? 1 : 2, words = 4 / width;  // words of nibbles whose bits a word holds
  const uint32_t mask = width == 1 ? 0x01010101u : 0x03030303u;
  uint32_t fours[8], nibbles[4], bits[2] = {0, 0};
  memcpy(fours, stored, sizeof fours);
  for (int w = 0; w < 4; w++) {
    const uint32_t low = fours[w], high = fours[4 + w];
    nibbles[w] = (low & 0x0f0f0f0fu) | (high & 0x0f0f0f0fu) << 4;
    bits[w / words] |= (low >> 4 & mask) << (2 * (w % words) * width);
    bits[w / words] |= (high >> 4 & mask) << ((2 * (w % words) + 1) * width);
  }
  place_words((const uint8_t *)nibbles, 4, target);
  place_words((const uint8_t *)bits, (size_t)width, target + CK_PANEL_BITS);
}

static void turn_five_bits(const uint8_t *row, size_t groups, uint8_t *scales, uint8_t *integers) {
  for (size_t g = 0; g < groups; g++, row += 22, integers += ck_panel_group_bytes(CK_PANELS_Q5_0)) {
    uint8_t stored[CK_BLOCK];
    uint32_t fifth;
    memcpy(&fifth, row + 2, 4);
    for (size_t i = 0; i < CK_BLOCK; i++)
      stored[i] = (uint8_t)((row[6 + i % 16] >> (i / 16 * 4) & 15) | (fifth >> i & 1) << 4);
    memcpy(scales + g * 2 * CK_PANEL_ROWS, row, 2);
    place_integers(stored, CK_PANELS_Q5_0, integers);
  }
}

static void turn_six_bits(const uint8_t *block, size_t row, uint8_t *scales, uint8_t *integers) {
  memcpy(scales + 2 * row, block + 208, 2);
  for (size_t g = 0; g < 8; g++, integers += ck_panel_group_bytes(CK_PANELS_Q6_K)) {
    uint8_t *factors = scales + ck_panel_factors_at(CK_PANELS_Q6_K) + g * 32;
    factors[row] = block[192 + 2 * g];
    factors[16 + row] = block[192 + 2 * g + 1];
    int8_t integer[CK_BLOCK];
    uint8_t stored[CK_BLOCK];
    ck_group_integers(CK_Q6_K, block, g, integer);
    for (size_t i = 0; i < CK_BLOCK; i++) stored[i] = (uint8_t)(integer[i] + 32);
    place_integers(stored, CK_PANELS_Q6_K, integers + 4 * row);
  }
}

/// Pairs of groups share 32 bytes of a Q4_K block, one in the low nibbles and one in the high ones.
static void turn_large_block(const uint8_t *block, size_t row, uint8_t *scales, uint8_t *integers) {
  memcpy(scales + 2 * row, block, 2);
  memcpy(scales + 32 + 2 * row, block + 2, 2);
  for (size_t g = 0; g < 8; g++, integers += ck_panel_group_bytes(CK_PANELS_Q4_K)) {
    int factor, minimum;
    ck_six_bit_pair(block + 4, g, &factor, &minimum);
    uint8_t *factors = scales + ck_panel_factors_at(CK_PANELS_Q4_K) + g * 32;
    factors[row] = (uint8_t)factor;
    factors[16 + row] = (uint8_t)minimum;
    const uint8_t *both = block + 16 + g / 2 * 32;
    uint8_t stored[16];
    for (size_t i = 0; i < 16; i++)
      stored[i] = g % 2 ? (uint8_t)(both[i] >> 4 | (both[16 + i] & 0xf0))
                        : (uint8_t)((both[i] & 15) | (both[16 + i] & 15) << 4);
    place_words(stored, 4, integers + 4 * row);
  }
}

/// A row of floats as blocks of 8-bit integers.
static void turn_floats(const ck_kernels *kernels, ck_type type, const uint8_t *row, size_t columns, uint8_t excess,
                        uint8_t *scales, uint8_t *integers) {
  enum { part = 256 };
  const size_t size = ck_block_bytes(type);
  for (size_t start = 0; start < columns; start += part) {
    const size_t count = columns - start < part ? columns - start : part;
    float values[part], block_scales[part / CK_BLOCK], scaled_sums[part / CK_BLOCK];
    int8_t numbers[part];
    int16_t wide[part], sums[part / 16];
    int32_t offsets[part / CK_BLOCK];
    const ck_quantized quantized = {numbers, wide, block_scales, sums, offsets, scaled_sums};
    if (type == CK_F16 && (uintptr_t)row % 2 == 0)
      kernels->f16_to_f32((const uint16_t *)(const void *)(row + start * size), values, count);
    else ck_unpack(type, row + start * size, values, count);
    kernels->quantize(values, count, &quantized);
    for (size_t g = 0; g < count / CK_BLOCK; g++, integers += ck_panel_group_bytes(CK_PANELS_Q8_0)) {
      const uint16_t half = ck_float_to_half(block_scales[g]);
      memcpy(scales, &half, 2);
      scales += 2 * CK_PANEL_ROWS;
      uint8_t stored[CK_BLOCK];
      for (size_t i = 0; i < CK_BLOCK; i++) stored[i] = (uint8_t)(numbers[g * CK_BLOCK + i] + excess);
      place_words(stored, 8, integers);
    }
  }
}

void ck_turn(const ck_kernels *kernels, ck_type type, const void *weights, size_t row_bytes, size_t rows,
             size_t columns, size_t first, size_t last, void *panels) {
  const ck_type kind = ck_panels_of(type, columns);
  const size_t groups = columns / CK_BLOCK, integers_at = ck_panel_integers_at(kind, columns);
  for (size_t r = first; r < (last + 15) / 16 * 16; r++) {
    uint8_t *panel = (uint8_t *)panels + r / 16 * ck_panel_bytes(kind, columns);
    if (r % 16 == 0 && r + 16 > rows) memset(panel, 0, ck_panel_bytes(kind, columns));
    if (r >= rows) break;
    const uint8_t *row = (const uint8_t *)weights + r * row_bytes;
    uint8_t *scales = panel + 2 * (r % 16), *integers = panel + integers_at + 4 * (r % 16);
    if (type == CK_Q8_0) turn_bytes(row, groups, kernels->panel_excess, scales, integers);
    else if (type == CK_Q4_0) turn_nibbles(row, groups, scales, integers);
    else if (type == CK_Q5_0) turn_five_bits(row, groups, scales, integers);
    else if (ck_has_panel_blocks(kind))
      for (size_t b = 0; b < groups / 8; b++)
        (type == CK_Q4_K ? turn_large_block : turn_six_bits)(
            row + b * ck_block_bytes(type), r % 16, panel + b * ck_panel_block_bytes(kind),
            panel + integers_at + b * 8 * ck_panel_group_bytes(kind));
    else turn_floats(kernels, type, row, columns, kernels->panel_excess, scales, integers);
  }
}
