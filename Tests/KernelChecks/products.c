// SPDX-License-Identifier: Apache-2.0

// Matrix products. The formula is the sum of dequantized weights times the input as the product sees it: floats, or
// quantized activations.
#include "support.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/// Sums of large products that cancel each other.
static const double tolerance = 1e-5;

/// A product's weights and input.
typedef struct {
  ck_type type;
  size_t rows, columns, tokens, row_bytes;
  uint8_t *weights;
  float *x, *bias, *before;  // `before`: outputs that the product adds to
  ck_quantized quantized;
  float scale;
} sample;

static sample make_sample(ck_type type, size_t rows, size_t columns, size_t tokens) {
  kc_random random = kc_seeded(rows + columns * 31 + tokens * 1009);
  const size_t count = tokens * columns;
  sample s = {.type = type, .rows = rows, .columns = columns, .tokens = tokens, .scale = 0.75f};
  s.row_bytes = columns / ck_block_weights(type) * ck_block_bytes(type);
  s.weights = kc_weights(&random, type, rows, columns);
  s.x = kc_floats(&random, count, 1);
  s.bias = kc_floats(&random, rows, 1);
  s.before = kc_floats(&random, tokens * rows, 1);
  s.quantized = (ck_quantized){kc_allocate(count),     kc_allocate(2 * count), kc_allocate(count / 8),
                               kc_allocate(count / 8), kc_allocate(count / 8), kc_allocate(count / 8)};
  // By the portable table: quantize_activations has a check of its own.
  if (columns % CK_BLOCK == 0) ck_kernels_for(CK_PORTABLE)->quantize_activations(s.x, count, &s.quantized);
  return s;
}

static void free_sample(sample s) {
  free(s.weights), free(s.x), free(s.bias), free(s.before), free(s.quantized.qs), free(s.quantized.qs16);
  free(s.quantized.scales), free(s.quantized.bsums), free(s.quantized.corrections), free(s.quantized.dsums);
}

/// [tokens][rows] in double precision.
static float *formula(const sample *s, int accumulate) {
  float *row = kc_allocate(s->columns * sizeof *row), *outputs = kc_allocate(s->tokens * s->rows * sizeof *outputs);
  for (size_t r = 0; r < s->rows; r++) {
    ck_dequantize(s->type, s->weights + r * s->row_bytes, row, s->columns);
    for (size_t t = 0; t < s->tokens; t++) {
      double sum = 0;
      for (size_t i = 0; i < s->columns; i++) {
        const size_t at = t * s->columns + i;
        sum += ck_is_quantized(s->type) ? (double)s->quantized.qs[at] * s->quantized.scales[at / CK_BLOCK] * row[i]
                                        : (double)s->x[at] * row[i];
      }
      sum = s->scale * sum + s->bias[r] + (accumulate ? (double)s->before[t * s->rows + r] : 0);
      outputs[t * s->rows + r] = (float)sum;
    }
  }
  free(row);
  return outputs;
}

/// [tokens][rows] by a table, of the first `tokens` tokens. If `repacks`, the weights are repacked for it.
static float *multiply(const ck_kernels *kernels, const sample *s, int repacks, int accumulate, size_t tokens) {
  float *outputs = kc_allocate(tokens * s->rows * sizeof *outputs);
  float *scratch = kc_allocate(CK_SCRATCH_FLOATS * sizeof *scratch);
  memcpy(outputs, s->before, tokens * s->rows * sizeof *outputs);
  ck_product product = {.weights = s->weights,
                        .type = s->type,
                        .row_bytes = s->row_bytes,
                        .rows = s->rows,
                        .columns = s->columns,
                        .scale = s->scale,
                        .bias = s->bias,
                        .output = outputs,
                        .output_stride = s->rows,
                        .accumulate = accumulate};
  void *panels = NULL;
  if (repacks) {
    product.type = ck_repacked_type(s->type, s->columns);
    product.weights = panels = kc_allocate((s->rows + 15) / 16 * ck_panel_bytes(product.type, s->columns));
    ck_repack(kernels, s->type, s->weights, s->row_bytes, s->rows, s->columns, 0, s->rows, panels);
  }
  const ck_input input = {.values = s->x, .stride = s->columns, .quantized = s->quantized, .tokens = tokens};
  // In two parts, as a pool of threads does it.
  const size_t middle = s->rows > 16 ? 16 : s->rows;
  kernels->multiply(&product, &input, 0, middle, scratch);
  kernels->multiply(&product, &input, middle, s->rows, scratch);
  free(panels), free(scratch);
  return outputs;
}

/// A value that is not finite in the last token makes all outputs of the token so, and changes none of the others.
static void check_not_finite(const ck_kernels *kernels, const sample *s, int repacks, int accumulate,
                             const float *before, kc_report *report) {
  static const float values[] = {NAN, INFINITY, -INFINITY};
  const size_t last = s->tokens - 1;
  for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
    s->x[last * s->columns + s->columns / 2] = values[v];
    if (s->columns % CK_BLOCK == 0) kernels->quantize_activations(s->x, s->tokens * s->columns, &s->quantized);
    float *found = multiply(kernels, s, repacks, accumulate, s->tokens);
    size_t finite = 0;
    for (size_t r = 0; r < s->rows; r++) finite += (size_t)(ck_all_within(found + last * s->rows + r, 1, FLT_MAX) != 0);
    kc_expect(report, finite == 0, "type %d%s: %g in the input leaves %zu of %zu outputs finite", s->type,
              repacks ? " in panels" : "", values[v], finite, s->rows);
    kc_expect(report, memcmp(found, before, last * s->rows * sizeof *found) == 0,
              "type %d%s: %g changes another token's outputs", s->type, repacks ? " in panels" : "", values[v]);
    free(found);
  }
}

static void check_product(const ck_kernels *kernels, ck_type type, int repacks, size_t rows, size_t columns,
                          size_t tokens, kc_report *report) {
  const sample s = make_sample(type, rows, columns, tokens);
  const int accumulate = (int)(tokens % 2), quantizes = repacks && !ck_is_quantized(type);
  float *found = multiply(kernels, &s, repacks, accumulate, tokens), *exact = formula(&s, accumulate);
  float *portable = multiply(ck_kernels_for(CK_PORTABLE), &s, repacks, accumulate, tokens);
  const double from_formula = kc_difference(found, exact, tokens * rows);
  const double from_portable = kc_difference(found, portable, tokens * rows);
  // Floats that are repacked are rounded to 8 bits.
  kc_expect(report, from_formula < (quantizes ? 0.1 : tolerance) && from_portable < tolerance,
            "type %d%s, %zu x %zu, %zu tokens: %g from the formula, %g from portable", type,
            repacks ? " in panels" : "", rows, columns, tokens, from_formula, from_portable);
  // A token gets the same alone as with others, where its sums are not divided into passes.
  if (repacks && columns <= 2048) {
    float *alone = multiply(kernels, &s, repacks, accumulate, 1);
    kc_expect(report, memcmp(alone, found, rows * sizeof *alone) == 0,
              "type %d in panels, %zu x %zu: a token alone gets another product than with %zu", type, rows, columns,
              tokens);
    free(alone);
  }
  check_not_finite(kernels, &s, repacks, accumulate, found, report);
  free(found), free(exact), free(portable), free_sample(s);
}

// Shapes leave remainders of vectors, of panels and of tiles. Tokens are on both sides of the change from rows to
// tiles.

void kc_multiply_floats(const ck_kernels *kernels, kc_report *report) {
  static const size_t shapes[][2] = {{1, 32}, {19, 91}, {16, 7}, {37, 160}, {3, 800}};
  static const size_t tokens[] = {1, 3, 4, 13, 14};
  for (ck_type type = CK_F32; type <= CK_BF16; type++)
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
      for (size_t t = 0; t < sizeof tokens / sizeof *tokens; t++)
        check_product(kernels, type, 0, shapes[s][0], shapes[s][1], tokens[t], report);
}

void kc_multiply_quants(const ck_kernels *kernels, kc_report *report) {
  static const size_t rows[] = {1, 16, 37}, tokens[] = {1, 2, 7, 8, 19};
  for (ck_type type = CK_Q8_0; type <= CK_SAWB2; type++) {
    const size_t block = ck_block_weights(type);
    // The last has more groups than a panel.
    const size_t columns[] = {block, 3 * block, 544 / block * block};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
      for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
        for (size_t t = 0; t < sizeof tokens / sizeof *tokens; t++)
          check_product(kernels, type, 0, rows[r], columns[c], tokens[t], report);
  }
}

void kc_multiply_panels(const ck_kernels *kernels, kc_report *report) {
  static const size_t rows[] = {1, 16, 37}, tokens[] = {1, 2, 4, 5, 8, 19};
  for (ck_type type = CK_F32; type <= CK_SAWB2; type++) {
    if (ck_repacked_type(type, 256) == CK_F32) continue;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
      for (size_t t = 0; t < sizeof tokens / sizeof *tokens; t++) {
        check_product(kernels, type, 1, rows[r], 256, tokens[t], report);
        check_product(kernels, type, 1, rows[r], 768, tokens[t], report);
      }
    // More columns and tokens than one pass has.
    check_product(kernels, type, 1, 3, 2560, 250, report);
  }
}

void kc_multiply_ternary(const ck_kernels *kernels, kc_report *report) {
  static const size_t rows = 19, columns = 768, tokens = 9;
  for (ck_type type = CK_TQ1_0; type <= CK_TQ2_0; type++) {
    sample s = make_sample(type, rows, columns, tokens);
    const size_t groups = columns / CK_BLOCK, scale_at = type == CK_TQ1_0 ? 52 : 64;
    for (uint8_t *block = s.weights; block < s.weights + rows * s.row_bytes; block += ck_block_bytes(type))
      ck_store_half(block + scale_at, 1);
    for (size_t i = 0; i < tokens * groups; i++) {
      s.quantized.scales[i] = 1;
      s.quantized.dsums[i] = (float)(s.quantized.bsums[2 * i] + s.quantized.bsums[2 * i + 1]);
    }
    memset(s.bias, 0, rows * sizeof *s.bias);
    s.scale = 1;
    for (int repacks = 0; repacks < 2; repacks++) {
      float *found = multiply(kernels, &s, repacks, 0, tokens);
      for (size_t r = 0; r < rows; r++)
        for (size_t t = 0; t < tokens; t++) {
          int sum = 0;
          for (size_t g = 0; g < groups; g++) {
            int8_t signs[CK_BLOCK];
            ck_group_quants(type, ck_block_of(type, s.weights + r * s.row_bytes, g), ck_group_index(type, g), signs);
            const int8_t *x = s.quantized.qs + t * columns + g * CK_BLOCK;
            for (size_t i = 0; i < CK_BLOCK; i++) sum += signs[i] * x[i];
          }
          kc_expect(report, found[t * rows + r] == (float)sum, "type %d%s, row %zu, token %zu: %g, not %d", type,
                    repacks ? " in panels" : "", r, t, (double)found[t * rows + r], sum);
        }
      free(found);
    }
    free_sample(s);
  }
}

void kc_largest_quants(const ck_kernels *kernels, kc_report *report) {
  (void)kernels;
  kc_random random = kc_seeded(77);
  for (ck_type type = CK_Q8_0; type <= CK_SAWB2; type++) {
    int largest = 0;
    for (size_t b = 0; b < 400; b++) {
      uint8_t block[512];
      for (size_t i = 0; i < ck_block_bytes(type); i++) block[i] = (uint8_t)kc_next(&random);
      for (size_t g = 0; g < ck_block_weights(type) / CK_BLOCK; g++) {
        int8_t quants[CK_BLOCK];
        ck_group_quants(type, block, g, quants);
        for (size_t i = 0; i < CK_BLOCK; i++) {
          const int stored = ck_zero_point(type) ? quants[i] + ck_zero_point(type) : abs(quants[i]);
          largest = stored > largest ? stored : largest;
        }
      }
    }
    kc_expect(report, largest == ck_largest_quant(type), "type %d: quants of %d, not %d", type, largest,
              ck_largest_quant(type));
  }
}
