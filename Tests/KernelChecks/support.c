// SPDX-License-Identifier: Apache-2.0

#include "support.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

uint32_t kc_next(kc_random *random) {
  random->state ^= random->state << 13;
  random->state ^= random->state >> 7;
  random->state ^= random->state << 17;
  return (uint32_t)(random->state >> 32);
}

float kc_uniform(kc_random *random) { return (float)(kc_next(random) >> 8) / 16777216.0f * 2 - 1; }

void *kc_allocate(size_t bytes) {
  void *memory = NULL;
  if (posix_memalign(&memory, 64, bytes + 64) != 0) {
    fputs("no memory for a kernel's check\n", stderr);
    abort();
  }
  memset(memory, 0, bytes + 64);
  return memory;
}

float *kc_floats(kc_random *random, size_t count, float scale) {
  float *values = kc_allocate(count * sizeof(float));
  for (size_t i = 0; i < count; i++) values[i] = scale * kc_uniform(random);
  return values;
}

/// Where the scale and the minimum of a block are, in bytes; the same where there is no minimum.
static void scale_offsets(ck_type type, size_t offsets[2]) {
  offsets[0] = type == CK_Q2_K ? 80 : type == CK_Q3_K ? 108 : type == CK_Q6_K ? 208 : type == CK_TQ1_0 ? 52 : 0;
  if (type == CK_TQ2_0 || type == CK_SAWB2) offsets[0] = 64;
  offsets[1] = offsets[0] + (ck_has_minimum(type) ? 2 : 0);
}

uint8_t *kc_weights(kc_random *random, ck_type type, size_t rows, size_t columns) {
  const size_t step = ck_block_bytes(type), bytes = rows * columns / ck_block_weights(type) * step;
  uint8_t *weights = kc_allocate(bytes);
  size_t offsets[2];
  scale_offsets(type, offsets);
  for (size_t i = 0; i < bytes; i++) weights[i] = (uint8_t)kc_next(random);
  for (size_t b = 0; b < bytes; b += step) {
    const float value = kc_uniform(random);
    const uint32_t bits = ck_bits_of_float(value);
    const uint16_t bfloat = (uint16_t)(bits >> 16);
    if (type == CK_F32) memcpy(weights + b, &bits, 4);
    else if (type == CK_F16) ck_store_half(weights + b, value);
    else if (type == CK_BF16) memcpy(weights + b, &bfloat, 2);
    else if (type == CK_MXFP4) weights[b] = (uint8_t)(118 + kc_next(random) % 4);
    else if (type == CK_NVFP4)
      for (size_t s = 0; s < 4; s++) weights[b + s] = (uint8_t)(8 + kc_next(random) % 32);
    else if (type == CK_AMXFP4)
      for (size_t s = 0; s < 2; s++) weights[b + s] = (uint8_t)(28 + kc_next(random) % 16);
    else
      for (size_t s = 0; s < 2; s++) ck_store_half(weights + b + offsets[s], 0.01f + 0.005f * kc_uniform(random));
  }
  return weights;
}

double kc_difference(const float *a, const float *b, size_t count) {
  double error = 0, size = 0;
  for (size_t i = 0; i < count; i++) {
    error += (a[i] - b[i]) * (double)(a[i] - b[i]);
    size += b[i] * (double)b[i];
  }
  const double difference = size > 0 ? sqrt(error / size) : sqrt(error);
  return isnan(difference) ? INFINITY : difference;
}

void kc_expect(kc_report *report, int passed, const char *format, ...) {
  report->checked++;
  if (passed) return;
  if (report->failed++ > 0) return;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(report->message, sizeof report->message, format, arguments);
  va_end(arguments);
}
