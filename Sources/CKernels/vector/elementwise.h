// SPDX-License-Identifier: Apache-2.0

// Operations on rows of floats: activation functions, norms, RoPE, and the sums of a softmax.

/// e^x, within 2 units of the last place: 2^n times the Taylor polynomial of degree 7 of the rest, which lies within
/// +-ln(2)/2.
INLINE vf16 exp16(vf16 x) {
  const vf16 least_x = (vf16){} - 87.0f, most_x = (vf16){} + 88.0f;
  x = __builtin_elementwise_min(__builtin_elementwise_max(x, least_x), most_x);
  const vf16 n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
  const vf16 r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  vf16 p = r * 1.98412698e-4f + 1.38888889e-3f;
  p = p * r + 8.33333333e-3f;
  p = p * r + 4.16666667e-2f;
  p = p * r + 1.66666667e-1f;
  p = p * r + 0.5f;
  p = p * (r * r) + r + 1.0f;
  const vi16 power = (__builtin_convertvector(n, vi16) + 127) << 23;
  return p * (vf16)power;
}

static void silu_multiply(float *gate, const float *up, size_t count) {
  float g[16] = {0}, u[16] = {0};
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const vf16 x = load16(gate + i);
    store16(gate + i, x / (1.0f + exp16(-x)) * load16(up + i));
  }
  if (i == count) return;
  memcpy(g, gate + i, (count - i) * sizeof(float));
  memcpy(u, up + i, (count - i) * sizeof(float));
  const vf16 x = load16(g);
  store16(g, x / (1.0f + exp16(-x)) * load16(u));
  memcpy(gate + i, g, (count - i) * sizeof(float));
}

static void sigmoid_multiply(float *x, const float *gate, size_t count) {
  size_t i = 0;
  for (; i + 16 <= count; i += 16) store16(x + i, load16(x + i) / (1.0f + exp16(-load16(gate + i))));
  if (i == count) return;
  float rest[16] = {0}, g[16] = {0};
  memcpy(rest, x + i, (count - i) * sizeof(float));
  memcpy(g, gate + i, (count - i) * sizeof(float));
  store16(rest, load16(rest) / (1.0f + exp16(-load16(g))));
  memcpy(x + i, rest, (count - i) * sizeof(float));
}

/// x = function(x)
INLINE void map(vf16 (*function)(vf16), float *x, size_t count) {
  size_t i = 0;
  for (; i + 16 <= count; i += 16) store16(x + i, function(load16(x + i)));
  if (i == count) return;
  float rest[16] = {0};
  memcpy(rest, x + i, (count - i) * sizeof(float));
  store16(rest, function(load16(rest)));
  memcpy(x + i, rest, (count - i) * sizeof(float));
}

INLINE vf16 quick_gelu16(vf16 x) { return x / (1.0f + exp16(x * -1.702f)); }

/// erf within 1.5e-7 (Abramowitz and Stegun, 7.1.26).
INLINE vf16 gelu16(vf16 x) {
  const vf16 z = __builtin_elementwise_abs(x) * 0.70710678f;
  const vf16 t = 1.0f / (1.0f + 0.3275911f * z);
  vf16 p = t * 1.061405429f - 1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t - 0.284496736f;
  p = p * t + 0.254829592f;
  const vf16 tail = p * t * exp16(-z * z) * 0.5f;  // half of 1 - erf(|x| / sqrt 2)
  const vi16 negative = x < 0.0f;
  const vf16 share = (vf16)(((vi16)tail & negative) | ((vi16)(1.0f - tail) & ~negative));
  return x * share;
}

/// (1 + tanh(u)) / 2 = 1 / (1 + e^-2u).
INLINE vf16 gelu_tanh16(vf16 x) { return x / (1.0f + exp16(x * (1.0f + 0.044715f * x * x) * -1.59576912f)); }

static void quick_gelu(float *x, size_t count) { map(quick_gelu16, x, count); }
static void gelu(float *x, size_t count) { map(gelu16, x, count); }
static void gelu_tanh(float *x, size_t count) { map(gelu_tanh16, x, count); }

/// The sum of (x - offset)^2.
static float sum_of_squares(const float *x, size_t count, float offset) {
  vf8 sums[2] = {{0}, {0}};
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const vf8 a = load8(x + i) - offset, b = load8(x + i + 8) - offset;
    sums[0] += a * a;
    sums[1] += b * b;
  }
  float sum = sum8(sums[0] + sums[1]);
  for (; i < count; i++) sum += (x[i] - offset) * (x[i] - offset);
  return sum;
}

static void rms_norm(const float *x, const float *weight, float epsilon, float *y, size_t count) {
  const float scale = 1.0f / __builtin_sqrtf(sum_of_squares(x, count, 0) / (float)count + epsilon);
  for (size_t i = 0; i < count; i++) y[i] = x[i] * scale * weight[i];
}

static void l2_normalize(float *x, float epsilon, float scale, size_t count) {
  const float factor = scale / __builtin_sqrtf(sum_of_squares(x, count, 0) + epsilon);
  for (size_t i = 0; i < count; i++) x[i] *= factor;
}

static void layer_norm(const float *x, const float *weight, const float *bias, float epsilon, float *y, size_t count) {
  vf8 sums = {0};
  size_t i = 0;
  for (; i + 8 <= count; i += 8) sums += load8(x + i);
  float sum = sum8(sums);
  for (; i < count; i++) sum += x[i];
  const float mean = sum / (float)count;
  const float scale = 1.0f / __builtin_sqrtf(sum_of_squares(x, count, mean) / (float)count + epsilon);
  for (i = 0; i < count; i++) y[i] = (x[i] - mean) * scale * weight[i] + bias[i];
}

static void rotate(float *x, size_t heads, size_t head_size, const float *cosines, const float *sines) {
  const size_t half = head_size / 2;
  for (size_t h = 0; h < heads; h++) {
    float *low = x + h * head_size, *high = low + half;
    size_t i = 0;
    for (; i + 8 <= half; i += 8) {
      const vf8 a = load8(low + i), b = load8(high + i), c = load8(cosines + i), s = load8(sines + i);
      store8(low + i, a * c - b * s);
      store8(high + i, b * c + a * s);
    }
    for (; i < half; i++) {
      const float a = low[i], b = high[i];
      low[i] = a * cosines[i] - b * sines[i];
      high[i] = b * cosines[i] + a * sines[i];
    }
  }
}

INLINE float max_of(const float *x, size_t count) {
  vf8 most = (vf8){} - INFINITY;
  size_t i = 0;
  for (; i + 8 <= count; i += 8) most = __builtin_elementwise_max(most, load8(x + i));
  float m[8], largest = -INFINITY;
  store8(m, most);
  for (int j = 0; j < 8; j++) largest = m[j] > largest ? m[j] : largest;
  for (; i < count; i++) largest = x[i] > largest ? x[i] : largest;
  return largest;
}

/// x = e^(x - offset); returns the sum.
INLINE float exp_and_sum(float *x, size_t count, float offset) {
  vf16 sums = {0};
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const vf16 e = exp16(load16(x + i) - offset);
    store16(x + i, e);
    sums += e;
  }
  float sum = sum16(sums);
  if (i < count) {
    float rest[16] = {0};
    memcpy(rest, x + i, (count - i) * sizeof(float));
    store16(rest, exp16(load16(rest) - offset));
    for (size_t j = 0; i + j < count; j++) sum += x[i + j] = rest[j];
  }
  return sum;
}
