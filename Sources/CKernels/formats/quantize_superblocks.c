// SPDX-License-Identifier: Apache-2.0

// Floats to superblocks of 256: one scale, and an integer factor for each part of 16 or 32.
#include "formats/quantize.h"

#include <math.h>

/// How often the scale and the factors are fitted to each other.
enum { ITERATIONS = 3 };

/// A superblock as parts that have one factor each.
typedef struct {
  ck_type type;
  ck_grid grid;
  size_t length;             // values of a part
  int low, high;             // the range of factors
  const float *x, *weights;  // [256]
} part_list;

/// The scale and minimum of a superblock, and the factors of each part.
typedef struct {
  float scale, minimum, error;
  int factors[16], minimum_factors[16];
} block_fit;

static part_list parts_of(ck_type type, const float *x, const float *weights) {
  part_list parts = {type, ck_grid_of(type), ck_has_half_factors(type) ? 16 : 32, 0, 63, x, weights};
  if (type == CK_Q2_K) parts.high = 15;
  if (type == CK_Q6_K) parts.low = -128, parts.high = 127;
  if (type == CK_Q3_K || type == CK_IQ4_XS) parts.low = -32, parts.high = 31;
  return parts;
}

static int clamped(float v, int low, int high) {
  if (!(v > (float)low)) return low;
  return v < (float)high ? (int)lrintf(v) : high;
}

static float part_error(const part_list *parts, size_t part, float scale, float minimum) {
  const size_t at = part * parts->length;
  return ck_fit_error(parts->grid, parts->x + at, parts->weights + at, parts->length, scale, minimum);
}

/// Chooses the factors of each part: of those next to the exact ones, the pair with the smallest error.
static void choose_factors(const part_list *parts, const ck_fit *fits, block_fit *fit) {
  fit->error = 0;
  for (size_t p = 0; p < 256 / parts->length; p++) {
    const float exact = fit->scale != 0 ? fits[p].scale / fit->scale : 0;
    const float exact_minimum = fit->minimum != 0 ? fits[p].minimum / fit->minimum : 0;
    const int first = clamped(exact - 1, parts->low, parts->high), last = clamped(exact + 1, parts->low, parts->high);
    const int first_minimum = fit->minimum != 0 ? clamped(exact_minimum - 1, 0, parts->high) : 0;
    const int last_minimum = fit->minimum != 0 ? clamped(exact_minimum + 1, 0, parts->high) : 0;
    float least_error = INFINITY;
    fit->factors[p] = fit->minimum_factors[p] = 0;
    for (int m = first_minimum; m <= last_minimum; m++)
      for (int f = first; f <= last; f++) {
        const float error = part_error(parts, p, fit->scale * (float)f, fit->minimum * (float)m);
        if (!(error < least_error)) continue;
        least_error = error;
        fit->factors[p] = f;
        fit->minimum_factors[p] = m;
      }
    fit->error += least_error;
  }
}

/// Fits the scale and the minimum to the factors and the quants that follow from these, by least squares.
static void refit(const part_list *parts, block_fit *fit) {
  double aa = 0, ab = 0, bb = 0, ax = 0, bx = 0;
  for (size_t p = 0; p < 256 / parts->length; p++) {
    const size_t at = p * parts->length;
    const double factor = fit->factors[p], minimum = fit->minimum_factors[p];
    float qs[32];
    ck_round_to_grid(parts->grid, parts->x + at, parts->length, fit->scale * (float)factor,
                     fit->minimum * (float)minimum, qs);
    double w = 0, n = 0, nn = 0, nx = 0, x = 0;
    for (size_t i = 0; i < parts->length; i++) {
      const double weight = parts->weights[at + i], q = qs[i], value = parts->x[at + i];
      w += weight;
      n += weight * q;
      nn += weight * q * q;
      nx += weight * q * value;
      x += weight * value;
    }
    aa += factor * factor * nn;
    ab -= factor * minimum * n;
    bb += minimum * minimum * w;
    ax += factor * nx;
    bx -= minimum * x;
  }
  const double determinant = aa * bb - ab * ab;
  float scale = fit->scale, minimum = fit->minimum;
  if (fit->minimum != 0 && determinant > 1e-9 * aa * bb) {
    scale = (float)((ax * bb - bx * ab) / determinant);
    minimum = (float)((aa * bx - ab * ax) / determinant);
  } else if (aa > 0) {
    scale = (float)((ax - ab * fit->minimum) / aa);
  }
  fit->scale = ck_rounded_half(scale);
  fit->minimum = ck_rounded_half(minimum);
}

static block_fit fit_block(const part_list *parts) {
  ck_fit fits[16];
  float peak = 0, minimum_peak = 0;
  for (size_t p = 0; p < 256 / parts->length; p++) {
    const float *x = parts->x + p * parts->length, *weights = parts->weights + p * parts->length;
    fits[p] = ck_has_minimum(parts->type) ? ck_fit_scale_and_minimum(parts->grid.high, x, weights, parts->length, 1)
                                          : ck_fit_scale(parts->grid, x, weights, parts->length);
    if (fabsf(fits[p].scale) > fabsf(peak)) peak = fits[p].scale;
    if (fits[p].minimum > minimum_peak) minimum_peak = fits[p].minimum;
  }
  block_fit best = {0}, fit = {0};
  const int reach = parts->low < 0 ? parts->low : parts->high;
  fit.scale = ck_rounded_half(peak / (float)reach);
  fit.minimum = ck_rounded_half(minimum_peak / (float)parts->high);
  for (int i = 0; i < ITERATIONS; i++) {
    choose_factors(parts, fits, &fit);
    if (i == 0 || fit.error < best.error) best = fit;
    else break;
    refit(parts, &fit);
  }
  return best;
}

/// Writes the quants and returns the scales and factors that belong to them.
static block_fit store_block(ck_type type, const float *x, const float *weights, uint8_t *block) {
  const part_list parts = parts_of(type, x, weights);
  const block_fit fit = fit_block(&parts);
  float qs[256];
  for (size_t p = 0; p < 256 / parts.length; p++)
    ck_round_to_grid(parts.grid, x + p * parts.length, parts.length, fit.scale * (float)fit.factors[p],
                     fit.minimum * (float)fit.minimum_factors[p], qs + p * parts.length);
  for (size_t g = 0; g < 8; g++) ck_store_grid_values(type, block, g, qs + g * CK_BLOCK);
  return fit;
}

void ck_quantize_asymmetric(ck_type type, const float *x, const float *weights, uint8_t *block) {
  const block_fit fit = store_block(type, x, weights, block);
  uint8_t *scales = type == CK_Q2_K ? block + 80 : block;
  ck_store_half(scales, fit.scale);
  ck_store_half(scales + 2, fit.minimum);
  if (type == CK_Q2_K) {
    for (int p = 0; p < 16; p++) block[p] = (uint8_t)(fit.factors[p] | fit.minimum_factors[p] << 4);
    return;
  }
  uint8_t *packed = block + 4;
  for (int p = 0; p < 4; p++) {
    packed[p] = (uint8_t)(fit.factors[p] | (fit.factors[p + 4] >> 4) << 6);
    packed[p + 4] = (uint8_t)(fit.minimum_factors[p] | (fit.minimum_factors[p + 4] >> 4) << 6);
    packed[p + 8] = (uint8_t)((fit.factors[p + 4] & 15) | (fit.minimum_factors[p + 4] & 15) << 4);
  }
}

void ck_quantize_symmetric(ck_type type, const float *x, const float *weights, uint8_t *block) {
  const block_fit fit = store_block(type, x, weights, block);
  if (type == CK_Q6_K) {
    ck_store_half(block + 208, fit.scale);
    for (int p = 0; p < 16; p++) block[192 + p] = (uint8_t)(int8_t)fit.factors[p];
  } else if (type == CK_Q3_K) {
    ck_store_half(block + 108, fit.scale);
    for (int p = 0; p < 16; p++) {
      const int factor = fit.factors[p] + 32;
      block[96 + p % 8] |= (uint8_t)((factor & 15) << (p / 8 * 4));
      block[104 + p % 4] |= (uint8_t)((factor >> 4) << (p / 4 * 2));
    }
  } else {
    ck_store_half(block, fit.scale);
    uint16_t high = 0;
    for (int p = 0; p < 8; p++) {
      const int factor = fit.factors[p] + 32;
      block[4 + p / 2] |= (uint8_t)((factor & 15) << (p % 2 * 4));
      high |= (uint16_t)((factor >> 4) << (2 * p));
    }
    memcpy(block + 2, &high, 2);
  }
}
