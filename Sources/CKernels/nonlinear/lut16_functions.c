// SPDX-License-Identifier: Apache-2.0

// The nonlinear functions of a transformer by tables of 16 lines: comparisons, one multiplication and one addition.
// Plain C, for processors without a vector unit; every instruction set uses the same functions.
#include "../internal.h"
#include "nonlinear_tables.h"

#include <math.h>

/// The line that holds for x, found by four comparisons.
static inline float line_at(const ck_lines *lines, float x) {
  size_t i = x >= lines->bounds[7] ? 8 : 0;
  i += x >= lines->bounds[i + 3] ? 4 : 0;
  i += x >= lines->bounds[i + 1] ? 2 : 0;
  i += x >= lines->bounds[i] ? 1 : 0;
  return lines->slopes[i] * x + lines->intercepts[i];
}

/// 2^exponent, for an exponent of -126 to 127.
static inline float power_of_two(int exponent) {
  const uint32_t bits = (uint32_t)(exponent + 127) << 23;
  float power;
  memcpy(&power, &bits, sizeof power);
  return power;
}

/// Splits x > 0 into a mantissa of 1..2, which is returned, and the exponent of a power of two.
static inline float mantissa_of(float x, int *exponent) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  *exponent = (int)(bits >> 23) - 127;
  bits = (bits & 0x7FFFFF) | 127u << 23;
  memcpy(&x, &bits, sizeof x);
  return x;
}

float ck_lut16_exp(float x) {
  if (isnan(x)) return x;
  const float scaled = fminf(fmaxf(x, -87), 88) * 1.44269504f, whole = floorf(scaled);
  return line_at(&ck_lut16.exp2, scaled - whole) * power_of_two((int)whole);
}

float ck_lut16_reciprocal(float x) {
  int exponent;
  if (!(x >= 0x1p-126f && x <= 0x1p126f)) return 1 / x;
  const float mantissa = mantissa_of(x, &exponent);
  return line_at(&ck_lut16.reciprocal, mantissa) * power_of_two(-exponent);
}

float ck_lut16_rsqrt(float x) {
  int exponent;
  if (!(x >= 0x1p-126f && x <= 0x1p126f)) return 1 / sqrtf(x);
  float mantissa = mantissa_of(x, &exponent);
  if (exponent & 1) {
    mantissa *= 2;
    exponent--;
  }
  return line_at(&ck_lut16.rsqrt, mantissa) * power_of_two(-exponent / 2);
}

float ck_lut16_exp_and_sum(float *x, size_t count, float offset) {
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += x[i] = ck_lut16_exp(x[i] - offset);
  return sum;
}

void ck_lut16_silu_multiply(float *gate, const float *up, size_t count) {
  for (size_t i = 0; i < count; i++) gate[i] = line_at(&ck_lut16.silu, gate[i]) * up[i];
}

void ck_lut16_sigmoid_multiply(float *x, const float *gate, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] *= line_at(&ck_lut16.sigmoid, gate[i]);
}

static void apply(const ck_lines *lines, float *x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = line_at(lines, x[i]);
}

void ck_lut16_quick_gelu(float *x, size_t count) { apply(&ck_lut16.quick_gelu, x, count); }
void ck_lut16_gelu(float *x, size_t count) { apply(&ck_lut16.gelu, x, count); }
void ck_lut16_gelu_tanh(float *x, size_t count) { apply(&ck_lut16.gelu_tanh, x, count); }

static float sum_of_squares(const float *x, size_t count, float offset) {
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += (x[i] - offset) * (x[i] - offset);
  return sum;
}

void ck_lut16_rms_norm(const float *x, const float *weight, float epsilon, float *y, size_t count) {
  const float scale = ck_lut16_rsqrt(sum_of_squares(x, count, 0) / (float)count + epsilon);
  for (size_t i = 0; i < count; i++) y[i] = x[i] * scale * weight[i];
}

void ck_lut16_l2_normalize(float *x, float epsilon, float scale, size_t count) {
  const float factor = scale * ck_lut16_rsqrt(sum_of_squares(x, count, 0) + epsilon);
  for (size_t i = 0; i < count; i++) x[i] *= factor;
}

void ck_lut16_layer_norm(const float *x, const float *weight, const float *bias, float epsilon, float *y,
                         size_t count) {
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += x[i];
  const float mean = sum / (float)count;
  const float scale = ck_lut16_rsqrt(sum_of_squares(x, count, mean) / (float)count + epsilon);
  for (size_t i = 0; i < count; i++) y[i] = (x[i] - mean) * scale * weight[i] + bias[i];
}
