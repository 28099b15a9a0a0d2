// SPDX-License-Identifier: Apache-2.0

// Divides products and attention into chunks for a pool of threads.
#include "internal.h"

#include <math.h>

static size_t chunks_of(size_t count, size_t size) { return (count + size - 1) / size; }

size_t ck_multiply_chunk_count(const ck_multiply_job *job) {
  size_t count = 0;
  for (size_t p = 0; p < job->product_count; p++) count += chunks_of(job->products[p].rows, job->chunk_rows);
  return count;
}

void ck_multiply_chunk(const void *context, size_t chunk, size_t worker) {
  const ck_multiply_job *job = context;
  for (size_t p = 0; p < job->product_count; p++) {
    const ck_product *product = &job->products[p];
    const size_t count = chunks_of(product->rows, job->chunk_rows);
    if (chunk >= count) {
      chunk -= count;
      continue;
    }
    const size_t first = chunk * job->chunk_rows;
    job->kernels->multiply(product, &job->input, first, ck_min(first + job->chunk_rows, product->rows),
                           job->scratch + worker * CK_SCRATCH_FLOATS);
    return;
  }
}

static int is_pruned(const ck_attention *a, size_t key_value_head) { return a->rows[key_value_head].count == 0; }

/// Zeros the outputs of some query heads for some tokens.
static void clear_heads(const ck_attention *a, size_t first_head, size_t last_head, size_t first, size_t last) {
  for (size_t t = first; t < last; t++)
    memset(a->output + t * a->output_stride + first_head * a->head_size, 0,
           (last_head - first_head) * a->head_size * sizeof(float));
}

size_t ck_attention_chunk_count(const ck_attention_job *job) {
  return job->attention.key_value_heads * chunks_of(job->attention.tokens, job->chunk_tokens);
}

void ck_attention_chunk(const void *context, size_t chunk, size_t worker) {
  const ck_attention_job *job = context;
  // The last tokens attend to the most keys. They come first, so that the threads finish at about the same time.
  const size_t parts = chunks_of(job->attention.tokens, job->chunk_tokens);
  const size_t group = job->attention.heads / job->attention.key_value_heads;
  const size_t head = chunk % job->attention.key_value_heads * group;
  const size_t first = (parts - 1 - chunk / job->attention.key_value_heads) * job->chunk_tokens;
  const size_t last = ck_min(first + job->chunk_tokens, job->attention.tokens);
  if (is_pruned(&job->attention, head / group)) return clear_heads(&job->attention, head, head + group, first, last);
  job->kernels->attend(&job->attention, head, head + group, first, last, job->scratch + worker * CK_SCRATCH_FLOATS);
}

void ck_decoding_chunk(const void *context, size_t chunk, size_t worker) {
  const ck_decoding_job *job = context;
  const size_t group = job->attention.heads / job->attention.key_value_heads;
  for (size_t s = chunk > 0 ? job->ends[chunk - 1] : 0; s < job->ends[chunk]; s++) {
    const ck_span *span = &job->spans[s];
    job->kernels->attend_rows(&job->attention, span->head * group, (span->head + 1) * group, 0, span->first, span->last,
                              span->part, job->scratch + worker * CK_SCRATCH_FLOATS);
  }
}

/// The largest score in the parts of some spans of one query head, whose part begins at float `at`.
static float largest_score(const ck_span *spans, size_t count, size_t at, float largest) {
  for (size_t s = 0; s < count; s++) largest = fmaxf(largest, spans[s].part[at]);
  return largest;
}

/// Adds up the values of these parts, and returns the sum of their weights.
static float add_parts(const ck_attention *a, const ck_span *spans, size_t count, size_t at, float largest,
                       float *output) {
  float total = 0;
  for (size_t s = 0; s < count; s++) {
    const float *part = spans[s].part + at, weight = ck_softmax_exp(a->nonlinear, part[0] - largest);
    total += weight * part[1];
    for (size_t d = 0; d < a->head_size; d++) output[d] += weight * part[2 + d];
  }
  return total;
}

/// Combines the parts of one query head: a softmax over all rows. The others of two lists of spans may be none.
static void merge_head(const ck_attention *a, const ck_span *spans, size_t count, size_t at, const ck_span *others,
                       size_t other_count, size_t other_at, float *output) {
  const float largest = largest_score(others, other_count, other_at, largest_score(spans, count, at, -INFINITY));
  memset(output, 0, a->head_size * sizeof(float));
  const float total = add_parts(a, spans, count, at, largest, output);
  ck_softmax_divide(a->nonlinear, output, a->head_size,
                    total + add_parts(a, others, other_count, other_at, largest, output));
}

/// The end of the spans of the head of span `first`.
static size_t head_end(const ck_decoding_job *job, size_t first) {
  size_t end = first + 1;
  while (end < job->span_count && job->spans[end].head == job->spans[first].head) end++;
  return end;
}

void ck_merge_spans(const ck_decoding_job *job) {
  const ck_attention *a = &job->attention;
  const size_t group = a->heads / a->key_value_heads, length = a->head_size + 2;
  for (size_t first = 0, end; first < job->span_count; first = end) {
    end = head_end(job, first);
    if (!job->spans[first].part) continue;
    float *output = a->output + job->spans[first].head * group * a->head_size;
    for (size_t q = 0; q < group; q++, output += a->head_size)
      merge_head(a, job->spans + first, end - first, q * length, NULL, 0, 0, output);
  }
  for (size_t head = 0; head < a->key_value_heads; head++)
    if (is_pruned(a, head)) clear_heads(a, head * group, (head + 1) * group, 0, 1);
}

void ck_merge_forks(const ck_decoding_job *shared, const ck_decoding_job *own, float *output, size_t output_stride) {
  const ck_attention *a = &own->attention;
  const size_t group = a->heads / a->key_value_heads, length = a->head_size + 2;
  const size_t forks = a->key_value_heads / shared->attention.key_value_heads;
  for (size_t first = 0, other = 0, end; first < shared->span_count; first = end) {
    end = head_end(shared, first);
    const size_t head = shared->spans[first].head;
    for (size_t f = 0, other_end; f < forks; f++, other = other_end) {
      other_end = head_end(own, other);
      for (size_t q = 0; q < group; q++)
        merge_head(a, shared->spans + first, end - first, (f * group + q) * length, own->spans + other,
                   other_end - other, q * length, output + f * output_stride + (head * group + q) * a->head_size);
    }
  }
}
