// SPDX-License-Identifier: Apache-2.0

// The net under the screen: whatever ends the process, the terminal is put back first.
// Everything reachable from a handler is async-signal-safe: write, read, tcsetattr, dup2, sigaction, raise.

#include "terminal_restore.h"
#include "CNcurses.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char restore_bytes[512];
static size_t restore_count;
static int terminal_descriptor = -1;
static int drawing_descriptor = -1;
static int nowhere = -1;
static struct termios restore_modes;
static atomic_int armed;

static int wake_descriptor = -1;
static atomic_int endings;
static atomic_int continued;

static int own_errors = -1;     // a copy of the real error output
static int captured_read = -1;  // pipe that stands in its place
static int captured_write = -1;

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGQUIT};
static const int told_signals[] = {SIGWINCH, SIGCONT, SIGTSTP, SIGINT, SIGTERM, SIGHUP};
enum {
  crash_count = sizeof crash_signals / sizeof *crash_signals,
  told_count = sizeof told_signals / sizeof *told_signals
};
static struct sigaction former_crash[crash_count];
static struct sigaction former_told[told_count];
static atomic_int guarding;

static void write_all(int descriptor, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(descriptor, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    bytes += written;
    count -= (size_t)written;
  }
}

void cn_restore_arm(int terminal, int drawing, const char *bytes, size_t count, const struct termios *modes) {
  atomic_store(&armed, 0);
  if (count > sizeof restore_bytes) count = sizeof restore_bytes;
  memcpy(restore_bytes, bytes, count);
  restore_count = count;
  terminal_descriptor = terminal;
  drawing_descriptor = drawing;
  if (nowhere < 0) nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  restore_modes = *modes;
  atomic_store(&armed, 1);
}

void cn_restore_disarm(void) { atomic_store(&armed, 0); }

static void restore_terminal(void) {
  if (!atomic_exchange(&armed, 0)) return;
  if (nowhere >= 0) dup2(nowhere, drawing_descriptor);
  write_all(terminal_descriptor, restore_bytes, restore_count);
  tcsetattr(terminal_descriptor, TCSANOW, &restore_modes);
}

static void flush_captured_errors(void) {
  if (own_errors < 0 || captured_read < 0) return;
  dup2(own_errors, STDERR_FILENO);
  char buffer[1024];
  for (;;) {
    ssize_t count = read(captured_read, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    write_all(own_errors, buffer, (size_t)count);
  }
}

static void restore_at_exit(void) {
  if (!atomic_load(&guarding)) return;
  restore_terminal();
  flush_captured_errors();
}

static void crashed(int number) {
  int saved = errno;
  restore_terminal();
  flush_captured_errors();
  for (int i = 0; i < crash_count; i++) {
    if (crash_signals[i] == number) sigaction(number, &former_crash[i], NULL);
  }
  // Blocked while this handler runs: delivered to the former handler, or fatal, as soon as it returns.
  raise(number);
  errno = saved;
}

static void told(int number) {
  int saved = errno;
  if (number == SIGCONT) atomic_store(&continued, 1);
  bool ends = number == SIGINT || number == SIGTERM || number == SIGHUP;
  if (ends && atomic_fetch_add(&endings, 1) > 0) {
    restore_terminal();
    flush_captured_errors();
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigaction(number, &plain, NULL);
    raise(number);
  } else {
    unsigned char byte = (unsigned char)number;
    // The pipe does not block; when it is full the loop has been woken often enough.
    ssize_t ignored = write(wake_descriptor, &byte, 1);
    (void)ignored;
  }
  errno = saved;
}

void cn_capture_errors(void) {
  if (captured_write >= 0) dup2(captured_write, STDERR_FILENO);
}

void cn_release_errors(void) {
  if (own_errors >= 0) dup2(own_errors, STDERR_FILENO);
}

static void open_capture(void) {
  if (!isatty(STDERR_FILENO)) return;
  int ends[2];
  if (pipe(ends) != 0) return;
  own_errors = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (own_errors < 0) {
    close(ends[0]);
    close(ends[1]);
    return;
  }
  captured_read = ends[0];
  captured_write = ends[1];
  fcntl(captured_read, F_SETFD, FD_CLOEXEC);
  fcntl(captured_write, F_SETFD, FD_CLOEXEC);
  fcntl(captured_read, F_SETFL, O_NONBLOCK);
  cn_capture_errors();
}

int cn_guard(int wake) {
  static bool registered;
  if (!registered) {
    atexit(restore_at_exit);
    registered = true;
  }
  wake_descriptor = wake;
  atomic_store(&endings, 0);
  open_capture();

  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_handler = crashed;
  action.sa_flags = SA_ONSTACK;
  for (int i = 0; i < crash_count; i++) sigaction(crash_signals[i], &action, &former_crash[i]);
  action.sa_handler = told;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  for (int i = 0; i < told_count; i++) sigaction(told_signals[i], &action, &former_told[i]);
  atomic_store(&guarding, 1);
  return captured_read;
}

void cn_unguard(void) {
  if (!atomic_exchange(&guarding, 0)) return;
  for (int i = 0; i < told_count; i++) sigaction(told_signals[i], &former_told[i], NULL);
  for (int i = 0; i < crash_count; i++) sigaction(crash_signals[i], &former_crash[i], NULL);
  flush_captured_errors();
  if (captured_read >= 0) close(captured_read);
  if (captured_write >= 0) close(captured_write);
  if (own_errors >= 0) close(own_errors);
  if (nowhere >= 0) close(nowhere);
  captured_read = captured_write = own_errors = nowhere = -1;
}

void cn_stop_process(void) {
  struct sigaction plain = {.sa_handler = SIG_DFL}, mine;
  atomic_store(&continued, 0);
  sigaction(SIGTSTP, &plain, &mine);
  kill(0, SIGTSTP);
  // The stop may reach another thread first; and where no shell would continue us it does not happen at all.
  for (int i = 0; i < 20 && !atomic_load(&continued); i++) {
    struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    nanosleep(&pause, NULL);
  }
  sigaction(SIGTSTP, &mine, NULL);
}
