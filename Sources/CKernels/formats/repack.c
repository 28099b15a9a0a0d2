// SPDX-License-Identifier: Apache-2.0

// Repacks the rows of a matrix into panels.
#include "formats/panel_layout.h"

ck_type ck_repacked_type(ck_type type, size_t columns) {
  if (!ck_is_quantized(type)) return columns % CK_BLOCK == 0 ? CK_PANELS_Q8_0 : CK_F32;
  for (ck_type panels = CK_PANELS_Q8_0; panels <= CK_PANELS_SAWB2; panels++)
    if (ck_panel_source(panels) == (type == CK_TQ1_0 ? CK_TQ2_0 : type)) return panels;
  return CK_F32;
}

size_t ck_panel_bytes(ck_type panels, size_t columns) {
  return ck_panel_quants_at(panels, columns) + columns / CK_BLOCK * ck_panel_group_bytes(panels);
}

/// Writes the words of one row of a group, which alternate with those of the other 15 rows.
static void store_words(const uint8_t *bytes, size_t words, uint8_t *target) {
  for (size_t w = 0; w < words; w++) memcpy(target + w * 4 * CK_PANEL_ROWS, bytes + 4 * w, 4);
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

/// The 16 bytes of nibbles of a group: those of its first half are the low ones.
INLINE void group_nibbles(const ck_type type, const uint8_t *block, size_t index, uint8_t nibbles[16]) {
  const uint8_t *both = block + 16 + index / 2 * 32, *eights = block + 4 + 16 * index;
  switch (type) {
    case CK_Q4_K:
      // Two groups share 32 bytes, one in the low nibbles and one in the high nibbles.
      for (size_t i = 0; i < 16; i++)
        nibbles[i] = index % 2 ? (uint8_t)(both[i] >> 4 | (both[16 + i] & 0xf0))
                               : (uint8_t)((both[i] & 15) | (both[16 + i] & 15) << 4);
      return;
    case CK_NVFP4:
      // The two halves have 8 bytes each.
      for (size_t i = 0; i < 16; i++) {
        const int shift = i / 8 * 4;
        nibbles[i] = (uint8_t)((eights[i % 8] >> shift & 15) | (eights[8 + i % 8] >> shift & 15) << 4);
      }
      return;
    case CK_IQ4_XS: memcpy(nibbles, block + 8 + 16 * index, 16); return;
    case CK_Q4_1: memcpy(nibbles, block + 4, 16); return;
    case CK_MXFP4: memcpy(nibbles, block + 1, 16); return;
    default: memcpy(nibbles, block + 2, 16);
  }
}

/// Writes a group of quants of 2 bits as a word for each half.
static void store_pairs_of_bits(const uint8_t stored[CK_BLOCK], uint8_t *target) {
  uint32_t fours[8], words[2] = {0, 0};
  memcpy(fours, stored, sizeof fours);
  for (int w = 0; w < 8; w++) words[w / 4] |= fours[w] << (2 * (w % 4));
  store_words((const uint8_t *)words, 2, target);
}

/// Writes the quants of one row of a group.
INLINE void store_quants(const ck_type type, const uint8_t *block, size_t index, uint8_t zero_point, uint8_t *target) {
  uint8_t stored[CK_BLOCK];
  if (type == CK_Q8_0 || type == CK_Q5_0 || type == CK_Q6_K) {
    int8_t quants[CK_BLOCK];
    ck_group_quants(type, block, index, quants);
    const int added = type == CK_Q8_0 ? zero_point : ck_zero_point(type);
    for (size_t i = 0; i < CK_BLOCK; i++) stored[i] = (uint8_t)(quants[i] + added);
    if (type == CK_Q8_0) store_words(stored, 8, target);
    else store_nibbles_and_bits(stored, type == CK_Q5_0 ? CK_PANELS_Q5_0 : CK_PANELS_Q6_K, target);
  } else if (type == CK_TQ1_0 || type == CK_TQ2_0 || type == CK_SAWB2) {
    int8_t quants[CK_BLOCK];
    ck_group_quants(type, block, index, quants);
    // Of SAWB2, the quants are odd.
    for (size_t i = 0; i < CK_BLOCK; i++)
      stored[i] = (uint8_t)((quants[i] + ck_zero_point(type)) >> (type == CK_SAWB2 ? 1 : 0));
    store_pairs_of_bits(stored, target);
  } else {
    group_nibbles(type, block, index, stored);
    store_words(stored, 4, target);
  }
}

/// Writes the scales of one row of a group; `scales` are those of its block, `index` is its place there.
INLINE void store_scales(const ck_type type, const uint8_t *block, size_t index, size_t row, uint8_t *scales) {
  const ck_group group = ck_read_group(type, block, index);
  switch (type) {
    case CK_MXFP4: scales[row] = block[0]; return;
    case CK_AMXFP4:
      for (size_t p = 0; p < 2; p++) scales[16 * p + row] = block[p] & 0x7f;
      return;
    case CK_NVFP4:
      // Without "not a number", which is read as 0.
      for (size_t p = 0; p < 2; p++) scales[16 * p + row] = group.part_scales[p] > 0 ? block[2 * index + p] & 0x7f : 0;
      return;
    case CK_TQ1_0:
    case CK_TQ2_0:
    case CK_SAWB2: memcpy(scales + 2 * row, block + (type == CK_TQ1_0 ? 52 : 64), 2); return;
    case CK_Q4_K:
    case CK_Q6_K:
    case CK_IQ4_XS: {
      uint8_t *factors = scales + ck_panel_factors_at(ck_repacked_type(type, 256));
      factors += index * ck_panel_factor_bytes(ck_repacked_type(type, 256));
      memcpy(scales + 2 * row, block + (type == CK_Q6_K ? 208 : 0), 2);
      factors[row] = (uint8_t)group.factors[0];
      if (type == CK_Q6_K) factors[16 + row] = (uint8_t)group.factors[1];
      if (type != CK_Q4_K) return;
      factors[16 + row] = (uint8_t)group.minimum_factors[0];
      memcpy(scales + 32 + 2 * row, block + 2, 2);
      return;
    }
    default:
      memcpy(scales + 2 * row, block, 2);
      if (type == CK_Q4_1) ck_store_half(scales + 32 + 2 * row, group.minimum);
  }
}

INLINE void repack_row(const ck_type type, const uint8_t *row, size_t groups, uint8_t zero_point, size_t r,
                       uint8_t *panel, uint8_t *quants) {
  const ck_type panels = ck_repacked_type(type, 256);
  for (size_t g = 0; g < groups; g++, quants += ck_panel_group_bytes(panels)) {
    const uint8_t *block = ck_block_of(type, row, g);
    const size_t index = ck_group_index(type, g);
    store_scales(type, block, index, r, panel + ck_panel_scales_at(panels, g));
    store_quants(type, block, index, zero_point, quants);
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
    const uint8_t zero_point = kernels->panel_zero_point;
    switch (type) {
      case CK_Q8_0: repack_row(CK_Q8_0, row, groups, zero_point, r % 16, panel, quants); break;
      case CK_Q4_0: repack_row(CK_Q4_0, row, groups, zero_point, r % 16, panel, quants); break;
      case CK_Q4_1: repack_row(CK_Q4_1, row, groups, zero_point, r % 16, panel, quants); break;
      case CK_Q5_0: repack_row(CK_Q5_0, row, groups, zero_point, r % 16, panel, quants); break;
      case CK_Q4_K: repack_row(CK_Q4_K, row, groups, zero_point, r % 16, panel, quants); break;
      case CK_Q6_K: repack_row(CK_Q6_K, row, groups, zero_point, r % 16, panel, quants); break;
      case CK_IQ4_NL: repack_row(CK_IQ4_NL, row, groups, zero_point, r % 16, panel, quants); break;
      case CK_IQ4_XS: repack_row(CK_IQ4_XS, row, groups, zero_point, r % 16, panel, quants); break;
      case CK_MXFP4: repack_row(CK_MXFP4, row, groups, zero_point, r % 16, panel, quants); break;
      case CK_NVFP4: repack_row(CK_NVFP4, row, groups, zero_point, r % 16, panel, quants); break;
      case CK_AMXFP4: repack_row(CK_AMXFP4, row, groups, zero_point, r % 16, panel, quants); break;
      case CK_DINT4: repack_row(CK_DINT4, row, groups, zero_point, r % 16, panel, quants); break;
      case CK_TQ1_0: repack_row(CK_TQ1_0, row, groups, zero_point, r % 16, panel, quants); break;
      case CK_TQ2_0: repack_row(CK_TQ2_0, row, groups, zero_point, r % 16, panel, quants); break;
      case CK_SAWB2: repack_row(CK_SAWB2, row, groups, zero_point, r % 16, panel, quants); break;
      default: repack_floats(kernels, type, row, columns, zero_point, scales, quants);
    }
  }
}
