// SPDX-License-Identifier: Apache-2.0

// Floats to quantized blocks: functions shared by the formats.
//
// quantize.c chooses how. quantize_blocks_minmax.c rounds to a scale from the extremes of a block.
// quantize_blocks_search.c, quantize_superblocks.c and quantize_low_bits.c search for scales with scale_search.c,
// quantize_e2m1.c among the scales that a byte stores. All write quants with quantize_store.c.
#ifndef EDGEASSIST_CKERNELS_QUANTIZE_H
#define EDGEASSIST_CKERNELS_QUANTIZE_H

#include "formats/block_formats.h"

/// The values that the quants of a type may have: the integers low...high, or the 16 values of a table in ascending
/// order.
typedef struct {
  const int8_t *table;
  int low, high;
} ck_grid;

/// The fit of x as scale * q - minimum, and its weighted squared error.
typedef struct {
  float scale, minimum, error;
} ck_fit;

static inline ck_grid ck_grid_of(ck_type type) {
  if (type == CK_IQ4_NL || type == CK_IQ4_XS) return (ck_grid){ck_iq4_values, -127, 113};
  if (type == CK_DINT4) return (ck_grid){ck_dint4_values, -14, 12};
  const int zero_point = ck_zero_point(type);
  switch (type) {
    case CK_Q8_0: return (ck_grid){NULL, -127, 127};
    case CK_TQ1_0:
    case CK_TQ2_0: return (ck_grid){NULL, -1, 1};
    case CK_Q2_K: return (ck_grid){NULL, 0, 3};
    case CK_Q3_K: return (ck_grid){NULL, -zero_point, 7 - zero_point};
    case CK_Q5_0:
    case CK_Q5_1:
    case CK_Q5_K: return (ck_grid){NULL, -zero_point, 31 - zero_point};
    case CK_Q6_K: return (ck_grid){NULL, -zero_point, 63 - zero_point};
    default: return (ck_grid){NULL, -zero_point, 15 - zero_point};
  }
}

// Each of these writes one block, whose bytes are zero before. x has 32 values, or 256 for superblocks. `weights` has
// the weight of the squared error of each.

/// Blocks of 32 with a scale from their extremes.
void ck_quantize_minmax(ck_type type, const float *x, uint8_t *block);
/// Blocks of 32 with a search for the scale.
void ck_quantize_searched(ck_type type, const float *x, const float *weights, uint8_t *block);
/// Blocks of values of E2M1: MXFP4, NVFP4 and AMXFP4.
void ck_quantize_e2m1(ck_type type, const float *x, const float *weights, uint8_t *block);
/// Blocks of MXFP4 and AMXFP4 with the scales of their largest values, without a search.
void ck_cast_block(ck_type type, const float *x, uint8_t *block);
/// Blocks of 256 ternary weights: TQ1_0 and TQ2_0.
void ck_quantize_ternary(ck_type type, const float *x, const float *weights, uint8_t *block);
/// Blocks of 256 weights in 2 bits, with the scale of their row.
void ck_quantize_sawb2(const float *x, float scale, uint8_t *block);
/// The scale of a row of SAWB2.
float ck_sawb2_scale(const float *row, size_t columns);
/// Superblocks without minimums.
void ck_quantize_symmetric(ck_type type, const float *x, const float *weights, uint8_t *block);
/// Superblocks with minimums.
void ck_quantize_asymmetric(ck_type type, const float *x, const float *weights, uint8_t *block);

/// The best scale without a minimum.
ck_fit ck_fit_scale(ck_grid grid, const float *x, const float *weights, size_t count);
/// The best scale and minimum for the integers 0...high. If `one_sided`, the minimum is not negative.
ck_fit ck_fit_scale_and_minimum(int high, const float *x, const float *weights, size_t count, int one_sided);
/// The weighted squared error of a given scale and minimum.
float ck_fit_error(ck_grid grid, const float *x, const float *weights, size_t count, float scale, float minimum);
/// The value of the grid nearest to each (x + minimum) / scale; 0 for NaN.
void ck_round_to_grid(ck_grid grid, const float *x, size_t count, float scale, float minimum, float *qs);

/// Writes the quants of group `index` of a block, with the zero point added. Their bits are zero before.
void ck_store_quants(ck_type type, uint8_t *block, size_t index, const uint8_t *stored);
/// The same from values of the type's grid.
void ck_store_grid_values(ck_type type, uint8_t *block, size_t index, const float *qs);

/// A scale as half precision stores it; the largest half for larger scales.
static inline float ck_rounded_half(float v) {
  const float most = 65504;
  v = v > most ? most : v < -most ? -most : v;
  return ck_half_to_float(ck_float_to_half(v));
}

/// Truncates to an integer within 0...most; NaN becomes 0.
static inline uint8_t ck_truncate(float v, int most) {
  if (!(v > 0)) return 0;
  return v < (float)most ? (uint8_t)v : (uint8_t)most;
}

#endif
