// SPDX-License-Identifier: Apache-2.0

// The recurrent layers of hybrid models: causal convolution and the gated delta rule.

/// 16 channels of a convolution over `kernel` tokens. Tokens that are read again stay in registers.
INLINE void convolve16(const ck_convolution *c, const size_t kernel, size_t channel) {
  vf16 weights[CK_MAX_CONVOLUTION], taps[CK_MAX_CONVOLUTION];
  for (size_t j = 0; j < kernel; j++) weights[j] = load16(c->weights + j * c->channels + channel);
  for (size_t j = 0; j + 1 < kernel; j++) taps[j] = load16(c->history + j * c->channels + channel);
  for (size_t t = 0; t < c->tokens; t++) {
    float *x = c->x + t * c->stride + channel;
    taps[kernel - 1] = load16(x);
    vf16 sum = weights[0] * taps[0];
    for (size_t j = 1; j < kernel; j++) sum += weights[j] * taps[j];
    for (size_t j = 0; j + 1 < kernel; j++) taps[j] = taps[j + 1];
    store16(x, c->silu ? sum / (1.0f + exp16(-sum)) : sum);
  }
  for (size_t j = 0; j + 1 < kernel; j++) store16(c->history + j * c->channels + channel, taps[j]);
}

static void convolve(const ck_convolution *c, size_t first, size_t last) {
  size_t i = first;
  // A kernel that is known when compiling keeps its weights in registers: those of LFM2 and Qwen3.5.
  for (; i + 16 <= last; i += 16) {
    if (c->kernel == 3) convolve16(c, 3, i);
    else if (c->kernel == 4) convolve16(c, 4, i);
    else break;
  }
  ck_convolve_portable(c, i, last);
}

static void delta_rule(const ck_delta_rule *r, size_t head, size_t panel) {
  const size_t size = r->size, key_head = head % r->key_heads;
  float *const state = r->state + (head * size + panel * CK_DELTA_COLUMNS) * size;
  for (size_t t = 0; t < r->tokens; t++) {
    const float *query = r->queries + t * r->stride + key_head * size, *key = r->keys + t * r->stride + key_head * size;
    const float *value = r->values + t * r->stride + head * size + panel * CK_DELTA_COLUMNS;
    const float decay = r->decays[t * r->gate_stride + head], beta = r->betas[t * r->gate_stride + head];
    float *output = r->output + t * r->output_stride + head * size + panel * CK_DELTA_COLUMNS;
    // Two sums of each column, so that an addition need not wait for the one before it.
    vf16 recalled[2][2] = {{{0}, {0}}, {{0}, {0}}}, sums[2][2] = {{{0}, {0}}, {{0}, {0}}};
    for (size_t k = 0; k < size; k += 2)
      for (size_t i = 0; i < 2; i++)
        for (size_t v = 0; v < 2; v++)
          recalled[i][v] += key[k + i] * load16(state + (k + i) * CK_DELTA_COLUMNS + 16 * v);
    vf16 change[2];
    for (size_t v = 0; v < 2; v++)
      change[v] = beta * (load16(value + 16 * v) - decay * (recalled[0][v] + recalled[1][v]));
    for (size_t k = 0; k < size; k += 2)
      for (size_t i = 0; i < 2; i++)
        for (size_t v = 0; v < 2; v++) {
          float *s = state + (k + i) * CK_DELTA_COLUMNS + 16 * v;
          const vf16 changed = decay * load16(s) + key[k + i] * change[v];
          store16(s, changed);
          sums[i][v] += query[k + i] * changed;
        }
    for (size_t v = 0; v < 2; v++) store16(output + 16 * v, sums[0][v] + sums[1][v]);
  }
}
