// SPDX-License-Identifier: Apache-2.0

#include "held_calls.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// Written down here, since the headers of a system may be older than its kernel.
enum {
  wait_killable = 1 << 5,  // SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, Linux 5.19
  flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | wait_killable,
  most_steps = 40,
};

// SECCOMP_IOCTL_NOTIF_SET_FLAGS with SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP, Linux 6.6: who makes a call and who lets it go
// on take turns on one processor.
#define SET_LISTENER_FLAGS SECCOMP_IOW(4, uint64_t)
enum { wake_on_same_processor = 1 };

// By which a process or thread begins.
static const int starting[] = {
    SYS_clone,
#ifdef SYS_fork
    SYS_fork,
    SYS_vfork,
#endif
};
static const int naming[] = {
    SYS_renameat2, SYS_linkat,
#ifdef SYS_renameat
    SYS_renameat,
#endif
#ifdef SYS_rename
    SYS_rename,    SYS_link,
#endif
};

enum { count_of_starting = sizeof starting / sizeof *starting };

static size_t hold(struct sock_filter *steps, size_t count, const int *calls, size_t call_count) {
  for (size_t i = 0; i < call_count; i++) {
    steps[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i], 0, 1);
    steps[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
  }
  return count;
}

bool csb_can_hold_calls(void) {
  uint32_t action = SECCOMP_RET_USER_NOTIF;
  if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) != 0) return false;
  // A kernel that knows the flags looks for the filter, which is nowhere.
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) != 0 && errno == EFAULT;
}

int csb_hold_calls(csb_holding holding) {
  struct sock_filter steps[most_steps];
  size_t count = 0;
  // What has another architecture is killed by the filter that comes after this one.
  steps[count++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  count = hold(steps, count, starting, count_of_starting);
  if (holding == csb_hold_names) count = hold(steps, count, naming, sizeof naming / sizeof *naming);
  steps[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  struct sock_fprog program = {.len = (unsigned short)count, .filter = steps};
  long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
  if (listener < 0) return -errno;
  // An older kernel does without.
  ioctl((int)listener, SET_LISTENER_FLAGS, wake_on_same_processor);
  return (int)listener;
}

int csb_take_held_call(int descriptor, csb_held_call *call) {
  struct pollfd waiting = {.fd = descriptor, .events = POLLIN};
  if (poll(&waiting, 1, 0) <= 0) return 0;
  if (!(waiting.revents & POLLIN)) return -1;
  // As large as any kernel's, and zero.
  union {
    struct seccomp_notif notification;
    char bytes[512];
  } taken;
  memset(&taken, 0, sizeof taken);
  // One that was killed since is not there any more.
  if (ioctl(descriptor, SECCOMP_IOCTL_NOTIF_RECV, &taken) != 0) return 0;
  call->id = taken.notification.id;
  call->starts_task = false;
  for (int i = 0; i < count_of_starting; i++) {
    if (taken.notification.data.nr == starting[i]) call->starts_task = true;
  }
  return 1;
}

void csb_let_go_on(int descriptor, uint64_t id) {
  union {
    struct seccomp_notif_resp response;
    char bytes[512];
  } answer;
  memset(&answer, 0, sizeof answer);
  answer.response.id = id;
  answer.response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  ioctl(descriptor, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

typedef union {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int))];
} control_message;

int csb_send_descriptor(int socket, int descriptor) {
  char byte = 0;
  struct iovec piece = {.iov_base = &byte, .iov_len = 1};
  control_message control = {
      .header = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
  memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
  struct msghdr message = {
      .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : errno;
}

int csb_receive_descriptor(int socket) {
  char byte;
  struct iovec piece = {.iov_base = &byte, .iov_len = 1};
  control_message control;
  struct msghdr message = {
      .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  ssize_t count;
  while ((count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {}
  const struct cmsghdr *first = CMSG_FIRSTHDR(&message);
  if (count != 1 || !first || first->cmsg_type != SCM_RIGHTS) return count < 0 ? -errno : -EMFILE;
  int descriptor;
  memcpy(&descriptor, CMSG_DATA(first), sizeof descriptor);
  return descriptor;
}
