// SPDX-License-Identifier: Apache-2.0

// Weights as floats.
#include "groups.h"

// A product and a difference rounded apart, as everybody else rounds them: the results are bit for bit the same.
#pragma STDC FP_CONTRACT OFF

static void unpack_group(ck_type type, const uint8_t *block, size_t place, float *target) {
  const ck_group group = ck_read_group(type, block, place);
  int8_t integers[CK_BLOCK];
  ck_group_integers(type, block, place, integers);
  for (int half = 0; half < 2; half++) {
    const float scale = group.scale * (float)group.factors[half];
    const float minimum = group.minimum * (float)group.minimum_factors[half];
    for (int i = 16 * half; i < 16 * half + 16; i++) target[i] = scale * (float)integers[i] - minimum;
  }
}

void ck_unpack(ck_type type, const void *source, float *target, size_t count) {
  const uint8_t *bytes = source;
  switch (type) {
    case CK_F32: memcpy(target, source, count * sizeof(float)); return;
    case CK_F16:
      for (size_t i = 0; i < count; i++) target[i] = ck_half_to_float(ck_load_u16(bytes + 2 * i));
      return;
    case CK_BF16:
      for (size_t i = 0; i < count; i++) target[i] = ck_bfloat_to_float(ck_load_u16(bytes + 2 * i));
      return;
    default:
      for (size_t g = 0; g < count / CK_BLOCK; g++)
        unpack_group(type, ck_block_of(type, bytes, g), ck_place_of(type, g), target + g * CK_BLOCK);
  }
}
