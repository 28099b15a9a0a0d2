// SPDX-License-Identifier: Apache-2.0

// Writes quants into the bits of a block.
#include "formats/quantize.h"

void ck_store_quants(ck_type type, uint8_t *block, size_t index, const uint8_t *stored) {
  const size_t quarter = index % 4, half = index / 4;
  uint8_t *data = block + 2;
  uint32_t fifth = 0;
  switch (type) {
    case CK_Q8_0: memcpy(data, stored, CK_BLOCK); return;
    case CK_Q2_K:
      for (int i = 0; i < CK_BLOCK; i++) block[16 + 32 * half + i] |= (uint8_t)(stored[i] << (2 * quarter));
      return;
    case CK_Q3_K:
      for (int i = 0; i < CK_BLOCK; i++) {
        block[32 + 32 * half + i] |= (uint8_t)((stored[i] & 3) << (2 * quarter));
        block[i] |= (uint8_t)((stored[i] >> 2) << index);
      }
      return;
    case CK_Q4_K:
      for (int i = 0; i < CK_BLOCK; i++) block[16 + index / 2 * 32 + i] |= (uint8_t)(stored[i] << (index % 2 * 4));
      return;
    case CK_Q5_K:
      for (int i = 0; i < CK_BLOCK; i++) {
        block[48 + index / 2 * 32 + i] |= (uint8_t)((stored[i] & 15) << (index % 2 * 4));
        block[16 + i] |= (uint8_t)((stored[i] >> 4) << index);
      }
      return;
    case CK_Q6_K:
      for (int i = 0; i < CK_BLOCK; i++) {
        block[64 * half + 32 * (quarter % 2) + i] |= (uint8_t)((stored[i] & 15) << (quarter / 2 * 4));
        block[128 + 32 * half + i] |= (uint8_t)((stored[i] >> 4) << (2 * quarter));
      }
      return;
    case CK_TQ2_0:
    case CK_SAWB2:
      for (int i = 0; i < CK_BLOCK; i++) block[32 * half + i] |= (uint8_t)(stored[i] << (2 * quarter));
      return;
    case CK_NVFP4:
      data = block + 4 + 16 * index;
      for (size_t i = 0; i < CK_BLOCK; i++) data[i / 16 * 8 + i % 8] |= (uint8_t)(stored[i] << (i / 8 % 2 * 4));
      return;
    case CK_Q5_0:
    case CK_Q5_1:
      data = block + (type == CK_Q5_0 ? 6 : 8);
      for (int i = 0; i < CK_BLOCK; i++) fifth |= (uint32_t)(stored[i] >> 4) << i;
      memcpy(data - 4, &fifth, 4);
      break;
    case CK_Q4_1: data = block + 4; break;
    case CK_MXFP4: data = block + 1; break;
    case CK_IQ4_XS: data = block + 8 + 16 * index; break;
    default: break;
  }
  for (int i = 0; i < 16; i++) data[i] = (uint8_t)((stored[i] & 15) | stored[i + 16] << 4);
}

/// The index of a value in the table.
static uint8_t index_in(const int8_t *table, float q) {
  uint8_t index = 0;
  while (index < 15 && (float)table[index] < q) index++;
  return index;
}

void ck_store_grid_values(ck_type type, uint8_t *block, size_t index, const float *qs) {
  const ck_grid grid = ck_grid_of(type);
  uint8_t stored[CK_BLOCK];
  for (int i = 0; i < CK_BLOCK; i++)
    stored[i] = grid.table ? index_in(grid.table, qs[i]) : (uint8_t)((int)qs[i] + ck_zero_point(type));
  ck_store_quants(type, block, index, stored);
}
