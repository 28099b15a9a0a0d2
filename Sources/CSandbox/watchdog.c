// SPDX-License-Identifier: Apache-2.0

#include "watchdog.h"
#include "system_call.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

enum {
  look_nanoseconds = 50 * 1000 * 1000,
  // A pause of the watchdog itself after which the machine, or the container, counts as suspended. Nothing that a
  // program does lets the watchdog wait that long: it looks at nothing of the program's.
  longest_pause = 1000 * 1000 * 1000,
};

static int64_t now(void) {
  struct timespec time;
  call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&time, 0, 0);
  return (int64_t)time.tv_sec * 1000 * 1000 * 1000 + time.tv_nsec;
}

// Program time, without suspensions. A suspension is taken note of in this order: sum, then beginning. A reader between
// the two finds too little, never too much.
static int64_t elapsed(const csb_watchdog *watchdog) {
  int64_t began = atomic_load(&watchdog->began);
  if (began == 0) return 0;
  int64_t since = atomic_load(&watchdog->suspended_since);
  return (since ? since : now()) - began - atomic_load(&watchdog->suspended);
}

static void suspend_with(csb_watchdog *watchdog, bool is_suspended) {
  int64_t since = atomic_load(&watchdog->suspended_since);
  if (is_suspended && !since) {
    csb_note_stopped(watchdog);
    csb_stop_program(watchdog);
    atomic_store(&watchdog->suspended_since, now());
  } else if (is_suspended) {
    // Again and again: among processes that start others, one may have been missed.
    csb_stop_program(watchdog);
  } else if (!is_suspended && since) {
    atomic_fetch_add(&watchdog->suspended, now() - since);
    atomic_store(&watchdog->suspended_since, 0);
    csb_continue_program(watchdog);
  }
}

// `pause`: how long the watchdog has rested.
static void look(csb_watchdog *watchdog, int64_t pause) {
  bool is_suspended = atomic_load(&watchdog->suspended_since) != 0;
  if (pause > longest_pause && !is_suspended) atomic_fetch_add(&watchdog->suspended, pause);
  suspend_with(watchdog, csb_is_stopped(watchdog->parent, watchdog->watcher));
  if (elapsed(watchdog) > watchdog->wall_limit) {
    atomic_store(&watchdog->has_ended_program, true);
    csb_kill_program(watchdog);
  }
}

static void pause_for(long milliseconds) {
  struct timespec time = {.tv_nsec = milliseconds * 1000 * 1000};
  call(SYS_nanosleep, (long)&time, 0, 0, 0);
}

static void remove_group(const char *path) {
  char file[PATH_MAX + 16];
  strcpy(file, path);
  strcat(file, "/cgroup.kill");
  long killing = call(SYS_openat, AT_FDCWD, (long)file, O_WRONLY | O_CLOEXEC, 0);
  if (killing >= 0) {
    call(SYS_write, killing, (long)"1", 1, 0);
    call(SYS_close, killing, 0, 0, 0);
  }
  // It is in use until the last process in it is gone.
  for (int tries = 0; tries < 200; tries++) {
    if (call(SYS_unlinkat, AT_FDCWD, (long)path, AT_REMOVEDIR, 0) != -EBUSY) return;
    pause_for(10);
  }
}

static void remove_kept(const csb_watchdog *watchdog) {
  if (watchdog->group[0]) remove_group(watchdog->group);
  if (watchdog->folder[0]) csb_remove_tree(watchdog->folder);
}

static int keep(void *argument) {
  csb_watchdog *watchdog = argument;
  // Not in the group that a terminal suspends, and holding nothing open that somebody waits for.
  call(SYS_setsid, 0, 0, 0, 0);
  if (watchdog->status > 0) call(SYS_close_range, 0, watchdog->status - 1, 0, 0);
  call(SYS_close_range, watchdog->status + 1, ~0U, 0, 0);
  call(SYS_chdir, (long)"/", 0, 0, 0);
  call(SYS_prctl, PR_SET_NAME, (long)"watchdog", 0, 0);
  while (call(SYS_getppid, 0, 0, 0, 0) == watchdog->parent && !atomic_load(&watchdog->is_over)) {
    int64_t before = now();
    struct timespec time = {.tv_nsec = look_nanoseconds};
    call(SYS_futex, (long)&watchdog->is_over, FUTEX_WAIT, 0, (long)&time);
    atomic_store(&watchdog->is_looking, true);
    if (atomic_load(&watchdog->program)) look(watchdog, now() - before);
    atomic_store(&watchdog->is_looking, false);
  }
  if (!atomic_load(&watchdog->is_over)) {
    // The process has ended, killed perhaps. What it started ends too.
    for (int tries = 0; tries < 200 && csb_kill_orphans(watchdog); tries++) pause_for(10);
  }
  remove_kept(watchdog);
  call(SYS_exit_group, 0, 0, 0, 0);
  return 0;
}

int csb_watchdog_start(int status, double wall_seconds, csb_watchdog **result) {
  csb_watchdog *watchdog = mmap(NULL, sizeof *watchdog, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (watchdog == MAP_FAILED) return errno;
  watchdog->parent = getpid();
  watchdog->status = status;
  watchdog->in_group = status < 0;
  watchdog->wall_limit = wall_seconds < 1e9 ? (int64_t)(wall_seconds * 1e9) : INT64_MAX;
  // It is to be ended by one signal alone, and by nobody's handlers.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  // It shares the memory, so that it costs none. No signal at its end: whoever waits for any child does not meet it.
  watchdog->process = clone(keep, watchdog->stack + sizeof watchdog->stack, CLONE_VM, watchdog);
  int error = watchdog->process < 0 ? errno : 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error) {
    munmap(watchdog, sizeof *watchdog);
    return error;
  }
  *result = watchdog;
  return 0;
}

static int keep_path(char *kept, const char *path) {
  if (strlen(path) >= PATH_MAX) return ENAMETOOLONG;
  strcpy(kept, path);
  return 0;
}

int csb_watchdog_keep_folder(csb_watchdog *watchdog, const char *path) { return keep_path(watchdog->folder, path); }

int csb_watchdog_keep_group(csb_watchdog *watchdog, const char *path) { return keep_path(watchdog->group, path); }

void csb_watchdog_note_program(csb_watchdog *watchdog, pid_t watcher, pid_t program) {
  watchdog->watcher = watcher;
  atomic_store(&watchdog->began, now());
  atomic_store(&watchdog->program, program);
}

double csb_watchdog_elapsed(const csb_watchdog *watchdog) { return (double)elapsed(watchdog) / 1e9; }

bool csb_watchdog_has_ended_program(const csb_watchdog *watchdog) { return atomic_load(&watchdog->has_ended_program); }

bool csb_watchdog_is_alive(const csb_watchdog *watchdog) {
  siginfo_t ended = {0};
  int options = WEXITED | WNOHANG | WNOWAIT | __WALL;
  return waitid(P_PID, (id_t)watchdog->process, &ended, options) == 0 && ended.si_pid == 0;
}

void csb_watchdog_release(csb_watchdog *watchdog) {
  atomic_store(&watchdog->program, 0);
  while (atomic_load(&watchdog->is_looking) && csb_watchdog_is_alive(watchdog)) sched_yield();
}

void csb_watchdog_end(csb_watchdog *watchdog) {
  if (watchdog->process == 0) return;
  atomic_store(&watchdog->is_over, 1);
  syscall(SYS_futex, &watchdog->is_over, FUTEX_WAKE, 1, NULL);
  int status = 0;
  while (waitpid(watchdog->process, &status, __WALL) < 0 && errno == EINTR) {}
  watchdog->process = 0;
  // Killed by somebody: what it kept is nobody's.
  if (!WIFEXITED(status)) remove_kept(watchdog);
}

void csb_watchdog_free(csb_watchdog *watchdog) {
  csb_watchdog_end(watchdog);
  munmap(watchdog, sizeof *watchdog);
}
