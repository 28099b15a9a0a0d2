// SPDX-License-Identifier: Apache-2.0

#ifndef EDGEASSIST_SYSTEM_CALL_H
#define EDGEASSIST_SYSTEM_CALL_H

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

// A system call without the C library between: the result, or -errno. A fifth argument is 0. The watchdog shares the
// memory of the process that started it, and with it a thread's place for `errno`.
static inline long call(long number, long a, long b, long c, long d) {
#if defined(__x86_64__)
  long result;
  register long fourth __asm__("r10") = d;
  register long fifth __asm__("r8") = 0;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = 0;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return x0;
#else
  // No other processor was tried. `errno` of the thread that started the watchdog may change under it.
  long result = syscall(number, a, b, c, d, 0L);
  return result < 0 ? -errno : result;
#endif
}

#endif
