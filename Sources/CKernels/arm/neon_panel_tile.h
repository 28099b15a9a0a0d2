// SPDX-License-Identifier: Apache-2.0

// A tile of repacked weights on NEON.
//
// Needs neon_panel_words.h, and from the file that includes this one:
//   TOKENS_PER_VECTOR  in a whole tile, tokens whose sums share a vector: with two, they alternate, those of one row
//                      before those of the next
//   multiply_half(...) as multiply_half_dotprod

/// Computes results [token][16] of 4 * `quarters` rows of a panel from row 4 * `first` on; otherwise as panel_tile.
INLINE void tile_rows(const ck_type type, const size_t tokens, const size_t quarters, size_t first,
                      const uint8_t *panel, size_t columns, size_t first_group, size_t last_group,
                      const ck_input *input, size_t token, size_t prefetch, float results[][CK_PANEL_ROWS]) {
  const size_t groups = columns / CK_BLOCK, group_bytes = ck_panel_group_bytes(type);
  const size_t per_vector = tokens == PANEL_TILE_TOKENS ? TOKENS_PER_VECTOR : 1, vectors = quarters * per_vector;
  // Scales from the first token of a vector to the second.
  const size_t next = (per_vector - 1) * groups;
  // Parts of a group with their own scales have their own sums, one after the other: halves, or signs.
  const int has_halves = ck_panel_has_half_sums(type);
  const size_t parts = has_halves || ck_panel_has_sign_sums(type) ? 2 : 1;
  int8x16_t codebooks[2];
  for (size_t p = 0; p < parts; p++) codebooks[p] = panel_codebook(type, p);
  const uint8_t *quants = panel + ck_panel_quants_at(type, columns) + first_group * group_bytes;
  // Each group prefetches its share of the whole panel, `prefetch` bytes ahead of its quants.
  const size_t share = ck_panel_bytes(type, columns) / groups;
  const uint8_t *ahead = panel + ck_panel_quants_at(type, columns) + prefetch;
  const ck_quantized *q = &input->quantized;
  float32x4_t sums[4 * PANEL_TILE_TOKENS];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < quarters * tokens; i++) sums[i] = vdupq_n_f32(0);
  for (size_t g = first_group; g < last_group; g++, quants += group_bytes) {
    if (prefetch)
      for (size_t b = 0; b < share; b += 64) __builtin_prefetch(ahead + g * share + b, 0, 2);
    float32x4_t scales[2][8];
    for (size_t v = 0; v < vectors; v++) {
      float32x4_t four[2];
      panel_scales(type, panel, g, first + v / per_vector, four);
      for (size_t i = 0; i < 2; i++)
        scales[i][v] = per_vector == 1 ? four[i] : v % 2 ? vzip2q_f32(four[i], four[i]) : vzip1q_f32(four[i], four[i]);
    }
    int32x4_t acc[4 * PANEL_TILE_TOKENS];
#pragma clang loop unroll(full)
    for (size_t p = 0; p < parts; p++) {
#pragma clang loop unroll(full)
      for (size_t i = 0; i < quarters * tokens; i++) {
        const size_t at = (token + i / vectors * per_vector) * groups + g;
        acc[i] = alternating(first_sum(type, q, at, p), first_sum(type, q, at + next, p), per_vector);
      }
#pragma clang loop unroll(full)
      for (int half = 0; half < 2; half++)
        if (!has_halves || half == (int)p)
          multiply_half(type, tokens, quarters, quants + 16 * first, half, codebooks[p],
                        q->qs + token * columns + g * CK_BLOCK + 16 * half, columns, acc);
#pragma clang loop unroll(full)
      for (size_t i = 0; i < quarters * tokens; i++) {
        const float *x = q->scales + (token + i / vectors * per_vector) * groups + g;
        const float32x4_t scale = alternating_floats(x[0], x[next], per_vector);
        sums[i] = vfmaq_f32(sums[i], vcvtq_f32_s32(acc[i]), scale * scales[p][i % vectors]);
      }
    }
    if (!ck_has_minimum(ck_panel_source(type))) continue;
#pragma clang loop unroll(full)
    for (size_t i = 0; i < quarters * tokens; i++) {
      const float *x = q->dsums + (token + i / vectors * per_vector) * groups + g;
      sums[i] = vfmsq_f32(sums[i], scales[1][i % vectors], alternating_floats(x[0], x[next], per_vector));
    }
  }
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++)
#pragma clang loop unroll(full)
    for (size_t r = 0; r < quarters; r++) {
      const float32x4_t *sum = sums + (t / per_vector * quarters + r) * per_vector;
      float32x4_t result = sum[0];
      if (per_vector == 2) result = t % 2 ? vuzp2q_f32(sum[0], sum[1]) : vuzp1q_f32(sum[0], sum[1]);
      vst1q_f32(results[t] + 4 * (first + r), result);
    }
}

/// Groups first_group..<last_group of a panel with `tokens` tokens from `token` on; `prefetch` bytes ahead, 0 for none.
INLINE void panel_tile(const ck_type type, const size_t tokens, const uint8_t *panel, size_t columns,
                       size_t first_group, size_t last_group, const ck_input *input, size_t token, float *output,
                       size_t output_stride, const tile_end *end, size_t prefetch) {
  // With several tokens, the registers hold the sums of half of the rows.
  const size_t quarters = tokens > 1 ? 2 : 4;
  float results[PANEL_TILE_TOKENS][CK_PANEL_ROWS];
  for (size_t first = 0; first < 4; first += quarters)
    tile_rows(type, tokens, quarters, first, panel, columns, first_group, last_group, input, token,
              first == 0 ? prefetch : 0, results);
  for (size_t t = 0; t < tokens; t++) end_row(load16(results[t]), output + t * output_stride, end);
}
