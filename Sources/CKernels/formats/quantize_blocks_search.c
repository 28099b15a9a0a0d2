// SPDX-License-Identifier: Apache-2.0

// Floats to blocks of 32, with a search for the scale of least squared error, MXFP4 among them.
#include "formats/quantize.h"

#include <math.h>

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

/// The index of the nearest value in ck_e2m1_values.
static uint8_t e2m1_of(float v) {
  static const float between[7] = {0.5f, 1.5f, 2.5f, 3.5f, 5, 7, 10};
  uint8_t index = 0;
  for (int k = 0; k < 7; k++) index += fabsf(v) > between[k];
  return (uint8_t)(index | (v < 0 && index > 0 ? 8 : 0));
}

void ck_quantize_mxfp4(const float *x, const float *weights, uint8_t *block) {
  float peak = 0, least_error = INFINITY;
  for (int i = 0; i < CK_BLOCK; i++) peak = fabsf(x[i]) > peak ? fabsf(x[i]) : peak;
  if (!(peak > 0) || !(peak < INFINITY)) return;
  // With the middle exponent, the peak is 4...8 times the scale. The largest E2M1 value is 6.
  const int middle = ilogbf(peak) - 2 + 127;
  for (int e = middle - 1; e <= middle + 1; e++) {
    const uint8_t exponent = (uint8_t)(e < 0 ? 0 : e > 254 ? 254 : e);
    const float scale = ck_e8m0_half(exponent);
    uint8_t stored[CK_BLOCK];
    float error = 0;
    for (int i = 0; i < CK_BLOCK; i++) {
      stored[i] = e2m1_of(x[i] / scale);
      const float rest = x[i] - scale * (float)ck_e2m1_values[stored[i]];
      error += weights[i] * rest * rest;
    }
    if (!(error < least_error)) continue;
    least_error = error;
    block[0] = exponent;
    ck_store_quants(CK_MXFP4, block, 0, stored);
  }
}
