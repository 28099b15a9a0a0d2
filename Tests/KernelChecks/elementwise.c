// SPDX-License-Identifier: Apache-2.0

// Conversions, norms, activation functions and RoPE.
#include "support.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static const size_t lengths[] = {1, 7, 8, 16, 31, 80, 1003};
static const size_t length_count = sizeof lengths / sizeof *lengths;
static const double tolerance = 2e-6;

void kc_f16_to_f32(const ck_kernels *kernels, kc_report *report) {
  enum { COUNT = 0x10000 };
  uint16_t *halves = kc_allocate(COUNT * sizeof *halves);
  float *values = kc_allocate(COUNT * sizeof *values);
  for (size_t i = 0; i < COUNT; i++) halves[i] = (uint16_t)i;
  // Lengths around the width of a vector, then all halves.
  for (size_t count = 1; count <= COUNT; count = count < 20 ? count + 1 : count == 20 ? COUNT : COUNT + 1) {
    values[count < COUNT ? count : 0] = 42;
    kernels->f16_to_f32(halves, values, count);
    size_t wrong = 0, half = 0;
    for (size_t i = 0; i < count; i++) {
      const float expected = ck_half_to_float(halves[i]);
      if (isnan(expected) ? isnan(values[i]) : values[i] == expected && signbit(values[i]) == signbit(expected))
        continue;
      if (wrong++ == 0) half = i;
    }
    kc_expect(report, wrong == 0, "%zu of %zu halves, first 0x%04zx", wrong, count, half);
    if (count < COUNT) kc_expect(report, values[count] == 42, "%zu halves write beyond the end", count);
  }
  free(halves), free(values);
}

void kc_f32_to_f16(const ck_kernels *kernels, kc_report *report) {
  // All kinds of halves, values between two of them, and values out of range.
  static const float special[] = {0,     -0.0f,   1,       -1,       65504,    65519,    65520,  1e9f,
                                  -1e9f, 6.1e-5f, 6.0e-5f, 5.96e-8f, 2.98e-8f, 2.99e-8f, 1e-12f, INFINITY};
  enum { SPECIAL = sizeof special / sizeof *special, COUNT = SPECIAL + 4001 };
  float *values = kc_allocate(COUNT * sizeof *values);
  uint16_t *halves = kc_allocate(COUNT * sizeof *halves);
  memcpy(values, special, sizeof special);
  for (size_t i = SPECIAL; i < COUNT; i++) values[i] = (float)(i - SPECIAL) * 0.00137f - 2.6f;
  kernels->f32_to_f16(values, halves, COUNT);
  for (size_t i = 0; i < COUNT; i++)
    kc_expect(report, halves[i] == ck_float_to_half(values[i]), "%g becomes 0x%04x", values[i], halves[i]);
  values[0] = NAN;
  kernels->f32_to_f16(values, halves, 1);
  kc_expect(report, isnan(ck_half_to_float(halves[0])), "NaN becomes 0x%04x", halves[0]);
  free(values), free(halves);
}

static ck_quantized quantized_space(size_t count) {
  return (ck_quantized){kc_allocate(count),     kc_allocate(2 * count), kc_allocate(count / 8),
                        kc_allocate(count / 8), kc_allocate(count / 8), kc_allocate(count / 8)};
}

static void free_quantized(ck_quantized q) {
  free(q.qs), free(q.qs16), free(q.scales), free(q.bsums), free(q.corrections), free(q.dsums);
}

void kc_quantize_activations(const ck_kernels *kernels, kc_report *report) {
  enum { BLOCKS = 12, COUNT = BLOCKS * CK_BLOCK };
  kc_random random = kc_seeded(1);
  float *x = kc_floats(&random, COUNT, 3);
  memset(x, 0, CK_BLOCK * sizeof(float));
  x[CK_BLOCK] = 1e30f;
  const ck_quantized found = quantized_space(COUNT), portable = quantized_space(COUNT);
  kernels->quantize_activations(x, COUNT, &found);
  ck_kernels_for(CK_PORTABLE)->quantize_activations(x, COUNT, &portable);
  for (size_t b = 0; b < BLOCKS; b++) {
    int sums[2] = {0, 0};
    float worst = 0;
    for (size_t i = b * CK_BLOCK; i < (b + 1) * CK_BLOCK; i++) {
      sums[i / 16 % 2] += found.qs[i];
      worst = fmaxf(worst, fabsf(x[i] - found.scales[b] * (float)found.qs[i]));
      kc_expect(report, found.qs[i] == found.qs16[i], "qs16 of %zu", i);
    }
    kc_expect(report, worst <= 0.501f * found.scales[b], "block %zu is off by %g", b, worst);
    kc_expect(report, found.bsums[2 * b] == sums[0] && found.bsums[2 * b + 1] == sums[1], "bsums of %zu", b);
    kc_expect(report, found.corrections[b] == -128 * (sums[0] + sums[1]), "correction of %zu", b);
    kc_expect(report, found.dsums[b] == found.scales[b] * (float)(sums[0] + sums[1]), "dsum of %zu", b);
  }
  kc_expect(report, memcmp(found.qs, portable.qs, COUNT) == 0, "other quants than portable");
  kc_expect(report, memcmp(found.scales, portable.scales, BLOCKS * sizeof(float)) == 0, "other scales than portable");
  free(x), free_quantized(found), free_quantized(portable);
}

void kc_all_within(const ck_kernels *kernels, kc_report *report) {
  (void)kernels;
  static const float finite[] = {0, -0.0f, 1e-45f, -3.4028235e38f, 3.4028235e38f, 1.1754944e-38f, 7};
  enum { COUNT = 41 };
  float x[COUNT];
  for (size_t i = 0; i < COUNT; i++) x[i] = finite[i % (sizeof finite / sizeof *finite)];
  for (size_t count = 0; count <= COUNT; count++)
    kc_expect(report, ck_all_within(x, count, FLT_MAX), "%zu finite", count);
  static const uint32_t others[] = {0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff};
  for (size_t o = 0; o < sizeof others / sizeof *others; o++)
    for (size_t i = 0; i < COUNT; i++) {
      const float before = x[i];
      memcpy(x + i, others + o, sizeof *x);
      kc_expect(report, !ck_all_within(x, COUNT, FLT_MAX), "%08x at %zu is not seen", others[o], i);
      kc_expect(report, ck_all_within(x, i, FLT_MAX), "%08x at %zu is seen in front of it", others[o], i);
      x[i] = before;
    }
  static const float limits[] = {0, 1e-45f, 1, 3.1e4f, 1e30f};
  for (size_t l = 0; l < sizeof limits / sizeof *limits; l++) {
    const float limit = limits[l];
    for (size_t i = 0; i < COUNT; i++) x[i] = i % 2 == 0 ? limit : -limit / 2;
    kc_expect(report, ck_all_within(x, COUNT, limit), "%g is within itself", (double)limit);
    for (size_t i = 0; i < COUNT; i++) {
      const float before = x[i];
      x[i] = i % 3 == 0 ? -nextafterf(limit, 1e38f) : nextafterf(limit, 1e38f);
      kc_expect(report, !ck_all_within(x, COUNT, limit), "above %g at %zu is not seen", (double)limit, i);
      x[i] = i % 3 == 0 ? NAN : -INFINITY;
      kc_expect(report, !ck_all_within(x, COUNT, limit), "no number at %zu is not seen", i);
      x[i] = before;
    }
  }
}

/// Compares `found` with the formula's outputs and with those of the portable table.
static void expect_close(kc_report *report, const char *name, size_t length, const float *found, const float *formula,
                         const float *portable, size_t count) {
  const double from_formula = kc_difference(found, formula, count),
               from_portable = kc_difference(found, portable, count);
  kc_expect(report, from_formula < tolerance && from_portable < tolerance,
            "%s of %zu: %g from the formula, %g from portable", name, length, from_formula, from_portable);
}

void kc_rms_norm(const ck_kernels *kernels, kc_report *report) {
  for (size_t l = 0; l < length_count; l++) {
    const size_t length = lengths[l];
    kc_random random = kc_seeded(length);
    float *x = kc_floats(&random, length, 6), *weight = kc_floats(&random, length, 1);
    float *found = kc_allocate(length * 4), *formula = kc_allocate(length * 4), *portable = kc_allocate(length * 4);
    double squares = 0;
    for (size_t i = 0; i < length; i++) squares += (double)x[i] * x[i];
    for (size_t i = 0; i < length; i++) formula[i] = (float)(x[i] / sqrt(squares / (double)length + 1e-6f) * weight[i]);
    kernels->rms_norm(x, weight, 1e-6f, found, length);
    ck_kernels_for(CK_PORTABLE)->rms_norm(x, weight, 1e-6f, portable, length);
    expect_close(report, "rms_norm", length, found, formula, portable, length);
    free(x), free(weight), free(found), free(formula), free(portable);
  }
}

void kc_layer_norm(const ck_kernels *kernels, kc_report *report) {
  for (size_t l = 0; l < length_count; l++) {
    const size_t length = lengths[l];
    kc_random random = kc_seeded(length);
    float *x = kc_floats(&random, length, 6), *weight = kc_floats(&random, length, 1);
    float *bias = kc_floats(&random, length, 1);
    float *found = kc_allocate(length * 4), *formula = kc_allocate(length * 4), *portable = kc_allocate(length * 4);
    double mean = 0, squares = 0;
    for (size_t i = 0; i < length; i++) mean += x[i] / (double)length;
    for (size_t i = 0; i < length; i++) squares += (x[i] - mean) * (x[i] - mean);
    for (size_t i = 0; i < length; i++)
      formula[i] = (float)((x[i] - mean) / sqrt(squares / (double)length + 1e-6f) * weight[i] + bias[i]);
    kernels->layer_norm(x, weight, bias, 1e-6f, found, length);
    ck_kernels_for(CK_PORTABLE)->layer_norm(x, weight, bias, 1e-6f, portable, length);
    expect_close(report, "layer_norm", length, found, formula, portable, length);
    free(x), free(weight), free(bias), free(found), free(formula), free(portable);
  }
}

void kc_silu_multiply(const ck_kernels *kernels, kc_report *report) {
  for (size_t l = 0; l < length_count; l++) {
    const size_t length = lengths[l];
    kc_random random = kc_seeded(length);
    float *found = kc_floats(&random, length, 6), *up = kc_floats(&random, length, 2);
    float *formula = kc_allocate(length * 4), *portable = kc_allocate(length * 4);
    memcpy(portable, found, length * sizeof(float));
    for (size_t i = 0; i < length; i++) formula[i] = (float)(found[i] / (1 + exp(-(double)found[i])) * up[i]);
    kernels->silu_multiply(found, up, length);
    ck_kernels_for(CK_PORTABLE)->silu_multiply(portable, up, length);
    expect_close(report, "silu_multiply", length, found, formula, portable, length);
    free(found), free(up), free(formula), free(portable);
  }
}

void kc_sigmoid_multiply(const ck_kernels *kernels, kc_report *report) {
  for (size_t l = 0; l < length_count; l++) {
    const size_t length = lengths[l];
    kc_random random = kc_seeded(length);
    float *found = kc_floats(&random, length, 2), *gate = kc_floats(&random, length, 6);
    float *formula = kc_allocate(length * 4), *portable = kc_allocate(length * 4);
    memcpy(portable, found, length * sizeof(float));
    for (size_t i = 0; i < length; i++) formula[i] = (float)(found[i] / (1 + exp(-(double)gate[i])));
    kernels->sigmoid_multiply(found, gate, length);
    ck_kernels_for(CK_PORTABLE)->sigmoid_multiply(portable, gate, length);
    expect_close(report, "sigmoid_multiply", length, found, formula, portable, length);
    free(found), free(gate), free(formula), free(portable);
  }
}

void kc_l2_normalize(const ck_kernels *kernels, kc_report *report) {
  for (size_t l = 0; l < length_count; l++) {
    const size_t length = lengths[l];
    kc_random random = kc_seeded(length);
    float *found = kc_floats(&random, length, 2);
    float *formula = kc_allocate(length * 4), *portable = kc_allocate(length * 4);
    memcpy(portable, found, length * sizeof(float));
    double squares = 0;
    for (size_t i = 0; i < length; i++) squares += (double)found[i] * found[i];
    for (size_t i = 0; i < length; i++) formula[i] = (float)(found[i] * 0.5f / sqrt(squares + 1e-6f));
    kernels->l2_normalize(found, 1e-6f, 0.5f, length);
    ck_kernels_for(CK_PORTABLE)->l2_normalize(portable, 1e-6f, 0.5f, length);
    expect_close(report, "l2_normalize", length, found, formula, portable, length);
    free(found), free(formula), free(portable);
  }
}

static double quick_gelu(double x) { return x / (1 + exp(-1.702 * x)); }
static double gelu(double x) { return x / 2 * (1 + erf(x / sqrt(2))); }
static double gelu_tanh(double x) { return x / 2 * (1 + tanh(sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }

typedef void activation(float *x, size_t count);

static void check_activation(activation *function, activation *reference, double (*exact)(double), const char *name,
                             kc_report *report) {
  for (size_t l = 0; l < length_count; l++) {
    const size_t length = lengths[l];
    kc_random random = kc_seeded(length);
    float *found = kc_floats(&random, length, 6);
    float *formula = kc_allocate(length * 4), *portable = kc_allocate(length * 4);
    memcpy(portable, found, length * sizeof(float));
    for (size_t i = 0; i < length; i++) formula[i] = (float)exact(found[i]);
    function(found, length);
    reference(portable, length);
    expect_close(report, name, length, found, formula, portable, length);
    free(found), free(formula), free(portable);
  }
}

void kc_quick_gelu(const ck_kernels *kernels, kc_report *report) {
  check_activation(kernels->quick_gelu, ck_kernels_for(CK_PORTABLE)->quick_gelu, quick_gelu, "quick_gelu", report);
}

void kc_gelu(const ck_kernels *kernels, kc_report *report) {
  check_activation(kernels->gelu, ck_kernels_for(CK_PORTABLE)->gelu, gelu, "gelu", report);
}

void kc_gelu_tanh(const ck_kernels *kernels, kc_report *report) {
  check_activation(kernels->gelu_tanh, ck_kernels_for(CK_PORTABLE)->gelu_tanh, gelu_tanh, "gelu_tanh", report);
}

void kc_rotate(const ck_kernels *kernels, kc_report *report) {
  static const size_t shapes[][2] = {{1, 2}, {3, 6}, {4, 16}, {2, 80}, {1, 128}};
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
    const size_t heads = shapes[s][0], size = shapes[s][1], half = size / 2, count = heads * size;
    kc_random random = kc_seeded(size);
    float *found = kc_floats(&random, count, 1), *angles = kc_floats(&random, half, 3);
    float *cosines = kc_allocate(half * 4), *sines = kc_allocate(half * 4);
    float *formula = kc_allocate(count * 4), *portable = kc_allocate(count * 4);
    memcpy(portable, found, count * sizeof(float));
    for (size_t i = 0; i < half; i++) cosines[i] = cosf(angles[i]), sines[i] = sinf(angles[i]);
    for (size_t i = 0; i < count; i++) {
      const size_t pair = i % size % half, first = i / size * size + pair;
      const double a = found[first], b = found[first + half], c = cosines[pair], sine = sines[pair];
      formula[i] = (float)(i % size < half ? a * c - b * sine : b * c + a * sine);
    }
    kernels->rotate(found, heads, size, cosines, sines);
    ck_kernels_for(CK_PORTABLE)->rotate(portable, heads, size, cosines, sines);
    expect_close(report, "rotate", size, found, formula, portable, count);
    free(found), free(angles), free(cosines), free(sines), free(formula), free(portable);
  }
}
