// SPDX-License-Identifier: Apache-2.0

// Attention of many tokens: keys and values are packed into panels for the tiles of float products.

/// Pairs of a head and a token that are processed together, and rows whose scores are computed at a time.
enum { ATTENTION_ROWS = 96, ATTENTION_KEYS = 256 };

/// Loads eight values from padded column `at` on, a multiple of 8.
INLINE vf8 load_kv8(const ck_kv_type type, const uint8_t *row, size_t size, size_t at) {
  if (type == CK_KV_F32) return load_weights(CK_F32, row + 4 * at);
  if (type == CK_KV_F16) return load_weights(CK_F16, row + 2 * at);
  if (type == CK_KV_Q8_0) {
    const uint8_t *block = row + at / CK_BLOCK * CK_Q8_BYTES;
    return __builtin_convertvector(*(const vs8x8u *)(block + 2 + at % CK_BLOCK), vf8) * half_at(block);
  }
  if (type == CK_KV_AMXFP4) {
    const vf16 values = load_amxfp4(row, at / 16 * 16);
    return at % 16 == 0 ? __builtin_shufflevector(values, values, 0, 1, 2, 3, 4, 5, 6, 7)
                        : __builtin_shufflevector(values, values, 8, 9, 10, 11, 12, 13, 14, 15);
  }
  const size_t half = padded_half(size), start = at < half ? at : at - half;
  if (start + 8 > size / 2) {
    const vf16 values = load_kv_tail(type, row, size, at);
    return __builtin_shufflevector(values, values, 0, 1, 2, 3, 4, 5, 6, 7);
  }
  const vi8 bytes = __builtin_convertvector(*(const vu8x8u *)(row + start), vi8);
  return __builtin_convertvector(at < half ? bytes & 15 : bytes >> 4, vf8);
}

/// Columns of a panel of keys: padded for CK_KV_Q4.
INLINE size_t panel_columns(const ck_kv_type type, size_t size) {
  return type == CK_KV_Q4 ? padded_size(type, size) : size;
}

/// Packs `row_count` keys, at most 16, into panel [column][16]. The other rows of the panel are zero.
INLINE void pack_keys(const ck_kv_type type, const uint8_t *const *rows, size_t row_count, size_t size, float *panel) {
  const size_t padded = panel_columns(type, size);
  size_t at = 0;
  for (; at + 8 <= padded; at += 8)
    for (size_t half = 0; half < 16; half += 8) {
      vf8 v[8];
      for (size_t r = 0; r < 8; r++) v[r] = half + r < row_count ? load_kv8(type, rows[half + r], size, at) : (vf8){0};
      transpose8(v);
      for (size_t i = 0; i < 8; i++) store8(panel + (at + i) * 16 + half, v[i]);
    }
  if (at == padded) return;
  for (size_t r = 0; r < 16; r++) {
    const vf16 values = r < row_count ? load_kv_tail(type, rows[r], size, at) : (vf16){0};
    for (size_t i = 0; at + i < padded; i++) panel[(at + i) * 16 + r] = values[i];
  }
}

/// Packs 16 columns of values from padded column `at` on into panel [row][16].
INLINE void pack_values(const ck_kv_type type, const uint8_t *const *rows, size_t row_count, size_t size, size_t at,
                        const float *scales, const float *minimums, float *panel) {
  const int in_row = needs_no_padding(type, size) || (type != CK_KV_Q4 && at + 16 <= size);
  for (size_t r = 0; r < row_count; r++) {
    const float scale = type == CK_KV_Q8_0 ? half_at(rows[r] + at / CK_BLOCK * CK_Q8_BYTES) : 1;
    vf16 values = in_row ? load_kv16(type, rows[r], size, at, scale) : load_kv_tail(type, rows[r], size, at);
    if (type == CK_KV_Q4) values = values * scales[r] + minimums[r];
    store16(panel + r * 16, values);
  }
}

/// Attention of up to ATTENTION_ROWS pairs of a head and a token.
INLINE void attend_by_panel(const ck_kv_type type, const ck_attention *a, size_t first_head, size_t heads, size_t first,
                            size_t last, float *scratch) {
  const size_t size = a->head_size, padded = padded_size(type, size), pairs = heads * (last - first);
  const ck_head_rows *rows = a->rows + first_head / (a->heads / a->key_value_heads);
  float *queries = scratch, *sums = queries + ATTENTION_ROWS * CK_MAX_HEAD;
  float *scores = sums + ATTENTION_ROWS * CK_MAX_HEAD, *panel = scores + ATTENTION_ROWS * ATTENTION_KEYS;
  float value_scales[ATTENTION_KEYS], value_minimums[ATTENTION_KEYS];
  const uint8_t *list[ATTENTION_KEYS];
  const float *angles[ATTENTION_KEYS];
  const size_t rotated = rotated_pairs(rows, size);
  softmax_state running[ATTENTION_ROWS];
  for (size_t r = 0; r < pairs; r++) {
    running[r] = (softmax_state){-INFINITY, 0, 0};
    load_query(type, a->queries + (first + r / heads) * a->query_stride + (first_head + r % heads) * size, size,
               a->scale, rows->key_range, rotated, queries + r * padded);
  }
  memset(sums, 0, pairs * padded * sizeof(float));
  const size_t most = rows->count + (a->causal ? last - 1 : 0);
  for (size_t start = 0; start < most; start += ATTENTION_KEYS) {
    const size_t count = ck_min(ATTENTION_KEYS, most - start);
    list_keys(a, rows, start, count, list);
    if (rotated) list_angles(rows, start, ck_min(ATTENTION_KEYS, (count + 15) / 16 * 16), size, angles);
    for (size_t k = 0; k < count; k += 16) {
      const tile_end end = {NULL, 0, 16, 1};
      pack_keys(type, list + k, ck_min(16, count - k), size, panel);
      if (rotated) rotate_panel(type, panel, size, angles + k, rotated, rows->key_range);
      float_tiles(queries, padded, pairs, panel, panel_columns(type, size), scores + k, ATTENTION_KEYS, &end);
    }
    for (size_t r = 0; r < pairs; r++) {
      float *row = scores + r * ATTENTION_KEYS;
      const size_t visible = rows->count + (a->causal ? first + r / heads : 0);
      const size_t seen = visible > start ? ck_min(count, visible - start) : 0;
      if (seen > 0) softmax_step(a->nonlinear, row, seen, &running[r], sums + r * padded, padded);
      for (size_t k = seen; k < count; k++) row[k] = 0;
    }
    list_values(type, a, rows, start, count, list);
    load_value_scales(type, list, count, value_scales, value_minimums);
    for (size_t at = 0; at < padded; at += 16) {
      const tile_end end = {NULL, 1, 16, 1};
      pack_values(type, list, count, size, at, value_scales, value_minimums, panel);
      float_tiles(scores, ATTENTION_KEYS, pairs, panel, count, sums + at, padded, &end);
    }
  }
  for (size_t r = 0; r < pairs; r++)
    store_output(type, sums + r * padded, size, 0, ck_softmax_reciprocal(a->nonlinear, running[r].total),
                 a->output + (first + r / heads) * a->output_stride + (first_head + r % heads) * size);
}

static void attend(const ck_attention *a, size_t first_head, size_t last_head, size_t first, size_t last,
                   float *scratch) {
  const size_t heads = last_head - first_head, count = a->rows[first_head / (a->heads / a->key_value_heads)].count;
  // With few pairs, packing panels costs more than it saves.
  if ((last - first) * heads < 6 || heads > ATTENTION_ROWS) {
    for (size_t t = first; t < last; t++)
      attend_rows(a, first_head, last_head, t, 0, count + (a->causal ? t : 0), NULL, scratch);
    return;
  }
  const size_t step = ATTENTION_ROWS / heads;
  for (size_t t = first; t < last; t += step) {
    switch (a->type) {
      case CK_KV_F32: attend_by_panel(CK_KV_F32, a, first_head, heads, t, ck_min(t + step, last), scratch); break;
      case CK_KV_F16: attend_by_panel(CK_KV_F16, a, first_head, heads, t, ck_min(t + step, last), scratch); break;
      case CK_KV_Q8_0: attend_by_panel(CK_KV_Q8_0, a, first_head, heads, t, ck_min(t + step, last), scratch); break;
      case CK_KV_Q4: attend_by_panel(CK_KV_Q4, a, first_head, heads, t, ck_min(t + step, last), scratch); break;
      case CK_KV_AMXFP4: attend_by_panel(CK_KV_AMXFP4, a, first_head, heads, t, ck_min(t + step, last), scratch); break;
    }
  }
}
