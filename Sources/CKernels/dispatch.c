// Choice of instruction set, and the cutting of work into chunks.
#include "internal.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

const ck_kernels *ck_kernels_for(ck_level level) {
  switch (level) {
    case CK_PORTABLE: return &ck_portable_kernels;
#if defined(__x86_64__)
    case CK_AVX2:
      __builtin_cpu_init();
      if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c"))
        return &ck_avx2_kernels;
      return NULL;
    case CK_AVX512_VNNI:
      __builtin_cpu_init();
      if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
          __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
          __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c"))
        return &ck_avx512_kernels;
      return NULL;
#endif
#if defined(__aarch64__)
    case CK_NEON:
#if defined(__linux__)
      if (!(getauxval(AT_HWCAP) & (1ul << 20))) return NULL;  // HWCAP_ASIMDDP: dot products of bytes
#endif
      return &ck_neon_kernels;
#endif
    default: return NULL;
  }
}

const ck_kernels *ck_best_kernels(void) {
  static const ck_level order[] = {CK_AVX512_VNNI, CK_AVX2, CK_NEON};
  for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
    const ck_kernels *found = ck_kernels_for(order[i]);
    if (found) return found;
  }
  return &ck_portable_kernels;
}

static size_t chunks_of(size_t whole, size_t part) { return (whole + part - 1) / part; }

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

size_t ck_multiply_chunk_count(const ck_multiply_job *job) {
  size_t count = 0;
  for (size_t p = 0; p < job->product_count; p++) count += chunks_of(job->products[p].rows, job->chunk_rows);
  return count;
}

void ck_multiply_chunk(const void *context, size_t chunk, size_t worker) {
  const ck_multiply_job *job = context;
  for (size_t p = 0; p < job->product_count; p++) {
    const ck_product *product = &job->products[p];
    const size_t count = chunks_of(product->rows, job->chunk_rows);
    if (chunk >= count) {
      chunk -= count;
      continue;
    }
    const size_t first = chunk * job->chunk_rows;
    job->kernels->multiply(product, &job->input, first, smaller(first + job->chunk_rows, product->rows),
                           job->scratch + worker * CK_SCRATCH_FLOATS);
    return;
  }
}

size_t ck_attention_chunk_count(const ck_attention_job *job) {
  return job->attention.heads / job->chunk_heads * chunks_of(job->attention.tokens, job->chunk_tokens);
}

void ck_attention_chunk(const void *context, size_t chunk, size_t worker) {
  const ck_attention_job *job = context;
  // The last tokens see the most keys: they go first, so that the threads end together.
  const size_t parts = chunks_of(job->attention.tokens, job->chunk_tokens);
  const size_t head = chunk % (job->attention.heads / job->chunk_heads) * job->chunk_heads;
  const size_t first = (parts - 1 - chunk / (job->attention.heads / job->chunk_heads)) * job->chunk_tokens;
  job->kernels->attend(&job->attention, head, head + job->chunk_heads, first,
                       smaller(first + job->chunk_tokens, job->attention.tokens),
                       job->scratch + worker * CK_SCRATCH_FLOATS);
}
