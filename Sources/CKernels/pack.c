// SPDX-License-Identifier: Apache-2.0

// Floats into blocks: rows, and the formats whose scale follows from the extremes of a block.
#include "pack.h"

// The same roundings as in the gguf package, whose bytes these must be.
#pragma STDC FP_CONTRACT OFF

static uint16_t bfloat_of(float v) {
  const uint32_t bits = ck_bits_of_float(v);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return (uint16_t)(bits >> 16 | 64);
  return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

void ck_store_integers(ck_type type, uint8_t *block, size_t place, const uint8_t *stored) {
  const size_t eighth = place % 4, half = place / 4;
  uint8_t *data = block + 2;
  uint32_t fifth = 0;
  switch (type) {
    case CK_Q8_0: memcpy(data, stored, CK_BLOCK); return;
    case CK_Q2_K:
      for (int i = 0; i < CK_BLOCK; i++) block[16 + 32 * half + i] |= (uint8_t)(stored[i] << (2 * eighth));
      return;
    case CK_Q3_K:
      for (int i = 0; i < CK_BLOCK; i++) {
        block[32 + 32 * half + i] |= (uint8_t)((stored[i] & 3) << (2 * eighth));
        block[i] |= (uint8_t)((stored[i] >> 2) << place);
      }
      return;
    case CK_Q4_K:
      for (int i = 0; i < CK_BLOCK; i++) block[16 + place / 2 * 32 + i] |= (uint8_t)(stored[i] << (place % 2 * 4));
      return;
    case CK_Q5_K:
      for (int i = 0; i < CK_BLOCK; i++) {
        block[48 + place / 2 * 32 + i] |= (uint8_t)((stored[i] & 15) << (place % 2 * 4));
        block[16 + i] |= (uint8_t)((stored[i] >> 4) << place);
      }
      return;
    case CK_Q6_K:
      for (int i = 0; i < CK_BLOCK; i++) {
        block[64 * half + 32 * (eighth % 2) + i] |= (uint8_t)((stored[i] & 15) << (eighth / 2 * 4));
        block[128 + 32 * half + i] |= (uint8_t)((stored[i] >> 4) << (2 * eighth));
      }
      return;
    case CK_Q5_0:
    case CK_Q5_1:
      data = block + (type == CK_Q5_0 ? 6 : 8);
      for (int i = 0; i < CK_BLOCK; i++) fifth |= (uint32_t)(stored[i] >> 4) << i;
      memcpy(data - 4, &fifth, 4);
      break;
    case CK_Q4_1: data = block + 4; break;
    case CK_MXFP4: data = block + 1; break;
    case CK_IQ4_XS: data = block + 8 + 16 * place; break;
    default: break;
  }
  for (int i = 0; i < 16; i++) data[i] = (uint8_t)((stored[i] & 15) | stored[i + 16] << 4);
}

/// To the nearest, ties away from zero, as a signed byte.
static uint8_t away_from_zero(float v) {
  const float size = fabsf(v), whole = floorf(size);
  const int rounded = ck_cut(whole + floorf(2 * (size - whole)), 127);
  return (uint8_t)(int8_t)(v < 0 ? -rounded : rounded);
}

void ck_pack_simple(ck_type type, const float *x, uint8_t *block) {
  uint8_t stored[CK_BLOCK];
  float largest = x[0], smallest = x[0], peak = x[0];
  for (int i = 1; i < CK_BLOCK; i++) {
    if (x[i] > largest) largest = x[i];
    if (x[i] < smallest) smallest = x[i];
    if (fabsf(x[i]) > fabsf(peak)) peak = x[i];
  }
  const int most = type == CK_Q4_0 || type == CK_Q4_1 ? 15 : 31;
  const float middle = (float)(most / 2 + 1);
  const int from_minimum = ck_has_minimum(type);
  float scale = fabsf(peak) / 127;
  if (type != CK_Q8_0) scale = from_minimum ? (largest - smallest) / (float)most : peak / -middle;
  const float inverse = scale != 0 ? 1 / scale : 0;
  for (int i = 0; i < CK_BLOCK; i++) {
    if (type == CK_Q8_0) stored[i] = away_from_zero(x[i] * inverse);
    else if (from_minimum) stored[i] = ck_cut((x[i] - smallest) * inverse + 0.5f, most);
    else stored[i] = ck_cut(x[i] * inverse + (middle + 0.5f), most);
  }
  ck_store_half(block, scale);
  if (from_minimum) ck_store_half(block + 2, smallest);
  ck_store_integers(type, block, 0, stored);
}

static void pack_block(ck_type type, const float *x, const float *importance, uint8_t *block) {
  const size_t count = ck_block_weights(type);
  memset(block, 0, ck_block_bytes(type));
  const int simple = count == CK_BLOCK && type != CK_IQ4_NL && type != CK_MXFP4;
  if (simple && !importance) {
    ck_pack_simple(type, x, block);
    return;
  }
  float weights[256], mean = 0;
  for (size_t i = 0; i < count; i++) mean += fabsf(x[i]) / (float)count;
  // Without a word on their inputs, large weights count for more: as much again at the mean size.
  for (size_t i = 0; i < count; i++) weights[i] = importance ? importance[i] : mean + fabsf(x[i]);
  if (type == CK_MXFP4) ck_pack_mxfp4(x, weights, block);
  else if (count == CK_BLOCK) ck_pack_weighted(type, x, weights, block);
  else if (ck_has_minimum(type)) ck_pack_with_minimums(type, x, weights, block);
  else ck_pack_scaled(type, x, weights, block);
}

void ck_pack(ck_type type, const float *source, void *target, size_t rows, size_t columns, const float *importance) {
  uint8_t *bytes = target;
  const size_t count = rows * columns, weights = ck_block_weights(type), size = ck_block_bytes(type);
  if (type == CK_F32) {
    memcpy(target, source, count * sizeof(float));
  } else if (type == CK_F16 || type == CK_BF16) {
    for (size_t i = 0; i < count; i++) {
      const uint16_t bits = type == CK_F16 ? ck_float_to_half(source[i]) : bfloat_of(source[i]);
      memcpy(bytes + 2 * i, &bits, 2);
    }
  } else {
    for (size_t i = 0; i < count; i += weights)
      pack_block(type, source + i, importance ? importance + i % columns : NULL, bytes + i / weights * size);
  }
}
