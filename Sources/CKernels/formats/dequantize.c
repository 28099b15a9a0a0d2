// SPDX-License-Identifier: Apache-2.0

// Weights to floats.
#include "formats/block_formats.h"

// The product and the difference round separately, as in ggml: the results have the same bits on every processor.
#pragma STDC FP_CONTRACT OFF

static void unpack_group(ck_type type, const uint8_t *block, size_t index, float *target) {
  const ck_group group = ck_read_group(type, block, index);
  int8_t qs[CK_BLOCK];
  ck_group_quants(type, block, index, qs);
  if (ck_part_count(type) == 2) {
    for (int i = 0; i < CK_BLOCK; i++) target[i] = group.part_scales[ck_part_of(type, i, qs[i])] * (float)qs[i];
    return;
  }
  for (int half = 0; half < 2; half++) {
    const float scale = group.scale * (float)group.factors[half];
    const float minimum = group.minimum * (float)group.minimum_factors[half];
    for (int i = 16 * half; i < 16 * half + 16; i++) target[i] = scale * (float)qs[i] - minimum;
  }
}

void ck_dequantize(ck_type type, const void *source, float *target, size_t count) {
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
        unpack_group(type, ck_block_of(type, bytes, g), ck_group_index(type, g), target + g * CK_BLOCK);
  }
}
