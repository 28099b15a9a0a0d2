// SPDX-License-Identifier: Apache-2.0

// Products of float weights.

/// Columns of a panel of floats: it fits the first-level cache.
enum { PANEL_COLUMNS = 384 };

/// Packs `row_count` rows, at most 16, into panel [column][16]. The other rows of the panel are zero.
INLINE void pack_rows(ck_type type, const uint8_t *rows, size_t row_bytes, size_t row_count, size_t columns,
                      float *panel) {
  const size_t size = element_bytes(type);
  size_t k = 0;
  for (; k + 8 <= columns; k += 8)
    for (size_t half = 0; half < 16; half += 8) {
      vf8 v[8];
      for (size_t r = 0; r < 8; r++)
        v[r] = half + r < row_count ? load_weights(type, rows + (half + r) * row_bytes + k * size) : (vf8){0};
      transpose8(v);
      for (size_t i = 0; i < 8; i++) store8(panel + (k + i) * 16 + half, v[i]);
    }
  for (; k < columns; k++)
    for (size_t r = 0; r < 16; r++)
      panel[k * 16 + r] = r < row_count ? load_weight(type, rows + r * row_bytes + k * size) : 0;
}

/// The sums of `tokens` tokens with a panel.
INLINE void float_tile_of(const size_t tokens, const float *x, size_t x_stride, const float *panel, size_t columns,
                          float *target, size_t target_stride, const tile_end *end) {
  vf16 sums[FLOAT_TILE_TOKENS];
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++) sums[t] = (vf16){0};
  for (size_t k = 0; k < columns; k++) {
    const vf16 column = load16(panel + k * 16);
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++) sums[t] += column * x[t * x_stride + k];
  }
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++) end_row(sums[t], target + t * target_stride, end);
}

/// Multiplies all tokens with one panel.
static void float_tiles(const float *x, size_t x_stride, size_t tokens, const float *panel, size_t columns,
                        float *target, size_t target_stride, const tile_end *end) {
  size_t t = 0;
  for (; t + FLOAT_TILE_TOKENS <= tokens; t += FLOAT_TILE_TOKENS)
    float_tile_of(FLOAT_TILE_TOKENS, x + t * x_stride, x_stride, panel, columns, target + t * target_stride,
                  target_stride, end);
  for (; t + 2 <= tokens; t += 2)
    float_tile_of(2, x + t * x_stride, x_stride, panel, columns, target + t * target_stride, target_stride, end);
  if (t < tokens)
    float_tile_of(1, x + t * x_stride, x_stride, panel, columns, target + t * target_stride, target_stride, end);
}

INLINE void multiply_floats_by_panel(ck_type type, const ck_product *product, const ck_input *input, size_t first,
                                     size_t last, float *panel) {
  for (size_t r = first; r < last; r += 16) {
    const size_t width = ck_min(16, last - r);
    const uint8_t *rows = (const uint8_t *)product->weights + r * product->row_bytes;
    for (size_t k = 0; k < product->columns; k += PANEL_COLUMNS) {
      const size_t columns = ck_min(PANEL_COLUMNS, product->columns - k);
      pack_rows(type, rows + k * element_bytes(type), product->row_bytes, width, columns, panel);
      const tile_end end = {k == 0 && product->bias ? product->bias + r : NULL, k > 0 || product->accumulate, width,
                            product->scale};
      float_tiles(input->values + k, input->stride, input->tokens, panel, columns, product->output + r,
                  product->output_stride, &end);
    }
  }
}

/// One row with one token. Four sums, so that an addition does not wait for the one before.
INLINE float float_dot(ck_type type, const uint8_t *weights, const float *x, size_t columns) {
  const size_t size = element_bytes(type);
  vf8 sums[4] = {{0}, {0}, {0}, {0}};
  size_t k = 0;
  for (; k + 32 <= columns; k += 32)
    for (size_t i = 0; i < 4; i++) sums[i] += load_weights(type, weights + (k + 8 * i) * size) * load8(x + k + 8 * i);
  for (; k + 8 <= columns; k += 8) sums[0] += load_weights(type, weights + k * size) * load8(x + k);
  float sum = sum8((sums[0] + sums[1]) + (sums[2] + sums[3]));
  for (; k < columns; k++) sum += load_weight(type, weights + k * size) * x[k];
  return sum;
}

/// Row by row, in the order of memory: processors prefetch one stream well, several badly.
INLINE void multiply_floats_by_row(ck_type type, const ck_product *product, const ck_input *input, size_t first,
                                   size_t last) {
  for (size_t r = first; r < last; r++) {
    const uint8_t *row = (const uint8_t *)product->weights + r * product->row_bytes;
    for (size_t t = 0; t < input->tokens; t++)
      store_dot(product, r, t, float_dot(type, row, input->values + t * input->stride, product->columns));
  }
}
