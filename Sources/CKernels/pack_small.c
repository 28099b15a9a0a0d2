// SPDX-License-Identifier: Apache-2.0

// Floats into blocks of 32 whose scale is searched for.
#include "pack.h"

/// Which of the table's numbers this is.
static uint8_t index_in(const int8_t *table, float number) {
  uint8_t index = 0;
  while (index < 15 && (float)table[index] < number) index++;
  return index;
}

void ck_store_numbers(ck_type type, uint8_t *block, size_t place, const float *numbers) {
  const ck_grid grid = ck_grid_of(type);
  uint8_t stored[CK_BLOCK];
  for (int i = 0; i < CK_BLOCK; i++)
    stored[i] = grid.table ? index_in(grid.table, numbers[i]) : (uint8_t)((int)numbers[i] + ck_excess(type));
  ck_store_integers(type, block, place, stored);
}

void ck_pack_weighted(ck_type type, const float *x, const float *weights, uint8_t *block) {
  const ck_grid grid = ck_grid_of(type);
  const ck_fit fit = ck_has_minimum(type) ? ck_fit_scale_and_minimum(grid.high, x, weights, CK_BLOCK, 0)
                                          : ck_fit_scale(grid, x, weights, CK_BLOCK);
  float numbers[CK_BLOCK];
  // The block is read with rounded scales; the numbers are those nearest to these.
  const float scale = ck_rounded_half(fit.scale), minimum = ck_rounded_half(fit.minimum);
  ck_store_half(block, scale);
  if (ck_has_minimum(type)) ck_store_half(block + 2, -minimum);
  ck_fit_numbers(grid, x, CK_BLOCK, scale, minimum, numbers);
  ck_store_numbers(type, block, 0, numbers);
}

/// The nearest of 0, 1, 2, 3, 4, 6, 8, 12 with a sign, as its place in the table.
static uint8_t e2m1_of(float v) {
  static const float between[7] = {0.5f, 1.5f, 2.5f, 3.5f, 5, 7, 10};
  uint8_t index = 0;
  for (int k = 0; k < 7; k++) index += fabsf(v) > between[k];
  return (uint8_t)(index | (v < 0 && index > 0 ? 8 : 0));
}

void ck_pack_mxfp4(const float *x, const float *weights, uint8_t *block) {
  float peak = 0, least_error = INFINITY;
  for (int i = 0; i < CK_BLOCK; i++) peak = fabsf(x[i]) > peak ? fabsf(x[i]) : peak;
  if (!(peak > 0) || !(peak < INFINITY)) return;
  // The exponent that makes the peak reach 4...8 of the doubled scale, and the ones beside it.
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
    ck_store_integers(CK_MXFP4, block, 0, stored);
  }
}
