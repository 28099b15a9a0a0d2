// SPDX-License-Identifier: Apache-2.0

// The reference: plain C without any instruction set in mind. Every faster path is tested against this file.
#include "panels.h"
#include "rows.h"

#include <math.h>

static float half_to_float(uint16_t bits) { return ck_half_to_float(bits); }

static void f16_to_f32(const uint16_t *source, float *target, size_t count) {
  for (size_t i = 0; i < count; i++) target[i] = half_to_float(source[i]);
}

static void f32_to_f16(const float *source, uint16_t *target, size_t count) {
  for (size_t i = 0; i < count; i++) target[i] = ck_float_to_half(source[i]);
}

static void quantize(const float *source, size_t count, const ck_quantized *target) {
  for (size_t b = 0; b < count / CK_BLOCK; b++) {
    const float *x = source + b * CK_BLOCK;
    float largest = 0;
    for (size_t i = 0; i < CK_BLOCK; i++) {
      const float size = fabsf(x[i]);
      if (size > largest) largest = size;
    }
    const float scale = largest / 127.0f;
    const float inverse = largest > 0 ? 127.0f / largest : 0;
    int16_t *sums = target->sums + 2 * b;
    target->scales[b] = scale;
    sums[0] = sums[1] = 0;
    for (size_t i = 0; i < CK_BLOCK; i++) {
      const int q = ck_clamped_round(x[i] * inverse);
      target->numbers[b * CK_BLOCK + i] = (int8_t)q;
      target->wide[b * CK_BLOCK + i] = (int16_t)q;
      sums[i / 16] += (int16_t)q;
    }
    target->offsets[b] = -128 * (sums[0] + sums[1]);
    target->scaled_sums[b] = scale * (float)(sums[0] + sums[1]);
  }
}

static float weight_at(ck_type type, const uint8_t *row, size_t column) {
  switch (type) {
    case CK_F32: return ck_load_f32(row + 4 * column);
    case CK_F16: return half_to_float(ck_load_u16(row + 2 * column));
    case CK_BF16: return ck_bfloat_to_float(ck_load_u16(row + 2 * column));
    default: return 0;
  }
}

/// Of every half of a group, the integers' product is whole; scales, factors and minimums come to it afterwards.
static float quantized_dot(ck_type type, const ck_input *input, const uint8_t *row, size_t token, size_t columns) {
  const size_t groups = columns / CK_BLOCK;
  const int8_t *x = input->quantized.numbers + token * columns;
  const float *scales = input->quantized.scales + token * groups;
  const int16_t *sums = input->quantized.sums + token * groups * 2;
  float sum = 0;
  for (size_t g = 0; g < groups; g++) {
    const uint8_t *block = ck_block_of(type, row, g);
    const ck_group group = ck_read_group(type, block, ck_place_of(type, g));
    int8_t weights[CK_BLOCK];
    ck_group_integers(type, block, ck_place_of(type, g), weights);
    int32_t whole = 0, minimums = 0;
    for (size_t i = 0; i < CK_BLOCK; i++)
      whole += group.factors[i / 16] * weights[i] * x[g * CK_BLOCK + i];
    for (size_t h = 0; h < 2; h++) minimums += group.minimum_factors[h] * sums[2 * g + h];
    sum += group.scale * scales[g] * (float)whole - group.minimum * scales[g] * (float)minimums;
  }
  return sum;
}

/// A row of a panel, as quantized_dot is for the type that it was turned from.
static float panel_dot(ck_type type, const ck_input *input, const uint8_t *panel, size_t row, size_t token,
                       size_t columns) {
  const size_t groups = columns / CK_BLOCK, at = token * groups;
  const uint8_t *integers = panel + ck_panel_integers_at(type, columns) + 4 * row;
  const int excess = ck_excess(type == CK_PANELS_Q4_0 ? CK_Q4_0 : type == CK_PANELS_Q5_0 ? CK_Q5_0
                               : type == CK_PANELS_Q6_K ? CK_Q6_K : CK_Q4_K);
  float sum = 0;
  for (size_t g = 0; g < groups; g++, integers += ck_panel_group_bytes(type)) {
    const int8_t *x = input->quantized.numbers + token * columns + g * CK_BLOCK;
    int32_t whole[2] = {0, 0};
    for (size_t i = 0; i < CK_BLOCK; i++) {
      const size_t column = type == CK_PANELS_Q8_0 ? i : i % 16;
      const uint8_t byte = integers[column / 4 * 4 * CK_PANEL_ROWS + column % 4];
      const int nibble = byte >> (i / 16 * 4) & 15;
      const size_t width = type == CK_PANELS_Q5_0 ? 1 : 2, words = 4 / width, w = column / 4;
      int above = 0;
      if (type == CK_PANELS_Q5_0 || type == CK_PANELS_Q6_K)
        above = integers[CK_PANEL_BITS + w / words * 64 + column % 4] >> ((2 * (w % words) + i / 16) * width) &
                (type == CK_PANELS_Q5_0 ? 1 : 3);
      const int integer = type == CK_PANELS_Q8_0 ? (int8_t)byte : (nibble | above << 4) - excess;
      whole[i / 16] += x[i] * integer;
    }
    const float scale = input->quantized.scales[at + g];
    const uint8_t *block = panel + g / 8 * ck_panel_block_bytes(type);
    const uint8_t *factors = block + ck_panel_factors_at(type) + g % 8 * 32;
    const float block_scale = half_to_float(ck_load_u16(block + 2 * row));
    if (type == CK_PANELS_Q4_K) {
      sum += block_scale * (float)factors[row] * scale * (float)(whole[0] + whole[1]);
      sum -= half_to_float(ck_load_u16(block + 32 + 2 * row)) * (float)factors[16 + row] *
             input->quantized.scaled_sums[at + g];
    } else if (type == CK_PANELS_Q6_K) {
      sum += block_scale * scale * (float)((int8_t)factors[row] * whole[0] + (int8_t)factors[16 + row] * whole[1]);
    } else {
      sum += half_to_float(ck_load_u16(panel + (g * CK_PANEL_ROWS + row) * 2)) * scale * (float)(whole[0] + whole[1]);
    }
  }
  return sum;
}

static float dot(const ck_product *product, const ck_input *input, size_t r, size_t token) {
  const size_t columns = product->columns;
  const uint8_t *row = (const uint8_t *)product->weights + r * product->row_bytes;
  if (ck_is_panels(product->type)) {
    const uint8_t *panel = (const uint8_t *)product->weights + r / 16 * ck_panel_bytes(product->type, columns);
    return panel_dot(product->type, input, panel, r % 16, token, columns);
  }
  if (ck_is_quantized(product->type)) return quantized_dot(product->type, input, row, token, columns);
  const float *x = input->values + token * input->stride;
  float sum = 0;
  for (size_t i = 0; i < columns; i++) sum += weight_at(product->type, row, i) * x[i];
  return sum;
}

static void multiply(const ck_product *product, const ck_input *input, size_t first, size_t last, float *scratch) {
  (void)scratch;
  for (size_t r = first; r < last; r++) {
    for (size_t t = 0; t < input->tokens; t++) {
      float *target = product->output + t * product->output_stride + r;
      const float before = (product->accumulate ? *target : 0) + (product->bias ? product->bias[r] : 0);
      *target = before + dot(product, input, r, t);
    }
  }
}

static const uint8_t *row_at(const ck_attention *a, const uint8_t *const *pages, size_t offset, size_t bytes,
                             size_t row) {
  return pages[row / a->page_rows] + offset + row % a->page_rows * bytes;
}

static void attend_rows(const ck_attention *a, size_t first_head, size_t last_head, size_t token, size_t first,
                        size_t last, float *part, float *scratch) {
  (void)scratch;
  const size_t size = a->head_size;
  const ck_head_rows *rows = a->rows + first_head / (a->heads / a->key_value_heads);
  for (size_t h = first_head; h < last_head; h++) {
    const float *query = a->queries + token * a->query_stride + h * size;
    float numbers[CK_MAX_HEAD], sums[CK_MAX_HEAD] = {0}, largest = -INFINITY, total = 0;
    for (size_t k = first; k < last; k++) {
      ck_unpack_key(a->type, row_at(a, rows->key_pages, rows->key_offset, a->key_row_bytes, k), numbers, size,
                    rows->key_range);
      float score = 0;
      for (size_t d = 0; d < size; d++) score += query[d] * numbers[d];
      score *= a->scale;
      if (score > largest) {
        const float shrink = expf(largest - score);
        for (size_t d = 0; d < size; d++) sums[d] *= shrink;
        total *= shrink;
        largest = score;
      }
      const float weight = expf(score - largest);
      total += weight;
      ck_unpack_value(a->type, row_at(a, rows->value_pages, rows->value_offset, a->value_row_bytes, k), numbers, size);
      for (size_t d = 0; d < size; d++) sums[d] += weight * numbers[d];
    }
    float *output = a->output + token * a->output_stride + h * size;
    if (part) {
      output = part + (h - first_head) * (size + 2) + 2;
      output[-2] = largest;
      output[-1] = total;
    }
    for (size_t d = 0; d < size; d++) output[d] = part ? sums[d] : sums[d] / total;
  }
}

static void attend(const ck_attention *a, size_t first_head, size_t last_head, size_t first, size_t last,
                   float *scratch) {
  const size_t count = a->rows[first_head / (a->heads / a->key_value_heads)].count;
  for (size_t t = first; t < last; t++)
    attend_rows(a, first_head, last_head, t, 0, count + (a->causal ? t : 0), NULL, scratch);
}

static void rms_norm(const float *x, const float *weight, float epsilon, float *y, size_t count) {
  double squares = 0;
  for (size_t i = 0; i < count; i++) squares += (double)x[i] * x[i];
  const float scale = (float)(1.0 / sqrt(squares / (double)count + epsilon));
  for (size_t i = 0; i < count; i++) y[i] = x[i] * scale * weight[i];
}

static void layer_norm(const float *x, const float *weight, const float *bias, float epsilon, float *y, size_t count) {
  double sum = 0, squares = 0;
  for (size_t i = 0; i < count; i++) sum += x[i];
  const double mean = sum / (double)count;
  for (size_t i = 0; i < count; i++) squares += (x[i] - mean) * (x[i] - mean);
  const double scale = 1.0 / sqrt(squares / (double)count + epsilon);
  for (size_t i = 0; i < count; i++) y[i] = (float)((x[i] - mean) * scale) * weight[i] + bias[i];
}

static void softmax(float *x, size_t count) {
  float largest = -INFINITY, sum = 0;
  for (size_t i = 0; i < count; i++) if (x[i] > largest) largest = x[i];
  for (size_t i = 0; i < count; i++) sum += x[i] = expf(x[i] - largest);
  for (size_t i = 0; i < count; i++) x[i] /= sum;
}

static void silu_multiply(float *gate, const float *up, size_t count) {
  for (size_t i = 0; i < count; i++) gate[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

static void quick_gelu(float *x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = x[i] / (1 + expf(-1.702f * x[i]));
}

static void gelu(float *x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = 0.5f * x[i] * (1 + erff(x[i] * 0.70710678f));
}

static void gelu_tanh(float *x, size_t count) {
  for (size_t i = 0; i < count; i++)
    x[i] = 0.5f * x[i] * (1 + tanhf(0.79788456f * x[i] * (1 + 0.044715f * x[i] * x[i])));
}

static void rotate(float *x, size_t heads, size_t head_size, const float *cosines, const float *sines) {
  const size_t half = head_size / 2;
  for (size_t h = 0; h < heads; h++) {
    float *low = x + h * head_size, *high = low + half;
    for (size_t i = 0; i < half; i++) {
      const float a = low[i], b = high[i];
      low[i] = a * cosines[i] - b * sines[i];
      high[i] = b * cosines[i] + a * sines[i];
    }
  }
}

const ck_kernels ck_portable_kernels = {
    "portable", f16_to_f32, f32_to_f16, quantize, multiply, attend, attend_rows, rms_norm, layer_norm,
    softmax,    silu_multiply, quick_gelu, gelu,  rotate,
    gelu_tanh,  1, 0,
};
