// SPDX-License-Identifier: Apache-2.0

#include "held_calls.h"
#include "watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <linux/seccomp.h>
#include <linux/filter.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// A descriptor's double, out of the way of those that are placed.
static int moved_away(const csb_launch *launch, int descriptor) {
  int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, launch->descriptor_count);
  // fcntl's error where no number that high is allowed.
  if (moved < 0 && errno == EINVAL) errno = EMFILE;
  return moved;
}

static int place_descriptors(const csb_launch *launch) {
  int moved[32];
  if (launch->descriptor_count > 32) return EINVAL;
  for (int i = 0; i < launch->descriptor_count; i++) {
    moved[i] = moved_away(launch, launch->descriptors[i]);
    if (moved[i] < 0) return errno;
  }
  for (int i = 0; i < launch->descriptor_count; i++) {
    if (dup2(moved[i], i) < 0) return errno;
  }
  // Marked rather than closed: the Landlock rules are still needed.
  if (syscall(SYS_close_range, launch->descriptor_count, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return errno;
  return 0;
}

static int set_limits(const csb_launch *launch) {
  for (int i = 0; i < launch->limit_count; i++) {
    struct rlimit limit;
    if (getrlimit(launch->limits[i].resource, &limit) != 0) return errno;
    rlim_t value = (rlim_t)launch->limits[i].value;
    if (limit.rlim_max != RLIM_INFINITY && value > limit.rlim_max) value = limit.rlim_max;
    limit.rlim_cur = limit.rlim_max = value;
    if (setrlimit(launch->limits[i].resource, &limit) != 0) return errno;
  }
  return 0;
}

// Where memory runs out, the kernel ends the program before anything else. Raising this needs no privilege; it is left
// as it is where the kernel has no such file.
static void offer_to_memory_killer(void) {
  int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  ssize_t ignored = write(file, "1000", 4);
  (void)ignored;
  close(file);
}

// Moves this process into a control group.
static int join_group(const char *folder) {
  if (!folder) return 0;
  int group = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (group < 0) return errno;
  int processes = openat(group, "cgroup.procs", O_WRONLY | O_CLOEXEC);
  int error = processes < 0 || write(processes, "0", 1) != 1 ? errno : 0;
  close(group);
  if (processes >= 0) close(processes);
  return error;
}

// Root that becomes somebody else loses its capabilities by that.
// The system calls themselves: the C library's functions would tell the other threads of the process.
static int become_user(uint32_t user) {
  if (user == 0) return 0;
  if (syscall(SYS_setgroups, 0, NULL) != 0) return errno;
  if (syscall(SYS_setresgid, user, user, user) != 0) return errno;
  if (syscall(SYS_setresuid, user, user, user) != 0) return errno;
  return 0;
}

// Has calls held from here on, and hands over the descriptor by which they are taken.
static int hold_calls(const csb_launch *launch, int socket) {
  if (launch->holding == csb_hold_nothing) return 0;
  int descriptor = csb_hold_calls(launch->holding);
  if (descriptor < 0) return -descriptor;
  int error = csb_send_descriptor(socket, descriptor);
  close(descriptor);
  return error;
}

// Runs between fork and exec, with the parent's memory: async-signal-safe calls only. Returns why it failed.
// `socket`: where to hand over the descriptor of held calls.
static int become_program(const csb_launch *launch, pid_t parent, pid_t watcher, int socket) {
  struct sigaction plain = {.sa_handler = SIG_DFL};
  for (int number = 1; number < NSIG; number++) sigaction(number, &plain, NULL);
  setsid();
  csb_watchdog_note_program(launch->watchdog, watcher, getpid());
  umask(022);

  int error = join_group(launch->group);
  if (error) return error;
  int ruleset = launch->ruleset < 0 ? -1 : moved_away(launch, launch->ruleset);
  if (launch->ruleset >= 0 && ruleset < 0) return errno;
  if (socket >= 0 && (socket = moved_away(launch, socket)) < 0) return errno;
  if ((error = place_descriptors(launch))) return error;
  if (launch->folder && chdir(launch->folder) != 0) return errno;
  bool restricted = ruleset >= 0 || launch->filter || launch->holding != csb_hold_nothing;
  if (restricted && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  // Both before the limit of open files, which this process may be beyond. The second also before the change of user,
  // which closes the file.
  if ((error = hold_calls(launch, socket))) return error;
  offer_to_memory_killer();
  if ((error = set_limits(launch))) return error;
  if ((error = become_user(launch->user))) return error;
  // After the change of user, which forgets it.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return errno;
  if (getppid() != parent) return ESRCH;

  if (ruleset >= 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) return errno;
  // Before the filter, and so that it survives exec in no form but the default.
  sigset_t nothing;
  sigemptyset(&nothing);
  sigprocmask(SIG_SETMASK, &nothing, NULL);
  if (launch->filter) {
    struct sock_fprog program = {
        .len = (unsigned short)(launch->filter_bytes / sizeof(struct sock_filter)),
        .filter = (struct sock_filter *)launch->filter,
    };
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) return errno;
  }
  execve(launch->path, launch->arguments, launch->environment);
  return errno;
}

// Waits for a child that became no program.
static void forget(const csb_launch *launch, pid_t child) {
  csb_watchdog_release(launch->watchdog);
  while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
}

// The child shares memory until it becomes the program: a parent of many gigabytes starts one as fast as a small one.
static int spawn_sharing_memory(const csb_launch *launch, pid_t *process, int socket) {
  pid_t parent = getpid(), watcher = gettid();
  volatile int failure = 0;
  pid_t child = vfork();
  if (child == 0) {
    failure = become_program(launch, parent, watcher, socket);
    _exit(127);
  }
  if (child < 0) return errno;
  if (failure) {
    forget(launch, child);
    return failure;
  }
  *process = child;
  return 0;
}

// A change of user also changes what may be done to the memory, so that it must be the child's own.
static int spawn_as_other(const csb_launch *launch, pid_t *process, int socket) {
  pid_t parent = getpid(), watcher = gettid();
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return errno;
  pid_t child = fork();
  if (child == 0) {
    int told = moved_away(launch, ends[1]);
    int failure = told < 0 ? errno : become_program(launch, parent, watcher, socket);
    ssize_t ignored = write(told < 0 ? ends[1] : told, &failure, sizeof failure);
    (void)ignored;
    _exit(127);
  }
  int error = child < 0 ? errno : 0;
  close(ends[1]);
  if (child > 0) {
    ssize_t count;
    while ((count = read(ends[0], &error, sizeof error)) < 0 && errno == EINTR) {}
    if (count != sizeof error) error = 0;
    if (error) forget(launch, child);
    if (!error) *process = child;
  }
  close(ends[0]);
  return error;
}

static int spawn(const csb_launch *launch, pid_t *process, int socket) {
  // A signal that arrives in the child must not run the parent's handlers on the parent's memory.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error =
      launch->user == 0 ? spawn_sharing_memory(launch, process, socket) : spawn_as_other(launch, process, socket);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}

int csb_spawn(const csb_launch *launch, pid_t *process, int *held_calls) {
  *held_calls = -1;
  if (launch->holding == csb_hold_nothing) return spawn(launch, process, -1);
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return errno;
  int error = spawn(launch, process, ends[1]);
  if (!error) {
    // Sent before the program was begun.
    *held_calls = csb_receive_descriptor(ends[0]);
    if (*held_calls < 0) {
      error = -*held_calls;
      kill(*process, SIGKILL);
      forget(launch, *process);
    }
  }
  close(ends[0]);
  close(ends[1]);
  return error;
}
