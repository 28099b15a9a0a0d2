// SPDX-License-Identifier: Apache-2.0

// Products of repacked weights (formats/panel_layout.h).
//
// Needs from the instruction set, for groups first_group..<last_group of a panel and `tokens` tokens from `token` on,
// which prefetches the panel `prefetch` bytes ahead, if that is not 0:
//   void panel_tile(type, tokens, panel, columns, first_group, last_group, input, token, output, output_stride, end,
//                   prefetch)

/// Tokens that are multiplied with all panels before the next ones: their x stays in the second-level cache.
enum { PASS_TOKENS = 120, SEGMENT_GROUPS = CK_SEGMENT / CK_BLOCK };

/// Some groups of a panel with the tokens of a pass, tile after tile.
typedef struct {
  const ck_product *product;
  const ck_input *input;
  const uint8_t *panel;
  size_t first_group, last_group;
  const tile_end *end;
  size_t token, stop;  // of the next tile, and where the pass ends
  float *output;       // of the next tile
  size_t prefetch;     // bytes ahead in the first tile, the only one that reads the panel from memory
} panel_visit;

/// Multiplies tiles of `tokens` tokens until fewer are left.
INLINE void panel_tiles(const ck_type type, const size_t tokens, panel_visit *v) {
  const size_t stride = v->product->output_stride;
  // With one token, memory is the limit, and the processor does not prefetch far enough ahead.
  const size_t usual = tokens == 1 ? PREFETCH_BYTES : 0;
  for (; v->token + tokens <= v->stop; v->token += tokens, v->output += tokens * stride) {
    panel_tile(type, tokens, v->panel, v->product->columns, v->first_group, v->last_group, v->input, v->token,
               v->output, stride, v->end, v->product->schedule.prefetch_bytes ? v->prefetch : usual);
    v->prefetch = 0;
  }
}

INLINE void multiply_panels_of(const ck_type type, const ck_product *product, const ck_input *input, size_t first,
                               size_t last) {
  const ck_schedule *schedule = &product->schedule;
  const size_t groups = product->columns / CK_BLOCK, bytes = ck_panel_bytes(type, product->columns);
  const size_t tile = schedule->tile_tokens ? schedule->tile_tokens : PANEL_TILE_TOKENS;
  const size_t pass = schedule->pass_tokens ? schedule->pass_tokens : PASS_TOKENS;
  const size_t prefetch = schedule->prefetch_bytes == CK_NO_PREFETCH ? 0 : schedule->prefetch_bytes;
  // One tile needs a panel only once: it is read from its start to its end, in the order of memory. Otherwise a sum
  // ends with its segment, in whatever order panels and segments come, so that the schedule changes no result.
  const size_t segment = input->tokens <= PANEL_TILE_TOKENS ? groups : SEGMENT_GROUPS;
  const size_t segments = schedule->pass_segments ? ck_min(schedule->pass_segments, groups) : 1;
  for (size_t start = 0; start < input->tokens; start += pass)
    for (size_t from = 0; from < groups; from += segments * segment)
      for (size_t r = first; r < last; r += CK_PANEL_ROWS)
        for (size_t g = from; g < ck_min(from + segments * segment, groups); g += segment) {
          const tile_end end = {g == 0 && product->bias ? product->bias + r : NULL, g > 0 || product->accumulate,
                                ck_min(CK_PANEL_ROWS, product->rows - r), product->scale};
          panel_visit visit = {.product = product,
                               .input = input,
                               .panel = (const uint8_t *)product->weights + r / CK_PANEL_ROWS * bytes,
                               .first_group = g,
                               .last_group = ck_min(g + segment, groups),
                               .end = &end,
                               .token = start,
                               .stop = ck_min(start + pass, input->tokens),
                               .output = product->output + start * product->output_stride + r,
                               .prefetch = prefetch};
          if (tile >= PANEL_TILE_TOKENS) panel_tiles(type, PANEL_TILE_TOKENS, &visit);
          // Left out where it is not asked for: the tokens that a larger tile leaves are few.
          if (PANEL_TILE_MIDDLE > 4 && tile >= PANEL_TILE_MIDDLE && tile < PANEL_TILE_TOKENS)
            panel_tiles(type, PANEL_TILE_MIDDLE, &visit);
          if (tile >= 4) panel_tiles(type, 4, &visit);
          panel_tiles(type, 1, &visit);
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
