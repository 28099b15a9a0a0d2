// SPDX-License-Identifier: Apache-2.0

// Floats into blocks: what the formats share.
#ifndef EDGEASSIST_CKERNELS_PACK_H
#define EDGEASSIST_CKERNELS_PACK_H

#include "groups.h"

#include <math.h>

/// The whole numbers that weights of a type may be: all of low...high, or of these the 16 of a table, which rise.
typedef struct {
  const int8_t *table;
  int low, high;
} ck_grid;

/// x is about scale * number - minimum, with this weighted squared error.
typedef struct {
  float scale, minimum, error;
} ck_fit;

static inline ck_grid ck_grid_of(ck_type type) {
  if (type == CK_IQ4_NL || type == CK_IQ4_XS) return (ck_grid){ck_iq4_values, -127, 113};
  const int excess = ck_excess(type);
  switch (type) {
    case CK_Q8_0: return (ck_grid){NULL, -127, 127};
    case CK_Q2_K: return (ck_grid){NULL, 0, 3};
    case CK_Q3_K: return (ck_grid){NULL, -excess, 7 - excess};
    case CK_Q5_0:
    case CK_Q5_1:
    case CK_Q5_K: return (ck_grid){NULL, -excess, 31 - excess};
    case CK_Q6_K: return (ck_grid){NULL, -excess, 63 - excess};
    default: return (ck_grid){NULL, -excess, 15 - excess};
  }
}

// A block is 32 or 256 numbers at x. Weights, one for each, say what their errors count.
void ck_pack_simple(ck_type type, const float *x, uint8_t *block);
void ck_pack_weighted(ck_type type, const float *x, const float *weights, uint8_t *block);
void ck_pack_mxfp4(const float *x, const float *weights, uint8_t *block);
void ck_pack_scaled(ck_type type, const float *x, const float *weights, uint8_t *block);
void ck_pack_with_minimums(ck_type type, const float *x, const float *weights, uint8_t *block);

/// The best scale without a minimum.
ck_fit ck_fit_scale(ck_grid grid, const float *x, const float *weights, size_t count);
/// The best scale and minimum for whole numbers 0...high; the minimum is not negative if `one_sided`.
ck_fit ck_fit_scale_and_minimum(int high, const float *x, const float *weights, size_t count, int one_sided);
/// The weighted squared error of a given scale and minimum.
float ck_fit_error(ck_grid grid, const float *x, const float *weights, size_t count, float scale, float minimum);
/// The grid's number nearest to each (x + minimum) / scale.
void ck_fit_numbers(ck_grid grid, const float *x, size_t count, float scale, float minimum, float *numbers);

/// Sets a group's integers, as they are stored, in a block whose bytes were zero there.
void ck_store_integers(ck_type type, uint8_t *block, size_t place, const uint8_t *stored);

/// The same from whole numbers of the type's grid.
void ck_store_numbers(ck_type type, uint8_t *block, size_t place, const float *numbers);

/// The half-precision number that stands for a scale; the largest one for what is larger.
static inline float ck_rounded_half(float v) {
  const float most = 65504;
  v = v > most ? most : v < -most ? -most : v;
  return ck_half_to_float(ck_float_to_half(v));
}

static inline void ck_store_half(uint8_t *p, float v) {
  const uint16_t half = ck_float_to_half(v);
  memcpy(p, &half, 2);
}

/// A number between 0 and `most`, its fraction cut off; not-a-number becomes 0.
static inline uint8_t ck_cut(float v, int most) {
  if (!(v > 0)) return 0;
  return v < (float)most ? (uint8_t)v : (uint8_t)most;
}

#endif
