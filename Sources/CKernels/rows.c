// SPDX-License-Identifier: Apache-2.0

// Rows of keys and values as the cache holds them: floats in, floats out. Every processor makes the same bytes.
#include "rows.h"

// A product and a sum rounded apart, so that no processor's fused arithmetic makes other bytes.
#pragma STDC FP_CONTRACT OFF

size_t ck_key_row_bytes(ck_row_type type, size_t size) {
  switch (type) {
    case CK_ROWS_F32: return 4 * size;
    case CK_ROWS_F16: return 2 * size;
    case CK_ROWS_Q8_0: return size / CK_BLOCK * CK_Q8_BYTES;
    case CK_ROWS_Q4: return size / 2;
  }
  return 0;
}

size_t ck_value_row_bytes(ck_row_type type, size_t size) {
  return type == CK_ROWS_Q4 ? CK_Q4_HEAD + size / 2 : ck_key_row_bytes(type, size);
}

static void store_half(uint8_t *target, float value) {
  const uint16_t half = ck_float_to_half(value);
  memcpy(target, &half, 2);
}

static float inverse_of(float step) { return step > 0 ? 1 / step : 0; }

static void pack_bytes(const float *x, uint8_t *row, size_t size) {
  for (size_t start = 0; start < size; start += CK_BLOCK, row += CK_Q8_BYTES) {
    float peak = 0;
    for (size_t i = 0; i < CK_BLOCK; i++) {
      const float magnitude = x[start + i] < 0 ? -x[start + i] : x[start + i];
      if (magnitude > peak) peak = magnitude;
    }
    // Numbers meet the scale as it is stored, so that its rounding is no error of theirs.
    store_half(row, peak / 127.0f);
    const float inverse = inverse_of(ck_half_to_float(ck_load_u16(row)));
    int8_t *numbers = (int8_t *)row + 2;
    for (size_t i = 0; i < CK_BLOCK; i++) numbers[i] = (int8_t)ck_clamped_round(x[start + i] * inverse);
  }
}

static void unpack_bytes(const uint8_t *row, float *target, size_t size) {
  for (size_t start = 0; start < size; start += CK_BLOCK, row += CK_Q8_BYTES) {
    const float scale = ck_half_to_float(ck_load_u16(row));
    const int8_t *numbers = (const int8_t *)row + 2;
    for (size_t i = 0; i < CK_BLOCK; i++) target[start + i] = scale * (float)numbers[i];
  }
}

/// To the nearest of 0...15; not-a-number becomes 0.
static uint8_t nibble(float v) {
  if (!(v > 0)) return 0;
  return v < 15 ? (uint8_t)((v + 12582912.0f) - 12582912.0f) : 15;
}

static void pack_halves(const float *x, uint16_t *row, size_t size) {
  for (size_t i = 0; i < size; i++) {
    const uint16_t half = ck_float_to_half(x[i]);
    memcpy(row + i, &half, 2);
  }
}

void ck_pack_key(ck_row_type type, const float *x, void *row, size_t size, const float *range) {
  switch (type) {
    case CK_ROWS_F32: memcpy(row, x, size * sizeof(float)); return;
    case CK_ROWS_F16: pack_halves(x, row, size); return;
    case CK_ROWS_Q8_0: pack_bytes(x, row, size); return;
    case CK_ROWS_Q4: break;
  }
  const float *steps = range, *lowest = range + size;
  const size_t half = size / 2;
  uint8_t *bytes = row;
  for (size_t i = 0; i < half; i++) {
    const size_t j = i + half;
    const uint8_t low = nibble((x[i] - lowest[i]) * inverse_of(steps[i]));
    const uint8_t high = nibble((x[j] - lowest[j]) * inverse_of(steps[j]));
    bytes[i] = (uint8_t)(low | high << 4);
  }
}

void ck_unpack_key(ck_row_type type, const void *row, float *target, size_t size, const float *range) {
  if (type != CK_ROWS_Q4) return ck_unpack_value(type, row, target, size);
  const float *steps = range, *lowest = range + size;
  const size_t half = size / 2;
  const uint8_t *bytes = row;
  for (size_t i = 0; i < half; i++) {
    target[i] = lowest[i] + steps[i] * (float)(bytes[i] & 15);
    target[i + half] = lowest[i + half] + steps[i + half] * (float)(bytes[i] >> 4);
  }
}

void ck_pack_value(ck_row_type type, const float *x, void *row, size_t size) {
  if (type != CK_ROWS_Q4) return ck_pack_key(type, x, row, size, NULL);
  float least = INFINITY, most = -INFINITY;
  for (size_t i = 0; i < size; i++) {
    if (x[i] < least) least = x[i];
    if (x[i] > most) most = x[i];
  }
  // Measured from the lowest number as it is stored, so that its rounding is not an error of all others too.
  uint8_t *bytes = row;
  store_half(bytes + 2, least);
  const float lowest = ck_half_to_float(ck_load_u16(bytes + 2));
  store_half(bytes, (most - lowest) / 15);
  const float inverse = inverse_of(ck_half_to_float(ck_load_u16(bytes)));
  const size_t half = size / 2;
  for (size_t i = 0; i < half; i++)
    bytes[CK_Q4_HEAD + i] =
        (uint8_t)(nibble((x[i] - lowest) * inverse) | nibble((x[i + half] - lowest) * inverse) << 4);
}

void ck_unpack_value(ck_row_type type, const void *row, float *target, size_t size) {
  const uint8_t *bytes = row;
  switch (type) {
    case CK_ROWS_F32: memcpy(target, row, size * sizeof(float)); return;
    case CK_ROWS_F16:
      for (size_t i = 0; i < size; i++) target[i] = ck_half_to_float(ck_load_u16(bytes + 2 * i));
      return;
    case CK_ROWS_Q8_0: unpack_bytes(row, target, size); return;
    case CK_ROWS_Q4: break;
  }
  const float step = ck_half_to_float(ck_load_u16(bytes)), lowest = ck_half_to_float(ck_load_u16(bytes + 2));
  const size_t half = size / 2;
  for (size_t i = 0; i < half; i++) {
    target[i] = lowest + step * (float)(bytes[CK_Q4_HEAD + i] & 15);
    target[i + half] = lowest + step * (float)(bytes[CK_Q4_HEAD + i] >> 4);
  }
}
