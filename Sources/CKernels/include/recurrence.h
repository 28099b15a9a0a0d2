// SPDX-License-Identifier: Apache-2.0

#ifndef EDGEASSIST_RECURRENCE_H
#define EDGEASSIST_RECURRENCE_H

#include <stddef.h>

#pragma clang assume_nonnull begin

/// A depthwise causal convolution of a block of tokens, in place:
/// y[t][c] = sum over j of weights[j][c] * x[t - (kernel - 1) + j][c].
typedef struct {
  float *x;              // [tokens][channels]
  size_t stride;         // floats from one token to the next
  float *history;        // [kernel - 1][channels], the tokens before these; afterwards the last of these
  const float *weights;  // [kernel][channels]
  size_t channels, kernel, tokens;
  int silu;  // y = y * sigmoid(y) afterwards
} ck_convolution;

/// The most tokens that a convolution reads.
#define CK_MAX_CONVOLUTION 8

/// The gated delta rule (arXiv 2412.06464) for a block of tokens. Of each value head, with the state S, [keys][values],
/// key head `head % key_heads`, and of each token in turn:
///   S = decay * S;  d = beta * (value - key S);  S = S + key^T d;  output = query S
typedef struct {
  const float *queries, *keys;  // [tokens][key_heads * size]
  const float *values;          // [tokens][value_heads * size]
  size_t stride;                // floats from one token to the next in these three
  const float *decays, *betas;  // [tokens][value_heads]
  size_t gate_stride;           // floats from one token to the next in these two
  float *state;                 // [value_heads][size / CK_DELTA_COLUMNS][size keys][CK_DELTA_COLUMNS values]
  float *output;                // [tokens][value_heads * size]
  size_t output_stride;         // floats from one token to the next
  size_t key_heads, value_heads;
  size_t size;  // of a key and of a value, a multiple of CK_DELTA_COLUMNS
  size_t tokens;
} ck_delta_rule;

/// Columns of the state that are computed together: they are independent of the others, and stay in the first cache.
#define CK_DELTA_COLUMNS 32

#pragma clang assume_nonnull end

#endif
