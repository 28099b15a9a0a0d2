// SPDX-License-Identifier: Apache-2.0

// Products of repacked weights (formats/panel_layout.h).
//
// Needs from the instruction set, for groups first_group..<last_group of a panel and `tokens` tokens from `token` on:
//   void panel_tile(type, tokens, panel, columns, first_group, last_group, input, token, output, output_stride, end)

/// Tokens and groups that are multiplied with all panels before the next ones: their x stays in the second-level cache.
enum { PASS_TOKENS = 120, PASS_GROUPS = 64 };

/// Multiplies tiles of `tokens` tokens until fewer are left before `stop`. `token` and `output` are those of the next
/// one.
INLINE void panel_tiles(const ck_type type, const size_t tokens, const uint8_t *panel, const ck_product *product,
                        size_t first_group, size_t last_group, const ck_input *input, size_t *token, size_t stop,
                        float **output, size_t output_stride, const tile_end *end) {
  for (; *token + tokens <= stop; *token += tokens, *output += tokens * output_stride)
    panel_tile(type, tokens, panel, product->columns, first_group, last_group, input, *token, *output, output_stride,
               end);
}

INLINE void multiply_panels_of(const ck_type type, const ck_product *product, const ck_input *input, size_t first,
                               size_t last) {
  const size_t groups = product->columns / CK_BLOCK, bytes = ck_panel_bytes(type, product->columns);
  // One tile needs a panel only once: it is read from its start to its end, in the order of memory.
  const size_t step = input->tokens <= PANEL_TILE_TOKENS ? groups : PASS_GROUPS;
  for (size_t start = 0; start < input->tokens; start += PASS_TOKENS) {
    const size_t stop = ck_min(start + PASS_TOKENS, input->tokens);
    for (size_t g = 0; g < groups; g += step)
      for (size_t r = first; r < last; r += CK_PANEL_ROWS) {
        const uint8_t *panel = (const uint8_t *)product->weights + r / CK_PANEL_ROWS * bytes;
        const tile_end end = {g == 0 && product->bias ? product->bias + r : NULL, g > 0 || product->accumulate,
                              ck_min(CK_PANEL_ROWS, product->rows - r), product->scale};
        const size_t last_group = ck_min(g + step, groups), stride = product->output_stride;
        float *output = product->output + start * stride + r;
        size_t t = start;
        panel_tiles(type, PANEL_TILE_TOKENS, panel, product, g, last_group, input, &t, stop, &output, stride, &end);
        panel_tiles(type, 4, panel, product, g, last_group, input, &t, stop, &output, stride, &end);
        panel_tiles(type, 1, panel, product, g, last_group, input, &t, stop, &output, stride, &end);
      }
  }
}

static void multiply_panels(const ck_product *product, const ck_input *input, size_t first, size_t last) {
  switch (product->type) {
    case CK_PANELS_Q8_0: multiply_panels_of(CK_PANELS_Q8_0, product, input, first, last); return;
    case CK_PANELS_Q4_0: multiply_panels_of(CK_PANELS_Q4_0, product, input, first, last); return;
    case CK_PANELS_Q4_1: multiply_panels_of(CK_PANELS_Q4_1, product, input, first, last); return;
    case CK_PANELS_Q5_0: multiply_panels_of(CK_PANELS_Q5_0, product, input, first, last); return;
    case CK_PANELS_Q4_K: multiply_panels_of(CK_PANELS_Q4_K, product, input, first, last); return;
    case CK_PANELS_Q6_K: multiply_panels_of(CK_PANELS_Q6_K, product, input, first, last); return;
    case CK_PANELS_IQ4_NL: multiply_panels_of(CK_PANELS_IQ4_NL, product, input, first, last); return;
    case CK_PANELS_IQ4_XS: multiply_panels_of(CK_PANELS_IQ4_XS, product, input, first, last); return;
    case CK_PANELS_MXFP4: multiply_panels_of(CK_PANELS_MXFP4, product, input, first, last); return;
    case CK_PANELS_NVFP4: multiply_panels_of(CK_PANELS_NVFP4, product, input, first, last); return;
    case CK_PANELS_AMXFP4: multiply_panels_of(CK_PANELS_AMXFP4, product, input, first, last); return;
    case CK_PANELS_DINT4: multiply_panels_of(CK_PANELS_DINT4, product, input, first, last); return;
    case CK_PANELS_TQ2_0: multiply_panels_of(CK_PANELS_TQ2_0, product, input, first, last); return;
    case CK_PANELS_SAWB2: multiply_panels_of(CK_PANELS_SAWB2, product, input, first, last); return;
    default: return;
  }
}
