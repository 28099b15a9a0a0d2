// SPDX-License-Identifier: Apache-2.0

// Floats to blocks of E2M1 values. A scale is one byte: of the bytes near the one that maps the peak to the largest
// value, the one of least weighted squared error is taken. A cast takes the first without a search.
#include "formats/quantize.h"

#include <math.h>

/// The index of the nearest value in ck_e2m1_values.
static uint8_t e2m1_of(float v) {
  static const float between[7] = {0.5f, 1.5f, 2.5f, 3.5f, 5, 7, 10};
  uint8_t index = 0;
  for (int k = 0; k < 7; k++) index += fabsf(v) > between[k];
  return (uint8_t)(index | (v < 0 && index > 0 ? 8 : 0));
}

/// The scale of E2M1 values, which are doubled, that a byte stands for.
static float scale_of(ck_type type, int byte) {
  switch (type) {
    case CK_NVFP4: return ck_e4m3_half((uint8_t)byte);
    case CK_AMXFP4: return ck_e5m2_half((uint8_t)byte);
    default: return ck_e8m0_half((uint8_t)byte);
  }
}

/// The largest byte that is a finite scale.
static int largest_byte(ck_type type) { return type == CK_NVFP4 ? 0x7e : type == CK_AMXFP4 ? 0x7b : 254; }

/// Values that share a scale.
typedef struct {
  const float *x, *weights;
  size_t count;
  int sign;  // 1 or -1: only values of this sign share the scale; 0: all do
} part;

static int is_in(const part *p, size_t i) { return p->sign == 0 || (p->sign > 0 ? p->x[i] > 0 : p->x[i] < 0); }

static float error_of(const part *p, float scale) {
  float error = 0;
  for (size_t i = 0; i < p->count; i++) {
    if (!is_in(p, i)) continue;
    const float rest = p->x[i] - (scale > 0 ? scale * (float)ck_e2m1_values[e2m1_of(p->x[i] / scale)] : 0);
    error += p->weights[i] * rest * rest;
  }
  return error;
}

/// The byte of the best scale; -1 if a value is not finite or all are 0.
static int best_byte(ck_type type, const part *p) {
  float peak = 0;
  for (size_t i = 0; i < p->count; i++)
    if (is_in(p, i) && !(fabsf(p->x[i]) <= peak)) peak = fabsf(p->x[i]);
  if (!(peak > 0) || !(peak < INFINITY)) return -1;
  // The first byte whose scale reaches the peak with the largest value.
  int low = 0, high = largest_byte(type);
  while (low < high) {
    const int middle = (low + high) / 2;
    if (12 * scale_of(type, middle) < peak) low = middle + 1;
    else high = middle;
  }
  // Below it, the peak is clipped by up to half; above it, the grid is coarser.
  const int below = type == CK_NVFP4 ? 7 : type == CK_AMXFP4 ? 4 : 2, above = type == CK_MXFP4 ? 1 : below / 2;
  int best = low;
  float least_error = INFINITY;
  for (int byte = low - below; byte <= low + above; byte++) {
    if (byte < 0 || byte > largest_byte(type) || !(scale_of(type, byte) > 0)) continue;
    const float error = error_of(p, scale_of(type, byte));
    if (!(error < least_error)) continue;
    least_error = error;
    best = byte;
  }
  return best;
}

static void round_part(const part *p, float scale, uint8_t *stored) {
  for (size_t i = 0; i < p->count; i++)
    if (is_in(p, i)) stored[i] = scale > 0 ? e2m1_of(p->x[i] / scale) : 0;
}

void ck_quantize_e2m1(ck_type type, const float *x, const float *weights, uint8_t *block) {
  const size_t groups = ck_block_weights(type) / CK_BLOCK, parts = (size_t)ck_part_count(type);
  for (size_t g = 0; g < groups; g++) {
    uint8_t stored[CK_BLOCK] = {0};
    for (size_t p = 0; p < parts; p++) {
      const size_t start = g * CK_BLOCK + (type == CK_NVFP4 ? 16 * p : 0);
      const part values = {x + start, weights + start, type == CK_NVFP4 ? 16 : CK_BLOCK,
                           type == CK_AMXFP4 ? p == 0 ? 1 : -1 : 0};
      const int byte = best_byte(type, &values);
      if (byte < 0) continue;
      block[type == CK_NVFP4 ? 2 * g + p : p] = (uint8_t)byte;
      round_part(&values, scale_of(type, byte), stored + start - g * CK_BLOCK);
    }
    ck_store_quants(type, block, g, stored);
  }
}

/// The byte of a scale that maps the peak to the largest value or near it; 0 for a peak of 0.
static uint8_t cast_byte(ck_type type, float peak) {
  if (!(peak > 0)) return 0;
  if (type == CK_MXFP4) {
    // 2^(floor(log2 peak) - 2), of the exponent's bits.
    const int exponent = (int)(ck_bits_of_float(peak) >> 23 & 0xff) - 2;
    return (uint8_t)(exponent < 0 ? 0 : exponent);
  }
  // E5M2 is half precision without its last byte: to the nearest, ties to even.
  const int half = ck_float_to_half(peak / 6), byte = (half + 0x7f + (half >> 8 & 1)) >> 8;
  return (uint8_t)(byte < 1 ? 1 : byte > largest_byte(type) ? largest_byte(type) : byte);
}

void ck_cast_block(ck_type type, const float *x, uint8_t *block) {
  uint8_t stored[CK_BLOCK] = {0};
  float peaks[2] = {0, 0};
  for (size_t i = 0; i < CK_BLOCK; i++) {
    const size_t sign = type == CK_AMXFP4 && x[i] < 0;
    if (fabsf(x[i]) > peaks[sign]) peaks[sign] = fabsf(x[i]);
  }
  float scales[2];
  for (size_t p = 0; p < (size_t)ck_part_count(type); p++) {
    block[p] = cast_byte(type, peaks[p]);
    scales[p] = scale_of(type, block[p]);
  }
  for (size_t i = 0; i < CK_BLOCK; i++) {
    const size_t sign = type == CK_AMXFP4 && x[i] < 0;
    if (peaks[sign] > 0) stored[i] = e2m1_of(x[i] / scales[sign]);
  }
  ck_store_quants(type, block, 0, stored);
}

void ck_cast(ck_type type, const float *source, float *target, size_t count) {
  for (size_t i = 0; i < count; i += CK_BLOCK) {
    uint8_t block[CK_BLOCK] = {0};
    ck_cast_block(type, source + i, block);
    ck_dequantize(type, block, target + i, CK_BLOCK);
  }
}

void ck_quantize_cast(const ck_kernels *kernels, ck_type type, const float *source, size_t count,
                      const ck_quantized *target) {
  enum { part = 256 };
  for (size_t start = 0; start < count; start += part) {
    const size_t columns = count - start < part ? count - start : part, block = start / CK_BLOCK;
    float values[part];
    ck_cast(type, source + start, values, columns);
    const ck_quantized quantized = {
        target->qs + start,        target->qs16 + start,        target->scales + block,
        target->bsums + 2 * block, target->corrections + block, target->dsums + block,
    };
    kernels->quantize_activations(values, columns, &quantized);
  }
}
