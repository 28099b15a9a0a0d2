// SPDX-License-Identifier: Apache-2.0

// Stopping, continuing and killing a program with all its processes, by the watchdog.

#include "system_call.h"
#include "watchdog.h"

#include <fcntl.h>
#include <signal.h>

enum { deepest = 40 };

static char *append(char *end, const char *text) {
  while (*text) *end++ = *text++;
  *end = 0;
  return end;
}

static char *append_number(char *end, long number) {
  char digits[24];
  int count = 0;
  do {
    digits[count++] = (char)('0' + number % 10);
  } while ((number /= 10) > 0);
  while (count > 0) *end++ = digits[--count];
  *end = 0;
  return end;
}

// Takes a number from a text; -1 if there is none.
static long take_number(const char **text) {
  if (**text < '0' || **text > '9') return -1;
  long number = 0;
  while (**text >= '0' && **text <= '9') number = number * 10 + (*(*text)++ - '0');
  return number;
}

// Reads the beginning of one of the kernel's files. Returns its length, 0 if there is nothing.
static long read_file(const char *path, char *text, long capacity) {
  long file = call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0);
  if (file < 0) return 0;
  long count = call(SYS_read, file, (long)text, capacity - 1, 0);
  call(SYS_close, file, 0, 0, 0);
  text[count > 0 ? count : 0] = 0;
  return count > 0 ? count : 0;
}

bool csb_is_stopped(pid_t process, pid_t task) {
  char path[80], text[512];
  char *end = append_number(append(path, "/proc/"), process);
  append(append_number(append(end, "/task/"), task), "/stat");
  long at = read_file(path, text, sizeof text);
  // The state stands after the name, which is in brackets and may hold anything.
  while (at > 0 && text[at] != ')') at--;
  return at > 0 && (text[at + 2] == 'T' || text[at + 2] == 't');
}

static void note_if_stopped(csb_watchdog *watchdog, pid_t process) {
  int most = (int)(sizeof watchdog->stopped / sizeof *watchdog->stopped);
  if (watchdog->stopped_count < most && csb_is_stopped(process, process)) {
    watchdog->stopped[watchdog->stopped_count++] = process;
  }
}

static bool was_stopped(const csb_watchdog *watchdog, pid_t process) {
  for (int i = 0; i < watchdog->stopped_count; i++) {
    if (watchdog->stopped[i] == process) return true;
  }
  return false;
}

// The action on each of the descendants of a process.
typedef void visitor(csb_watchdog *watchdog, pid_t process);

static void visit_below(csb_watchdog *watchdog, pid_t process, visitor *visit, int depth);

static void visit_children(csb_watchdog *watchdog, pid_t process, long task, visitor *visit, int depth) {
  char path[80], text[2048];
  char *end = append_number(append(path, "/proc/"), process);
  append(append_number(append(end, "/task/"), task), "/children");
  if (read_file(path, text, sizeof text) == 0) return;
  const char *rest = text;
  long child;
  while ((child = take_number(&rest)) > 0) {
    visit(watchdog, (pid_t)child);
    visit_below(watchdog, (pid_t)child, visit, depth + 1);
    while (*rest == ' ') rest++;
  }
}

static void visit_below(csb_watchdog *watchdog, pid_t process, visitor *visit, int depth) {
  if (depth > deepest) return;
  char path[64], entries[1024] __attribute__((aligned(8)));
  append(append_number(append(path, "/proc/"), process), "/task");
  long folder = call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (folder < 0) return;
  long count;
  while ((count = call(SYS_getdents64, folder, (long)entries, sizeof entries, 0)) > 0) {
    for (long at = 0; at < count;) {
      // inode and offset of 8 bytes each, length of 2, type of 1, name
      const char *name = entries + at + 19;
      at += *(const uint16_t *)(entries + at + 16);
      long task = take_number(&name);
      if (task > 0) visit_children(watchdog, process, task, visit, depth);
    }
  }
  call(SYS_close, folder, 0, 0, 0);
}

static void stop_one(csb_watchdog *watchdog, pid_t process) {
  (void)watchdog;
  call(SYS_kill, process, SIGSTOP, 0, 0);
}

static void continue_one(csb_watchdog *watchdog, pid_t process) {
  if (!was_stopped(watchdog, process)) call(SYS_kill, process, SIGCONT, 0, 0);
}

static void kill_one(csb_watchdog *watchdog, pid_t process) {
  (void)watchdog;
  call(SYS_kill, process, SIGKILL, 0, 0);
}

void csb_note_stopped(csb_watchdog *watchdog) {
  pid_t program = atomic_load(&watchdog->program);
  watchdog->stopped_count = 0;
  if (watchdog->in_group) {
    note_if_stopped(watchdog, program);
  } else {
    visit_below(watchdog, program, note_if_stopped, 0);
  }
}

void csb_stop_program(csb_watchdog *watchdog) {
  pid_t program = atomic_load(&watchdog->program);
  if (watchdog->in_group) {
    call(SYS_kill, -program, SIGSTOP, 0, 0);
    return;
  }
  // Twice: the first time, one that was not yet stopped may have started another.
  visit_below(watchdog, program, stop_one, 0);
  visit_below(watchdog, program, stop_one, 0);
}

void csb_continue_program(csb_watchdog *watchdog) {
  pid_t program = atomic_load(&watchdog->program);
  if (!watchdog->in_group) {
    visit_below(watchdog, program, continue_one, 0);
    return;
  }
  // A group is signalled as a whole; its first process stops again before it gets anywhere.
  call(SYS_kill, -program, SIGCONT, 0, 0);
  if (was_stopped(watchdog, program)) call(SYS_kill, program, SIGSTOP, 0, 0);
}

void csb_kill_program(csb_watchdog *watchdog) {
  pid_t program = atomic_load(&watchdog->program);
  if (program <= 0) return;
  if (watchdog->in_group) {
    call(SYS_kill, -program, SIGKILL, 0, 0);
  } else {
    // The first below a monitor is that of a namespace, and all others end with it.
    visit_children(watchdog, program, program, kill_one, deepest);
  }
}

bool csb_kill_orphans(csb_watchdog *watchdog) {
  pid_t program = atomic_load(&watchdog->program);
  if (program <= 0) return false;
  bool is_there = call(SYS_kill, -program, SIGKILL, 0, 0) == 0;
  if (watchdog->in_group) return is_there;
  // The monitor has ended. What it started is in its group, or else in a session of its own; by then the monitor has
  // said which process that is, before it said anything else: {"child-pid": 12}
  char text[64];
  long count = call(SYS_read, watchdog->status, (long)text, sizeof text - 1, 0);
  text[count > 0 ? count : 0] = 0;
  const char *rest = text;
  while (*rest && (*rest < '0' || *rest > '9')) rest++;
  long first = take_number(&rest);
  if (first > 1) call(SYS_kill, first, SIGKILL, 0, 0);
  return is_there;
}
