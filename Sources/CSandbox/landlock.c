// SPDX-License-Identifier: Apache-2.0

#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Written down here, since the headers of a system may be older than its kernel.
typedef struct {
  uint64_t files;
  uint64_t network;
  uint64_t scopes;
} ruleset_attributes;

typedef struct {
  uint64_t allowed;
  int32_t parent;
} __attribute__((packed)) path_rule;

enum {
  file_execute = 1 << 0,
  file_write = 1 << 1,
  file_read = 1 << 2,
  folder_read = 1 << 3,
  change_tree = 0x1ff0,      // remove and make entries of every kind
  refer = 1 << 13,           // since version 2
  truncate_file = 1 << 14,   // since version 3
  device_control = 1 << 15,  // since version 5
  create_ruleset_version = 1,
  rule_path_beneath = 1,
};

static uint64_t handled_files(int version) {
  uint64_t handled = file_execute | file_write | file_read | folder_read | change_tree;
  if (version >= 2) handled |= refer;
  if (version >= 3) handled |= truncate_file;
  if (version >= 5) handled |= device_control;
  return handled;
}

int csb_landlock_version(void) {
  long version = syscall(SYS_landlock_create_ruleset, NULL, 0, create_ruleset_version);
  return version < 0 ? 0 : (int)version;
}

int csb_landlock_ruleset(int version) {
  ruleset_attributes attributes = {.files = handled_files(version)};
  if (version >= 4) attributes.network = 3;  // TCP: to bind, to connect
  if (version >= 6) attributes.scopes = 3;   // abstract sockets and signals of others
  size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  long ruleset = syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
  return ruleset < 0 ? -errno : (int)ruleset;
}

int csb_landlock_allow(int ruleset, int version, const char *path, bool writable) {
  int descriptor = open(path, O_PATH | O_CLOEXEC);
  if (descriptor < 0) return errno == ENOENT ? 0 : errno;
  uint64_t allowed = file_execute | file_read | folder_read;
  if (writable) allowed |= handled_files(version) & ~(uint64_t)device_control;
  struct stat status;
  int error = 0;
  if (fstat(descriptor, &status) != 0) error = errno;
  // A rule about a file that is no folder may not speak of folders.
  if (!S_ISDIR(status.st_mode)) allowed &= file_execute | file_read | file_write | truncate_file;
  path_rule rule = {.allowed = allowed, .parent = descriptor};
  if (!error && syscall(SYS_landlock_add_rule, ruleset, rule_path_beneath, &rule, 0) != 0) error = errno;
  close(descriptor);
  return error;
}
