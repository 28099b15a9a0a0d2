// SPDX-License-Identifier: Apache-2.0

// The reference: plain C for no particular instruction set. Every faster path is tested against this file.
#include "formats/kv_row_layout.h"
#include "formats/panel_layout.h"

#include <math.h>

static void f16_to_f32(const uint16_t *source, float *target, size_t count) {
  for (size_t i = 0; i < count; i++) target[i] = ck_half_to_float(source[i]);
}

static void f32_to_f16(const float *source, uint16_t *target, size_t count) {
  for (size_t i = 0; i < count; i++) target[i] = ck_float_to_half(source[i]);
}

static void quantize_activations(const float *source, size_t count, const ck_quantized *target) {
  for (size_t b = 0; b < count / CK_BLOCK; b++) {
    const float *x = source + b * CK_BLOCK;
    float largest = 0;
    for (size_t i = 0; i < CK_BLOCK; i++) {
      const float size = fabsf(x[i]);
      // What is not a number stays the largest.
      if (size > largest || size != size) largest = size;
    }
    const float scale = largest / 127.0f;
    const float inverse = largest > 0 ? 127.0f / largest : 0;
    int16_t *bsums = target->bsums + 2 * b;
    target->scales[b] = scale;
    bsums[0] = bsums[1] = 0;
    for (size_t i = 0; i < CK_BLOCK; i++) {
      const int q = ck_clamped_round(x[i] * inverse);
      target->qs[b * CK_BLOCK + i] = (int8_t)q;
      target->qs16[b * CK_BLOCK + i] = (int16_t)q;
      bsums[i / 16] += (int16_t)q;
    }
    target->corrections[b] = -128 * (bsums[0] + bsums[1]);
    target->dsums[b] = scale * (float)(bsums[0] + bsums[1]);
  }
}

static float weight_at(ck_type type, const uint8_t *row, size_t column) {
  switch (type) {
    case CK_F32: return ck_load_f32(row + 4 * column);
    case CK_F16: return ck_half_to_float(ck_load_u16(row + 2 * column));
    case CK_BF16: return ck_bfloat_to_float(ck_load_u16(row + 2 * column));
    default: return 0;
  }
}

/// A ternary weight chooses x, its negative or nothing, so that nothing is multiplied. Vector instructions do multiply:
/// they sum products in the same instruction, while bytes that a sign has chosen take more instructions to sum. TQ2_0
/// has a fourth code, which no encoder writes. It is 2, as in ggml.
static int32_t chosen_by_sign(int weight, int32_t x) {
  if (weight < 0) return -x;
  return weight == 0 ? 0 : weight == 1 ? x : x + x;
}

/// The products of a group are summed as integers. The scales and the minimum are applied to the sum.
static float quant_vec_dot(ck_type type, const ck_input *input, const uint8_t *row, size_t token, size_t columns) {
  const size_t groups = columns / CK_BLOCK;
  const int8_t *x = input->quantized.qs + token * columns;
  const float *scales = input->quantized.scales + token * groups;
  const int16_t *bsums = input->quantized.bsums + token * groups * 2;
  float sum = 0;
  for (size_t g = 0; g < groups; g++) {
    const uint8_t *block = ck_block_of(type, row, g);
    const ck_group group = ck_read_group(type, block, ck_group_index(type, g));
    int8_t weights[CK_BLOCK];
    ck_group_quants(type, block, ck_group_index(type, g), weights);
    int32_t acc = 0, minimums = 0, parts[2] = {0, 0};
    if (ck_part_count(type) == 2) {
      for (int i = 0; i < CK_BLOCK; i++)
        parts[ck_part_of(type, i, weights[i])] += weights[i] * x[g * CK_BLOCK + (size_t)i];
      for (size_t p = 0; p < 2; p++) sum += group.part_scales[p] * scales[g] * (float)parts[p];
      continue;
    }
    for (size_t i = 0; i < CK_BLOCK; i++)
      acc += ck_is_ternary(type) ? chosen_by_sign(weights[i], x[g * CK_BLOCK + i])
                                 : group.factors[i / 16] * weights[i] * x[g * CK_BLOCK + i];
    for (size_t h = 0; h < 2; h++) minimums += group.minimum_factors[h] * bsums[2 * g + h];
    sum += group.scale * scales[g] * (float)acc - group.minimum * scales[g] * (float)minimums;
  }
  return sum;
}

/// The signed quant of column `i` of a group of a panel, of the row that `quants` starts at.
static int panel_quant(ck_type type, const uint8_t *quants, size_t i) {
  const size_t column = type == CK_PANELS_Q8_0 ? i : i % 16, w = column / 4;
  const uint8_t byte = quants[w * 4 * CK_PANEL_ROWS + column % 4];
  if (type == CK_PANELS_Q8_0) return (int8_t)byte;
  if (type == CK_PANELS_TQ2_0 || type == CK_PANELS_SAWB2) {
    const int code = quants[i / 16 * 4 * CK_PANEL_ROWS + column % 4] >> (2 * w) & 3;
    return type == CK_PANELS_TQ2_0 ? code - 1 : 2 * code - 3;
  }
  const int nibble = byte >> (i / 16 * 4) & 15;
  const int8_t *codebook = ck_codebook(ck_panel_source(type));
  if (codebook) return codebook[nibble];
  const size_t width = type == CK_PANELS_Q5_0 ? 1 : 2, words = 4 / width;
  int above = 0;
  if (type == CK_PANELS_Q5_0 || type == CK_PANELS_Q6_K)
    above = quants[CK_PANEL_BITS + w / words * 64 + column % 4] >> ((2 * (w % words) + i / 16) * width) &
            (type == CK_PANELS_Q5_0 ? 1 : 3);
  return (nibble | above << 4) - ck_zero_point(ck_panel_source(type));
}

/// The scales of the two parts of a group of a row, which are equal where a group is one part.
static void panel_scales(ck_type type, const uint8_t *panel, size_t g, size_t row, float scales[2]) {
  const uint8_t *block = panel + ck_panel_scales_at(type, g);
  const uint8_t *factors = block + ck_panel_factors_at(type) + g % 8 * ck_panel_factor_bytes(type) + row;
  scales[0] = scales[1] = ck_half_to_float(ck_load_u16(block + 2 * row));
  switch (type) {
    case CK_PANELS_MXFP4: scales[0] = scales[1] = ck_e8m0_half(block[row]); return;
    case CK_PANELS_NVFP4:
      for (size_t p = 0; p < 2; p++) scales[p] = ck_e4m3_half(block[16 * p + row]);
      return;
    case CK_PANELS_AMXFP4:
      for (size_t p = 0; p < 2; p++) scales[p] = ck_e5m2_half(block[16 * p + row]);
      return;
    case CK_PANELS_Q4_K: scales[0] = scales[1] *= (float)factors[0]; return;
    case CK_PANELS_IQ4_XS: scales[0] = scales[1] *= (float)(int8_t)factors[0]; return;
    case CK_PANELS_Q6_K:
      for (size_t p = 0; p < 2; p++) scales[p] *= (float)(int8_t)factors[16 * p];
      return;
    default: return;
  }
}

static float panel_minimum(ck_type type, const uint8_t *panel, size_t g, size_t row) {
  const uint8_t *block = panel + ck_panel_scales_at(type, g);
  const float minimum = ck_half_to_float(ck_load_u16(block + 32 + 2 * row));
  return type == CK_PANELS_Q4_K ? minimum * (float)block[ck_panel_factors_at(type) + g % 8 * 32 + 16 + row] : minimum;
}

/// The same for a row of a panel.
static float panel_dot(ck_type type, const ck_input *input, const uint8_t *panel, size_t row, size_t token,
                       size_t columns) {
  const size_t groups = columns / CK_BLOCK, at = token * groups;
  const uint8_t *quants = panel + ck_panel_quants_at(type, columns) + 4 * row;
  float sum = 0;
  for (size_t g = 0; g < groups; g++, quants += ck_panel_group_bytes(type)) {
    const int8_t *x = input->quantized.qs + token * columns + g * CK_BLOCK;
    int32_t acc[2] = {0, 0};
    for (size_t i = 0; i < CK_BLOCK; i++) {
      const int q = panel_quant(type, quants, i);
      acc[ck_panel_has_sign_sums(type) ? (size_t)(q < 0) : i / 16] +=
          ck_is_ternary(ck_panel_source(type)) ? chosen_by_sign(q, x[i]) : x[i] * q;
    }
    float scales[2];
    panel_scales(type, panel, g, row, scales);
    if (!ck_panel_has_half_sums(type) && !ck_panel_has_sign_sums(type)) acc[0] += acc[1], acc[1] = 0;
    for (size_t p = 0; p < 2; p++) sum += scales[p] * input->quantized.scales[at + g] * (float)acc[p];
    if (ck_has_minimum(ck_panel_source(type)))
      sum -= panel_minimum(type, panel, g, row) * input->quantized.dsums[at + g];
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
  if (ck_is_quantized(product->type)) return quant_vec_dot(product->type, input, row, token, columns);
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
      *target = before + product->scale * dot(product, input, r, t);
    }
  }
}

static const uint8_t *row_at(const ck_attention *a, const uint8_t *const *pages, size_t offset, size_t bytes,
                             size_t row) {
  return pages[row / a->page_rows] + offset + row % a->page_rows * bytes;
}

/// The angles by which a row's key is rotated; NULL for none.
static const float *angles_of(const ck_head_rows *rows, size_t row) {
  if (!rows->key_runs || row < rows->run_start) return NULL;
  const size_t run = ck_run_of(rows, row);
  return run < rows->run_count ? rows->key_runs[run].angles : NULL;
}

static void rotate_key(float *key, size_t size, const float *angles) {
  const size_t half = size / 2;
  for (size_t i = 0; angles && i < half; i++) {
    const float first = key[i], second = key[i + half];
    const float cosine = angles[i], sine = angles[ck_angle_stride(size) + i];
    key[i] = first * cosine - second * sine;
    key[i + half] = first * sine + second * cosine;
  }
}

static void attend_rows(const ck_attention *a, size_t first_head, size_t last_head, size_t token, size_t first,
                        size_t last, float *part, float *scratch) {
  (void)scratch;
  const size_t size = a->head_size;
  const ck_head_rows *rows = a->rows + first_head / (a->heads / a->key_value_heads);
  for (size_t h = first_head; h < last_head; h++) {
    const float *query = a->queries + token * a->query_stride + h * size;
    float values[CK_MAX_HEAD], sums[CK_MAX_HEAD] = {0}, largest = -INFINITY, total = 0;
    for (size_t k = first; k < last; k++) {
      ck_dequantize_key(a->type, row_at(a, rows->key_pages, rows->key_offset, a->key_row_bytes, k), values, size,
                        rows->key_range);
      rotate_key(values, size, angles_of(rows, k));
      float score = 0;
      for (size_t d = 0; d < size; d++) score += query[d] * values[d];
      score *= a->scale;
      if (score > largest) {
        const float shrink = ck_softmax_exp(a->nonlinear, largest - score);
        for (size_t d = 0; d < size; d++) sums[d] *= shrink;
        total *= shrink;
        largest = score;
      }
      const float weight = ck_softmax_exp(a->nonlinear, score - largest);
      total += weight;
      ck_dequantize_value(a->type, row_at(a, rows->value_pages, rows->value_offset, a->value_row_bytes, k), values,
                          size);
      for (size_t d = 0; d < size; d++) sums[d] += weight * values[d];
    }
    float *output = a->output + token * a->output_stride + h * size;
    if (part) {
      output = part + (h - first_head) * (size + 2) + 2;
      output[-2] = largest;
      output[-1] = total;
    }
    memcpy(output, sums, size * sizeof(float));
    if (!part) ck_softmax_divide(a->nonlinear, output, size, total);
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

static void silu_multiply(float *gate, const float *up, size_t count) {
  for (size_t i = 0; i < count; i++) gate[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

static void sigmoid_multiply(float *x, const float *gate, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = x[i] / (1 + expf(-gate[i]));
}

static void l2_normalize(float *x, float epsilon, float scale, size_t count) {
  double squares = 0;
  for (size_t i = 0; i < count; i++) squares += (double)x[i] * x[i];
  const float factor = (float)(scale / sqrt(squares + epsilon));
  for (size_t i = 0; i < count; i++) x[i] *= factor;
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
    .name = "portable",
    .f16_to_f32 = f16_to_f32,
    .f32_to_f16 = f32_to_f16,
    .quantize_activations = quantize_activations,
    .multiply = multiply,
    .attend = attend,
    .attend_rows = attend_rows,
    .rms_norm = rms_norm,
    .layer_norm = layer_norm,
    .silu_multiply = silu_multiply,
    .sigmoid_multiply = sigmoid_multiply,
    .l2_normalize = l2_normalize,
    .convolve = ck_convolve_portable,
    .delta_rule = ck_delta_rule_portable,
    .quick_gelu = quick_gelu,
    .gelu = gelu,
    .gelu_tanh = gelu_tanh,
    .rotate = rotate,
    .supports_repacking = 1,
    .panel_zero_point = 0,
};
