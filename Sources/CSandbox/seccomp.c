// SPDX-License-Identifier: Apache-2.0

#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
enum { known_architecture = AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
enum { known_architecture = AUDIT_ARCH_AARCH64 };
#endif

#if defined(__x86_64__) || defined(__aarch64__)

// The last call that was looked at when this list was made (cachestat, Linux 6.5). Of what is newer nobody here knows
// what it does: the C library is told that the kernel does not have it, and uses what it used before.
enum { last_known_call = 451 };

// Several calls a line.
// clang-format off
// The calls that batch programs, interpreters and compilers need. All others are refused: mounts and namespaces, other
// processes' memory and order, the machine's clocks, names and modules, wide doors into the kernel (io_uring, bpf,
// keys, kernel AIO), sockets, watches on files, and memory that no process is charged for (System V, memfd, vmsplice,
// splice, attributes of files, descriptors on their way through a socket).
static const int allowed[] = {
  // Files.
  SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_preadv, SYS_pwritev, SYS_preadv2,
  SYS_pwritev2, SYS_close, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_lseek, SYS_dup, SYS_dup3,
  SYS_pipe2, SYS_copy_file_range, SYS_flock, SYS_fsync, SYS_fdatasync, SYS_truncate,
  SYS_ftruncate, SYS_fadvise64, SYS_readahead, SYS_getdents64, SYS_getcwd, SYS_chdir, SYS_fchdir,
  SYS_openat, SYS_faccessat, SYS_readlinkat, SYS_renameat2, SYS_mkdirat, SYS_mknodat, SYS_linkat,
  SYS_unlinkat, SYS_symlinkat, SYS_umask, SYS_statfs, SYS_fstatfs, SYS_getxattr, SYS_lgetxattr, SYS_fgetxattr,
  SYS_listxattr, SYS_llistxattr, SYS_flistxattr,
#ifdef SYS_openat2
  SYS_openat2,
#endif
#ifdef SYS_faccessat2
  SYS_faccessat2,
#endif
#ifdef SYS_renameat
  SYS_renameat,
#endif
#ifdef SYS_open
  SYS_open, SYS_creat, SYS_stat, SYS_lstat, SYS_access, SYS_pipe, SYS_dup2, SYS_getdents, SYS_rename, SYS_mkdir,
  SYS_rmdir, SYS_mknod, SYS_link, SYS_unlink, SYS_symlink, SYS_readlink,
#endif
  // Memory.
  SYS_munmap, SYS_mprotect, SYS_brk, SYS_mremap, SYS_madvise, SYS_msync, SYS_mincore, SYS_membarrier,
  SYS_get_mempolicy, SYS_pkey_mprotect, SYS_pkey_alloc, SYS_pkey_free,
  // Processes and threads.
  SYS_execve, SYS_execveat, SYS_exit, SYS_exit_group, SYS_wait4, SYS_waitid, SYS_kill, SYS_tkill, SYS_tgkill,
  SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigpending, SYS_rt_sigtimedwait, SYS_rt_sigsuspend,
  SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_sigaltstack, SYS_restart_syscall, SYS_set_tid_address,
  SYS_set_robust_list, SYS_get_robust_list, SYS_futex, SYS_sched_yield, SYS_sched_getaffinity,
  SYS_sched_getscheduler, SYS_sched_getparam, SYS_sched_getattr, SYS_sched_get_priority_max,
  SYS_sched_get_priority_min, SYS_sched_rr_get_interval, SYS_getpriority, SYS_getpid, SYS_getppid, SYS_gettid,
  SYS_getpgid, SYS_getsid, SYS_getrlimit, SYS_setrlimit, SYS_getrusage, SYS_times, SYS_capget, SYS_capset, SYS_getuid,
  SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getresuid, SYS_getresgid, SYS_getgroups, SYS_setuid, SYS_setgid,
  SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setgroups, SYS_pidfd_open, SYS_pidfd_send_signal,
#ifdef SYS_rseq
  SYS_rseq,
#endif
#ifdef SYS_futex_waitv
  SYS_futex_waitv,
#endif
#ifdef SYS_fork
  SYS_fork, SYS_vfork, SYS_getpgrp, SYS_arch_prctl,
#endif
  // Waiting and time.
  SYS_ppoll, SYS_pselect6, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_eventfd2, SYS_signalfd4,
  SYS_timerfd_create, SYS_timerfd_settime, SYS_timerfd_gettime, SYS_timer_create, SYS_timer_settime,
  SYS_timer_gettime, SYS_timer_getoverrun, SYS_timer_delete, SYS_getitimer, SYS_setitimer, SYS_nanosleep,
  SYS_clock_nanosleep, SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday,
#ifdef SYS_epoll_pwait2
  SYS_epoll_pwait2,
#endif
#ifdef SYS_poll
  SYS_poll, SYS_select, SYS_epoll_create, SYS_epoll_wait, SYS_eventfd, SYS_signalfd, SYS_alarm, SYS_pause, SYS_time,
#endif
  // About the machine.
  SYS_uname, SYS_sysinfo, SYS_getcpu, SYS_getrandom,
  // Within a pair of sockets.
  SYS_sendto, SYS_recvfrom, SYS_shutdown, SYS_getsockopt, SYS_getsockname, SYS_getpeername,
};

// In namespaces only. Without them, they would leave the process group by which the program is ended, or change what
// Landlock does not know of this user's files.
static const int allowed_in_namespaces[] = {
  SYS_setsid, SYS_setpgid, SYS_fchmod, SYS_fchmodat, SYS_fchown, SYS_fchownat, SYS_utimensat,
#ifdef SYS_chmod
  SYS_chmod, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat,
#endif
};

// What prctl is asked by programs that mean well, and by the tool that changes the user.
static const int allowed_of_process[] = {
  PR_SET_NAME, PR_GET_NAME, PR_GET_PDEATHSIG, PR_GET_CHILD_SUBREAPER, PR_GET_DUMPABLE, PR_GET_KEEPCAPS, PR_SET_KEEPCAPS,
  PR_CAPBSET_READ, PR_CAP_AMBIENT, PR_GET_SECUREBITS, PR_GET_SECCOMP, PR_GET_NO_NEW_PRIVS, PR_SET_NO_NEW_PRIVS,
  PR_GET_TIMERSLACK, PR_SET_TIMERSLACK, PR_GET_THP_DISABLE, PR_SET_THP_DISABLE,
};
// clang-format on

enum {
  namespace_flags =
      CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET,
  socket_type = 0xf,
  ioctl_type = 0xff00,
  ioctl_of_terminals = 'T' << 8,
};

typedef struct {
  struct sock_filter *steps;
  size_t count, capacity;
} builder;

static void add(builder *filter, struct sock_filter step) {
  if (filter->count < filter->capacity) filter->steps[filter->count] = step;
  filter->count++;
}

static void load(builder *filter, size_t offset) {
  add(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void mask(builder *filter, uint32_t bits) {
  add(filter, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits));
}

static void jump(builder *filter, uint16_t test, uint32_t value, uint8_t if_so, uint8_t if_not) {
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | test | BPF_K, value, if_so, if_not));
}

static void answer(builder *filter, uint32_t action) {
  add(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

static void answer_if(builder *filter, uint32_t value, uint32_t action) {
  jump(filter, BPF_JEQ, value, 0, 1);
  answer(filter, action);
}

// The lower half of a call's argument, in the byte order of both processors.
static size_t argument(int number) { return offsetof(struct seccomp_data, args) + (size_t)number * 8; }

// Begins what is said of one call; `finish` ends it. Between them, each way must end in an answer.
static size_t begin(builder *filter, uint32_t call) {
  jump(filter, BPF_JEQ, call, 0, 0);
  return filter->count - 1;
}

static void finish(builder *filter, size_t begun) {
  if (filter->count <= filter->capacity) filter->steps[begun].jf = (uint8_t)(filter->count - begun - 1);
}

// Calls that are allowed or not for what they are given.
static void judge_arguments(builder *filter, bool alone) {
  const uint32_t allow = SECCOMP_RET_ALLOW;
  const uint32_t denied = SECCOMP_RET_ERRNO | EPERM;

  // Threads and processes, but no namespaces. The threads of a process have the same files, which are counted once.
  size_t begun = begin(filter, SYS_clone);
  load(filter, argument(0));
  jump(filter, BPF_JSET, namespace_flags, 0, 1);
  answer(filter, denied);
  mask(filter, CLONE_THREAD | CLONE_FILES);
  answer_if(filter, CLONE_THREAD, denied);
  answer(filter, allow);
  finish(filter, begun);
  begun = begin(filter, SYS_close_range);
  load(filter, argument(2));
  jump(filter, BPF_JSET, CLOSE_RANGE_UNSHARE, 0, 1);
  answer(filter, denied);
  answer(filter, allow);
  finish(filter, begun);
  // Its flags lie in memory, where a filter cannot look; the C library then uses clone.
  answer_if(filter, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);

  // Pages that are moved into a pipe are no process's. Libraries copy instead where a kernel does not have these.
  const uint32_t moves[] = {SYS_splice, SYS_tee, SYS_vmsplice, SYS_sendfile};
  for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
    answer_if(filter, moves[i], SECCOMP_RET_ERRNO | ENOSYS);
  }

  // A program may set its own limits and processors, not another process's.
  const uint32_t own[] = {SYS_prlimit64, SYS_sched_setaffinity};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
    begun = begin(filter, own[i]);
    load(filter, argument(0));
    answer_if(filter, 0, allow);
    answer(filter, denied);
    finish(filter, begun);
  }

  // Shared memory without a file is resident in no process once it is let go of, and stays. Huge pages of the
  // machine's pool are resident in none at all.
  begun = begin(filter, SYS_mmap);
  load(filter, argument(3));
  jump(filter, BPF_JSET, MAP_HUGETLB, 0, 1);
  answer(filter, denied);
  mask(filter, MAP_TYPE | MAP_ANONYMOUS);
  answer_if(filter, MAP_SHARED | MAP_ANONYMOUS, denied);
  answer_if(filter, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, denied);
  answer(filter, allow);
  finish(filter, begun);

  // A pair of datagram sockets could send to any socket that has a path.
  begun = begin(filter, SYS_socketpair);
  load(filter, argument(0));
  jump(filter, BPF_JEQ, AF_UNIX, 1, 0);
  answer(filter, denied);
  load(filter, argument(1));
  mask(filter, socket_type);
  answer_if(filter, SOCK_STREAM, allow);
  answer(filter, denied);
  finish(filter, begun);

  // Children that nobody waits for take their processor time with them.
  begun = begin(filter, SYS_rt_sigaction);
  load(filter, argument(0));
  jump(filter, BPF_JEQ, SIGCHLD, 1, 0);
  answer(filter, allow);
  load(filter, argument(1));
  jump(filter, BPF_JEQ, 0, 1, 0);
  answer(filter, denied);
  load(filter, argument(1) + 4);
  answer_if(filter, 0, allow);
  answer(filter, denied);
  finish(filter, begun);

  // Locks of ranges are the kernel's memory, and as many as one likes.
  begun = begin(filter, SYS_fcntl);
  load(filter, argument(1));
  const uint32_t locks[] = {F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW};
  for (size_t i = 0; i < sizeof locks / sizeof *locks; i++) {
    answer_if(filter, locks[i], SECCOMP_RET_ERRNO | ENOLCK);
  }
  // Pipes are counted, not what they hold, of which the kernel bounds the sum for a user.
  answer_if(filter, F_SETPIPE_SZ, denied);
  // Signals to whoever a descriptor names.
  answer_if(filter, F_SETOWN, denied);
  answer_if(filter, F_SETOWN_EX, denied);
  // Watches on folders, and files that nobody else can write for a while.
  answer_if(filter, F_NOTIFY, denied);
  answer_if(filter, F_SETLEASE, denied);
  answer(filter, allow);
  finish(filter, begun);

  // What terminals, pipes and sockets are asked. The flags of files are not the program's to change, and a socket's
  // owner would get signals.
  begun = begin(filter, SYS_ioctl);
  load(filter, argument(1));
  mask(filter, ioctl_type);
  answer_if(filter, ioctl_of_terminals, allow);
  answer(filter, SECCOMP_RET_ERRNO | ENOTTY);
  finish(filter, begun);

  // Among all else are tables of the kernel's of any size (PR_FUTEX_HASH).
  begun = begin(filter, SYS_prctl);
  load(filter, argument(0));
  for (size_t i = 0; i < sizeof allowed_of_process / sizeof *allowed_of_process; i++) {
    answer_if(filter, (uint32_t)allowed_of_process[i], allow);
  }
  // Its watcher may look at it.
  answer_if(filter, PR_SET_DUMPABLE, denied);
  // It dies with its watcher.
  const uint32_t ending[] = {PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER};
  for (size_t i = 0; i < sizeof ending / sizeof *ending; i++) answer_if(filter, ending[i], alone ? denied : allow);
  answer(filter, SECCOMP_RET_ERRNO | EINVAL);
  finish(filter, begun);

  // On a disk, any number of files is there at once and fills it between two looks. The C library writes instead.
  answer_if(filter, SYS_fallocate, alone ? SECCOMP_RET_ERRNO | EOPNOTSUPP : allow);

  // Said to be done and not done: compilers that start others put them into groups and take a refusal for a failure.
  if (alone) answer_if(filter, SYS_setpgid, SECCOMP_RET_ERRNO | 0);
}

size_t csb_filter(bool alone, void *bytes, size_t capacity) {
  builder filter = {.steps = bytes, .capacity = capacity / sizeof(struct sock_filter)};

  load(&filter, offsetof(struct seccomp_data, arch));
  jump(&filter, BPF_JEQ, (uint32_t)known_architecture, 1, 0);
  answer(&filter, SECCOMP_RET_KILL_PROCESS);
  load(&filter, offsetof(struct seccomp_data, nr));
  // Newer than this list, or of x32, whose calls have the same meaning under other numbers.
  jump(&filter, BPF_JGT, last_known_call, 0, 1);
  answer(&filter, SECCOMP_RET_ERRNO | ENOSYS);
  for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
    answer_if(&filter, (uint32_t)allowed[i], SECCOMP_RET_ALLOW);
  }
  if (!alone) {
    for (size_t i = 0; i < sizeof allowed_in_namespaces / sizeof *allowed_in_namespaces; i++) {
      answer_if(&filter, (uint32_t)allowed_in_namespaces[i], SECCOMP_RET_ALLOW);
    }
  }
  judge_arguments(&filter, alone);
  answer(&filter, SECCOMP_RET_ERRNO | EPERM);
  return filter.count <= filter.capacity ? filter.count * sizeof(struct sock_filter) : 0;
}

#else

size_t csb_filter(bool alone, void *bytes, size_t capacity) { return 0; }

#endif
