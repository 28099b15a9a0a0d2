// SPDX-License-Identifier: Apache-2.0

// Rotation of keys whose RoPE positions have changed since they were stored (`ck_key_run`).
//
// Pairs that a run may rotate are read as values; of CK_KV_Q4 the other columns stay quants, whose scales the query
// contains (`load_query`).

/// The pairs that are rotated, in whole vectors.
INLINE size_t rotated_pairs(const ck_head_rows *rows, size_t size) {
  return rows->key_runs ? ck_min((rows->rotated_pairs + 15) / 16 * 16, ck_angle_stride(size)) : 0;
}

/// Lists the angles of `count` rows from row `first` on.
INLINE void list_angles(const ck_head_rows *rows, size_t first, size_t count, size_t size, const float **list) {
  const float *const unrotated = ck_no_rotation + CK_MAX_HEAD / 2 - ck_angle_stride(size);
  size_t run = ck_run_of(rows, first);
  for (size_t k = 0; k < count; k++) {
    list[k] = unrotated;
    if (first + k < rows->run_start) continue;
    while (run < rows->run_count && rows->key_runs[run].last <= first + k - rows->run_start) run++;
    if (run < rows->run_count && rows->key_runs[run].angles) list[k] = rows->key_runs[run].angles;
  }
}

/// The 16 values of a key of which `quants` are loaded: for CK_KV_Q4, of column `column` on.
INLINE vf16 key_values(const ck_kv_type type, vf16 quants, const float *range, size_t size, size_t column) {
  return type == CK_KV_Q4 ? quants * load16(range + column) + load16(range + size + column) : quants;
}

/// Rotates padded rows of floats.
INLINE void rotate_rows(const ck_kv_type type, float *row, size_t count, size_t size, const float *const *angles,
                        size_t pairs, const float *range) {
  const size_t half = size / 2, second = padded_column(type, size, half), stride = ck_angle_stride(size);
  for (size_t k = 0; k < count; k++, row += padded_size(type, size)) {
    for (size_t i = 0; i < pairs && i < half; i++) {
      float a = row[i], b = row[second + i];
      if (type == CK_KV_Q4) {
        a = a * range[i] + range[size + i];
        b = b * range[half + i] + range[size + half + i];
      }
      row[i] = a * angles[k][i] - b * angles[k][stride + i];
      row[second + i] = a * angles[k][stride + i] + b * angles[k][i];
    }
  }
}

/// Rotates the keys of a panel [column][16], each by its own angles.
INLINE void rotate_panel(const ck_kv_type type, float *panel, size_t size, const float *const *angles, size_t pairs,
                         const float *range) {
  const size_t half = size / 2, second = padded_column(type, size, half), stride = ck_angle_stride(size);
  for (size_t at = 0; at < pairs; at += 8)
    for (size_t keys = 0; keys < 16; keys += 8) {
      vf8 cosines[8], sines[8];
      for (size_t k = 0; k < 8; k++) {
        cosines[k] = load8(angles[keys + k] + at);
        sines[k] = load8(angles[keys + k] + stride + at);
      }
      transpose8(cosines);
      transpose8(sines);
      for (size_t i = 0; i < 8 && at + i < half; i++) {
        const size_t pair = at + i;
        float *first = panel + pair * 16 + keys, *other = panel + (second + pair) * 16 + keys;
        vf8 a = load8(first), b = load8(other);
        if (type == CK_KV_Q4) {
          a = a * range[pair] + range[size + pair];
          b = b * range[half + pair] + range[size + half + pair];
        }
        store8(first, a * cosines[i] - b * sines[i]);
        store8(other, a * sines[i] + b * cosines[i]);
      }
    }
}
