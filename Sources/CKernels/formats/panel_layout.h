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
// Scales are stored as [group][row] in half precision. Superblocks of 256 columns store 16 scales in half precision,
// CK_PANELS_Q4_K also 16 minimums. Then follow, for each group, 16 bytes of factors and 16 of minimum factors;
// CK_PANELS_Q6_K has the factors of the first and of the second half of the group instead.
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
    default: return 256;
  }
}

/// Whether the scales of a panel are stored by superblocks of 256 columns.
static inline int ck_panel_has_superblocks(ck_type panels) {
  return panels == CK_PANELS_Q4_K || panels == CK_PANELS_Q6_K;
}
/// Where the factors begin in the scales of a superblock, in bytes, and the bytes of those scales.
static inline size_t ck_panel_factors_at(ck_type panels) { return panels == CK_PANELS_Q4_K ? 64 : 32; }
static inline size_t ck_panel_superblock_bytes(ck_type panels) { return ck_panel_factors_at(panels) + 8 * 32; }

/// Bytes from the start of a panel to its quants, a multiple of the cache line.
static inline size_t ck_panel_quants_at(ck_type panels, size_t columns) {
  const size_t bytes = ck_panel_has_superblocks(panels) ? columns / 256 * ck_panel_superblock_bytes(panels)
                                                        : columns / CK_BLOCK * 2 * CK_PANEL_ROWS;
  return (bytes + 63) / 64 * 64;
}

#endif
