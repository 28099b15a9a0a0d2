// SPDX-License-Identifier: Apache-2.0

#ifndef EDGEASSIST_CKERNELS_INTERNAL_H
#define EDGEASSIST_CKERNELS_INTERNAL_H

#include "CKernels.h"

#include <string.h>

/// Kernels take constants (a type, a number of tokens, a function) as `const` arguments. Every caller passes a literal,
/// and inlining makes a loop of its own for each combination. INLINE forces that: without it, one loop would test the
/// type at every step.
#define INLINE static inline __attribute__((always_inline))

extern const ck_kernels ck_portable_kernels;
#if defined(__x86_64__)
extern const ck_kernels ck_avx2_kernels;
extern const ck_kernels ck_avx_vnni_kernels;
extern const ck_kernels ck_avx512_kernels;
#endif
#if defined(__aarch64__)
extern const ck_kernels ck_neon_kernels;
extern const ck_kernels ck_neon_i8mm_kernels;
#endif

/// The portable table's functions in portable_recurrence.c; vector paths leave it the channels that fill no vector.
void ck_convolve_portable(const ck_convolution *convolution, size_t first, size_t last);
void ck_delta_rule_portable(const ck_delta_rule *rule, size_t head, size_t panel);

/// x = e^(x - offset), from a table; returns the sum.
float ck_lut16_exp_and_sum(float *x, size_t count, float offset);

/// The softmax's functions as `nonlinear` says.
static inline float ck_softmax_exp(ck_nonlinear nonlinear, float x) {
  return nonlinear == CK_NONLINEAR_LUT16 ? ck_lut16_exp(x) : __builtin_expf(x);
}
static inline float ck_softmax_reciprocal(ck_nonlinear nonlinear, float x) {
  return nonlinear == CK_NONLINEAR_LUT16 ? ck_lut16_reciprocal(x) : 1 / x;
}
static inline void ck_softmax_divide(ck_nonlinear nonlinear, float *sums, size_t count, float total) {
  if (nonlinear == CK_NONLINEAR_EXACT) {
    for (size_t i = 0; i < count; i++) sums[i] /= total;
  } else {
    const float factor = ck_lut16_reciprocal(total);
    for (size_t i = 0; i < count; i++) sums[i] *= factor;
  }
}

/// Whether attention uses bfloat16 on this machine. The processor must have AVX-512 VNNI.
int ck_uses_bf16(ck_bf16_attention bf16);

/// Angles that rotate nothing: cosines of 1 in the first half, sines of 0 in the second. Narrower heads take it from
/// the middle: [2][ck_angle_stride] around index CK_MAX_HEAD / 2.
extern const float ck_no_rotation[CK_MAX_HEAD];

/// The first run that ends behind a row; `run_count` where there is none. Rows in front of the first run have run 0.
static inline size_t ck_run_of(const ck_head_rows *rows, size_t row) {
  const size_t target = row < rows->run_start ? 0 : row - rows->run_start;
  size_t low = 0, high = rows->run_count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (rows->key_runs[middle].last <= target) low = middle + 1;
    else high = middle;
  }
  return low;
}

static inline size_t ck_min(size_t a, size_t b) { return a < b ? a : b; }

static inline uint16_t ck_load_u16(const void *p) {
  uint16_t v;
  memcpy(&v, p, 2);
  return v;
}

static inline float ck_load_f32(const void *p) {
  float v;
  memcpy(&v, p, 4);
  return v;
}

static inline float ck_float_of_bits(uint32_t bits) {
  float v;
  memcpy(&v, &bits, 4);
  return v;
}

static inline uint32_t ck_bits_of_float(float v) {
  uint32_t bits;
  memcpy(&bits, &v, 4);
  return bits;
}

static inline float ck_bfloat_to_float(uint16_t bits) { return ck_float_of_bits((uint32_t)bits << 16); }

/// IEEE 754 binary16 to binary32. Subnormal halves are integer multiples of 2^-24.
static inline float ck_half_to_float(uint16_t half) {
  const uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 0x1fu, fraction = half & 0x3ffu;
  if (exponent == 0) return ck_float_of_bits(sign | ck_bits_of_float((float)fraction * 0x1p-24f));
  if (exponent == 31) return ck_float_of_bits(sign | 0x7f800000u | (fraction << 13));
  return ck_float_of_bits(sign | ((exponent + 112u) << 23) | (fraction << 13));
}

/// IEEE 754 binary32 to binary16, to the nearest, ties to even. Values out of range become infinity.
static inline uint16_t ck_float_to_half(float v) {
  const uint32_t bits = ck_bits_of_float(v), sign = (bits >> 16) & 0x8000u, size = bits & 0x7fffffffu;
  if (size > 0x7f800000u) return (uint16_t)(sign | 0x7e00u | ((size >> 13) & 0x3ffu));
  if (size >= 0x477ff000u) return (uint16_t)(sign | 0x7c00u);
  if (size < 0x38800000u) {
    // The last place of a float near 0.5 is 2^-24, so that the addition rounds to a multiple of it.
    const float sum = ck_float_of_bits(size) + 0.5f;
    return (uint16_t)(sign | (ck_bits_of_float(sum) - 0x3f000000u));
  }
  const uint32_t odd = (size >> 13) & 1u;
  return (uint16_t)(sign | ((size - 0x38000000u + 0xfffu + odd) >> 13));
}

static inline void ck_store_half(uint8_t *p, float v) {
  const uint16_t half = ck_float_to_half(v);
  memcpy(p, &half, 2);
}

/// Rounds to the nearest integer, ties to even, within -127...127; NaN becomes -127.
static inline int ck_clamped_round(float v) {
  if (!(v > -127.0f)) return -127;
  if (v > 127.0f) return 127;
  return (int)((v + 12582912.0f) - 12582912.0f);
}

#endif
