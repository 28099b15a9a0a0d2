// SPDX-License-Identifier: Apache-2.0

// Floats to weights of any type: chooses how a block is quantized.
#include "formats/quantize.h"

#include <math.h>

/// To the nearest, ties to even.
static uint16_t float_to_bfloat(float v) {
  const uint32_t bits = ck_bits_of_float(v);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return (uint16_t)(bits >> 16 | 64);
  return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

static void quantize_block(ck_type type, const float *x, const float *importance, uint8_t *block) {
  const size_t count = ck_block_weights(type);
  memset(block, 0, ck_block_bytes(type));
  const int is_e2m1 = type == CK_MXFP4 || type == CK_NVFP4 || type == CK_AMXFP4;
  const int simple = count == CK_BLOCK && type != CK_IQ4_NL && type != CK_DINT4 && !is_e2m1;
  if (simple && !importance) {
    ck_quantize_minmax(type, x, block);
    return;
  }
  float weights[256], mean = 0;
  for (size_t i = 0; i < count; i++) mean += fabsf(x[i]) / (float)count;
  // Without importance, the error of a weight counts the more the larger the weight is: twice as much at the mean as
  // near 0.
  for (size_t i = 0; i < count; i++) weights[i] = importance ? importance[i] : mean + fabsf(x[i]);
  if (is_e2m1) ck_quantize_e2m1(type, x, weights, block);
  else if (count == CK_BLOCK) ck_quantize_searched(type, x, weights, block);
  else if (type == CK_TQ1_0 || type == CK_TQ2_0) ck_quantize_ternary(type, x, weights, block);
  else if (ck_has_minimum(type)) ck_quantize_asymmetric(type, x, weights, block);
  else ck_quantize_symmetric(type, x, weights, block);
}

void ck_quantize(ck_type type, const float *source, void *target, size_t rows, size_t columns,
                 const float *importance) {
  uint8_t *bytes = target;
  const size_t count = rows * columns, weights = ck_block_weights(type), size = ck_block_bytes(type);
  if (type == CK_F32) {
    memcpy(target, source, count * sizeof(float));
  } else if (type == CK_F16 || type == CK_BF16) {
    for (size_t i = 0; i < count; i++) {
      const uint16_t bits = type == CK_F16 ? ck_float_to_half(source[i]) : float_to_bfloat(source[i]);
      memcpy(bytes + 2 * i, &bits, 2);
    }
  } else if (type == CK_SAWB2) {
    for (size_t r = 0; r < rows; r++) {
      const float scale = ck_sawb2_scale(source + r * columns, columns);
      for (size_t i = 0; i < columns; i += weights, bytes += size)
        ck_quantize_sawb2(source + r * columns + i, scale, bytes);
    }
  } else {
    for (size_t i = 0; i < count; i += weights)
      quantize_block(type, source + i, importance ? importance + i % columns : NULL, bytes + i / weights * size);
  }
}
