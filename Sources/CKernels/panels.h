// SPDX-License-Identifier: Apache-2.0

// How panels lie: 16 rows of a matrix, first their scales, then their integers.
//
// Integers lie in words of four columns, [group][word][row], so that one load brings a word of all 16 rows. Groups of
// nibbles have four words: word w holds the group's columns 4w... in its low nibbles and 16 + 4w... in its high ones.
// Behind them come the fifth bits of CK_PANELS_Q5_0, eight to a byte of a word: bit 2w of a byte belongs to the byte's low
// nibble in word w, bit 2w + 1 to its high one; and the upper pairs of bits of CK_PANELS_Q6_K in two words, of which the
// first belongs to words 0 and 1 in the same way.
//
// Scales lie [group][row] in half precision. Blocks of 256 columns have 16 scales in half precision, of CK_PANELS_Q4_K 16
// minimums alike, and then for each group 16 bytes of factors and 16 of minimum factors, or of CK_PANELS_Q6_K factors of
// the group's first half and of its second.
#ifndef EDGEASSIST_CKERNELS_PANELS_H
#define EDGEASSIST_CKERNELS_PANELS_H

#include "groups.h"

#define CK_PANEL_ROWS 16
/// Where in a panel group the bits above the nibbles begin.
#define CK_PANEL_BITS 256

static inline int ck_is_panels(ck_type type) { return type >= CK_PANELS_Q8_0; }

/// Bytes of a group's integers.
static inline size_t ck_panel_group_bytes(ck_type panels) {
  switch (panels) {
    case CK_PANELS_Q8_0: return 512;
    case CK_PANELS_Q5_0: return 256 + 64;
    case CK_PANELS_Q6_K: return 256 + 128;
    default: return 256;
  }
}

/// Whether a panel's scales lie in blocks of 256 columns; where in such a block factors begin, and the block's bytes.
static inline int ck_has_panel_blocks(ck_type panels) { return panels == CK_PANELS_Q4_K || panels == CK_PANELS_Q6_K; }
static inline size_t ck_panel_factors_at(ck_type panels) { return panels == CK_PANELS_Q4_K ? 64 : 32; }
static inline size_t ck_panel_block_bytes(ck_type panels) { return ck_panel_factors_at(panels) + 8 * 32; }

/// Bytes from a panel's start to its integers, whole cache lines.
static inline size_t ck_panel_integers_at(ck_type panels, size_t columns) {
  const size_t bytes = ck_has_panel_blocks(panels) ? columns / 256 * ck_panel_block_bytes(panels)
                                                   : columns / CK_BLOCK * 2 * CK_PANEL_ROWS;
  return (bytes + 63) / 64 * 64;
}

#endif
