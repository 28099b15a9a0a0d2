// SPDX-License-Identifier: Apache-2.0

// The recurrent layers of hybrid models in plain C: causal convolution and the gated delta rule.
#include "internal.h"

#include <math.h>

void ck_convolve_portable(const ck_convolution *c, size_t first, size_t last) {
  const size_t kept = c->kernel - 1;
  for (size_t i = first; i < last; i++) {
    float taps[CK_MAX_CONVOLUTION] = {0};
    for (size_t j = 0; j < kept; j++) taps[j] = c->history[j * c->channels + i];
    for (size_t t = 0; t < c->tokens; t++) {
      float *x = c->x + t * c->stride + i, sum = 0;
      taps[kept] = *x;
      for (size_t j = 0; j <= kept; j++) sum += c->weights[j * c->channels + i] * taps[j];
      for (size_t j = 0; j < kept; j++) taps[j] = taps[j + 1];
      *x = c->silu ? sum / (1 + expf(-sum)) : sum;
    }
    for (size_t j = 0; j < kept; j++) c->history[j * c->channels + i] = taps[j];
  }
}

void ck_delta_rule_portable(const ck_delta_rule *r, size_t head, size_t panel) {
  const size_t size = r->size, key_head = head % r->key_heads;
  float *const state = r->state + (head * size + panel * CK_DELTA_COLUMNS) * size;
  for (size_t t = 0; t < r->tokens; t++) {
    const float *query = r->queries + t * r->stride + key_head * size, *key = r->keys + t * r->stride + key_head * size;
    const float *value = r->values + t * r->stride + head * size + panel * CK_DELTA_COLUMNS;
    const float decay = r->decays[t * r->gate_stride + head], beta = r->betas[t * r->gate_stride + head];
    float *output = r->output + t * r->output_stride + head * size + panel * CK_DELTA_COLUMNS;
    for (size_t c = 0; c < CK_DELTA_COLUMNS; c++) {
      float recalled = 0, sum = 0;
      for (size_t k = 0; k < size; k++) recalled += key[k] * state[k * CK_DELTA_COLUMNS + c];
      const float change = beta * (value[c] - decay * recalled);
      for (size_t k = 0; k < size; k++) {
        float *s = state + k * CK_DELTA_COLUMNS + c;
        *s = decay * *s + key[k] * change;
        sum += query[k] * *s;
      }
      output[c] = sum;
    }
  }
}
