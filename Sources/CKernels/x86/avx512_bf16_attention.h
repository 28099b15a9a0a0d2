// SPDX-License-Identifier: Apache-2.0

// Attention in bfloat16: AVX-512 BF16 multiplies pairs of values and sums them in one instruction. Queries, keys,
// softmax weights and values are rounded; scores and sums are floats.

/// Two values of bfloat16, the first in the low half.
typedef __attribute__((aligned(4), may_alias)) uint32_t pair;

/// Rounds `count` floats, a multiple of 16.
INLINE void to_bf16_pairs(const float *source, size_t count, pair *target) {
  for (size_t i = 0; i < count; i += 16)
    _mm256_storeu_si256((__m256i *)(target + i / 2), (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(source + i)));
}

/// Multiplies pairs of x with a panel [pair][16], into target [token][16].
INLINE void pair_tile(const size_t tokens, const pair *x, size_t x_stride, const pair *panel, size_t pairs,
                      float *target, size_t target_stride, int accumulate) {
  __m512 sums[12];
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++)
    sums[t] = accumulate ? _mm512_loadu_ps(target + t * target_stride) : _mm512_setzero_ps();
  for (size_t p = 0; p < pairs; p++) {
    const __m512bh column = (__m512bh)_mm512_loadu_si512(panel + p * 16);
#pragma clang loop unroll(full)
    for (size_t t = 0; t < tokens; t++)
      sums[t] = _mm512_dpbf16_ps(sums[t], column, (__m512bh)_mm512_set1_epi32((int)x[t * x_stride + p]));
  }
#pragma clang loop unroll(full)
  for (size_t t = 0; t < tokens; t++) _mm512_storeu_ps(target + t * target_stride, sums[t]);
}

/// The same for any number of tokens.
INLINE void pair_tiles(const pair *x, size_t x_stride, size_t tokens, const pair *panel, size_t pairs, float *target,
                       size_t target_stride, int accumulate) {
  size_t t = 0;
  for (; t + 12 <= tokens; t += 12)
    pair_tile(12, x + t * x_stride, x_stride, panel, pairs, target + t * target_stride, target_stride, accumulate);
  for (; t + 4 <= tokens; t += 4)
    pair_tile(4, x + t * x_stride, x_stride, panel, pairs, target + t * target_stride, target_stride, accumulate);
  for (; t < tokens; t++)
    pair_tile(1, x + t * x_stride, x_stride, panel, pairs, target + t * target_stride, target_stride, accumulate);
}

/// Packs `row_count` keys, at most 16, of `size` columns, a multiple of 16, into panel [pair of columns][16].
INLINE void pack_keys_bf16(const uint8_t *const *rows, size_t row_count, size_t size, pair *panel) {
  for (size_t at = 0; at < size; at += 16)
    for (size_t half = 0; half < 16; half += 8) {
      vf8 pairs[8];
      for (size_t r = 0; r < 8; r++) {
        if (half + r < row_count)
          to_bf16_pairs((const float *)(const void *)rows[half + r] + at, 16, (pair *)&pairs[r]);
        else pairs[r] = (vf8){0};
      }
      transpose8(pairs);
      for (size_t i = 0; i < 8; i++) *(vf8u *)(panel + (at / 2 + i) * 16 + half) = pairs[i];
    }
}

/// Packs 16 columns of values from column `at` on into panel [pair of rows][16]. An odd last row is paired with zeros.
INLINE void pack_values_bf16(const uint8_t *const *rows, size_t row_count, size_t at, pair *panel) {
  static const uint16_t order[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                     8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const __m512i interleaved = _mm512_loadu_si512(order);
  for (size_t k = 0; k < row_count; k += 2) {
    const __m512 first = _mm512_loadu_ps((const float *)(const void *)rows[k] + at);
    const __m512 second =
        k + 1 < row_count ? _mm512_loadu_ps((const float *)(const void *)rows[k + 1] + at) : _mm512_setzero_ps();
    const __m512i both = (__m512i)_mm512_cvtne2ps_pbh(second, first);
    _mm512_storeu_si512(panel + k / 2 * 16, _mm512_permutexvar_epi16(interleaved, both));
  }
}

/// As attend_by_panel, for rows of floats whose size is a multiple of 16.
static void attend_bf16(const ck_attention *a, size_t first_head, size_t heads, size_t first, size_t last,
                        float *scratch) {
  const size_t size = a->head_size, count_of_pairs = heads * (last - first);
  const ck_head_rows *rows = a->rows + first_head / (a->heads / a->key_value_heads);
  pair *queries = (pair *)(void *)scratch, *panel = queries + ATTENTION_ROWS * CK_MAX_HEAD / 2;
  pair *weights = panel + (CK_MAX_HEAD > ATTENTION_KEYS ? CK_MAX_HEAD : ATTENTION_KEYS) / 2 * 16;
  float *sums = (float *)(weights + ATTENTION_ROWS * ATTENTION_KEYS / 2);
  float *scores = sums + ATTENTION_ROWS * CK_MAX_HEAD;
  const uint8_t *list[ATTENTION_KEYS];
  softmax_state running[ATTENTION_ROWS];
  for (size_t r = 0; r < count_of_pairs; r++) {
    float query[CK_MAX_HEAD];
    running[r] = (softmax_state){-INFINITY, 0, 0};
    load_query(CK_KV_F32, a->queries + (first + r / heads) * a->query_stride + (first_head + r % heads) * size, size,
               a->scale, NULL, 0, query);
    to_bf16_pairs(query, size, queries + r * size / 2);
  }
  memset(sums, 0, count_of_pairs * size * sizeof(float));
  const size_t most = rows->count + (a->causal ? last - 1 : 0);
  for (size_t start = 0; start < most; start += ATTENTION_KEYS) {
    const size_t count = ck_min(ATTENTION_KEYS, most - start);
    list_keys(a, rows, start, count, list);
    for (size_t k = 0; k < count; k += 16) {
      pack_keys_bf16(list + k, ck_min(16, count - k), size, panel);
      pair_tiles(queries, size / 2, count_of_pairs, panel, size / 2, scores + k, ATTENTION_KEYS, 0);
    }
    for (size_t r = 0; r < count_of_pairs; r++) {
      float *row = scores + r * ATTENTION_KEYS;
      const size_t visible = rows->count + (a->causal ? first + r / heads : 0);
      const size_t seen = visible > start ? ck_min(count, visible - start) : 0;
      if (seen > 0) softmax_step(a->nonlinear, row, seen, &running[r], sums + r * size, size);
      for (size_t k = seen; k < ATTENTION_KEYS; k++) row[k] = 0;
      to_bf16_pairs(row, ATTENTION_KEYS, weights + r * ATTENTION_KEYS / 2);
    }
    list_values(CK_KV_F32, a, rows, start, count, list);
    for (size_t at = 0; at < size; at += 16) {
      pack_values_bf16(list, count, at, panel);
      pair_tiles(weights, ATTENTION_KEYS / 2, count_of_pairs, panel, (count + 1) / 2, sums + at, size, 1);
    }
  }
  for (size_t r = 0; r < count_of_pairs; r++)
    store_output(CK_KV_F32, sums + r * size, size, 0, ck_softmax_reciprocal(a->nonlinear, running[r].total),
                 a->output + (first + r / heads) * a->output_stride + (first_head + r % heads) * size);
}

/// Uses bfloat16 if `bf16` and the rows permit it.
static void attend_bf16_or_f32(const ck_attention *a, size_t first_head, size_t last_head, size_t first, size_t last,
                               float *scratch) {
  const size_t heads = last_head - first_head;
  if (!ck_uses_bf16(a->bf16) || a->type != CK_KV_F32 || a->head_size % 16 > 0 || heads > ATTENTION_ROWS)
    return attend(a, first_head, last_head, first, last, scratch);
  const size_t step = ATTENTION_ROWS / heads;
  for (size_t t = first; t < last; t += step) attend_bf16(a, first_head, heads, t, ck_min(t + step, last), scratch);
}
