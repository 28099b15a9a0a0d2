// SPDX-License-Identifier: Apache-2.0

// Loads rows of keys and values as vectors of floats, from where they are stored.
//
// Attention pads rows with zeros to a multiple of 16 columns. CK_KV_Q4 pads each half of the columns, because one byte
// holds a value of either half. The values of CK_KV_Q4 are loaded as quants, 0...15: scales and minimums are applied
// outside the inner loops.

typedef uint8_t vu8x8u __attribute__((vector_size(8), aligned(1), may_alias));
typedef float vf16b __attribute__((vector_size(64), aligned(1), may_alias));
typedef _Float16 vh16u __attribute__((vector_size(32), aligned(1), may_alias));

INLINE float half_at(const uint8_t *p) { return (float)*(const vh1u *)p; }

/// The padded size of half a row of CK_KV_Q4.
INLINE size_t padded_half(size_t size) { return (size / 2 + 15) / 16 * 16; }

INLINE size_t padded_size(ck_kv_type type, size_t size) {
  return type == CK_KV_Q4 ? 2 * padded_half(size) : (size + 15) / 16 * 16;
}

/// The index of a column in a padded row.
INLINE size_t padded_column(ck_kv_type type, size_t size, size_t column) {
  return type == CK_KV_Q4 && column >= size / 2 ? column - size / 2 + padded_half(size) : column;
}

/// Loads 16 values from padded column `at` on. The row may end before; the other values are zero. Not for types of
/// whole blocks, CK_KV_Q8_0 and CK_KV_AMXFP4.
INLINE vf16 load_kv_tail(ck_kv_type type, const uint8_t *row, size_t size, size_t at) {
  float values[16] = {0};
  if (type == CK_KV_Q4) {
    const size_t half = padded_half(size), shift = at < half ? 0 : 4, start = at < half ? at : at - half;
    for (size_t i = 0; start + i < size / 2 && i < 16; i++) values[i] = (float)(row[start + i] >> shift & 15);
  } else {
    const ck_type float_type = type == CK_KV_F32 ? CK_F32 : CK_F16;
    for (size_t i = 0; at + i < size && i < 16; i++)
      values[i] = load_weight(float_type, row + (at + i) * element_bytes(float_type));
  }
  return load16(values);
}

/// Whether a row needs no padding, so that no vector reaches beyond it.
INLINE int needs_no_padding(const ck_kv_type type, size_t size) { return size % (type == CK_KV_Q4 ? 32 : 16) == 0; }

/// Half the value of a scale of E5M2 (ck_e5m2_half).
INLINE float e5m2_half_at(const uint8_t *p) {
  const uint16_t bits = (uint16_t)((*p & 0x7f) << 8);
  return half_at((const uint8_t *)&bits) * 0.5f;
}

/// Loads 16 values of CK_KV_AMXFP4 from column `at` on, a multiple of 16. The sign of a value chooses its scale.
INLINE vf16 load_amxfp4(const uint8_t *row, size_t at) {
  const uint8_t *block = row + at / CK_BLOCK * CK_AMXFP4_BYTES;
  const vu8x32 all = look_up(ck_e2m1_values, nibbles_at(block + 2));
  vs8x16u half;
  memcpy(&half, (const uint8_t *)&all + at % CK_BLOCK, sizeof half);
  const vf16 values = __builtin_convertvector(__builtin_convertvector(half, vi16), vf16);
  const vi16 is_negative = values < 0;
  const vf16 positive = (vf16){} + e5m2_half_at(block), negative = (vf16){} + e5m2_half_at(block + 1);
  return values * (vf16)(((vi16)negative & is_negative) | ((vi16)positive & ~is_negative));
}

/// Loads 16 values from column `at` on, a multiple of 16; the row must have them. `scale` is that of the block of
/// CK_KV_Q8_0.
INLINE vf16 load_kv16(const ck_kv_type type, const uint8_t *row, size_t size, size_t at, float scale) {
  if (type == CK_KV_F32) return *(const vf16b *)(row + 4 * at);
  if (type == CK_KV_F16) return __builtin_convertvector(*(const vh16u *)(row + 2 * at), vf16);
  if (type == CK_KV_Q8_0) {
    const uint8_t *qs = row + at / CK_BLOCK * CK_Q8_BYTES + 2 + at % CK_BLOCK;
    const vi16 integers = __builtin_convertvector(*(const vs8x16u *)qs, vi16);
    return __builtin_convertvector(integers, vf16) * scale;
  }
  if (type == CK_KV_AMXFP4) return load_amxfp4(row, at);
  const size_t half = size / 2;
  const vi16 bytes = __builtin_convertvector(*(const vu8x16u *)(row + (at < half ? at : at - half)), vi16);
  return __builtin_convertvector(at < half ? bytes & 15 : bytes >> 4, vf16);
}

/// The index of the scale of column `at` of a row among the scales of many rows of CK_KV_Q8_0.
INLINE size_t kv_scale_index(size_t row, size_t size, size_t at) { return row * (size / CK_BLOCK) + at / CK_BLOCK; }

/// Loads the scales of all blocks of some rows of CK_KV_Q8_0.
INLINE void load_block_scales(const ck_kv_type type, const uint8_t *const *rows, size_t count, size_t size,
                              float *scales) {
  if (type != CK_KV_Q8_0) return;
  for (size_t k = 0; k < count; k++)
    for (size_t b = 0; b < size / CK_BLOCK; b++)
      scales[kv_scale_index(k, size, b * CK_BLOCK)] = half_at(rows[k] + b * CK_Q8_BYTES);
}

/// Copies rows to `target` as padded floats, and points the list to the copies: for rows that end within a vector.
INLINE void widen_rows(ck_kv_type type, const uint8_t **rows, size_t count, size_t size, float *target) {
  const size_t padded = padded_size(type, size);
  for (size_t k = 0; k < count; k++, target += padded) {
    for (size_t at = 0; at < padded; at += 16) store16(target + at, load_kv_tail(type, rows[k], size, at));
    rows[k] = (const uint8_t *)target;
  }
}

/// Lists the addresses of `count` rows from row `first` on.
INLINE void list_rows(const ck_attention *a, const uint8_t *const *pages, size_t offset, size_t row_bytes, size_t first,
                      size_t count, const uint8_t **list) {
  size_t page = first / a->page_rows, row_of_page = first % a->page_rows;
  for (size_t k = 0; k < count; page++, row_of_page = 0) {
    const uint8_t *row = pages[page] + offset + row_of_page * row_bytes;
    const size_t of_page = ck_min(count - k, a->page_rows - row_of_page);
    for (size_t i = 0; i < of_page; i++) list[k + i] = row + i * row_bytes;
    k += of_page;
  }
}

INLINE void list_keys(const ck_attention *a, const ck_head_rows *rows, size_t first, size_t count,
                      const uint8_t **list) {
  list_rows(a, rows->key_pages, rows->key_offset, a->key_row_bytes, first, count, list);
}

/// Lists the addresses of values; for CK_KV_Q4, of their quants.
INLINE void list_values(const ck_kv_type type, const ck_attention *a, const ck_head_rows *rows, size_t first,
                        size_t count, const uint8_t **list) {
  const size_t offset = rows->value_offset + (type == CK_KV_Q4 ? CK_Q4_HEAD : 0);
  list_rows(a, rows->value_pages, offset, a->value_row_bytes, first, count, list);
}

/// Loads the scales and minimums of values of CK_KV_Q4, which are stored before the quants.
INLINE void load_value_scales(const ck_kv_type type, const uint8_t *const *values, size_t count, float *scales,
                              float *minimums) {
  if (type != CK_KV_Q4) return;
  for (size_t k = 0; k < count; k++) {
    scales[k] = half_at(values[k] - CK_Q4_HEAD);
    minimums[k] = half_at(values[k] - CK_Q4_HEAD + 2);
  }
}

/// Pads and scales a query. For CK_KV_Q4, it is multiplied with the scales of those key channels that are read as
/// quants, the ones whose pair is not below `pairs`. Their minimums add the same to the scores of all keys, which does
/// not change the softmax.
INLINE void load_query(const ck_kv_type type, const float *query, size_t size, float scale, const float *range,
                       size_t pairs, float *target) {
  const size_t half = size / 2;
  memset(target, 0, padded_size(type, size) * sizeof(float));
  for (size_t d = 0; d < size; d++) {
    const int is_quant = type == CK_KV_Q4 && (d < half ? d : d - half) >= pairs;
    target[padded_column(type, size, d)] = query[d] * scale * (is_quant ? range[d] : 1);
  }
}

/// Writes the columns of padded sums: (sum + added) * factor.
INLINE void store_output(const ck_kv_type type, const float *sums, size_t size, float added, float factor,
                         float *target) {
  for (size_t d = 0; d < size; d++) target[d] = (sums[padded_column(type, size, d)] + added) * factor;
}
