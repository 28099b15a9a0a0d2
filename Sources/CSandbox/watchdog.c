// SPDX-License-Identifier: Apache-2.0

#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// The keeper shares this process's memory, so that it costs none, and a thread's place for `errno`, so that the C
// library's calls are not for it while the process lives.
#if defined(__x86_64__)
static long call(long number, long a, long b, long c, long d) {
  long result;
  register long fourth __asm__("r10") = d;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
                   : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
static long call(long number, long a, long b, long c, long d) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
  return x0;
}
#endif

struct csb_watchdog {
  _Atomic uint32_t beats;
  pid_t process, parent, program;
  bool in_group;
  // Processes that had stopped themselves when all were stopped: they are left so.
  pid_t stopped[64];
  int stopped_count;
  void *stack;
  char folder[4096];
};

#if defined(__x86_64__) || defined(__aarch64__)

enum {
  stack_bytes = 256 << 10,
  look_nanoseconds = 50 * 1000 * 1000,
  // Looks without a beat after which this process counts as suspended.
  patience = 10,
  deepest = 40,
};

static void rest(long nanoseconds) {
  struct timespec time = {.tv_nsec = nanoseconds};
  call(SYS_nanosleep, (long)&time, 0, 0, 0);
}

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

static bool is_stopped(pid_t process) {
  char path[64], text[512];
  append(append_number(append(path, "/proc/"), process), "/stat");
  long at = read_file(path, text, sizeof text);
  // The state stands after the name, which is in brackets and may hold anything.
  while (at > 0 && text[at] != ')') at--;
  return at > 0 && text[at + 2] == 'T';
}

static void note_if_stopped(csb_watchdog *keeper, pid_t process) {
  int most = (int)(sizeof keeper->stopped / sizeof *keeper->stopped);
  if (keeper->stopped_count < most && is_stopped(process)) keeper->stopped[keeper->stopped_count++] = process;
}

static bool was_stopped(const csb_watchdog *keeper, pid_t process) {
  for (int i = 0; i < keeper->stopped_count; i++) {
    if (keeper->stopped[i] == process) return true;
  }
  return false;
}

// What is done to each of the descendants of a process.
typedef void visitor(csb_watchdog *keeper, pid_t process);

static void visit_below(csb_watchdog *keeper, pid_t process, visitor *visit, int depth);

static void visit_children(csb_watchdog *keeper, pid_t process, long task, visitor *visit, int depth) {
  char path[80], text[2048];
  char *end = append_number(append(path, "/proc/"), process);
  append(append_number(append(end, "/task/"), task), "/children");
  if (read_file(path, text, sizeof text) == 0) return;
  const char *rest = text;
  long child;
  while ((child = take_number(&rest)) > 0) {
    visit(keeper, (pid_t)child);
    visit_below(keeper, (pid_t)child, visit, depth + 1);
    while (*rest == ' ') rest++;
  }
}

static void visit_below(csb_watchdog *keeper, pid_t process, visitor *visit, int depth) {
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
      if (task > 0) visit_children(keeper, process, task, visit, depth);
    }
  }
  call(SYS_close, folder, 0, 0, 0);
}

static void stop_one(csb_watchdog *keeper, pid_t process) {
  (void)keeper;
  call(SYS_kill, process, SIGSTOP, 0, 0);
}

static void continue_one(csb_watchdog *keeper, pid_t process) {
  if (!was_stopped(keeper, process)) call(SYS_kill, process, SIGCONT, 0, 0);
}

static void stop_program(csb_watchdog *keeper) {
  keeper->stopped_count = 0;
  if (keeper->in_group) {
    note_if_stopped(keeper, keeper->program);
    call(SYS_kill, -keeper->program, SIGSTOP, 0, 0);
    return;
  }
  visit_below(keeper, keeper->program, note_if_stopped, 0);
  // Twice: the first time, one that was not yet stopped may have started another.
  visit_below(keeper, keeper->program, stop_one, 0);
  visit_below(keeper, keeper->program, stop_one, 0);
}

static void continue_program(csb_watchdog *keeper) {
  if (!keeper->in_group) {
    visit_below(keeper, keeper->program, continue_one, 0);
    return;
  }
  // A group is signalled as a whole; its first process stops again before it gets anywhere.
  call(SYS_kill, -keeper->program, SIGCONT, 0, 0);
  if (was_stopped(keeper, keeper->program)) call(SYS_kill, keeper->program, SIGSTOP, 0, 0);
}

static int keep(void *argument) {
  csb_watchdog *keeper = argument;
  // Not in the group that a terminal suspends, and holding nothing open that somebody waits for.
  call(SYS_setsid, 0, 0, 0, 0);
  call(SYS_close_range, 0, ~0U, 0, 0);
  call(SYS_chdir, (long)"/", 0, 0, 0);
  call(SYS_prctl, PR_SET_NAME, (long)"keeper", 0, 0);
  uint32_t heard = atomic_load(&keeper->beats);
  int silent = 0;
  bool has_stopped = false;
  while (call(SYS_getppid, 0, 0, 0, 0) == keeper->parent) {
    rest(look_nanoseconds);
    uint32_t beats = atomic_load(&keeper->beats);
    silent = beats == heard ? silent + 1 : 0;
    heard = beats;
    if (silent >= patience) {
      if (!has_stopped) stop_program(keeper);
      has_stopped = true;
    } else if (has_stopped) {
      continue_program(keeper);
      has_stopped = false;
    }
  }
  // The process has ended, and its memory is the keepers' alone. A namespace ends with its monitor.
  for (int tries = 0; tries < 200 && keeper->in_group; tries++) {
    if (call(SYS_kill, -keeper->program, SIGKILL, 0, 0) != 0) break;
    rest(10 * 1000 * 1000);
  }
  if (keeper->folder[0]) csb_remove_tree(keeper->folder);
  call(SYS_exit_group, 0, 0, 0, 0);
  return 0;
}

int csb_watchdog_start(pid_t program, bool in_group, const char *folder, csb_watchdog **result) {
  csb_watchdog *keeper = calloc(1, sizeof *keeper);
  if (!keeper) return ENOMEM;
  keeper->parent = getpid();
  keeper->program = program;
  keeper->in_group = in_group;
  if (folder && strlen(folder) >= sizeof keeper->folder) {
    free(keeper);
    return ENAMETOOLONG;
  }
  if (folder) strcpy(keeper->folder, folder);
  keeper->stack = mmap(NULL, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  int error = keeper->stack == MAP_FAILED ? errno : 0;
  if (!error) {
    // It is to be ended by one signal alone, and by nobody's handlers.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    // No signal at its end: whoever waits for any child does not meet it.
    keeper->process = clone(keep, (char *)keeper->stack + stack_bytes, CLONE_VM, keeper);
    if (keeper->process < 0) error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) munmap(keeper->stack, stack_bytes);
  }
  if (error) {
    free(keeper);
    return error;
  }
  *result = keeper;
  return 0;
}

void csb_watchdog_beat(csb_watchdog *keeper) { atomic_fetch_add(&keeper->beats, 1); }

void csb_watchdog_end(csb_watchdog *keeper) {
  kill(keeper->process, SIGKILL);
  while (waitpid(keeper->process, NULL, __WALL) < 0 && errno == EINTR) {}
  munmap(keeper->stack, stack_bytes);
  free(keeper);
}

#else

int csb_watchdog_start(pid_t program, bool in_group, const char *folder, csb_watchdog **result) {
  *result = NULL;
  return 0;
}
void csb_watchdog_beat(csb_watchdog *keeper) {}
void csb_watchdog_end(csb_watchdog *keeper) {}

#endif
