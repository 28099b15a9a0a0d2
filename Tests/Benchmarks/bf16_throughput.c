// SPDX-License-Identifier: Apache-2.0

// Prints how many AVX-512 instructions of each kind one core issues per nanosecond: multiplication and addition of
// floats (16 products), and dot products of bfloat16 (32 products). Attention in bfloat16 pays where the second number
// is more than half of the first. Each loop has twelve independent sums, so that latency does not count.
//
//   clang -O2 Tests/Benchmarks/bf16_throughput.c -o bf16_throughput && ./bf16_throughput

#include <immintrin.h>
#include <stdio.h>
#include <time.h>

enum { rounds = 20000000, sums = 12, repetitions = 5 };

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/// Instructions per nanosecond since `start`. `total` is read, so that no loop is removed.
__attribute__((target("avx512f"))) static double rate(double start, const __m512 *total) {
  double taken = seconds() - start;
  volatile float sink = 0;
  for (int i = 0; i < sums; i++) sink = sink + _mm512_reduce_add_ps(total[i]);
  return (double)rounds * sums / taken * 1e-9;
}

__attribute__((target("avx512f"))) static double float_rate(void) {
  __m512 total[sums] = {0}, x = _mm512_set1_ps(1e-9f), y = _mm512_set1_ps(0.5f);
  double start = seconds();
  for (int round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < sums; i++) total[i] = _mm512_fmadd_ps(total[i], x, y);
    __asm__ volatile("" : "+v"(x));
  }
  return rate(start, total);
}

__attribute__((target("avx512f,avx512bf16"))) static double bf16_rate(void) {
  __m512 total[sums] = {0};
  __m512bh x = (__m512bh)_mm512_set1_epi32(0x3f803f80), y = (__m512bh)_mm512_set1_epi32(0x3f003f00);
  double start = seconds();
  for (int round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < sums; i++) total[i] = _mm512_dpbf16_ps(total[i], x, y);
    __asm__ volatile("" : "+v"(x));
  }
  return rate(start, total);
}

int main(void) {
  if (!__builtin_cpu_supports("avx512bf16")) {
    puts("This processor has no AVX512-BF16.");
    return 1;
  }
  for (int i = 0; i < repetitions; i++) {
    double floats = float_rate(), bf16 = bf16_rate();
    printf("float %.2f, bfloat16 %.2f, ratio %.2f\n", floats, bf16, floats / bf16);
  }
  return 0;
}
