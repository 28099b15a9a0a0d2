// SPDX-License-Identifier: Apache-2.0

// Products of quantized weights as GGUF stores them.
//
// Needs from the instruction set, for one row with one token:
//   float quant_vec_dot(type, row, input, token, groups)
// and for a panel with `tokens` tokens from `token` on, of which it has `groups` groups from `first_group` on:
//   void quant_tile(type, tokens, panel, groups, input, columns, token, first_group, output, output_stride, end)
// It also includes quant_panel_i8.h or quant_panel_i16.h, whose panel quant_tile reads.

/// Packs `groups` groups of `row_count` rows, at most 16, into a panel. The other rows of the panel are zero.
INLINE void pack_quants(const ck_type type, const uint8_t *rows, size_t row_bytes, size_t row_count, size_t first_group,
                        size_t groups, quant_panel *panel) {
  for (size_t g = 0; g < groups; g++)
    for (size_t r = 0; r < 16; r += 8) {
      vu8x32 quants[8];
      for (size_t i = 0; i < 8; i++) {
        ck_group group = {0, 0, {0, 0}, {0, 0}};
        quants[i] = (vu8x32){0};
        if (r + i < row_count) {
          const uint8_t *block = ck_block_of(type, rows + (r + i) * row_bytes, first_group + g);
          const size_t index = ck_group_index(type, first_group + g);
          quants[i] = stored_quants(type, block, index);
          group = ck_read_group(type, block, index);
        }
        pack_scales(type, &group, quants[i], g, r + i, panel);
      }
      pack_words(type, quants, g, r, panel);
    }
}

INLINE void multiply_quants_by_panel(const ck_type type, const ck_product *product, const ck_input *input, size_t first,
                                     size_t last, quant_panel *panel) {
  const size_t all_groups = product->columns / CK_BLOCK;
  for (size_t r = first; r < last; r += 16) {
    const size_t width = ck_min(16, last - r);
    const uint8_t *rows = (const uint8_t *)product->weights + r * product->row_bytes;
    for (size_t g = 0; g < all_groups; g += PANEL_GROUPS) {
      const size_t groups = ck_min(PANEL_GROUPS, all_groups - g);
      pack_quants(type, rows, product->row_bytes, width, g, groups, panel);
      const tile_end end = {g == 0 && product->bias ? product->bias + r : NULL, g > 0 || product->accumulate, width};
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
