// SPDX-License-Identifier: Apache-2.0

// One row of quants with one token, and a tile of quants that are packed for one product (vector/quant_panel_i8.h).

/// The scale of a half of a group.
INLINE float half_scale(const ck_type type, const ck_group *group, size_t half) {
  return type == CK_NVFP4 ? group->part_scales[half] : group->scale * (float)group->factors[half];
}

INLINE float quant_vec_dot(const ck_type type, const uint8_t *row, const ck_input *input, size_t token, size_t groups) {
  const int8_t *x = input->quantized.qs + token * groups * CK_BLOCK;
  const float *scales = input->quantized.scales + token * groups;
  const int16_t *bsums = input->quantized.bsums + token * groups * 2;
  float32x4_t sum = vdupq_n_f32(0);
  float minimums = 0;
  for (size_t g = 0; g < groups; g++) {
    const uint8_t *block = ck_block_of(type, row, g);
    const size_t index = ck_group_index(type, g);
    const ck_group group = ck_read_group(type, block, index);
    const vu8x32 quants = stored_quants(type, block, index) - (uint8_t)ck_zero_point(type);
    for (size_t h = 0; h < 2; h++) {
      const int8x16_t weights = ((const int8x16_t *)&quants)[h];
      if (type == CK_AMXFP4) {
        const int8x16_t activations = vld1q_s8(x + g * CK_BLOCK + 16 * h), zero = vdupq_n_s8(0);
        const int32x4_t positive = vdotq_s32(vdupq_n_s32(0), vmaxq_s8(weights, zero), activations);
        const int32x4_t negative = vdotq_s32(vdupq_n_s32(0), vminq_s8(weights, zero), activations);
        sum = vfmaq_n_f32(sum, vcvtq_f32_s32(positive), group.part_scales[0] * scales[g]);
        sum = vfmaq_n_f32(sum, vcvtq_f32_s32(negative), group.part_scales[1] * scales[g]);
        continue;
      }
      const int32x4_t acc = vdotq_s32(vdupq_n_s32(0), weights, vld1q_s8(x + g * CK_BLOCK + 16 * h));
      sum = vfmaq_n_f32(sum, vcvtq_f32_s32(acc), half_scale(type, &group, h) * scales[g]);
      if (ck_has_minimum(type))
        minimums += group.minimum * (float)group.minimum_factors[h] * scales[g] * (float)bsums[2 * g + h];
    }
  }
  return vaddvq_f32(sum) - minimums;
}

/// A word is four weights of a row. One instruction multiplies the words of four rows with one word of x.
INLINE void quant_tile(const ck_type type, const size_t tokens, const quant_panel *panel, size_t groups,
                       const ck_input *input, size_t columns, size_t token, size_t first_group, float *output,
                       size_t output_stride, const tile_end *end) {
  const size_t all_groups = columns / CK_BLOCK, halves = ck_has_half_factors(type) ? 2 : 1;
  float32x4_t sums[QUANT_TILE_TOKENS][4];
  for (size_t t = 0; t < tokens; t++)
    for (size_t q = 0; q < 4; q++) sums[t][q] = vdupq_n_f32(0);
  const int8_t *x = input->quantized.qs + token * columns + first_group * CK_BLOCK;
  const float *scales = input->quantized.scales + token * all_groups + first_group;
  const int16_t *bsums = input->quantized.bsums + 2 * (token * all_groups + first_group);
  for (size_t part = 0; part < groups * (size_t)ck_part_count(type); part++) {
    const size_t g = part / (size_t)ck_part_count(type);
    // Halves with their own factors have their own sums.
    for (size_t h = 0; h < halves; h++) {
      int32x4_t acc[QUANT_TILE_TOKENS][4];
      for (size_t t = 0; t < tokens; t++)
        for (size_t q = 0; q < 4; q++) acc[t][q] = vdupq_n_s32(0);
      for (size_t w = h * 4; w < h * 4 + 8 / halves; w++)
        for (size_t q = 0; q < 4; q++) {
          const int8x16_t weights = vreinterpretq_s8_s32(vld1q_s32(panel->words + (part * 8 + w) * 16 + 4 * q));
          for (size_t t = 0; t < tokens; t++) {
            int32_t four;
            memcpy(&four, x + t * columns + g * CK_BLOCK + 4 * w, 4);
            acc[t][q] = vdotq_s32(acc[t][q], weights, vreinterpretq_s8_s32(vdupq_n_s32(four)));
          }
        }
      for (size_t t = 0; t < tokens; t++) {
        const float scale = scales[t * all_groups + g];
        const int16_t *x_halves = bsums + 2 * (t * all_groups + g);
        const int x_sum = halves == 1 ? x_halves[0] + x_halves[1] : x_halves[h];
        for (size_t q = 0; q < 4; q++) {
          const size_t at = (part * 2 + h) * 16 + 4 * q;
          const float32x4_t product = vmulq_n_f32(vld1q_f32(panel->scales + at), scale);
          sums[t][q] = vfmaq_f32(sums[t][q], vcvtq_f32_s32(acc[t][q]), product);
          if (ck_has_minimum(type))
            sums[t][q] = vfmsq_n_f32(sums[t][q], vld1q_f32(panel->minimums + at), scale * (float)x_sum);
        }
      }
    }
  }
  for (size_t t = 0; t < tokens; t++) {
    vf16 sum;
    memcpy(&sum, sums[t], sizeof sum);
    end_row(sum, output + t * output_stride, end);
  }
}
