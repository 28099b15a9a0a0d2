// SPDX-License-Identifier: Apache-2.0

// Floats to blocks of 32 with a scale that follows from the extremes of the block: Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0.
#include "formats/quantize.h"

#include <math.h>

// The bytes are the same as the gguf package writes, so products and sums round separately.
#pragma STDC FP_CONTRACT OFF

/// Rounds to the nearest integer, ties away from zero, as a signed byte.
static uint8_t away_from_zero(float v) {
  const float size = fabsf(v), integer = floorf(size);
  const int rounded = ck_truncate(integer + floorf(2 * (size - integer)), 127);
  return (uint8_t)(int8_t)(v < 0 ? -rounded : rounded);
}

void ck_quantize_minmax(ck_type type, const float *x, uint8_t *block) {
  uint8_t stored[CK_BLOCK];
  float largest = x[0], smallest = x[0], peak = x[0];
  for (int i = 1; i < CK_BLOCK; i++) {
    if (x[i] > largest) largest = x[i];
    if (x[i] < smallest) smallest = x[i];
    if (fabsf(x[i]) > fabsf(peak)) peak = x[i];
  }
  const int most = type == CK_Q4_0 || type == CK_Q4_1 ? 15 : 31;
  const float middle = (float)(most / 2 + 1);
  const int asymmetric = ck_has_minimum(type);
  float scale = fabsf(peak) / 127;
  if (type != CK_Q8_0) scale = asymmetric ? (largest - smallest) / (float)most : peak / -middle;
  const float inverse = scale != 0 ? 1 / scale : 0;
  for (int i = 0; i < CK_BLOCK; i++) {
    if (type == CK_Q8_0) stored[i] = away_from_zero(x[i] * inverse);
    else if (asymmetric) stored[i] = ck_truncate((x[i] - smallest) * inverse + 0.5f, most);
    else stored[i] = ck_truncate(x[i] * inverse + (middle + 0.5f), most);
  }
  ck_store_half(block, scale);
  if (asymmetric) ck_store_half(block + 2, smallest);
  ck_store_quants(type, block, 0, stored);
}
