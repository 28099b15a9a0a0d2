// SPDX-License-Identifier: Apache-2.0

// Conversion between floats and halves, and of activations to 8 bits.

static void f16_to_f32(const uint16_t *source, float *target, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) store8(target + i, load_weights(CK_F16, (const uint8_t *)(source + i)));
  for (; i < count; i++) target[i] = ck_half_to_float(source[i]);
}

static void f32_to_f16(const float *source, uint16_t *target, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) *(vh8u *)(target + i) = __builtin_convertvector(load8(source + i), vh8);
  for (; i < count; i++) target[i] = ck_float_to_half(source[i]);
}

static void quantize_activations(const float *source, size_t count, const ck_quantized *target) {
  typedef int16_t vs16x8 __attribute__((vector_size(16)));
  typedef int16_t vs16x8u __attribute__((vector_size(16), aligned(2), may_alias));
  typedef int8_t vs8x8 __attribute__((vector_size(8)));
  for (size_t b = 0; b < count / CK_BLOCK; b++) {
    vf8 x[4];
    // As integers, magnitudes have the same order, and what is not a number is the largest of all.
    vi8 largest = {0};
    for (int i = 0; i < 4; i++) {
      x[i] = load8(source + b * CK_BLOCK + 8 * i);
      largest = __builtin_elementwise_max(largest, (vi8)x[i] & 0x7fffffff);
    }
    int32_t bits = 0;
    for (int i = 0; i < 8; i++) bits = largest[i] > bits ? largest[i] : bits;
    float peak;
    memcpy(&peak, &bits, sizeof peak);
    target->scales[b] = peak / 127.0f;
    const float inverse = peak > 0 ? 127.0f / peak : 0;
    vi8 totals[2] = {{0}, {0}};
    for (int i = 0; i < 4; i++) {
      vf8 v = x[i] * inverse;
      v = __builtin_elementwise_min(__builtin_elementwise_max(v, (vf8){} - 127.0f), (vf8){} + 127.0f);
      // The last place of 1.5 * 2^23 is 1, so that the addition rounds to integers.
      const vi8 q = __builtin_convertvector((v + 12582912.0f) - 12582912.0f, vi8);
      *(vs16x8u *)(target->qs16 + b * CK_BLOCK + 8 * i) = __builtin_convertvector(q, vs16x8);
      *(vs8x8u *)(target->qs + b * CK_BLOCK + 8 * i) = __builtin_convertvector(q, vs8x8);
      totals[i / 2] += q;
    }
    int32_t sums[2] = {0, 0};
    for (int h = 0; h < 2; h++) {
      for (int i = 0; i < 8; i++) sums[h] += totals[h][i];
      target->bsums[2 * b + h] = (int16_t)sums[h];
    }
    target->corrections[b] = -128 * (sums[0] + sums[1]);
    target->dsums[b] = target->scales[b] * (float)(sums[0] + sums[1]);
  }
}
