// SPDX-License-Identifier: Apache-2.0

// The recurrent layers of hybrid models.
#include "support.h"

#include <math.h>
#include <stdlib.h>

enum { TOKENS = 7, SPLIT = 3 };
static const double tolerance = 2e-6;

static void compare(kc_report *report, const char *name, size_t size, const char *what, const float *found,
                    const float *expected, size_t count) {
  const double difference = kc_difference(found, expected, count);
  kc_expect(report, difference < tolerance, "%s of %zu: %s are off by %g", name, size, what, difference);
}

/// A copy, to be worked on in place.
static float *copied(const float *source, size_t count) {
  float *copy = kc_allocate(count * sizeof *copy);
  memcpy(copy, source, count * sizeof *copy);
  return copy;
}

/// Convolves in two blocks of tokens, and the channels in two parts.
static void convolve(const ck_kernels *kernels, ck_convolution c) {
  const size_t blocks[] = {SPLIT, c.tokens - SPLIT}, half = c.channels / 2;
  for (size_t b = 0; b < 2; b++) {
    c.tokens = blocks[b];
    kernels->convolve(&c, 0, half);
    kernels->convolve(&c, half, c.channels);
    c.x += c.tokens * c.stride;
  }
}

static void check_convolution(const ck_kernels *kernels, size_t channels, size_t kernel, int silu, kc_report *report) {
  const size_t stride = channels + 3, kept = kernel - 1;
  kc_random random = kc_seeded(channels * 8 + kernel);
  float *x = kc_floats(&random, TOKENS * stride, 2), *history = kc_floats(&random, kept * channels, 2);
  float *weights = kc_floats(&random, kernel * channels, 1), *formula = copied(x, TOKENS * stride);
  for (size_t t = 0; t < TOKENS; t++)
    for (size_t c = 0; c < channels; c++) {
      double sum = 0;
      for (size_t j = 0; j < kernel; j++) {
        const size_t token = t + j;  // counted from the first of the history
        sum += (double)weights[j * channels + c] *
               (token < kept ? history[token * channels + c] : x[(token - kept) * stride + c]);
      }
      formula[t * stride + c] = (float)(silu ? sum / (1 + exp(-sum)) : sum);
    }
  float *found = copied(x, TOKENS * stride), *found_history = copied(history, kept * channels);
  float *portable = copied(x, TOKENS * stride), *portable_history = copied(history, kept * channels);
  const ck_convolution c = {found, stride, found_history, weights, channels, kernel, TOKENS, silu};
  convolve(kernels, c);
  ck_convolution p = c;
  p.x = portable, p.history = portable_history;
  convolve(ck_kernels_for(CK_PORTABLE), p);
  compare(report, "convolve", kernel, "the formula's outputs", found, formula, TOKENS * stride);
  compare(report, "convolve", kernel, "the portable outputs", found, portable, TOKENS * stride);
  for (size_t j = 0; j < kept; j++)
    compare(report, "convolve", kernel, "the tokens that are kept", found_history + j * channels,
            x + (TOKENS - kept + j) * stride, channels);
  free(x), free(history), free(weights), free(formula), free(found), free(found_history);
  free(portable), free(portable_history);
}

void kc_convolve(const ck_kernels *kernels, kc_report *report) {
  for (size_t kernel = 2; kernel <= 5; kernel++)
    for (int silu = 0; silu < 2; silu++) {
      check_convolution(kernels, 5, kernel, silu, report);
      check_convolution(kernels, 70, kernel, silu, report);
    }
}

/// All heads and panels, in two blocks of tokens.
static void apply(const ck_kernels *kernels, ck_delta_rule r) {
  const size_t blocks[] = {SPLIT, r.tokens - SPLIT};
  for (size_t b = 0; b < 2; b++) {
    r.tokens = blocks[b];
    for (size_t h = 0; h < r.value_heads; h++)
      for (size_t p = 0; p < r.size / CK_DELTA_COLUMNS; p++) kernels->delta_rule(&r, h, p);
    r.queries += r.tokens * r.stride, r.keys += r.tokens * r.stride, r.values += r.tokens * r.stride;
    r.decays += r.tokens * r.gate_stride, r.betas += r.tokens * r.gate_stride;
    r.output += r.tokens * r.output_stride;
  }
}

/// Follows the formula of one value head in double precision.
static void follow_formula(const ck_delta_rule *r, size_t head, double *state, float *output) {
  const size_t size = r->size, key_head = head % r->key_heads;
  for (size_t t = 0; t < r->tokens; t++) {
    const float *query = r->queries + t * r->stride + key_head * size, *key = r->keys + t * r->stride + key_head * size;
    const float *value = r->values + t * r->stride + head * size;
    for (size_t c = 0; c < size; c++) {
      double recalled = 0, sum = 0;
      for (size_t k = 0; k < size; k++) {
        state[k * size + c] *= r->decays[t * r->gate_stride + head];
        recalled += key[k] * state[k * size + c];
      }
      const double change = r->betas[t * r->gate_stride + head] * (value[c] - recalled);
      for (size_t k = 0; k < size; k++) {
        state[k * size + c] += key[k] * change;
        sum += query[k] * state[k * size + c];
      }
      output[t * r->output_stride + head * size + c] = (float)sum;
    }
  }
}

static void check_delta_rule(const ck_kernels *kernels, size_t size, size_t key_heads, size_t value_heads,
                             kc_report *report) {
  const size_t width = (2 * key_heads + value_heads) * size, states = value_heads * size * size;
  const size_t outputs = TOKENS * value_heads * size;
  kc_random random = kc_seeded(size + value_heads);
  float *rows = kc_floats(&random, TOKENS * width, 0.3f), *gates = kc_floats(&random, 2 * TOKENS * value_heads, 0.5f);
  for (size_t i = 0; i < 2 * TOKENS * value_heads; i++) gates[i] += 0.5f;
  float *state = kc_floats(&random, states, 1), *portable_state = copied(state, states);
  float *found = kc_allocate(outputs * 4), *portable = kc_allocate(outputs * 4), *formula = kc_allocate(outputs * 4);
  const ck_delta_rule r = {.queries = rows,
                           .keys = rows + key_heads * size,
                           .values = rows + 2 * key_heads * size,
                           .stride = width,
                           .decays = gates,
                           .betas = gates + TOKENS * value_heads,
                           .gate_stride = value_heads,
                           .state = state,
                           .output = found,
                           .output_stride = value_heads * size,
                           .key_heads = key_heads,
                           .value_heads = value_heads,
                           .size = size,
                           .tokens = TOKENS};
  double *exact = kc_allocate(size * size * sizeof *exact);
  for (size_t h = 0; h < value_heads; h++) {
    for (size_t k = 0; k < size; k++)
      for (size_t c = 0; c < size; c++)
        exact[k * size + c] = state[(h * size + c / CK_DELTA_COLUMNS * CK_DELTA_COLUMNS) * size + k * CK_DELTA_COLUMNS +
                                    c % CK_DELTA_COLUMNS];
    follow_formula(&r, h, exact, formula);
  }
  ck_delta_rule p = r;
  p.state = portable_state, p.output = portable;
  apply(kernels, r);
  apply(ck_kernels_for(CK_PORTABLE), p);
  compare(report, "delta_rule", size, "the formula's outputs", found, formula, outputs);
  compare(report, "delta_rule", size, "the portable outputs", found, portable, outputs);
  compare(report, "delta_rule", size, "the states", state, portable_state, states);
  free(rows), free(gates), free(state), free(portable_state), free(found), free(portable), free(formula), free(exact);
}

void kc_delta_rule(const ck_kernels *kernels, kc_report *report) {
  check_delta_rule(kernels, 32, 1, 1, report);
  check_delta_rule(kernels, 64, 2, 6, report);
  check_delta_rule(kernels, 128, 2, 2, report);
}
