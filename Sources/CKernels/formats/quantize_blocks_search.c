// SPDX-License-Identifier: Apache-2.0

// Floats to blocks of 32, with a search for the scale of least squared error.
#include "formats/quantize.h"

void ck_quantize_searched(ck_type type, const float *x, const float *weights, uint8_t *block) {
  const ck_grid grid = ck_grid_of(type);
  const ck_fit fit = ck_has_minimum(type) ? ck_fit_scale_and_minimum(grid.high, x, weights, CK_BLOCK, 0)
                                          : ck_fit_scale(grid, x, weights, CK_BLOCK);
  float qs[CK_BLOCK];
  // The quants are computed with the scale and the minimum as they are stored.
  const float scale = ck_rounded_half(fit.scale), minimum = ck_rounded_half(fit.minimum);
  ck_store_half(block, scale);
  if (ck_has_minimum(type)) ck_store_half(block + 2, -minimum);
  ck_round_to_grid(grid, x, CK_BLOCK, scale, minimum, qs);
  ck_store_grid_values(type, block, 0, qs);
}
