// SPDX-License-Identifier: Apache-2.0

#include "CSandbox.h"
#include "system_call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Removing makes system calls only, no calls of the C library: it is the watchdog's work.

typedef struct {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[];
} folder_entry;

// Counting takes more at a time: the program may be adding to the folder, and holds it then.
enum { entries_at_a_time = 4096, counted_at_a_time = 16 << 10, names_to_try = 1000 };

static bool is_dots(const char *name) { return !strcmp(name, ".") || !strcmp(name, ".."); }

// ".moved-N"
static void number_name(char *name, unsigned long number) {
  char digits[24];
  int count = 0;
  do {
    digits[count++] = (char)('0' + number % 10);
  } while ((number /= 10) > 0);
  memcpy(name, ".moved-", 7);
  name += 7;
  while (count > 0) *name++ = digits[--count];
  *name = 0;
}

static int open_folder(int parent, const char *name) {
  return (int)call(SYS_openat, parent, (long)name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
}

static bool remove_entry(int folder, const char *name, int flags) {
  return call(SYS_unlinkat, folder, (long)name, flags, 0) == 0;
}

static void open_to_owner(int folder, const char *name) { call(SYS_fchmodat, folder, (long)name, 0700, 0); }

// The next entries of a folder; 0 if there are none.
static long next_entries(int folder, char *entries, long capacity) {
  long count = call(SYS_getdents64, folder, (long)entries, capacity, 0);
  return count > 0 ? count : 0;
}

// Removes what is in a folder, or moves what is a folder itself up to `top`. Returns whether anything was done.
static bool empty_into(int top, int folder, unsigned long *moved) {
  char entries[entries_at_a_time] __attribute__((aligned(8)));
  bool is_changed = false;
  long count;
  while ((count = next_entries(folder, entries, sizeof entries)) > 0) {
    for (long at = 0; at < count;) {
      const folder_entry *entry = (const folder_entry *)(entries + at);
      at += entry->length;
      if (is_dots(entry->name)) continue;
      if (remove_entry(folder, entry->name, 0)) {
        is_changed = true;
        continue;
      }
      // A folder can be moved by whoever may write in it.
      open_to_owner(folder, entry->name);
      for (int tried = 0; tried < names_to_try; tried++) {
        char name[40];
        number_name(name, (*moved)++);
        long error = call(SYS_renameat2, folder, (long)entry->name, top, (long)name);
        if (error == 0) is_changed = true;
        if (error != -EEXIST && error != -ENOTEMPTY) break;
      }
    }
  }
  return is_changed;
}

// One descriptor besides the top's at any depth: what is deep is moved up, level by level.
int csb_remove_tree(const char *path) {
  open_to_owner(AT_FDCWD, path);
  int top = open_folder(AT_FDCWD, path);
  if (top < 0) return -top;
  char entries[entries_at_a_time] __attribute__((aligned(8)));
  unsigned long moved = 0;
  bool is_changed = true;
  while (is_changed) {
    is_changed = false;
    call(SYS_lseek, top, 0, SEEK_SET, 0);
    long count;
    while ((count = next_entries(top, entries, sizeof entries)) > 0) {
      for (long at = 0; at < count;) {
        const folder_entry *entry = (const folder_entry *)(entries + at);
        at += entry->length;
        if (is_dots(entry->name)) continue;
        if (remove_entry(top, entry->name, 0) || remove_entry(top, entry->name, AT_REMOVEDIR)) {
          is_changed = true;
          continue;
        }
        open_to_owner(top, entry->name);
        int folder = open_folder(top, entry->name);
        if (folder < 0) continue;
        if (empty_into(top, folder, &moved)) is_changed = true;
        call(SYS_close, folder, 0, 0, 0);
        if (remove_entry(top, entry->name, AT_REMOVEDIR)) is_changed = true;
      }
    }
  }
  call(SYS_close, top, 0, 0, 0);
  return (int)-call(SYS_unlinkat, AT_FDCWD, (long)path, AT_REMOVEDIR, 0);
}

typedef struct {
  csb_file *files;
  int most, count;
  // Something was listed and then not found.
  bool is_disturbed;
} census;

// Counts what is below an open folder, which is closed. Returns false beyond counting.
static bool count_folder(census *census, int folder, int depth_left) {
  char entries[counted_at_a_time] __attribute__((aligned(8)));
  bool is_counted = true;
  long count;
  while (is_counted && (count = next_entries(folder, entries, sizeof entries)) > 0) {
    for (long at = 0; is_counted && at < count;) {
      const folder_entry *entry = (const folder_entry *)(entries + at);
      at += entry->length;
      if (is_dots(entry->name)) continue;
      struct stat status;
      if (fstatat(folder, entry->name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        census->is_disturbed = true;
        continue;
      }
      if (census->count >= census->most) {
        is_counted = false;
        break;
      }
      census->files[census->count++] = (csb_file){.number = status.st_ino, .bytes = (int64_t)status.st_blocks * 512};
      if (!S_ISDIR(status.st_mode)) continue;
      int inner = open_folder(folder, entry->name);
      if (inner < 0) {
        if (inner == -EACCES) is_counted = false;
        census->is_disturbed = true;
      } else if (depth_left > 0) {
        is_counted = count_folder(census, inner, depth_left - 1);
      } else {
        close(inner);
        is_counted = false;
      }
    }
  }
  close(folder);
  return is_counted;
}

int csb_files_below(const char *path, int most_depth, csb_file *files, int most_files, bool *is_disturbed) {
  int folder = open_folder(AT_FDCWD, path);
  if (folder < 0) return 0;
  census census = {.files = files, .most = most_files};
  bool is_counted = count_folder(&census, folder, most_depth);
  *is_disturbed = census.is_disturbed;
  return is_counted ? census.count : -1;
}
