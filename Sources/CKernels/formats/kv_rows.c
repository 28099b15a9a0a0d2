// SPDX-License-Identifier: Apache-2.0

// Conversion between floats and the rows of keys and values of the KV cache.
#include "formats/kv_row_layout.h"
#include "formats/quantize.h"

#include <math.h>

// Products and sums round separately, so that processors with fused multiply-add write the same bytes as others.
#pragma STDC FP_CONTRACT OFF

const float ck_no_rotation[CK_MAX_HEAD] = {[0 ... CK_MAX_HEAD / 2 - 1] = 1};

size_t ck_key_row_bytes(ck_kv_type type, size_t size) {
  switch (type) {
    case CK_KV_F32: return 4 * size;
    case CK_KV_F16: return 2 * size;
    case CK_KV_Q8_0: return size / CK_BLOCK * CK_Q8_BYTES;
    case CK_KV_Q4: return size / 2;
    case CK_KV_AMXFP4: return size / CK_BLOCK * CK_AMXFP4_BYTES;
  }
  return 0;
}

size_t ck_value_row_bytes(ck_kv_type type, size_t size) {
  return type == CK_KV_Q4 ? CK_Q4_HEAD + size / 2 : ck_key_row_bytes(type, size);
}

static float inverse_of(float scale) { return scale > 0 ? 1 / scale : 0; }

static void quantize_q8_0(const float *x, uint8_t *row, size_t size) {
  for (size_t start = 0; start < size; start += CK_BLOCK, row += CK_Q8_BYTES) {
    float peak = 0;
    for (size_t i = 0; i < CK_BLOCK; i++) {
      const float magnitude = x[start + i] < 0 ? -x[start + i] : x[start + i];
      if (magnitude > peak) peak = magnitude;
    }
    // The quants are computed with the scale as it is stored, so that its rounding adds no error.
    ck_store_half(row, peak / 127.0f);
    const float inverse = inverse_of(ck_half_to_float(ck_load_u16(row)));
    int8_t *qs = (int8_t *)row + 2;
    for (size_t i = 0; i < CK_BLOCK; i++) qs[i] = (int8_t)ck_clamped_round(x[start + i] * inverse);
  }
}

static void dequantize_q8_0(const uint8_t *row, float *target, size_t size) {
  for (size_t start = 0; start < size; start += CK_BLOCK, row += CK_Q8_BYTES) {
    const float scale = ck_half_to_float(ck_load_u16(row));
    const int8_t *qs = (const int8_t *)row + 2;
    for (size_t i = 0; i < CK_BLOCK; i++) target[start + i] = scale * (float)qs[i];
  }
}

static void quantize_amxfp4(const float *x, uint8_t *row, size_t size) {
  memset(row, 0, ck_key_row_bytes(CK_KV_AMXFP4, size));
  for (size_t start = 0; start < size; start += CK_BLOCK, row += CK_AMXFP4_BYTES)
    ck_cast_block(CK_AMXFP4, x + start, row);
}

/// Rounds to the nearest of 0...15; NaN becomes 0.
static uint8_t round_to_4_bits(float v) {
  if (!(v > 0)) return 0;
  return v < 15 ? (uint8_t)((v + 12582912.0f) - 12582912.0f) : 15;
}

static void store_halves(const float *x, uint16_t *row, size_t size) {
  for (size_t i = 0; i < size; i++) {
    const uint16_t half = ck_float_to_half(x[i]);
    memcpy(row + i, &half, 2);
  }
}

void ck_quantize_key(ck_kv_type type, const float *x, void *row, size_t size, const float *range) {
  switch (type) {
    case CK_KV_F32: memcpy(row, x, size * sizeof(float)); return;
    case CK_KV_F16: store_halves(x, row, size); return;
    case CK_KV_Q8_0: quantize_q8_0(x, row, size); return;
    case CK_KV_AMXFP4: quantize_amxfp4(x, row, size); return;
    case CK_KV_Q4: break;
  }
  const float *scales = range, *minimums = range + size;
  const size_t half = size / 2;
  uint8_t *bytes = row;
  for (size_t i = 0; i < half; i++) {
    const size_t j = i + half;
    const uint8_t low = round_to_4_bits((x[i] - minimums[i]) * inverse_of(scales[i]));
    const uint8_t high = round_to_4_bits((x[j] - minimums[j]) * inverse_of(scales[j]));
    bytes[i] = (uint8_t)(low | high << 4);
  }
}

void ck_dequantize_key(ck_kv_type type, const void *row, float *target, size_t size, const float *range) {
  if (type != CK_KV_Q4) return ck_dequantize_value(type, row, target, size);
  const float *scales = range, *minimums = range + size;
  const size_t half = size / 2;
  const uint8_t *bytes = row;
  for (size_t i = 0; i < half; i++) {
    target[i] = minimums[i] + scales[i] * (float)(bytes[i] & 15);
    target[i + half] = minimums[i + half] + scales[i + half] * (float)(bytes[i] >> 4);
  }
}

void ck_quantize_value(ck_kv_type type, const float *x, void *row, size_t size) {
  if (type != CK_KV_Q4) return ck_quantize_key(type, x, row, size, NULL);
  float smallest = INFINITY, largest = -INFINITY;
  for (size_t i = 0; i < size; i++) {
    if (x[i] < smallest) smallest = x[i];
    if (x[i] > largest) largest = x[i];
  }
  // The quants are computed with the minimum as it is stored, so that its rounding adds no error.
  uint8_t *bytes = row;
  ck_store_half(bytes + 2, smallest);
  const float minimum = ck_half_to_float(ck_load_u16(bytes + 2));
  ck_store_half(bytes, (largest - minimum) / 15);
  const float inverse = inverse_of(ck_half_to_float(ck_load_u16(bytes)));
  const size_t half = size / 2;
  for (size_t i = 0; i < half; i++)
    bytes[CK_Q4_HEAD + i] = (uint8_t)(round_to_4_bits((x[i] - minimum) * inverse) |
                                      round_to_4_bits((x[i + half] - minimum) * inverse) << 4);
}

void ck_dequantize_value(ck_kv_type type, const void *row, float *target, size_t size) {
  const uint8_t *bytes = row;
  switch (type) {
    case CK_KV_F32: memcpy(target, row, size * sizeof(float)); return;
    case CK_KV_F16:
      for (size_t i = 0; i < size; i++) target[i] = ck_half_to_float(ck_load_u16(bytes + 2 * i));
      return;
    case CK_KV_Q8_0: dequantize_q8_0(row, target, size); return;
    case CK_KV_AMXFP4: ck_dequantize(CK_AMXFP4, row, target, size); return;
    case CK_KV_Q4: break;
  }
  const float scale = ck_half_to_float(ck_load_u16(bytes)), minimum = ck_half_to_float(ck_load_u16(bytes + 2));
  const size_t half = size / 2;
  for (size_t i = 0; i < half; i++) {
    target[i] = minimum + scale * (float)(bytes[CK_Q4_HEAD + i] & 15);
    target[i + half] = minimum + scale * (float)(bytes[CK_Q4_HEAD + i] >> 4);
  }
}
