// SPDX-License-Identifier: Apache-2.0

// The search for scales and minimums: least squares of whole numbers, weighted.
//
// The numbers that a scale rounds x to are fixed first; the scale that fits these best follows in one step. A search
// tries a row of first scales and goes on from the best in turns, as k-means does.
#include "pack.h"

#define INLINE static inline __attribute__((always_inline))

/// First scales that are tried on either side of the one that just reaches the extremes, and their distance in parts
/// of a step of the grid.
#define TRIES 6
#define DISTANCE 0.2f
#define MOST_TURNS 6

typedef float vf4 __attribute__((ext_vector_type(4)));
typedef float vf4u __attribute__((ext_vector_type(4), aligned(4), may_alias));

INLINE float sum4(vf4 v) { return (v.x + v.z) + (v.y + v.w); }

/// The grid's numbers nearest to these.
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

/// Weighted sums of the numbers, of their squares, of their products with x.
typedef struct {
  float numbers, squares, products;
} number_sums;

INLINE number_sums sum_up(const ck_grid grid, const float *x, const float *weights, size_t count, float inverse,
                          float minimum) {
  vf4 numbers = 0, squares = 0, products = 0;
  for (size_t i = 0; i < count; i += 4) {
    const vf4 values = *(const vf4u *)(x + i);
    const vf4 number = on_grid(grid, (values + minimum) * inverse), weighted = *(const vf4u *)(weights + i) * number;
    numbers += weighted;
    squares += weighted * number;
    products += weighted * values;
  }
  return (number_sums){sum4(numbers), sum4(squares), sum4(products)};
}

/// Takes the scale that suits the numbers of `inverse` best, if its error is less. Says whether it did.
INLINE int try_scale(const ck_grid grid, const float *x, const float *weights, size_t count, float all, float inverse,
                     ck_fit *best) {
  const number_sums sums = sum_up(grid, x, weights, count, inverse, 0);
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
  const float low = grid.low, high = grid.high, distance = grid.table ? 8 * DISTANCE : DISTANCE;
  // The grid reaches further on one side, and the peak may lie on either.
  for (int i = -TRIES; i <= TRIES; i++)
    try_scale(grid, x, weights, count, all, (low + distance * (float)i) / peak, &best);
  for (int i = -TRIES; i <= TRIES; i++)
    try_scale(grid, x, weights, count, all, (high + distance * (float)i) / peak, &best);
  for (int turn = 0; turn < MOST_TURNS && best.scale != 0; turn++)
    if (!try_scale(grid, x, weights, count, all, 1 / best.scale, &best)) break;
  return best;
}

/// Weighted sums of 1, x and x squared.
typedef struct {
  float weights, x, squares;
} input_sums;

/// The same with a minimum, of numbers 0...high.
INLINE int try_scale_and_minimum(const ck_grid grid, const float *x, const float *weights, size_t count, input_sums all,
                                 int one_sided, float inverse, float minimum, ck_fit *best) {
  const number_sums sums = sum_up(grid, x, weights, count, inverse, minimum);
  const double w = all.weights, n = sums.numbers, nn = sums.squares, nx = sums.products;
  if (!(nn > 0)) return 0;
  const double determinant = w * nn - n * n;
  double scale = nx / nn, shift = 0;
  // Where all numbers are the same, the scale alone does.
  if (determinant > 1e-5 * w * nn) {
    scale = (w * nx - all.x * n) / determinant;
    shift = (nn * all.x - n * nx) / determinant;
    if (one_sided && shift > 0) {
      shift = 0;
      scale = nx / nn;
    }
  }
  const double error = all.squares + scale * scale * nn + shift * shift * w - 2 * scale * nx - 2 * shift * all.x +
                       2 * scale * shift * n;
  if (!(scale > 0) || !(error < best->error)) return 0;
  *best = (ck_fit){(float)scale, (float)-shift, (float)error};
  return 1;
}

INLINE ck_fit fit_both_on(const ck_grid grid, const float *x, const float *weights, size_t count, int one_sided) {
  float least = x[0], most = x[0];
  input_sums all = {0, 0, 0};
  for (size_t i = 0; i < count; i++) {
    least = x[i] < least ? x[i] : least;
    most = x[i] > most ? x[i] : most;
    all.weights += weights[i];
    all.x += weights[i] * x[i];
    all.squares += weights[i] * x[i] * x[i];
  }
  if (one_sided && least > 0) least = 0;
  ck_fit best = {0, -least, ck_fit_error(grid, x, weights, count, 0, -least)};
  if (!(most - least > 1e-30f) || !(all.squares < 1e30f)) return best;
  for (int i = -TRIES; i <= TRIES; i++) {
    const float inverse = ((float)grid.high + DISTANCE * (float)i) / (most - least);
    try_scale_and_minimum(grid, x, weights, count, all, one_sided, inverse, -least, &best);
  }
  for (int turn = 0; turn < MOST_TURNS && best.scale > 0; turn++)
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

// The grid is a constant in each of the two ways, so that the loops are made for it.

ck_fit ck_fit_scale(ck_grid grid, const float *x, const float *weights, size_t count) {
  if (grid.table) return fit_scale_on((ck_grid){ck_iq4_values, -127, 113}, x, weights, count);
  return fit_scale_on((ck_grid){NULL, grid.low, grid.high}, x, weights, count);
}

ck_fit ck_fit_scale_and_minimum(int high, const float *x, const float *weights, size_t count, int one_sided) {
  return fit_both_on((ck_grid){NULL, 0, high}, x, weights, count, one_sided);
}

float ck_fit_error(ck_grid grid, const float *x, const float *weights, size_t count, float scale, float minimum) {
  if (grid.table) return error_on((ck_grid){ck_iq4_values, -127, 113}, x, weights, count, scale, minimum);
  return error_on((ck_grid){NULL, grid.low, grid.high}, x, weights, count, scale, minimum);
}

void ck_fit_numbers(ck_grid grid, const float *x, size_t count, float scale, float minimum, float *numbers) {
  const float inverse = scale != 0 ? 1 / scale : 0;
  for (size_t i = 0; i < count; i += 4) {
    const vf4 values = (*(const vf4u *)(x + i) + minimum) * inverse;
    const ck_grid table = {ck_iq4_values, -127, 113}, range = {NULL, grid.low, grid.high};
    const vf4 number = grid.table ? on_grid(table, values) : on_grid(range, values);
    *(vf4u *)(numbers + i) = number == number ? number : (vf4)0.0f;
  }
}
