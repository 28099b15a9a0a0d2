// SPDX-License-Identifier: Apache-2.0

#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int csb_process_descriptor(pid_t process) {
  long descriptor = syscall(SYS_pidfd_open, process, 0);
  return descriptor < 0 ? -errno : (int)descriptor;
}

bool csb_shares_memory(pid_t one, pid_t other) {
  const int compare_memory = 1;  // KCMP_VM
  return syscall(SYS_kcmp, one, other, compare_memory, 0, 0) == 0;
}

int csb_memory_file(const void *bytes, size_t count) {
  int writer = memfd_create("program", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (writer < 0) return -errno;
  const char *rest = bytes;
  while (count > 0) {
    ssize_t written = write(writer, rest, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      int error = written < 0 ? errno : ENOSPC;
      close(writer);
      return -error;
    }
    rest += written;
    count -= (size_t)written;
  }
  lseek(writer, 0, SEEK_SET);
  if (fcntl(writer, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
    int error = errno;
    close(writer);
    return -error;
  }
  return writer;
}

int csb_pipe(int *read_end, int *write_end) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return errno;
  // The flag belongs to the end: the program's own end waits as pipes do.
  if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
    int error = errno;
    close(ends[0]);
    close(ends[1]);
    return error;
  }
  *read_end = ends[0];
  *write_end = ends[1];
  return 0;
}
