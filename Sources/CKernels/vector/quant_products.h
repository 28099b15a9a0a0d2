// SPDX-License-Identifier: Apache-2.0

// Products of quantized weights as GGUF stores them.
//
// Needs from the instruction set, for one row with one token:
//   float quant_vec_dot(type, row, input, token, groups)
// and for a panel with `tokens` tokens from `token` on, of which it has `groups` groups from `first_group` on:
//   void quant_tile(type, tokens, panel, groups, input, columns, token, first_group, output, output_stride, end)
// It also includes quant_panel_i8.h or quant_panel_i16.h, whose panel quant_tile reads.

/// Packs `groups` groups of `row_count` rows, at most 16, into a panel. The other rows of the panel are zero. Of types
/// with two parts, a panel has each part of a group as a group of its own.
INLINE void pack_quants(const ck_type type, const uint8_t *rows, size_t row_bytes, size_t row_count, size_t first_group,
                        size_t groups, quant_panel *panel) {
  const size_t parts = (size_t)ck_part_count(type);
  for (size_t part = 0; part < groups * parts; part++)
    for (size_t r = 0; r < 16; r += 8) {
      vu8x32 quants[8];
      for (size_t i = 0; i < 8; i++) {
        ck_group group = {0, 0, {0, 0}, {0, 0}, {0, 0}};
        quants[i] = (vu8x32){0};
        if (r + i < row_count) {
          const size_t g = first_group + part / parts, index = ck_group_index(type, g);
          const uint8_t *block = ck_block_of(type, rows + (r + i) * row_bytes, g);
          quants[i] = stored_quants(type, block, index);
          group = ck_read_group(type, block, index);
          if (parts == 2) {
            quants[i] = stored_part(type, quants[i], (int)(part % 2));
            group.scale = group.part_scales[part % 2];
          }
        }
        pack_scales(type, &group, quants[i], part, r + i, panel);
      }
      pack_words(type, quants, part, r, panel);
    }
}

INLINE void multiply_quants_by_panel(const ck_type type, const ck_product *product, const ck_input *input, size_t first,
                                     size_t last, quant_panel *panel) {
  const size_t all_groups = product->columns / CK_BLOCK, panel_groups = PANEL_GROUPS / (size_t)ck_part_count(type);
  for (size_t r = first; r < last; r += 16) {
    const size_t width = ck_min(16, last - r);
    const uint8_t *rows = (const uint8_t *)product->weights + r * product->row_bytes;
    for (size_t g = 0; g < all_groups; g += panel_groups) {
      const size_t groups = ck_min(panel_groups, all_groups - g);
      pack_quants(type, rows, product->row_bytes, width, g, groups, panel);
      const tile_end end = {g == 0 && product->bias ? product->bias + r : NULL, g > 0 || product->accumulate, width,
                            product->scale};
      size_t t = 0;
      for (; t + QUANT_TILE_TOKENS <= input->tokens; t += QUANT_TILE_TOKENS)
        quant_tile(type, QUANT_TILE_TOKENS, panel, groups, input, product->columns, t, g,
                   product->output + t * product->output_stride + r, product->output_stride, &end);
      for (; t < input->tokens; t++)
        quant_tile(type, 1, panel, groups, input, product->columns, t, g,
                   product->output + t * product->output_stride + r, product->output_stride, &end);
    }
  }
}

INLINE void multiply_quants_by_row(const ck_type type, const ck_product *product, const ck_input *input, size_t first,
                                   size_t last) {
  const size_t groups = product->columns / CK_BLOCK;
  for (size_t r = first; r < last; r++) {
    const uint8_t *row = (const uint8_t *)product->weights + r * product->row_bytes;
    for (size_t t = 0; t < input->tokens; t++) store_dot(product, r, t, quant_vec_dot(type, row, input, t, groups));
  }
}
