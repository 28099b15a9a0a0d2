// SPDX-License-Identifier: Apache-2.0

// The nonlinear functions by tables of 16 lines.
#include "support.h"

#include <math.h>
#include <stdlib.h>

static float silu(float x) {
  float up = 1;
  ck_lut16_silu_multiply(&x, &up, 1);
  return x;
}

static float sigmoid(float x) {
  float value = 1;
  ck_lut16_sigmoid_multiply(&value, &x, 1);
  return value;
}

static float gelu(float x) {
  ck_lut16_gelu(&x, 1);
  return x;
}

static float gelu_tanh(float x) {
  ck_lut16_gelu_tanh(&x, 1);
  return x;
}

static float quick_gelu(float x) {
  ck_lut16_quick_gelu(&x, 1);
  return x;
}

static double exact_silu(double x) { return x / (1 + exp(-x)); }
static double exact_sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double exact_gelu(double x) { return x / 2 * (1 + erf(x / sqrt(2))); }
static double exact_gelu_tanh(double x) { return x / 2 * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))); }
static double exact_quick_gelu(double x) { return x / (1 + exp(-1.702 * x)); }

/// A function, its range, and its value at a large x divided by that x.
static const struct {
  const char *name;
  float (*table)(float);
  double (*exact)(double);
  double range, most;
} functions[] = {{"silu", silu, exact_silu, 9, 9e-3},
                 {"gelu", gelu, exact_gelu, 4, 6e-3},
                 {"gelu_tanh", gelu_tanh, exact_gelu_tanh, 4, 6e-3},
                 {"quick_gelu", quick_gelu, exact_quick_gelu, 5.5, 5e-3},
                 {"sigmoid", sigmoid, exact_sigmoid, 9, 4e-3}};
static const size_t function_count = sizeof functions / sizeof *functions;

/// Straight lines between 17 points that are equally far apart.
static double uniform_lines(double (*exact)(double), double range, double x) {
  const double width = range / 8, left = fmin(floor((x + range) / width), 15) * width - range;
  const double share = (x - left) / width;
  return exact(left) * (1 - share) + exact(left + width) * share;
}

void kc_lut16_functions(const ck_kernels *kernels, kc_report *report) {
  (void)kernels;
  enum { POINTS = 20000 };
  for (size_t f = 0; f < function_count; f++) {
    double worst = 0, uniform = 0;
    for (size_t i = 0; i <= POINTS; i++) {
      const double x = functions[f].range * (2.0 * (double)i / POINTS - 1), exact = functions[f].exact(x);
      worst = fmax(worst, fabs(functions[f].table((float)x) - exact));
      uniform = fmax(uniform, fabs(uniform_lines(functions[f].exact, functions[f].range, x) - exact));
    }
    kc_expect(report, worst < functions[f].most && worst * 3 <= uniform, "%s: error %g, of equally wide lines %g",
              functions[f].name, worst, uniform);
  }
}

void kc_lut16_far_values(const ck_kernels *kernels, kc_report *report) {
  (void)kernels;
  for (size_t f = 0; f < function_count; f++)
    for (float x = 20; x < 1e30f; x *= 7) {
      const double high = functions[f].exact(x), low = functions[f].exact(-x);
      kc_expect(report, fabs(functions[f].table(x) / high - 1) < 1e-4 && fabs(functions[f].table(-x) - low) < 1e-4 * x,
                "%s of %g is %g, of %g %g", functions[f].name, x, functions[f].table(x), -x, functions[f].table(-x));
    }
  for (size_t f = 0; f < function_count; f++)
    kc_expect(report, isnan(functions[f].table(NAN)), "%s of NaN is %g", functions[f].name, functions[f].table(NAN));
  for (float x = -87; x <= 0; x += 0.0371f) {
    const double exact = exp(x);
    kc_expect(report, fabs(ck_lut16_exp(x) - exact) < 4e-4 * exact, "e^%g is %g", x, ck_lut16_exp(x));
  }
  kc_expect(report, ck_lut16_exp(-INFINITY) < 1e-37f && isnan(ck_lut16_exp(NAN)), "e^-inf is %g, e^NaN %g",
            ck_lut16_exp(-INFINITY), ck_lut16_exp(NAN));
}

void kc_lut16_norms(const ck_kernels *kernels, kc_report *report) {
  (void)kernels;
  enum { COUNT = 37 };
  float ones[COUNT], zeros[COUNT] = {0}, found[COUNT], exact[COUNT];
  for (size_t i = 0; i < COUNT; i++) ones[i] = 1;
  for (double magnitude = 1e-12; magnitude < 1e15; magnitude *= 3.7) {
    kc_random random = kc_seeded(1);
    float *x = kc_floats(&random, COUNT, (float)magnitude);
    ck_lut16_rms_norm(x, ones, 1e-38f, found, COUNT);
    ck_kernels_for(CK_PORTABLE)->rms_norm(x, ones, 1e-38f, exact, COUNT);
    const double rms = kc_difference(found, exact, COUNT);
    ck_lut16_layer_norm(x, ones, zeros, 1e-38f, found, COUNT);
    ck_kernels_for(CK_PORTABLE)->layer_norm(x, ones, zeros, 1e-38f, exact, COUNT);
    const double layer = kc_difference(found, exact, COUNT);
    const float value = (float)magnitude;
    const double reciprocal = fabs((double)ck_lut16_reciprocal(value) * value - 1);
    const double root = fabs((double)ck_lut16_rsqrt(value) * sqrt(value) - 1);
    kc_expect(report, rms < 1e-3 && layer < 1e-3 && reciprocal < 1e-3 && root < 1e-3,
              "magnitude %g: RMS norm %g, layer norm %g, 1 / x %g, 1 / sqrt(x) %g off", magnitude, rms, layer,
              reciprocal, root);
    free(x);
  }
}
