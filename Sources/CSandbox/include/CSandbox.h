// SPDX-License-Identifier: Apache-2.0

#ifndef EDGEASSIST_CSANDBOX_H
#define EDGEASSIST_CSANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// The part of starting a contained program that lies below Swift: calls between fork and exec, and calls that the C
// library does not wrap. Errors are returned as `errno` values, 0 for none, or as -errno where a descriptor is
// returned.

// A limit of setrlimit: soft and hard are the same value, but never more than what already holds.
typedef struct {
  int resource;
  uint64_t value;
} csb_limit;

// A process that sees to a program, so that no one else need be there to do so. It ends the program at its limit of
// elapsed time. While this process is suspended, the program is suspended too. When this process is gone, however that
// came about, the program is killed with all that it started, and its folder is removed.
typedef struct csb_watchdog csb_watchdog;

// Starts one, before there is anything that could be left behind.
// `status`: where bubblewrap says how the program does; the program is then what is below bubblewrap. -1: the program
// is the first of a process group.
// `wall_seconds`: how long the program may take.
int csb_watchdog_start(int status, double wall_seconds, csb_watchdog **watchdog);
// Say what to remove in the end: a folder, a control group with all processes in it. To be said before they are made.
int csb_watchdog_keep_folder(csb_watchdog *watchdog, const char *path);
int csb_watchdog_keep_group(csb_watchdog *watchdog, const char *path);
// Seconds since the program was started, without those in which it, the machine or the container was suspended.
double csb_watchdog_elapsed(const csb_watchdog *watchdog);
// Whether the program was ended because its time was up.
bool csb_watchdog_has_ended_program(const csb_watchdog *watchdog);
// False once somebody has killed it.
bool csb_watchdog_is_alive(const csb_watchdog *watchdog);
// The program's process is about to be waited for, and its number will be another's: it is signalled no more.
void csb_watchdog_release(csb_watchdog *watchdog);
// Has the folder removed and ends the watchdog. A second time does nothing.
void csb_watchdog_end(csb_watchdog *watchdog);
// Ends it if need be, and frees it.
void csb_watchdog_free(csb_watchdog *watchdog);

// The calls of a program that wait until whoever watches it lets them go on: none; those by which a process or thread
// begins; those by which a file gets another name too.
typedef enum { csb_hold_nothing, csb_hold_starts, csb_hold_names } csb_holding;

// A call that waits.
typedef struct {
  uint64_t id;
  // A process or a thread is to begin.
  bool starts_task;
} csb_held_call;

// Whether this kernel can hold calls, and lets nothing but a fatal signal end such a wait.
bool csb_can_hold_calls(void);
// Takes a call that waits, if there is one: 1. None waits: 0. All processes whose calls are held are gone: -1.
int csb_take_held_call(int descriptor, csb_held_call *call);
// The kernel now does what was called for. A call of a process that is gone is nobody's.
void csb_let_go_on(int descriptor, uint64_t id);

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
  const char *group;  // the folder of a control group to run in; NULL: the caller's
  csb_holding holding;
  csb_watchdog *watchdog;
} csb_launch;

// Starts a program in a session of its own that dies with the calling thread. Its process is written to `process`, the
// descriptor by which its held calls are taken to `held_calls`; -1: none are held.
int csb_spawn(const csb_launch *launch, pid_t *process, int *held_calls);

// Makes orphans of the programs this process's own children, so that none ends without being waited for.
int csb_adopt_orphans(void);
// Waits for processes of a group that have ended and are this process's children, other than the group's first.
// Returns their processor time in seconds.
double csb_reap_orphans(pid_t first);
// The number of the calling thread.
pid_t csb_thread_number(void);

// Waits for all of a group that has been killed, its first process excepted, for two seconds at most. The same
// returned.
double csb_reap_group(pid_t first);

// A file or folder on a disk, by its number there.
typedef struct {
  uint64_t number;
  int64_t bytes;
} csb_file;

// Lists what is below a folder, links not followed; a file with several names several times. Returns how many there
// are; -1 if there are more, or folders within each other, than are to be looked at, or a folder that this process may
// not read. `is_disturbed`: something was gone before it could be looked at.
int csb_files_below(const char *path, int most_depth, csb_file *files, int most_files, bool *is_disturbed);
// Removes a folder with all that is in it, however deep and whatever its mode. Returns why something is left.
int csb_remove_tree(const char *path);

// Whether two processes have one memory, as a process and its child by vfork do. False where the kernel does not tell.
bool csb_shares_memory(pid_t one, pid_t other);

// Lets the calling thread run soon after it wakes, however many others would run: in short turns, where the kernel
// gives them (Linux 6.12), and before others of a higher niceness, where this process may have a lower one. Neither is
// handed on to processes and threads that it starts.
void csb_prefer_thread(void);

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
