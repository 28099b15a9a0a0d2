// SPDX-License-Identifier: Apache-2.0

#ifndef EDGEASSIST_CSANDBOX_H
#define EDGEASSIST_CSANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What starting a contained program needs below Swift: calls between fork and exec, and calls without a wrapper in
// the C library. Errors are returned as `errno` values, 0 for none, or as -errno where a descriptor is returned.

// A limit of setrlimit: soft and hard are the same value, but never more than what already holds.
typedef struct {
  int resource;
  uint64_t value;
} csb_limit;

// How a program is started.
typedef struct {
  const char *path;
  char *const *arguments;    // ends with NULL
  char *const *environment;  // ends with NULL: nothing else is handed on
  const char *folder;        // NULL: the caller's
  const int *descriptors;    // they become 0, 1, 2 …; nothing else is handed on
  int descriptor_count;
  const csb_limit *limits;
  int limit_count;
  uint32_t user;       // the user and group to become; 0: the caller's
  int ruleset;         // of Landlock; -1: none
  const void *filter;  // of seccomp; NULL: none
  size_t filter_bytes;
} csb_launch;

// Starts a program in a session of its own that dies with the calling thread. Its process is written to `process`.
int csb_spawn(const csb_launch *launch, pid_t *process);

// Makes orphans of the programs this process's own children, so that none ends without being waited for.
int csb_adopt_orphans(void);
// Waits for processes of a group that have ended and are this process's children, other than the group's first.
// Returns their processor time in seconds.
double csb_reap_orphans(pid_t first);
// Waits for all of a group that has been killed, its first process excepted, for two seconds at most. The same
// returned.
double csb_reap_group(pid_t first);

// A process that sees to a running program when this one cannot. While nothing is heard from this process (it is
// suspended, say), the program is suspended too; when this process is gone, the program is killed with all that it
// started, and its folder is removed.
typedef struct csb_watchdog csb_watchdog;

// `in_group`: the program is the first of a process group; otherwise it is a monitor, whose descendants are meant.
// `folder`: what to remove in the end; NULL: nothing.
// The keeper is NULL on a processor for which there is none; it may be given to the others then.
int csb_watchdog_start(pid_t program, bool in_group, const char *folder, csb_watchdog **keeper);
// Says that this process is at work, to be said several times in half a second.
void csb_watchdog_beat(csb_watchdog *keeper);
// Ends the keeper and nothing else. Before the program's process is waited for: until then its number is nobody else's.
void csb_watchdog_end(csb_watchdog *keeper);

// Bytes on disk below a folder, links not followed. -1 if there are more entries, or folders within each other, than
// are to be looked at, or a folder that this process may not read.
int64_t csb_folder_bytes(const char *path, int most_entries, int most_depth);
// Removes a folder with all that is in it, however deep and whatever its mode. Returns why something is left.
int csb_remove_tree(const char *path);

// A descriptor that becomes readable when the process ends.
int csb_process_descriptor(pid_t process);

// A file in memory that can only be read, at its beginning. Nothing of it is on a disk.
int csb_memory_file(const void *bytes, size_t count);

// A pipe: reading never waits, and neither end is handed on unless told.
int csb_pipe(int *read_end, int *write_end);

// The largest program of a filter, in bytes.
enum { csb_filter_capacity = 8 * 1024 };

// A seccomp filter that allows what batch programs, interpreters and compilers need and refuses all else, calls that
// are newer than its list included. `alone` refuses more, for a program without namespaces: to leave its process group,
// to outlive its watcher, to hide files from it, to change permissions, owners and times of files. Returns its bytes,
// or 0 on a processor for which there is none.
size_t csb_filter(bool alone, void *bytes, size_t capacity);

// Landlock's version in this kernel, 0 for none.
int csb_landlock_version(void);
// A set of rules that allows nothing yet, neither files nor TCP, as far as the kernel's version goes.
int csb_landlock_ruleset(int version);
// Allows what is below a path to be read and run, and written too if told. A path that is not there is no error.
int csb_landlock_allow(int ruleset, int version, const char *path, bool writable);

#endif
