// SPDX-License-Identifier: Apache-2.0

#include "CSandbox.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// Written down here, since the C library may be older than its kernel, or have it too.
typedef struct {
  uint32_t size, policy;
  uint64_t flags;
  int32_t niceness;
  uint32_t priority;
  uint64_t turn_nanoseconds, deadline, period;
} scheduling;

enum {
  reset_on_fork = 1,  // SCHED_FLAG_RESET_ON_FORK
  turn_nanoseconds = 100 * 1000,
  higher = 5,
};

void csb_prefer_thread(void) {
  errno = 0;
  int niceness = getpriority(PRIO_PROCESS, 0);
  if (errno != 0) return;
  scheduling wanted = {
      .size = sizeof wanted,
      .flags = reset_on_fork,
      .niceness = niceness - higher,
      .turn_nanoseconds = turn_nanoseconds,
  };
  if (syscall(SYS_sched_setattr, 0, &wanted, 0) == 0) return;
  wanted.niceness = niceness;
  syscall(SYS_sched_setattr, 0, &wanted, 0);
}
