// SPDX-License-Identifier: Apache-2.0

// Compares the products and the attention of this machine's instruction sets with the portable ones, for every type, in
// one C program without Swift: for processors that only an emulator has (check-aarch64.sh).
#include "panels.h"
#include "rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state = 88172645463325252u;

static uint32_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 32);
}

static float uniform(void) { return (float)next() / 4294967296.0f * 2 - 1; }

/// Random bytes with scales of a moderate size.
static void fill(ck_type type, uint8_t *bytes, size_t size) {
  static const struct { ck_type type; size_t scales[2]; } places[] = {
      {CK_Q8_0, {0, 0}}, {CK_Q4_0, {0, 0}}, {CK_Q4_1, {0, 2}}, {CK_Q5_0, {0, 0}},   {CK_Q5_1, {0, 2}},
      {CK_Q2_K, {80, 82}}, {CK_Q3_K, {108, 108}}, {CK_Q4_K, {0, 2}}, {CK_Q5_K, {0, 2}}, {CK_Q6_K, {208, 208}},
      {CK_IQ4_NL, {0, 0}}, {CK_IQ4_XS, {0, 0}}};
  for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)next();
  for (size_t b = 0; b < size; b += ck_block_bytes(type)) {
    if (type == CK_MXFP4) bytes[b] = (uint8_t)(118 + next() % 4);
    for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
      if (places[p].type != type) continue;
      for (size_t s = 0; s < 2; s++) {
        const uint16_t half = ck_float_to_half(0.01f + 0.005f * uniform());
        memcpy(bytes + b + places[p].scales[s], &half, 2);
      }
    }
    if (type <= CK_BF16) {
      const float value = uniform();
      const uint32_t bits = ck_bits_of_float(value);
      const uint16_t half = type == CK_F16 ? ck_float_to_half(value) : (uint16_t)(bits >> 16);
      if (type == CK_F32) memcpy(bytes + b, &bits, 4);
      else memcpy(bytes + b, &half, 2);
    }
  }
}

/// ||a - b|| / ||b||
static double relative_difference(const float *a, const float *b, size_t count) {
  double error = 0, size = 0;
  for (size_t i = 0; i < count; i++) {
    error += (a[i] - b[i]) * (double)(a[i] - b[i]);
    size += b[i] * (double)b[i];
  }
  return sqrt(error / size);
}

/// Runs one product on both, of weights as they are or turned into panels, and returns ||a - b|| / ||b||; with panels,
/// infinity where a token gets something else by itself than among others. Of rows that are long, many tokens sum up
/// parts: there it may.
static double difference(const ck_kernels *kernels, ck_type type, int turned, size_t rows, size_t columns,
                         size_t tokens) {
  const size_t row_bytes = columns / ck_block_weights(type) * ck_block_bytes(type), count = tokens * columns;
  uint8_t *weights = malloc(rows * row_bytes);
  float *x = malloc(count * sizeof(float)), *scratch = malloc(CK_SCRATCH_FLOATS * sizeof(float));
  float *outputs[2], *alone = calloc(rows, sizeof(float));
  const ck_quantized quantized = {malloc(count),         malloc(2 * count),     malloc(count / 8 + 1),
                                  malloc(count / 8 + 1), malloc(count / 8 + 1), malloc(count / 8 + 1)};
  fill(type, weights, rows * row_bytes);
  for (size_t i = 0; i < count; i++) x[i] = uniform();
  kernels->quantize(x, count, &quantized);
  const ck_input input = {x, columns, quantized, tokens};
  for (size_t k = 0; k < 2; k++) {
    const ck_kernels *chosen = k ? &ck_portable_kernels : kernels;
    outputs[k] = calloc(tokens * rows, sizeof(float));
    ck_product product = {weights, type, row_bytes, rows, columns, NULL, outputs[k], rows, 0};
    void *panels = NULL;
    if (turned) {
      product.type = ck_panels_of(type, columns);
      const size_t panel_bytes = ck_panel_bytes(product.type, columns);
      panels = aligned_alloc(64, (rows + 15) / 16 * panel_bytes);
      ck_turn(chosen, type, weights, row_bytes, rows, columns, 0, rows, panels);
      product.weights = panels;
    }
    chosen->multiply(&product, &input, 0, rows, scratch);
    if (turned && chosen == kernels) {
      const ck_input first = {x, columns, quantized, 1};
      product.output = alone;
      chosen->multiply(&product, &first, 0, rows, scratch);
    }
    free(panels);
  }
  double found = relative_difference(outputs[0], outputs[1], tokens * rows);
  if (turned && columns <= 2048 && memcmp(alone, outputs[0], rows * sizeof(float))) found = INFINITY;
  free(weights), free(x), free(scratch), free(quantized.numbers), free(quantized.wide), free(quantized.scales);
  free(quantized.sums), free(quantized.offsets), free(quantized.scaled_sums);
  free(outputs[0]), free(outputs[1]), free(alone);
  return found;
}

/// Attention of `tokens` over `count` rows in pages of 16, on both; the last token sees them all.
static double attention_difference(const ck_kernels *kernels, ck_row_type type, size_t head_size, size_t heads,
                                   size_t tokens, size_t count) {
  const size_t key_bytes = ck_key_row_bytes(type, head_size), value_bytes = ck_value_row_bytes(type, head_size);
  const size_t pages = (count + 15) / 16, width = heads * head_size;
  uint8_t **table = malloc(pages * sizeof *table);
  float *range = malloc(2 * head_size * sizeof(float)), *row = malloc(head_size * sizeof(float));
  float *queries = malloc(tokens * width * sizeof(float)), *scratch = malloc(CK_SCRATCH_FLOATS * sizeof(float));
  float *outputs[2];
  for (size_t i = 0; i < head_size; i++) range[i] = 2.0f / 15, range[head_size + i] = -1;
  for (size_t i = 0; i < tokens * width; i++) queries[i] = 2 * uniform();
  for (size_t p = 0; p < pages; p++) {
    table[p] = malloc(16 * (key_bytes + value_bytes));
    for (size_t r = 0; r < 16; r++) {
      for (size_t i = 0; i < head_size; i++) row[i] = uniform();
      ck_pack_key(type, row, table[p] + r * key_bytes, head_size, range);
      for (size_t i = 0; i < head_size; i++) row[i] = uniform();
      ck_pack_value(type, row, table[p] + 16 * key_bytes + r * value_bytes, head_size);
    }
  }
  const uint8_t *const *rows_table = (const uint8_t *const *)table;
  const ck_head_rows rows = {rows_table, rows_table, 0, 16 * key_bytes, count - tokens + 1, range};
  for (size_t k = 0; k < 2; k++) {
    outputs[k] = calloc(tokens * width, sizeof(float));
    const ck_attention attention = {queries, width, &rows, type, key_bytes, value_bytes, 16, heads, 1, head_size,
                                    tokens, 1, CK_ROUNDS_NEVER, 1 / sqrtf((float)head_size), outputs[k], width};
    (k ? &ck_portable_kernels : kernels)->attend(&attention, 0, heads, 0, tokens, scratch);
  }
  const double found = relative_difference(outputs[0], outputs[1], tokens * width);
  for (size_t p = 0; p < pages; p++) free(table[p]);
  free(table), free(range), free(row), free(queries), free(scratch), free(outputs[0]), free(outputs[1]);
  return found;
}

static int wrong_attention(const ck_kernels *kernels) {
  static const size_t sizes[] = {32, 64, 80, 128, 6}, heads[] = {1, 2, 6, 17}, tokens[] = {1, 3, 40};
  static const size_t counts[] = {40, 41, 129, 300};
  int checked = 0, wrong = 0;
  for (ck_row_type type = CK_ROWS_F32; type <= CK_ROWS_Q4; type++)
    for (size_t s = 0; s < 5; s++)
      for (size_t h = 0; h < 4; h++)
        for (size_t t = 0; t < 3; t++)
          for (size_t c = 0; c < 4; c++) {
            if (type == CK_ROWS_Q8_0 && sizes[s] % CK_BLOCK) continue;
            const double found = attention_difference(kernels, type, sizes[s], heads[h], tokens[t], counts[c]);
            checked++;
            if (found < 1e-5) continue;
            wrong++;
            printf("%s, attention, rows of type %d, %zu heads of %zu, %zu tokens, %zu rows: %g\n", kernels->name, type,
                   heads[h], sizes[s], tokens[t], counts[c], found);
          }
  printf("%s: %d attentions, %d wrong\n", kernels->name, checked, wrong);
  return wrong;
}

static int wrong_product(const ck_kernels *kernels, ck_type type, int turned, size_t rows, size_t columns,
                         size_t tokens) {
  const double found = difference(kernels, type, turned, rows, columns, tokens);
  if (found < 1e-5) return 0;
  printf("%s, type %d%s, %zu x %zu, %zu tokens: %g\n", kernels->name, type, turned ? " in panels" : "", rows, columns,
         tokens, found);
  return 1;
}

int main(void) {
  static const size_t rows[] = {3, 16, 37}, tokens[] = {1, 2, 4, 5, 8, 19};
  int checked = 0, wrong = 0, wrong_attentions = 0;
  for (ck_level level = CK_AVX2; level <= CK_NEON; level++) {
    const ck_kernels *kernels = ck_kernels_for(level);
    if (!kernels) continue;
    for (ck_type type = CK_F32; type <= CK_MXFP4; type++)
      for (int turned = 0; turned < 2; turned++) {
        if (turned && (!kernels->knows_panels || ck_panels_of(type, 2560) == CK_F32)) continue;
        for (size_t c = 1; c <= 5; c += 2)
          for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
            for (size_t t = 0; t < sizeof tokens / sizeof *tokens; t++, checked++)
              wrong += wrong_product(kernels, type, turned, rows[r], c * (ck_block_weights(type) == 256 ? 256 : 96),
                                     tokens[t]);
        // More columns and tokens than go over all panels at a time.
        if (turned) wrong += wrong_product(kernels, type, turned, 3, 2560, 250), checked++;
      }
    printf("%s: %d products, %d wrong\n", kernels->name, checked, wrong);
    wrong_attentions += wrong_attention(kernels);
  }
  return checked == 0 || wrong > 0 || wrong_attentions > 0;
}
