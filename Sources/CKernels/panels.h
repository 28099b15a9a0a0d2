// How panels lie: 16 rows of a matrix, first their scales, then their integers.
//
// Integers lie in words of four columns, [group][word][row], so that one load brings a word of all 16 rows. Groups of
// nibbles have four words: word w holds the group's columns 4w... in its low nibbles and 16 + 4w... in its high ones.
// Scales lie [group][row] in half precision; of CK_PANELS_Q4_K there are, for each block of 256 columns, 16 scales and
// 16 minimums in half precision, and then for each group 16 factors and 16 minimum factors in bytes.
#ifndef EDGEASSIST_CKERNELS_PANELS_H
#define EDGEASSIST_CKERNELS_PANELS_H

#include "groups.h"

#define CK_PANEL_ROWS 16
/// Bytes of a block of 256 columns' scales in CK_PANELS_Q4_K, and where in it a group's factors begin.
#define CK_PANEL_BLOCK_SCALES (2 * 32 + 8 * 32)
#define CK_PANEL_FACTORS 64

static inline int ck_is_panels(ck_type type) { return type >= CK_PANELS_Q8_0; }

/// Bytes of a group's integers.
static inline size_t ck_panel_group_bytes(ck_type panels) {
  return CK_PANEL_ROWS * CK_BLOCK / (panels == CK_PANELS_Q8_0 ? 1 : 2);
}

/// Bytes from a panel's start to its integers, whole cache lines.
static inline size_t ck_panel_integers_at(ck_type panels, size_t columns) {
  if (panels == CK_PANELS_Q4_K) return columns / 256 * CK_PANEL_BLOCK_SCALES;
  return (columns / CK_BLOCK * 2 * CK_PANEL_ROWS + 63) / 64 * 64;
}

#endif
