// SPDX-License-Identifier: Apache-2.0

#ifndef EDGEASSIST_WATCHDOG_H
#define EDGEASSIST_WATCHDOG_H

#include "CSandbox.h"

#include <limits.h>
#include <stdatomic.h>

enum { watchdog_stack_bytes = 256 << 10 };

// Lies in memory that this process, the watchdog and a child on its way to its program share. Times are nanoseconds of
// CLOCK_MONOTONIC.
struct csb_watchdog {
  // The program's process; 0: none yet, or none any more.
  _Atomic pid_t program;
  // The thread that watches it.
  pid_t watcher;
  _Atomic int64_t began;
  // The length of all suspensions that are over, and the beginning of the one that is not; 0: there is none.
  _Atomic int64_t suspended, suspended_since;
  // While it is, it may signal the program.
  _Atomic bool is_looking;
  _Atomic bool has_ended_program;
  // 1 once the watchdog is to end.
  _Atomic uint32_t is_over;

  // The watchdog itself; 0 once it has ended.
  pid_t process;
  pid_t parent;
  // The program is the first of its process group; otherwise it is a monitor, whose descendants are meant.
  bool in_group;
  // Where the monitor says which process is the first below it; -1: nowhere.
  int status;
  int64_t wall_limit;
  // The scratch folder and the control group to remove in the end; empty: none.
  char folder[PATH_MAX], group[PATH_MAX];
  // Processes that had stopped themselves when all were stopped: they are left so.
  pid_t stopped[64];
  int stopped_count;
  char stack[watchdog_stack_bytes] __attribute__((aligned(64)));
};

// Of a program that has been started. By the child itself, so that no moment lies between its start and this.
void csb_watchdog_note_program(csb_watchdog *watchdog, pid_t watcher, pid_t program);

// In the watchdog's process only.
bool csb_is_stopped(pid_t process, pid_t task);
// Remembers which of the program's processes have stopped themselves.
void csb_note_stopped(csb_watchdog *watchdog);
void csb_stop_program(csb_watchdog *watchdog);
void csb_continue_program(csb_watchdog *watchdog);
void csb_kill_program(csb_watchdog *watchdog);
// Once the process that started the program is gone. Returns whether anything was still there.
bool csb_kill_orphans(csb_watchdog *watchdog);

#endif
