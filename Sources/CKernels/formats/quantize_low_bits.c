// SPDX-License-Identifier: Apache-2.0

// Floats to blocks of 256 weights of 2 bits or less, with one scale.
#include "formats/quantize.h"

#include <math.h>

/// The byte of five ternary digits, the first of them most significant: the least fraction of 256 whose digits these
/// are.
static uint8_t ternary_byte(const uint8_t *digits, size_t step, size_t count) {
  unsigned number = 0;
  for (size_t n = 0; n < 5; n++) number = 3 * number + (n < count ? digits[n * step] : 0);
  return (uint8_t)((256 * number + 242) / 243);
}

static void store_tq1_0(const uint8_t stored[256], uint8_t *block) {
  for (size_t i = 0; i < 32; i++) block[i] = ternary_byte(stored + i, 32, 5);
  for (size_t i = 0; i < 16; i++) block[32 + i] = ternary_byte(stored + 160 + i, 16, 5);
  for (size_t i = 0; i < 4; i++) block[48 + i] = ternary_byte(stored + 240 + i, 4, 4);
}

void ck_quantize_ternary(ck_type type, const float *x, const float *weights, uint8_t *block) {
  const ck_grid grid = ck_grid_of(type);
  const float scale = ck_rounded_half(ck_fit_scale(grid, x, weights, 256).scale);
  float qs[256];
  uint8_t stored[256];
  ck_round_to_grid(grid, x, 256, scale, 0, qs);
  for (size_t i = 0; i < 256; i++) stored[i] = (uint8_t)((int)qs[i] + ck_zero_point(type));
  ck_store_half(block + (type == CK_TQ1_0 ? 52 : 64), scale);
  if (type == CK_TQ1_0) store_tq1_0(stored, block);
  else
    for (size_t g = 0; g < 8; g++) ck_store_quants(type, block, g, stored + g * CK_BLOCK);
}

float ck_sawb2_scale(const float *row, size_t columns) {
  double squares = 0, sizes = 0;
  for (size_t i = 0; i < columns; i++) {
    squares += (double)row[i] * row[i];
    sizes += fabs((double)row[i]);
  }
  // Statistics-aware weight binning: the largest value from the first two moments, with the coefficients of IBM's
  // toolkit for 2 bits. The paper's are older. The other levels are -1/3 and 1/3 of it.
  const double largest = 3.12 * sqrt(squares / (double)columns) - 2.064 * (sizes / (double)columns);
  return largest > 0 ? ck_rounded_half((float)(largest / 3)) : 0;
}

void ck_quantize_sawb2(const float *x, float scale, uint8_t *block) {
  memset(block, 0, ck_block_bytes(CK_SAWB2));
  ck_store_half(block + 64, scale);
  const float inverse = scale > 0 ? 1 / scale : 0;
  for (size_t g = 0; g < 8; g++) {
    uint8_t stored[CK_BLOCK];
    // Half a level below 0 is level 1, half a level above it is level 2.
    for (size_t i = 0; i < CK_BLOCK; i++) stored[i] = ck_truncate(x[g * CK_BLOCK + i] * inverse / 2 + 2, 3);
    ck_store_quants(CK_SAWB2, block, g, stored);
  }
}
