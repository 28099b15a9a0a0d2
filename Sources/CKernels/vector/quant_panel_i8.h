// SPDX-License-Identifier: Apache-2.0

// A panel of signed quants for instruction sets that multiply bytes and sum the products in 32 bits: AVX-512 VNNI,
// NEON.

/// Groups of a panel: it fits the first-level cache.
enum { PANEL_GROUPS = 16 };

typedef struct {
  int32_t words[PANEL_GROUPS * 8 * 16];     // [group][word][row], words of four signed bytes
  float scales[PANEL_GROUPS * 2 * 16];      // [group][half][row]
  float minimums[PANEL_GROUPS * 2 * 16];    // [group][half][row], for types that have them
  int32_t row_sums[PANEL_GROUPS * 2 * 16];  // [group][half][row], sums of the quants
} quant_panel;

INLINE void pack_scales(const ck_type type, const ck_group *group, vu8x32 quants, size_t g, size_t row,
                        quant_panel *panel) {
  for (size_t h = 0; h < 2; h++) {
    const size_t at = (g * 2 + h) * 16 + row;
    panel->scales[at] = group->scale * (float)group->factors[h];
    panel->row_sums[at] = 0;
    for (size_t i = 0; i < 16; i++) panel->row_sums[at] += (int8_t)(quants[16 * h + i] - ck_zero_point(type));
    if (ck_has_minimum(type)) panel->minimums[at] = group->minimum * (float)group->minimum_factors[h];
  }
}

/// Packs the words of eight rows from row `row` on.
INLINE void pack_words(const ck_type type, const vu8x32 quants[8], size_t g, size_t row, quant_panel *panel) {
  vf8 words[8];
  for (size_t i = 0; i < 8; i++) words[i] = (vf8)(quants[i] - (uint8_t)ck_zero_point(type));
  transpose8(words);
  for (size_t i = 0; i < 8; i++) *(vf8b *)(panel->words + (g * 8 + i) * 16 + row) = words[i];
}
