// SPDX-License-Identifier: Apache-2.0

// Memory for large matrices, and reading memory as fast as it comes, for measuring.
#include "CKernels.h"

#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

/// A large page.
#define LARGE ((size_t)2 << 20)

static size_t whole_pages(size_t bytes) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  return (bytes + page - 1) / page * page;
}

void *ck_reserve(size_t bytes) {
  if (bytes == 0 || bytes > SIZE_MAX / 2) return NULL;
  const size_t size = whole_pages(bytes), slack = size >= LARGE ? LARGE : 0;
  uint8_t *start = mmap(NULL, size + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return NULL;
  if (slack == 0) return start;
  // Large pages begin at multiples of their size; what is left on both sides is given back.
  uint8_t *aligned = (uint8_t *)(((uintptr_t)start + LARGE - 1) / LARGE * LARGE);
  const size_t before = (size_t)(aligned - start);
  if (before > 0) munmap(start, before);
  if (before < slack) munmap(aligned + size, slack - before);
#ifdef MADV_HUGEPAGE
  madvise(aligned, size, MADV_HUGEPAGE);
#endif
  return aligned;
}

void ck_give_back(void *memory, size_t bytes) { munmap(memory, whole_pages(bytes)); }

/// A cache line.
typedef uint64_t line __attribute__((vector_size(64), aligned(64)));

/// Lines that are asked for together, and how many lines before they are read.
enum { AT_ONCE = 8, AHEAD = 128 };

uint64_t ck_read_lines(const void *memory, size_t lines) {
  const line *source = memory;
  // Two sums, so that no load waits for the sum of the one before. Asked for in advance, lines come as fast as to wider
  // instructions than the compiler's usual ones; without, a third slower on some processors.
  line even = {0}, odd = {0};
  size_t i = 0;
  for (; i + AT_ONCE <= lines; i += AT_ONCE) {
    const uintptr_t ahead = (uintptr_t)(source + i) + AHEAD * sizeof(line);
    for (size_t k = 0; k < AT_ONCE; k++) __builtin_prefetch((const void *)(ahead + k * sizeof(line)), 0, 2);
    for (size_t k = 0; k < AT_ONCE; k += 2) {
      even ^= source[i + k];
      odd ^= source[i + k + 1];
    }
  }
  for (; i < lines; i++) even ^= source[i];
  even ^= odd;
  uint64_t sum = 0;
  for (size_t k = 0; k < 8; k++) sum ^= even[k];
  return sum;
}
