// SPDX-License-Identifier: Apache-2.0

// Chooses an instruction set. This is the only file that asks what the processor can do.
#include "internal.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

#if defined(__x86_64__)
static int has_avx2(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}

/// Older compilers do not know the name of AVX-VNNI, so this reads the CPUID bit. The system saves the same registers
/// as for AVX2.
static int has_avx_vnni(void) {
  unsigned a, b, c, d;
  return has_avx2() && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & 1u << 4);
}

static int has_avx512_vnni(void) {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vnni");
}
#endif

#if defined(__aarch64__)
/// Dot products of bytes. All processors of Apple have them.
static int has_dotprod(void) {
#if defined(__linux__)
  return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#else
  return 1;
#endif
}

/// Products of 2 x 8 matrices of bytes.
static int has_i8mm(void) {
#if defined(__linux__)
  return has_dotprod() && (getauxval(AT_HWCAP2) & HWCAP2_I8MM) != 0;
#else
  return 0;
#endif
}
#endif

const ck_kernels *ck_kernels_for(ck_level level) {
  switch (level) {
    case CK_PORTABLE: return &ck_portable_kernels;
#if defined(__x86_64__)
    case CK_AVX2: return has_avx2() ? &ck_avx2_kernels : NULL;
    case CK_AVX_VNNI: return has_avx_vnni() ? &ck_avx_vnni_kernels : NULL;
    case CK_AVX512_VNNI: return has_avx512_vnni() ? &ck_avx512_kernels : NULL;
#endif
#if defined(__aarch64__)
    case CK_NEON: return has_dotprod() ? &ck_neon_kernels : NULL;
    case CK_NEON_I8MM: return has_i8mm() ? &ck_neon_i8mm_kernels : NULL;
#endif
    default: return NULL;
  }
}

int ck_has_bf16_attention(void) {
  return ck_kernels_for(CK_AVX512_VNNI) != NULL && ck_uses_bf16(CK_BF16_ATTENTION_ALWAYS);
}

/// The instruction does twice as many multiplications in bfloat16 as one with floats. Intel's processors take about
/// four times as long for it, so that they do half as many (ratio 4.0 to 4.2 on one core of an Emerald Rapids,
/// 2026-11-29, Tests/Benchmarks/bf16_throughput.c). AMD's are taken to issue it as often as the other; no figures of
/// theirs were kept.
int ck_uses_bf16(ck_bf16_attention bf16) {
  if (bf16 == CK_BF16_ATTENTION_NEVER) return 0;
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") && (bf16 == CK_BF16_ATTENTION_ALWAYS || __builtin_cpu_is("amd"));
#else
  return 0;
#endif
}

const ck_kernels *ck_best_kernels(void) {
  static const ck_level order[] = {CK_AVX512_VNNI, CK_AVX_VNNI, CK_AVX2, CK_NEON_I8MM, CK_NEON};
  for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
    const ck_kernels *found = ck_kernels_for(order[i]);
    if (found) return found;
  }
  return &ck_portable_kernels;
}
