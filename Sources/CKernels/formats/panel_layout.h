// SPDX-License-Identifier: Apache-2.0

// The layout of panels: 16 rows of a matrix, first their scales, then their quants.
//
// Quants are stored in words of four columns, [group][word][row], so that one load reads a word of all 16 rows. A group
// of 4-bit quants has four words: word w holds columns 4w... of the group in its low nibbles and 16 + 4w... in its high
// nibbles. After the nibbles of a group follow the higher bits:
// - CK_PANELS_Q5_0: the fifth bits, in one word. Bit 2w of a byte belongs to the low nibble of that byte in word w, bit
//   2w + 1 to the high nibble.
// - CK_PANELS_Q6_K: two bits each, in two words. The first belongs to words 0 and 1 in the same way, the second to 2
//   and 3.
//
// Nibbles of a type with a codebook (ck_codebook) are its indices. Those of all others are quants with a zero point.
// Quants of 2 bits, CK_PANELS_TQ2_0 and CK_PANELS_SAWB2, have two words in a group, one for each half: bits 2w and
// 2w + 1 of a byte belong to word w of that half.
//
// Scales are stored as [group][row] in half precision. CK_PANELS_Q4_1 has the minimums of a group behind its scales,
// with their sign changed. Scales of a byte are stored as [group][part][row], without their sign.
//
// Superblocks of 256 columns store 16 scales in half precision, CK_PANELS_Q4_K also 16 minimums. Then follow, for each
// group, 16 bytes of factors and 16 of minimum factors. CK_PANELS_Q6_K has the factors of the first and of the second
// half of the group instead, CK_PANELS_IQ4_XS has one factor, and quants of 2 bits have none.
#ifndef EDGEASSIST_CKERNELS_PANEL_LAYOUT_H
#define EDGEASSIST_CKERNELS_PANEL_LAYOUT_H

#include "formats/block_formats.h"

#define CK_PANEL_ROWS 16
/// Where the bits above the nibbles begin in a group of a panel, in bytes.
#define CK_PANEL_BITS 256

static inline int ck_is_panels(ck_type type) { return type >= CK_PANELS_Q8_0; }

/// Bytes of the quants of a group.
static inline size_t ck_panel_group_bytes(ck_type panels) {
  switch (panels) {
    case CK_PANELS_Q8_0: return 512;
    case CK_PANELS_Q5_0: return 256 + 64;
    case CK_PANELS_Q6_K: return 256 + 128;
    case CK_PANELS_TQ2_0:
    case CK_PANELS_SAWB2: return 128;
    default: return 256;
  }
}

/// The type that panels are made of. Factors, codebooks, zero points and parts are the same. CK_TQ1_0 is repacked as
/// CK_TQ2_0, which has the same quants.
static inline ck_type ck_panel_source(ck_type panels) {
  switch (panels) {
    case CK_PANELS_Q4_0: return CK_Q4_0;
    case CK_PANELS_Q4_1: return CK_Q4_1;
    case CK_PANELS_Q5_0: return CK_Q5_0;
    case CK_PANELS_Q4_K: return CK_Q4_K;
    case CK_PANELS_Q6_K: return CK_Q6_K;
    case CK_PANELS_IQ4_NL: return CK_IQ4_NL;
    case CK_PANELS_IQ4_XS: return CK_IQ4_XS;
    case CK_PANELS_MXFP4: return CK_MXFP4;
    case CK_PANELS_NVFP4: return CK_NVFP4;
    case CK_PANELS_AMXFP4: return CK_AMXFP4;
    case CK_PANELS_DINT4: return CK_DINT4;
    case CK_PANELS_TQ2_0: return CK_TQ2_0;
    case CK_PANELS_SAWB2: return CK_SAWB2;
    default: return CK_Q8_0;
  }
}

/// Whether each half of a group has sums of its own.
static inline int ck_panel_has_half_sums(ck_type panels) {
  return panels == CK_PANELS_Q6_K || panels == CK_PANELS_NVFP4;
}
/// Whether the positive and the negative weights of a group have sums of their own.
static inline int ck_panel_has_sign_sums(ck_type panels) { return panels == CK_PANELS_AMXFP4; }

/// Whether the scales of a panel are stored by superblocks of 256 columns.
static inline int ck_panel_has_superblocks(ck_type panels) { return ck_block_weights(ck_panel_source(panels)) == 256; }
/// Bytes of the factors of a group of a superblock.
static inline size_t ck_panel_factor_bytes(ck_type panels) {
  if (panels == CK_PANELS_TQ2_0 || panels == CK_PANELS_SAWB2) return 0;
  return panels == CK_PANELS_IQ4_XS ? 16 : 32;
}
/// Where the factors begin in the scales of a superblock, in bytes, and the bytes of those scales.
static inline size_t ck_panel_factors_at(ck_type panels) { return panels == CK_PANELS_Q4_K ? 64 : 32; }
static inline size_t ck_panel_superblock_bytes(ck_type panels) {
  return ck_panel_factors_at(panels) + 8 * ck_panel_factor_bytes(panels);
}
/// Bytes of the scales of a group that is not in a superblock.
static inline size_t ck_panel_scale_bytes(ck_type panels) {
  return panels == CK_PANELS_MXFP4 ? 16 : panels == CK_PANELS_Q4_1 ? 64 : 32;
}
/// Bytes from the start of a panel to the scales of the block that group `g` is in.
static inline size_t ck_panel_scales_at(ck_type panels, size_t g) {
  return ck_panel_has_superblocks(panels) ? g / 8 * ck_panel_superblock_bytes(panels)
                                          : g * ck_panel_scale_bytes(panels);
}

/// Bytes from the start of a panel to its quants, a multiple of the cache line.
static inline size_t ck_panel_quants_at(ck_type panels, size_t columns) {
  return (ck_panel_scales_at(panels, columns / CK_BLOCK) + 63) / 64 * 64;
}

#endif
