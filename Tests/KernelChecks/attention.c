// SPDX-License-Identifier: Apache-2.0

// Attention over rows in pages, as the KV cache stores them. The formula is a softmax over dequantized rows.
#include "support.h"

#include <math.h>
#include <stdlib.h>

enum { PAGE_ROWS = 16, RUN_START = 5 };
static const double tolerance = 1e-5;

/// One key-value head with `count` rows, and queries of `tokens` tokens. The last token attends to all rows.
typedef struct {
  ck_kv_type type;
  size_t heads, size, tokens, count, key_bytes, value_bytes;
  float *queries, *range, *keys, *values;  // [tokens][heads][size], [2][size], [count][size] twice as they are read
  uint8_t **pages;
  // Of keys that are rotated when they are read:
  float *angles;  // [RUNS][2][ck_angle_stride]
  ck_key_run *runs;
  size_t run_count;
} sample;

static sample make_sample(ck_kv_type type, size_t heads, size_t size, size_t tokens, size_t count) {
  kc_random random = kc_seeded(heads + size * 31 + tokens * 1009 + count * 9176);
  sample s = {.type = type, .heads = heads, .size = size, .tokens = tokens, .count = count};
  const size_t page_count = (count + PAGE_ROWS - 1) / PAGE_ROWS;
  s.key_bytes = ck_key_row_bytes(type, size);
  s.value_bytes = ck_value_row_bytes(type, size);
  s.queries = kc_floats(&random, tokens * heads * size, 2);
  s.range = kc_allocate(2 * size * sizeof(float));
  for (size_t i = 0; i < size; i++) s.range[i] = 2.0f / 15, s.range[size + i] = -1;
  s.keys = kc_floats(&random, count * size, 1);
  s.values = kc_floats(&random, count * size, 1);
  s.pages = kc_allocate(page_count * sizeof *s.pages);
  for (size_t p = 0; p < page_count; p++) s.pages[p] = kc_allocate(PAGE_ROWS * (s.key_bytes + s.value_bytes));
  for (size_t k = 0; k < count; k++) {
    uint8_t *key = s.pages[k / PAGE_ROWS] + k % PAGE_ROWS * s.key_bytes;
    uint8_t *value = s.pages[k / PAGE_ROWS] + PAGE_ROWS * s.key_bytes + k % PAGE_ROWS * s.value_bytes;
    ck_quantize_key(type, s.keys + k * size, key, size, s.range);
    ck_quantize_value(type, s.values + k * size, value, size);
    ck_dequantize_key(type, key, s.keys + k * size, size, s.range);
    ck_dequantize_value(type, value, s.values + k * size, size);
  }
  return s;
}

/// Lets runs of 1, 2, 3, … rows behind the first RUN_START rows be read rotated, every third run as it is stored and
/// the last rows without a run. Pairs from half of them on are not rotated.
static void rotate_sample(sample *s) {
  kc_random random = kc_seeded(s->count);
  const size_t stride = ck_angle_stride(s->size), half = s->size / 2;
  s->runs = kc_allocate(s->count * sizeof *s->runs);
  s->angles = kc_allocate(s->count * 2 * stride * sizeof *s->angles);
  for (size_t row = RUN_START; row + s->run_count + 1 < s->count; s->run_count++) {
    float *angles = s->angles + s->run_count * 2 * stride, *turns = kc_floats(&random, half, 3);
    for (size_t i = 0; i < half; i++) {
      angles[i] = i < half / 2 ? cosf(turns[i]) : 1;
      angles[stride + i] = i < half / 2 ? sinf(turns[i]) : 0;
    }
    const int rotates = s->run_count % 3 != 2;
    for (const size_t last = row + s->run_count + 1; row < last; row++)
      for (size_t i = 0; rotates && i < half; i++) {
        float *first = s->keys + row * s->size + i, a = *first, b = first[half];
        *first = a * angles[i] - b * angles[stride + i];
        first[half] = a * angles[stride + i] + b * angles[i];
      }
    s->runs[s->run_count] = (ck_key_run){.last = row - RUN_START, .angles = rotates ? angles : NULL};
    free(turns);
  }
}

static void free_sample(sample s) {
  for (size_t p = 0; p < (s.count + PAGE_ROWS - 1) / PAGE_ROWS; p++) free(s.pages[p]);
  free(s.runs), free(s.angles), free(s.pages), free(s.queries), free(s.range), free(s.keys), free(s.values);
}

static ck_head_rows head_rows(const sample *s) {
  const uint8_t *const *pages = (const uint8_t *const *)s->pages;
  return (ck_head_rows){.key_pages = pages,
                        .value_pages = pages,
                        .value_offset = PAGE_ROWS * s->key_bytes,
                        .count = s->count - s->tokens + 1,
                        .key_range = s->range,
                        .key_runs = s->runs,
                        .run_count = s->run_count,
                        .run_start = RUN_START,
                        .rotated_pairs = s->size / 4};
}

static ck_attention attention(const sample *s, const ck_head_rows *rows, ck_nonlinear nonlinear, float *output) {
  return (ck_attention){.queries = s->queries,
                        .query_stride = s->heads * s->size,
                        .rows = rows,
                        .type = s->type,
                        .key_row_bytes = s->key_bytes,
                        .value_row_bytes = s->value_bytes,
                        .page_rows = PAGE_ROWS,
                        .heads = s->heads,
                        .key_value_heads = 1,
                        .head_size = s->size,
                        .tokens = s->tokens,
                        .causal = 1,
                        .bf16 = CK_BF16_ATTENTION_NEVER,
                        .nonlinear = nonlinear,
                        .scale = 1 / sqrtf((float)s->size),
                        .output = output,
                        .output_stride = s->heads * s->size};
}

/// [tokens][heads][size] in double precision.
static float *formula(const sample *s) {
  float *outputs = kc_allocate(s->tokens * s->heads * s->size * sizeof *outputs);
  double *weights = kc_allocate(s->count * sizeof *weights);
  for (size_t pair = 0; pair < s->tokens * s->heads; pair++) {
    const float *query = s->queries + pair * s->size;
    const size_t count = s->count - s->tokens + 1 + pair / s->heads;
    double largest = -INFINITY, total = 0;
    for (size_t k = 0; k < count; k++) {
      weights[k] = 0;
      for (size_t d = 0; d < s->size; d++) weights[k] += (double)query[d] * s->keys[k * s->size + d];
      weights[k] /= sqrt((double)s->size);
      largest = fmax(largest, weights[k]);
    }
    for (size_t k = 0; k < count; k++) total += weights[k] = exp(weights[k] - largest);
    for (size_t d = 0; d < s->size; d++) {
      double sum = 0;
      for (size_t k = 0; k < count; k++) sum += weights[k] * s->values[k * s->size + d];
      outputs[pair * s->size + d] = (float)(sum / total);
    }
  }
  free(weights);
  return outputs;
}

static float *attend(const ck_kernels *kernels, const sample *s, ck_bf16_attention bf16, ck_nonlinear nonlinear) {
  float *outputs = kc_allocate(s->tokens * s->heads * s->size * sizeof *outputs);
  float *scratch = kc_allocate(CK_SCRATCH_FLOATS * sizeof *scratch);
  const ck_head_rows rows = head_rows(s);
  ck_attention a = attention(s, &rows, nonlinear, outputs);
  a.bf16 = bf16;
  kernels->attend(&a, 0, s->heads, 0, s->tokens, scratch);
  free(scratch);
  return outputs;
}

/// The last token alone. With several spans, each leaves a part, and ck_merge_spans combines them.
static float *attend_spans(const ck_kernels *kernels, const sample *s, size_t span_count, ck_nonlinear nonlinear) {
  const size_t part_length = s->heads * (s->size + 2);
  float *outputs = kc_allocate(s->heads * s->size * sizeof *outputs);
  float *parts = kc_allocate(span_count * part_length * sizeof *parts);
  float *scratch = kc_allocate(CK_SCRATCH_FLOATS * sizeof *scratch);
  ck_span *spans = kc_allocate(span_count * sizeof *spans);
  const ck_head_rows rows = head_rows(s);
  for (size_t i = 0; i < span_count; i++)
    spans[i] = (ck_span){.head = 0,
                         .first = s->count * i / span_count,
                         .last = s->count * (i + 1) / span_count,
                         .part = span_count > 1 ? parts + i * part_length : NULL};
  const ck_decoding_job job = {.kernels = kernels,
                               .attention = attention(s, &rows, nonlinear, outputs),
                               .spans = spans,
                               .ends = &span_count,
                               .span_count = span_count,
                               .scratch = scratch};
  ck_decoding_chunk(&job, 0, 0);
  ck_merge_spans(&job);
  free(parts), free(scratch), free(spans);
  return outputs;
}

static void expect_close(kc_report *report, const sample *s, const char *name, const float *found,
                         const float *portable) {
  float *exact = formula(s);
  const size_t count = s->tokens * s->heads * s->size;
  const double from_formula = kc_difference(found, exact, count), from_portable = kc_difference(found, portable, count);
  kc_expect(
      report, from_formula < tolerance && from_portable < 1e-3,
      "%s, rows of type %d, %zu heads of %zu, %zu tokens, %zu rows, %zu runs: %g from the formula, %g from portable",
      name, s->type, s->heads, s->size, s->tokens, s->count, s->run_count, from_formula, from_portable);
  free(exact);
}

// Head sizes that fill vectors, and such that need padding. Rows that leave remainders of tiles and of passes.
static const size_t sizes[] = {32, 64, 80, 128, 6};
static const size_t size_count = sizeof sizes / sizeof *sizes;

void kc_attend(const ck_kernels *kernels, kc_report *report) {
  // Heads, tokens and rows, with at least 6 pairs of a head and a token: fewer are done by attend_rows.
  static const size_t shapes[][3] = {{1, 7, 40}, {2, 3, 41}, {6, 40, 129}, {17, 7, 300}};
  for (ck_kv_type type = CK_KV_F32; type <= CK_KV_AMXFP4; type++)
    for (size_t i = 0; i < size_count; i++)
      for (size_t j = 0; j < 2 * sizeof shapes / sizeof *shapes; j++) {
        if ((type == CK_KV_Q8_0 || type == CK_KV_AMXFP4) && sizes[i] % CK_BLOCK > 0) continue;
        const size_t *shape = shapes[j / 2];
        sample s = make_sample(type, shape[0], sizes[i], shape[1], shape[2]);
        if (j % 2) rotate_sample(&s);
        float *found = attend(kernels, &s, CK_BF16_ATTENTION_NEVER, CK_NONLINEAR_EXACT);
        float *portable = attend(ck_kernels_for(CK_PORTABLE), &s, CK_BF16_ATTENTION_NEVER, CK_NONLINEAR_EXACT);
        expect_close(report, &s, "attend", found, portable);
        free(found), free(portable), free_sample(s);
      }
}

void kc_attend_rows(const ck_kernels *kernels, kc_report *report) {
  static const size_t heads[] = {1, 2, 6, 7, 17}, counts[] = {3, 41, 129, 300};
  for (ck_kv_type type = CK_KV_F32; type <= CK_KV_AMXFP4; type++)
    for (size_t i = 0; i < size_count; i++)
      for (size_t h = 0; h < sizeof heads / sizeof *heads; h++)
        for (size_t c = 0; c < 2 * sizeof counts / sizeof *counts; c++) {
          if ((type == CK_KV_Q8_0 || type == CK_KV_AMXFP4) && sizes[i] % CK_BLOCK > 0) continue;
          sample s = make_sample(type, heads[h], sizes[i], 1, counts[c / 2]);
          if (c % 2) rotate_sample(&s);
          float *portable = attend_spans(ck_kernels_for(CK_PORTABLE), &s, 1, CK_NONLINEAR_EXACT);
          float *found = attend_spans(kernels, &s, 1, CK_NONLINEAR_EXACT);
          float *merged = attend_spans(kernels, &s, 3, CK_NONLINEAR_EXACT);
          expect_close(report, &s, "attend_rows", found, portable);
          expect_close(report, &s, "attend_rows in 3 spans", merged, portable);
          free(found), free(merged), free(portable), free_sample(s);
        }
}

void kc_attend_bf16(const ck_kernels *kernels, kc_report *report) {
  static const size_t shapes[][3] = {{1, 7, 40}, {6, 40, 129}, {17, 7, 300}, {1, 300, 300}};
  for (size_t i = 0; i < size_count; i++)
    for (size_t j = 0; j < sizeof shapes / sizeof *shapes; j++) {
      const sample s = make_sample(CK_KV_F32, shapes[j][0], sizes[i], shapes[j][1], shapes[j][2]);
      float *floats = attend(kernels, &s, CK_BF16_ATTENTION_NEVER, CK_NONLINEAR_EXACT),
            *found = attend(kernels, &s, CK_BF16_ATTENTION_ALWAYS, CK_NONLINEAR_EXACT);
      const double difference = kc_difference(found, floats, s.tokens * s.heads * s.size);
      // Rows that need padding are not rounded.
      const double least = s.size % 16 > 0 ? -1 : 1e-5;
      kc_expect(report, difference > least && difference < 2e-2, "%zu heads of %zu, %zu rows: %g from floats", s.heads,
                s.size, s.count, difference);
      free(floats), free(found), free_sample(s);
    }
}

/// With tables, attention is exact attention up to the errors of the tables. Sums that are scaled down at other keys
/// have other errors, so the portable kernels differ as much.
void kc_attend_lut16(const ck_kernels *kernels, kc_report *report) {
  static const size_t shapes[][3] = {{1, 1, 40}, {6, 40, 129}, {17, 7, 300}};
  for (ck_kv_type type = CK_KV_F32; type <= CK_KV_Q4; type++)
    for (size_t j = 0; j < sizeof shapes / sizeof *shapes; j++) {
      const sample s = make_sample(type, shapes[j][0], 64, shapes[j][1], shapes[j][2]);
      const size_t last = s.heads * s.size, count = s.tokens * last;
      float *exact = formula(&s);
      float *portable = attend(ck_kernels_for(CK_PORTABLE), &s, CK_BF16_ATTENTION_NEVER, CK_NONLINEAR_LUT16);
      float *found = attend(kernels, &s, CK_BF16_ATTENTION_NEVER, CK_NONLINEAR_LUT16);
      float *merged = attend_spans(kernels, &s, 3, CK_NONLINEAR_LUT16);
      const double from_exact = kc_difference(found, exact, count),
                   from_portable = kc_difference(found, portable, count),
                   of_spans = s.tokens == 1 ? kc_difference(merged, exact, last) : 0;
      kc_expect(report, from_exact > 1e-7 && from_exact < 1e-3 && of_spans < 2e-3 && from_portable < 1e-3,
                "rows of type %d, %zu heads, %zu tokens: %g from the formula, in spans %g, %g from portable", s.type,
                s.heads, s.tokens, from_exact, of_spans, from_portable);
      free(exact), free(portable), free(found), free(merged), free_sample(s);
    }
}
