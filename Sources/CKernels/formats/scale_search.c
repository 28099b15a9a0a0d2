// SPDX-License-Identifier: Apache-2.0

// Searches for the scale and the minimum of least weighted squared error.
//
// For given quants, the best scale follows by least squares. For a given scale, the best quants follow by rounding. The
// search tries several first scales, and improves the best by alternating the two, as k-means does.
#include "formats/quantize.h"

#include <math.h>

/// First scales tried on either side of the one that maps the peak to the end of the grid, and the most iterations from
/// the best of them.
enum { TRIES = 6, MAX_ITERATIONS = 6 };
/// The distance of first scales in steps of the grid.
#define DISTANCE 0.2f

typedef float vf4 __attribute__((ext_vector_type(4)));
typedef float vf4u __attribute__((ext_vector_type(4), aligned(4), may_alias));

INLINE float sum4(vf4 v) { return (v.x + v.z) + (v.y + v.w); }

/// Rounds to the nearest values of the grid.
INLINE vf4 on_grid(const ck_grid grid, vf4 v) {
  if (grid.table) {
    vf4 value = grid.table[0];
#pragma clang loop unroll(full)
    for (int k = 0; k < 15; k++) {
      const float step = (float)(grid.table[k + 1] - grid.table[k]), between = (float)grid.table[k] + step / 2;
      value += v > between ? (vf4)step : (vf4)0.0f;
    }
    return value;
  }
  const vf4 low = (float)grid.low, high = (float)grid.high;
  v = v > low ? v : low;
  v = v < high ? v : high;
  return (v + 12582912.0f) - 12582912.0f;
}

/// Weighted sums of the quants, of their squares, and of their products with x.
typedef struct {
  float qs, squares, products;
} quant_sums;

INLINE quant_sums sum_up(const ck_grid grid, const float *x, const float *weights, size_t count, float inverse,
                         float minimum) {
  vf4 qs = 0, squares = 0, products = 0;
  for (size_t i = 0; i < count; i += 4) {
    const vf4 values = *(const vf4u *)(x + i);
    const vf4 q = on_grid(grid, (values + minimum) * inverse), weighted = *(const vf4u *)(weights + i) * q;
    qs += weighted;
    squares += weighted * q;
    products += weighted * values;
  }
  return (quant_sums){sum4(qs), sum4(squares), sum4(products)};
}

/// Takes the best scale for the quants of 1 / `inverse`, if its error is less than that of `best`. Returns whether it
/// did.
INLINE int try_scale(const ck_grid grid, const float *x, const float *weights, size_t count, float all, float inverse,
                     ck_fit *best) {
  const quant_sums sums = sum_up(grid, x, weights, count, inverse, 0);
  const float error = all - sums.products * sums.products / sums.squares;
  if (!(sums.squares > 0) || !(error < best->error)) return 0;
  *best = (ck_fit){sums.products / sums.squares, 0, error};
  return 1;
}

INLINE ck_fit fit_scale_on(const ck_grid grid, const float *x, const float *weights, size_t count) {
  float peak = 0, all = 0;
  for (size_t i = 0; i < count; i++) {
    if (fabsf(x[i]) > fabsf(peak)) peak = x[i];
    all += weights[i] * x[i] * x[i];
  }
  ck_fit best = {0, 0, all};
  if (!(fabsf(peak) > 1e-30f) || !(all < 1e30f)) return best;
  const float low = grid.low, high = grid.high;
  const float distance = grid.table ? (high - low) * (DISTANCE / 30) : DISTANCE;
  // The grid may have more values on one side of 0. The peak is mapped to either end.
  for (int i = -TRIES; i <= TRIES; i++)
    try_scale(grid, x, weights, count, all, (low + distance * (float)i) / peak, &best);
  for (int i = -TRIES; i <= TRIES; i++)
    try_scale(grid, x, weights, count, all, (high + distance * (float)i) / peak, &best);
  for (int i = 0; i < MAX_ITERATIONS && best.scale != 0; i++)
    if (!try_scale(grid, x, weights, count, all, 1 / best.scale, &best)) break;
  return best;
}

/// Weighted sums of 1, x and x squared.
typedef struct {
  float weights, x, squares;
} input_sums;

/// The same for a scale and a minimum, with the quants 0...high.
INLINE int try_scale_and_minimum(const ck_grid grid, const float *x, const float *weights, size_t count, input_sums all,
                                 int one_sided, float inverse, float minimum, ck_fit *best) {
  const quant_sums sums = sum_up(grid, x, weights, count, inverse, minimum);
  const double w = all.weights, n = sums.qs, nn = sums.squares, nx = sums.products;
  if (!(nn > 0)) return 0;
  const double determinant = w * nn - n * n;
  double scale = nx / nn, shift = 0;
  // If all quants are equal, the system is singular: the scale alone is fitted.
  if (determinant > 1e-5 * w * nn) {
    scale = (w * nx - all.x * n) / determinant;
    shift = (nn * all.x - n * nx) / determinant;
    if (one_sided && shift > 0) {
      shift = 0;
      scale = nx / nn;
    }
  }
  const double error =
      all.squares + scale * scale * nn + shift * shift * w - 2 * scale * nx - 2 * shift * all.x + 2 * scale * shift * n;
  if (!(scale > 0) || !(error < best->error)) return 0;
  *best = (ck_fit){(float)scale, (float)-shift, (float)error};
  return 1;
}

INLINE ck_fit fit_both_on(const ck_grid grid, const float *x, const float *weights, size_t count, int one_sided) {
  float smallest = x[0], largest = x[0];
  input_sums all = {0, 0, 0};
  for (size_t i = 0; i < count; i++) {
    smallest = x[i] < smallest ? x[i] : smallest;
    largest = x[i] > largest ? x[i] : largest;
    all.weights += weights[i];
    all.x += weights[i] * x[i];
    all.squares += weights[i] * x[i] * x[i];
  }
  if (one_sided && smallest > 0) smallest = 0;
  ck_fit best = {0, -smallest, ck_fit_error(grid, x, weights, count, 0, -smallest)};
  if (!(largest - smallest > 1e-30f) || !(all.squares < 1e30f)) return best;
  for (int i = -TRIES; i <= TRIES; i++) {
    const float inverse = ((float)grid.high + DISTANCE * (float)i) / (largest - smallest);
    try_scale_and_minimum(grid, x, weights, count, all, one_sided, inverse, -smallest, &best);
  }
  for (int i = 0; i < MAX_ITERATIONS && best.scale > 0; i++)
    if (!try_scale_and_minimum(grid, x, weights, count, all, one_sided, 1 / best.scale, best.minimum, &best)) break;
  return best;
}

INLINE float error_on(const ck_grid grid, const float *x, const float *weights, size_t count, float scale,
                      float minimum) {
  const float inverse = scale != 0 ? 1 / scale : 0;
  vf4 error = 0;
  for (size_t i = 0; i < count; i += 4) {
    const vf4 values = *(const vf4u *)(x + i) + minimum;
    const vf4 rest = values - scale * on_grid(grid, values * inverse);
    error += *(const vf4u *)(weights + i) * rest * rest;
  }
  return sum4(error);
}

// Each call passes a constant grid, so that inlining makes one loop for each table and one for ranges.

INLINE int is_dint4(ck_grid grid) { return grid.table && grid.high == 12; }

ck_fit ck_fit_scale(ck_grid grid, const float *x, const float *weights, size_t count) {
  if (is_dint4(grid)) return fit_scale_on((ck_grid){ck_dint4_values, -14, 12}, x, weights, count);
  if (grid.table) return fit_scale_on((ck_grid){ck_iq4_values, -127, 113}, x, weights, count);
  return fit_scale_on((ck_grid){NULL, grid.low, grid.high}, x, weights, count);
}

ck_fit ck_fit_scale_and_minimum(int high, const float *x, const float *weights, size_t count, int one_sided) {
  return fit_both_on((ck_grid){NULL, 0, high}, x, weights, count, one_sided);
}

float ck_fit_error(ck_grid grid, const float *x, const float *weights, size_t count, float scale, float minimum) {
  if (is_dint4(grid)) return error_on((ck_grid){ck_dint4_values, -14, 12}, x, weights, count, scale, minimum);
  if (grid.table) return error_on((ck_grid){ck_iq4_values, -127, 113}, x, weights, count, scale, minimum);
  return error_on((ck_grid){NULL, grid.low, grid.high}, x, weights, count, scale, minimum);
}

void ck_round_to_grid(ck_grid grid, const float *x, size_t count, float scale, float minimum, float *qs) {
  const float inverse = scale != 0 ? 1 / scale : 0;
  for (size_t i = 0; i < count; i += 4) {
    const vf4 values = (*(const vf4u *)(x + i) + minimum) * inverse;
    const ck_grid iq4 = {ck_iq4_values, -127, 113}, dint4 = {ck_dint4_values, -14, 12};
    const ck_grid range = {NULL, grid.low, grid.high};
    const vf4 q = is_dint4(grid) ? on_grid(dint4, values) : grid.table ? on_grid(iq4, values) : on_grid(range, values);
    *(vf4u *)(qs + i) = q == q ? q : (vf4)0.0f;
  }
}
