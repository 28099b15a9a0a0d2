// SPDX-License-Identifier: Apache-2.0

// From sums to outputs of a product: applies the scale of all weights, adds the bias and the previous outputs.

/// Parameters of the outputs of a tile.
typedef struct {
  const float *bias;  // [width], or NULL
  int accumulate;
  size_t width;  // outputs that exist, at most 16
  float scale;   // of the sums
} tile_end;

/// Stores the sums of one token of a tile.
INLINE void end_row(vf16 sum, float *target, const tile_end *end) {
  sum *= end->scale;
  if (end->width == 16) {
    if (end->bias) sum += load16(end->bias);
    if (end->accumulate) sum += load16(target);
    store16(target, sum);
    return;
  }
  float partial[16];
  store16(partial, sum);
  for (size_t i = 0; i < end->width; i++)
    target[i] = partial[i] + (end->bias ? end->bias[i] : 0) + (end->accumulate ? target[i] : 0);
}

/// The same for the sum of one row with one token.
INLINE void store_dot(const ck_product *product, size_t row, size_t token, float sum) {
  float *target = product->output + token * product->output_stride + row;
  *target = product->scale * sum + (product->bias ? product->bias[row] : 0) + (product->accumulate ? *target : 0);
}
