// SPDX-License-Identifier: Apache-2.0

// A panel of quants whose products are summed in 16 bits, for AVX2 and AVX-VNNI: a word is four bytes.
//
// Unsigned quants are words of four bytes. Their products with four bytes of x are summed in 16 bits as far as these
// hold the sums. Signed quants of 8 bits would overflow 16 bits; their words are two quants in 16 bits.

/// Groups of a panel: it fits the first-level cache.
enum { PANEL_GROUPS = 16 };

typedef struct {
  int32_t words[PANEL_GROUPS * 16 * 16];   // [group][word][row]
  float scales[PANEL_GROUPS * 16];         // [group][row]
  float minimums[PANEL_GROUPS * 2 * 16];   // [group][half][row], for types that have them
  int32_t factors[PANEL_GROUPS * 2 * 16];  // [group][half][row], twice in 16 bits, for types with half factors
  int32_t zero_points[PANEL_GROUPS * 16];  // [group][row], of each half in 16 bits, times its factor
} quant_panel;

/// Words of a group: 16 of two quants, or 8 of four quants.
INLINE size_t group_words(ck_type type) { return has_signed_bytes(type) ? 16 : 8; }

INLINE int32_t pair_of(int32_t low, int32_t high) { return (int32_t)((uint32_t)high << 16 | (uint16_t)low); }

INLINE void pack_scales(const ck_type type, const ck_group *group, vu8x32 quants, size_t g, size_t row,
                        quant_panel *panel) {
  (void)quants;
  const int zero_point = ck_zero_point(type);
  if (ck_has_half_factors(type)) {
    panel->scales[g * 16 + row] = group->scale;
    panel->zero_points[g * 16 + row] = pair_of(zero_point * group->factors[0], zero_point * group->factors[1]);
    for (size_t h = 0; h < 2; h++)
      panel->factors[(g * 2 + h) * 16 + row] = pair_of(group->factors[h], group->factors[h]);
  } else {
    panel->scales[g * 16 + row] = group->scale * (float)group->factors[0];
    panel->zero_points[g * 16 + row] = pair_of(zero_point, zero_point);
  }
  if (ck_has_minimum(type))
    for (size_t h = 0; h < 2; h++)
      panel->minimums[(g * 2 + h) * 16 + row] = group->minimum * (float)group->minimum_factors[h];
}

/// Packs the words of eight rows from row `row` on.
INLINE void pack_words(const ck_type type, const vu8x32 quants[8], size_t g, size_t row, quant_panel *panel) {
  for (size_t part = 0; part < group_words(type) / 8; part++) {
    vf8 words[8];
    for (size_t i = 0; i < 8; i++) {
      const vs16x16 pairs = __builtin_convertvector(((const vs8x16u *)&quants[i])[part], vs16x16);
      words[i] = group_words(type) == 8 ? (vf8)quants[i] : (vf8)pairs;
    }
    transpose8(words);
    for (size_t i = 0; i < 8; i++) *(vf8b *)(panel->words + ((g * 16) + part * 8 + i) * 16 + row) = words[i];
  }
}
