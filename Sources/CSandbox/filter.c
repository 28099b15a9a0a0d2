// SPDX-License-Identifier: Apache-2.0

#include "CSandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
enum { known_architecture = AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
enum { known_architecture = AUDIT_ARCH_AARCH64 };
#endif

#if defined(__x86_64__) || defined(__aarch64__)

// Several calls a line.
// clang-format off
// What no batch program needs, and what reaches beyond itself: the kernel, the machine's state, other processes,
// the network, memory that no process is charged for.
static const int refused[] = {
  // Mounts and namespaces.
  SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_move_mount, SYS_open_tree, SYS_fsopen, SYS_fsconfig,
  SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_unshare, SYS_setns,
  // Other processes: their memory, their descriptors, their order.
  SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_process_madvise, SYS_process_mrelease, SYS_kcmp,
  SYS_pidfd_getfd, SYS_move_pages, SYS_migrate_pages, SYS_setpriority, SYS_ioprio_set,
  SYS_sched_setscheduler, SYS_sched_setparam, SYS_sched_setattr,
  // The machine: modules, kernels, clocks, names, swap, accounting.
  SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_settimeofday,
  SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_sethostname, SYS_setdomainname, SYS_swapon, SYS_swapoff,
  SYS_acct, SYS_quotactl, SYS_syslog, SYS_vhangup,
#ifdef SYS_kexec_file_load
  SYS_kexec_file_load,
#endif
#ifdef SYS_iopl
  SYS_iopl, SYS_ioperm,
#endif
  // Wide doors into the kernel.
  SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
  SYS_add_key, SYS_request_key, SYS_keyctl, SYS_fanotify_init, SYS_open_by_handle_at, SYS_name_to_handle_at,
  // The network. Pairs of sockets within the program are left.
  SYS_socket,
  // Memory that outlives processes or belongs to none.
  SYS_shmget, SYS_msgget, SYS_semget, SYS_mq_open, SYS_memfd_create,
#ifdef SYS_memfd_secret
  SYS_memfd_secret,
#endif
};

// Without namespaces, also: leaving the process group by which the program is ended, and changes to files of this
// user that Landlock does not know.
static const int refused_alone[] = {
  SYS_setsid, SYS_fchmod, SYS_fchmodat, SYS_fchown, SYS_fchownat, SYS_utimensat, SYS_setxattr, SYS_lsetxattr,
  SYS_fsetxattr,
  SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr,
#ifdef SYS_fchmodat2
  SYS_fchmodat2,
#endif
#ifdef SYS_chmod
  SYS_chmod, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat,
#endif
};
// clang-format on

enum {
  namespace_flags =
      CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET
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

static void jump(builder *filter, uint16_t test, uint32_t value, uint8_t if_so, uint8_t if_not) {
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | test | BPF_K, value, if_so, if_not));
}

static void answer(builder *filter, uint32_t action) {
  add(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

static void refuse(builder *filter, uint32_t number, int error) {
  jump(filter, BPF_JEQ, number, 0, 1);
  answer(filter, SECCOMP_RET_ERRNO | (uint32_t)error);
}

// The lower half of a call's argument, in the byte order of both processors.
static size_t argument(int number) { return offsetof(struct seccomp_data, args) + (size_t)number * 8; }

size_t csb_filter(bool alone, void *bytes, size_t capacity) {
  builder filter = {.steps = bytes, .capacity = capacity / sizeof(struct sock_filter)};
  const uint32_t denied = SECCOMP_RET_ERRNO | EPERM;

  load(&filter, offsetof(struct seccomp_data, arch));
  jump(&filter, BPF_JEQ, (uint32_t)known_architecture, 1, 0);
  answer(&filter, SECCOMP_RET_KILL_PROCESS);
  load(&filter, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
  // The calls of x32 have the same meaning under other numbers.
  jump(&filter, BPF_JGE, 0x40000000, 0, 1);
  answer(&filter, SECCOMP_RET_ERRNO | ENOSYS);
#endif
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) refuse(&filter, (uint32_t)refused[i], EPERM);
  if (alone) {
    for (size_t i = 0; i < sizeof refused_alone / sizeof *refused_alone; i++) {
      refuse(&filter, (uint32_t)refused_alone[i], EPERM);
    }
  }
  // Said to be done and not done: compilers that start others put them into groups and take a refusal for a failure.
  if (alone) refuse(&filter, SYS_setpgid, 0);
  // Its flags lie in memory, where a filter cannot look; the C library then uses clone.
  refuse(&filter, SYS_clone3, ENOSYS);
  // A program may set its own limits and processors, not another process's.
  jump(&filter, BPF_JEQ, SYS_prlimit64, 1, 0);
  jump(&filter, BPF_JEQ, SYS_sched_setaffinity, 0, 3);
  load(&filter, argument(0));
  jump(&filter, BPF_JEQ, 0, 4, 0);
  answer(&filter, denied);
  jump(&filter, BPF_JEQ, SYS_clone, 0, 2);
  load(&filter, argument(0));
  jump(&filter, BPF_JSET, namespace_flags, 1, 0);
  answer(&filter, SECCOMP_RET_ALLOW);
  answer(&filter, denied);
  return filter.count <= filter.capacity ? filter.count * sizeof(struct sock_filter) : 0;
}

#else

size_t csb_filter(bool alone, void *bytes, size_t capacity) { return 0; }

#endif
