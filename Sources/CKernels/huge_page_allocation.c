// SPDX-License-Identifier: Apache-2.0

// Memory for large matrices, on huge pages where the system has them.
#include "CKernels.h"

#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

#define HUGE_PAGE_BYTES ((size_t)2 << 20)

static size_t round_up_to_pages(size_t bytes) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  return (bytes + page - 1) / page * page;
}

void *ck_allocate(size_t bytes) {
  if (bytes == 0 || bytes > SIZE_MAX / 2) return NULL;
  const size_t size = round_up_to_pages(bytes), slack = size >= HUGE_PAGE_BYTES ? HUGE_PAGE_BYTES : 0;
  uint8_t *start = mmap(NULL, size + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return NULL;
  if (slack == 0) return start;
  // Huge pages begin at multiples of their size. The slack on both sides is unmapped.
  uint8_t *aligned = (uint8_t *)(((uintptr_t)start + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES);
  const size_t before = (size_t)(aligned - start);
  if (before > 0) munmap(start, before);
  if (before < slack) munmap(aligned + size, slack - before);
#ifdef MADV_HUGEPAGE
  madvise(aligned, size, MADV_HUGEPAGE);
#endif
  return aligned;
}

void ck_deallocate(void *memory, size_t bytes) { munmap(memory, round_up_to_pages(bytes)); }
