// SPDX-License-Identifier: Apache-2.0

// Attention of one token, or of few, over the rows of the KV cache.
//
// Each row is read once for all query heads that share it. Scores are computed for DECODED_ROWS rows at a time, with an
// online softmax: when a larger score appears, earlier sums are scaled down. So memory does not grow with the rows.

/// Query heads and rows that are processed together, and rows that a query head is multiplied with before the next one.
enum { DECODED_HEADS = 16, DECODED_ROWS = 64, SCORED_ROWS = 4 };

typedef float vf4 __attribute__((vector_size(16)));

/// The sums of four vectors.
INLINE vf4 sum_each(vf16 a, vf16 b, vf16 c, vf16 d) {
  const vf16 all[4] = {a, b, c, d};
  vf8 halves[4], pairs[2];
  for (size_t i = 0; i < 4; i++)
    halves[i] = __builtin_shufflevector(all[i], all[i], 0, 1, 2, 3, 4, 5, 6, 7) +
                __builtin_shufflevector(all[i], all[i], 8, 9, 10, 11, 12, 13, 14, 15);
  for (size_t i = 0; i < 2; i++)
    pairs[i] = __builtin_shufflevector(halves[2 * i], halves[2 * i + 1], 0, 8, 2, 10, 4, 12, 6, 14) +
               __builtin_shufflevector(halves[2 * i], halves[2 * i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  const vf8 fours = __builtin_shufflevector(pairs[0], pairs[1], 0, 1, 8, 9, 4, 5, 12, 13) +
                    __builtin_shufflevector(pairs[0], pairs[1], 2, 3, 10, 11, 6, 7, 14, 15);
  return __builtin_shufflevector(fours, fours, 0, 1, 2, 3) + __builtin_shufflevector(fours, fours, 4, 5, 6, 7);
}

/// Prefetches rows. The processor alone prefetches one stream, but keys and values are two that alternate.
INLINE void prefetch_rows(const uint8_t *const *rows, size_t count, size_t bytes) {
  for (size_t k = 0; k < count; k++)
    for (size_t b = 0; b < bytes; b += 64) __builtin_prefetch(rows[k] + b, 0, 2);
}

/// Rows of keys or of values that are processed together.
typedef struct {
  const uint8_t **rows;
  size_t count;
  size_t size;                 // columns
  float *scales;               // for CK_KV_Q8_0, as load_block_scales loads them
  const uint8_t *const *next;  // [count], rows that are read next
  size_t next_bytes;           // bytes of one of these
  // Of keys that are rotated when they are read:
  size_t pairs;          // the pairs below this one
  const float **angles;  // [count], as list_angles lists them
  const float *range;    // for CK_KV_Q4, of the channels
} row_block;

INLINE float scale_at(const ck_kv_type type, const row_block *block, size_t row, size_t at) {
  return type == CK_KV_Q8_0 ? block->scales[kv_scale_index(row, block->size, at)] : 1;
}

/// sums[head][row] += 16 columns of keys times queries, which point to the same columns.
INLINE void score_columns(const size_t heads, const size_t rows, const vf16 *keys, const float *queries, size_t padded,
                          vf16 *sums) {
#pragma clang loop unroll(full)
  for (size_t q = 0; q < heads; q++) {
    const vf16 query = load16(queries + q * padded);
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) sums[q * rows + r] += keys[r] * query;
  }
}

/// The columns of `pairs` rotated pairs.
INLINE void score_rotated(const ck_kv_type type, const size_t heads, const size_t rows, const row_block *block,
                          size_t k, const float *queries, vf16 *sums) {
  const size_t size = block->size, half = size / 2, padded = padded_size(type, size);
  for (size_t at = 0; at < block->pairs; at += 16) {
    vf16 first[SCORED_ROWS], second[SCORED_ROWS];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) {
      const uint8_t *row = block->rows[k + r];
      const float *angles = block->angles[k + r];
      const vf16 cosines = load16(angles + at), sines = load16(angles + half + at);
      const vf16 a =
          key_values(type, load_kv16(type, row, size, at, scale_at(type, block, k + r, at)), block->range, size, at);
      const vf16 b = key_values(type, load_kv16(type, row, size, half + at, scale_at(type, block, k + r, half + at)),
                                block->range, size, half + at);
      first[r] = a * cosines - b * sines;
      second[r] = a * sines + b * cosines;
    }
    score_columns(heads, rows, first, queries + at, padded, sums);
    score_columns(heads, rows, second, queries + half + at, padded, sums);
  }
}

/// Computes scores [head][row] of `rows` rows from row `k` on.
INLINE void score_tile(const ck_kv_type type, const int rotates, const size_t heads, const size_t rows,
                       const row_block *block, size_t k, const float *queries, float *scores) {
  const size_t padded = padded_size(type, block->size), half = block->size / 2;
  vf16 sums[ATTENTION_TILE_SUMS], values[SCORED_ROWS];
  const size_t count = heads * rows;
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i++) sums[i] = (vf16){0};
  if (rotates) score_rotated(type, heads, rows, block, k, queries, sums);
  for (size_t at = rotates ? block->pairs : 0; at < padded; at += 16) {
    if (rotates && at == half) at += block->pairs;
    if (rotates && at >= padded) break;
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++)
      values[r] = load_kv16(type, block->rows[k + r], block->size, at, scale_at(type, block, k + r, at));
    score_columns(heads, rows, values, queries + at, padded, sums);
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < count; i += 4) {
    const vf4 four = sum_each(sums[i], sums[ck_min(i + 1, count - 1)], sums[ck_min(i + 2, count - 1)],
                              sums[ck_min(i + 3, count - 1)]);
#pragma clang loop unroll(full)
    for (size_t j = i; j < i + 4 && j < count; j++) scores[j / rows * DECODED_ROWS + k + j % rows] = four[j - i];
  }
}

/// Computes the scores of SCORED_ROWS rows from row `k` on, in tiles of `rows` rows.
INLINE void score_tiles(const ck_kv_type type, const int rotates, const size_t heads, const size_t rows,
                        const row_block *block, size_t k, const float *queries, float *scores) {
  for (size_t r = 0; r < SCORED_ROWS; r += rows) score_tile(type, rotates, heads, rows, block, k + r, queries, scores);
}

/// Computes scores [head][row]. Rows up to a whole tile are added to the block; their scores are not used.
INLINE void score_rows(const ck_kv_type type, const int rotates, row_block *block, size_t heads, const float *queries,
                       float *scores) {
  const size_t padded = padded_size(type, block->size);
  const size_t tiled = (block->count + SCORED_ROWS - 1) / SCORED_ROWS * SCORED_ROWS;
  for (size_t k = block->count; k < tiled; k++) {
    block->rows[k] = block->rows[block->count - 1];
    if (rotates) block->angles[k] = block->angles[block->count - 1];
  }
  load_block_scales(type, block->rows, tiled, block->size, block->scales);
  for (size_t k = 0; k < tiled; k += SCORED_ROWS) {
    prefetch_rows(block->next + k, ck_min(SCORED_ROWS, block->count - k), block->next_bytes);
    size_t q = 0;
    for (; q + 6 <= heads; q += 6)
      score_tiles(type, rotates, 6, SIX_HEAD_TILE, block, k, queries + q * padded, scores + q * DECODED_ROWS);
    for (; q + 2 <= heads; q += 2)
      score_tiles(type, rotates, 2, TWO_HEAD_TILE, block, k, queries + q * padded, scores + q * DECODED_ROWS);
    if (q < heads)
      score_tiles(type, rotates, 1, SCORED_ROWS, block, k, queries + q * padded, scores + q * DECODED_ROWS);
  }
}

/// sums[head] += weights[head][row] * row, for `width` vectors from column `at` on.
INLINE void value_tile(const ck_kv_type type, const size_t heads, const size_t width, const row_block *block, size_t at,
                       const float *weights, float *sums, size_t next_bytes) {
  const size_t padded = padded_size(type, block->size);
  vf16 tile[ATTENTION_TILE_SUMS], values[4];
#pragma clang loop unroll(full)
  for (size_t q = 0; q < heads; q++)
    for (size_t c = 0; c < width; c++) tile[q * width + c] = load16(sums + q * padded + at + 16 * c);
  for (size_t k = 0; k < block->count; k++) {
    prefetch_rows(block->next + k, 1, next_bytes);
#pragma clang loop unroll(full)
    for (size_t c = 0; c < width; c++)
      values[c] = load_kv16(type, block->rows[k], block->size, at + 16 * c, scale_at(type, block, k, at + 16 * c));
#pragma clang loop unroll(full)
    for (size_t q = 0; q < heads; q++) {
      const float weight = weights[q * DECODED_ROWS + k];
#pragma clang loop unroll(full)
      for (size_t c = 0; c < width; c++) tile[q * width + c] += values[c] * weight;
    }
  }
#pragma clang loop unroll(full)
  for (size_t q = 0; q < heads; q++)
    for (size_t c = 0; c < width; c++) store16(sums + q * padded + at + 16 * c, tile[q * width + c]);
}

/// The same for all columns. If `prefetches`, the next rows of the block are prefetched.
INLINE void value_tiles(const ck_kv_type type, const size_t heads, const size_t width, const row_block *block,
                        const float *weights, float *sums, int prefetches) {
  const size_t padded = padded_size(type, block->size), bytes = prefetches ? block->next_bytes : 0;
  size_t at = 0;
  for (; at + 16 * width <= padded; at += 16 * width)
    value_tile(type, heads, width, block, at, weights, sums, at ? 0 : bytes);
  for (; at < padded; at += 16) value_tile(type, heads, 1, block, at, weights, sums, at ? 0 : bytes);
}

/// sums[head] += weights[head][row] * row.
INLINE void add_rows(const ck_kv_type type, const row_block *block, size_t heads, const float *weights, float *sums) {
  const size_t padded = padded_size(type, block->size);
  size_t q = 0;
  load_block_scales(type, block->rows, block->count, block->size, block->scales);
  for (; q + 6 <= heads; q += 6)
    value_tiles(type, 6, SIX_HEAD_TILE, block, weights + q * DECODED_ROWS, sums + q * padded, q == 0);
  for (; q + 2 <= heads; q += 2)
    value_tiles(type, 2, TWO_HEAD_TILE, block, weights + q * DECODED_ROWS, sums + q * padded, q == 0);
  if (q < heads) value_tiles(type, 1, 4, block, weights + q * DECODED_ROWS, sums + q * padded, q == 0);
}

/// The running maximum and sums of an online softmax.
typedef struct {
  float largest, total;  // the largest score, and the sum of e^(score - largest)
  float added;           // for CK_KV_Q4: the sum of weights times minimums, which every column gets
} softmax_state;

/// Replaces scores by weights e^(score - largest). Where the largest score grows, scales down the sums so far.
INLINE void softmax_step(ck_nonlinear nonlinear, float *scores, size_t count, softmax_state *running, float *sums,
                         size_t padded) {
  const float largest = max_of(scores, count);
  if (largest > running->largest) {
    const float shrink = running->total > 0 ? ck_softmax_exp(nonlinear, running->largest - largest) : 0;
    running->total *= shrink;
    running->added *= shrink;
    for (size_t d = 0; d < padded; d++) sums[d] *= shrink;
    running->largest = largest;
  }
  running->total += nonlinear == CK_NONLINEAR_LUT16 ? ck_lut16_exp_and_sum(scores, count, running->largest)
                                                    : exp_and_sum(scores, count, running->largest);
}

/// Multiplies weights with the scales of values of CK_KV_Q4, and adds up what the minimums contribute.
INLINE void fold_value_scales(float *weights, size_t count, const float *scales, const float *minimums, float *added) {
  float sum = 0;
  for (size_t k = 0; k < count; k++) sum += weights[k] * minimums[k];
  for (size_t k = 0; k < count; k++) weights[k] *= scales[k];
  *added += sum;
}

/// Attention of up to DECODED_HEADS query heads from `head` on, which share a key-value head. If `widens`, rows are
/// copied as padded floats before the inner loops read them. If `rotates`, keys are rotated as their runs say: by the
/// inner loops, or when they are copied.
INLINE void attend_heads(const ck_kv_type type, const int widens, const int rotates, const ck_attention *a, size_t head,
                         size_t heads, size_t token, size_t first, size_t last, float *part, float *scratch) {
  const ck_kv_type read = widens ? CK_KV_F32 : type;
  const size_t size = a->head_size, padded = padded_size(type, size), length = widens ? padded : size;
  const ck_head_rows *rows = a->rows + head / (a->heads / a->key_value_heads);
  float *queries = scratch, *sums = queries + DECODED_HEADS * CK_MAX_HEAD;
  float *scores = sums + DECODED_HEADS * CK_MAX_HEAD, *widened = scores + DECODED_HEADS * DECODED_ROWS;
  float value_scales[DECODED_ROWS], value_minimums[DECODED_ROWS], scales[DECODED_ROWS * CK_MAX_HEAD / CK_BLOCK];
  const uint8_t *keys[DECODED_ROWS], *values[DECODED_ROWS], *next[DECODED_ROWS];
  const float *angles[DECODED_ROWS];
  const size_t pairs = rotates ? rotated_pairs(rows, size) : 0;
  softmax_state running[DECODED_HEADS];
  for (size_t q = 0; q < heads; q++) {
    running[q] = (softmax_state){-INFINITY, 0, 0};
    load_query(type, a->queries + token * a->query_stride + (head + q) * size, size, a->scale, rows->key_range, pairs,
               queries + q * padded);
  }
  memset(sums, 0, heads * padded * sizeof(float));
  list_keys(a, rows, first, ck_min(DECODED_ROWS, last - first), next);
  for (size_t start = first, count; start < last; start += count) {
    count = ck_min(DECODED_ROWS, last - start);
    memcpy(keys, next, count * sizeof *keys);
    list_values(type, a, rows, start, count, values);
    if (rotates) list_angles(rows, start, count, size, angles);
    if (widens) widen_rows(type, keys, count, size, widened);
    if (widens && rotates) rotate_rows(type, widened, count, size, angles, pairs, rows->key_range);
    row_block block = {keys, count, length, scales, values, a->value_row_bytes, pairs, angles, rows->key_range};
    score_rows(read, rotates && !widens, &block, heads, queries, scores);

    load_value_scales(type, values, count, value_scales, value_minimums);
    for (size_t q = 0; q < heads; q++) {
      softmax_step(a->nonlinear, scores + q * DECODED_ROWS, count, &running[q], sums + q * padded, padded);
      if (type == CK_KV_Q4)
        fold_value_scales(scores + q * DECODED_ROWS, count, value_scales, value_minimums, &running[q].added);
    }
    const size_t left = ck_min(DECODED_ROWS, last - start - count);
    list_keys(a, rows, start + count, left, next);
    for (size_t k = left; k < count; k++) next[k] = values[k];
    if (widens) widen_rows(type, values, count, size, widened);
    block = (row_block){values, count, length, scales, next, a->key_row_bytes, 0, NULL, NULL};
    add_rows(read, &block, heads, scores, sums);
  }
  for (size_t q = 0; q < heads; q++) {
    float *target = part ? part + q * (size + 2) : a->output + token * a->output_stride + (head + q) * size;
    if (part) {
      target[0] = running[q].largest;
      target[1] = running[q].total;
      target += 2;
    }
    const float factor = part ? 1 : ck_softmax_reciprocal(a->nonlinear, running[q].total);
    store_output(type, sums + q * padded, size, running[q].added, factor, target);
  }
}

// One function for each type of rows, with and without rotation, and one for rows that are widened.

static void attend_f32(const ck_attention *a, size_t head, size_t heads, size_t token, size_t first, size_t last,
                       float *part, float *scratch) {
  attend_heads(CK_KV_F32, 0, 0, a, head, heads, token, first, last, part, scratch);
}

static void attend_f16(const ck_attention *a, size_t head, size_t heads, size_t token, size_t first, size_t last,
                       float *part, float *scratch) {
  attend_heads(CK_KV_F16, 0, 0, a, head, heads, token, first, last, part, scratch);
}

static void attend_q8_0(const ck_attention *a, size_t head, size_t heads, size_t token, size_t first, size_t last,
                        float *part, float *scratch) {
  attend_heads(CK_KV_Q8_0, 0, 0, a, head, heads, token, first, last, part, scratch);
}

static void attend_q4(const ck_attention *a, size_t head, size_t heads, size_t token, size_t first, size_t last,
                      float *part, float *scratch) {
  attend_heads(CK_KV_Q4, 0, 0, a, head, heads, token, first, last, part, scratch);
}

static void attend_amxfp4(const ck_attention *a, size_t head, size_t heads, size_t token, size_t first, size_t last,
                          float *part, float *scratch) {
  attend_heads(CK_KV_AMXFP4, 0, 0, a, head, heads, token, first, last, part, scratch);
}

static void attend_rotated_f16(const ck_attention *a, size_t head, size_t heads, size_t token, size_t first,
                               size_t last, float *part, float *scratch) {
  attend_heads(CK_KV_F16, 0, 1, a, head, heads, token, first, last, part, scratch);
}

static void attend_rotated_q8_0(const ck_attention *a, size_t head, size_t heads, size_t token, size_t first,
                                size_t last, float *part, float *scratch) {
  attend_heads(CK_KV_Q8_0, 0, 1, a, head, heads, token, first, last, part, scratch);
}

static void attend_rotated_q4(const ck_attention *a, size_t head, size_t heads, size_t token, size_t first, size_t last,
                              float *part, float *scratch) {
  attend_heads(CK_KV_Q4, 0, 1, a, head, heads, token, first, last, part, scratch);
}

static void attend_rotated_amxfp4(const ck_attention *a, size_t head, size_t heads, size_t token, size_t first,
                                  size_t last, float *part, float *scratch) {
  attend_heads(CK_KV_AMXFP4, 0, 1, a, head, heads, token, first, last, part, scratch);
}

static void attend_widened(const ck_attention *a, size_t head, size_t heads, size_t token, size_t first, size_t last,
                           float *part, float *scratch) {
  attend_heads(a->type, 1, 0, a, head, heads, token, first, last, part, scratch);
}

static void attend_rotated_widened(const ck_attention *a, size_t head, size_t heads, size_t token, size_t first,
                                   size_t last, float *part, float *scratch) {
  attend_heads(a->type, 1, 1, a, head, heads, token, first, last, part, scratch);
}

static void attend_rows(const ck_attention *a, size_t first_head, size_t last_head, size_t token, size_t first,
                        size_t last, float *part, float *scratch) {
  const size_t size = a->head_size;
  const int rotates = a->rows[first_head / (a->heads / a->key_value_heads)].key_runs != NULL;
  // The inner loops rotate whole vectors of either half of a row.
  const int widens = !needs_no_padding(a->type, size) || (rotates && (a->type == CK_KV_F32 || size % 32 > 0));
  for (size_t h = first_head; h < last_head; h += DECODED_HEADS) {
    const size_t heads = ck_min(DECODED_HEADS, last_head - h);
    float *target = part ? part + (h - first_head) * (size + 2) : NULL;
    if (widens) (rotates ? attend_rotated_widened : attend_widened)(a, h, heads, token, first, last, target, scratch);
    else if (a->type == CK_KV_F32) attend_f32(a, h, heads, token, first, last, target, scratch);
    else if (a->type == CK_KV_F16)
      (rotates ? attend_rotated_f16 : attend_f16)(a, h, heads, token, first, last, target, scratch);
    else if (a->type == CK_KV_Q8_0)
      (rotates ? attend_rotated_q8_0 : attend_q8_0)(a, h, heads, token, first, last, target, scratch);
    else if (a->type == CK_KV_AMXFP4)
      (rotates ? attend_rotated_amxfp4 : attend_amxfp4)(a, h, heads, token, first, last, target, scratch);
    else (rotates ? attend_rotated_q4 : attend_q4)(a, h, heads, token, first, last, target, scratch);
  }
}
