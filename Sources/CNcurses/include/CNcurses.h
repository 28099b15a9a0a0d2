// SPDX-License-Identifier: Apache-2.0

#ifndef EDGEASSIST_CNCURSES_H
#define EDGEASSIST_CNCURSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The terminal as `Screen` uses it: ncurses with its macros, variadics and globals kept on this side.
// One terminal a process; every function is called from the one thread that owns it, except the signal
// handlers inside, which only use calls that are safe there.

// Results of an attempt to start.
enum {
  CN_STARTED = 0,
  // terminfo has no entry for the type, or an unusable one
  CN_UNKNOWN_TYPE = 1,
  // the type cannot place the cursor (`dumb`, a printer)
  CN_NO_CURSOR_MOTION = 2,
  // anything else that ncurses refuses
  CN_REFUSED = 3,
};

// Capabilities of a terminal type.
typedef struct {
  int colors;         // 0 or less: none
  bool direct_color;  // terminfo says RGB or Tc
} cn_capabilities;

// Looks a terminal type up, without touching the terminal. Not while started. Returns what a start could give.
int cn_describe(const char *type, cn_capabilities *capabilities);
// Enters full-screen mode on the given descriptors. `utf8` says how characters are read.
int cn_start(int input, int output, const char *type, bool utf8, cn_capabilities *capabilities);
// Leaves full-screen mode and puts every terminal mode back. Does nothing when not started.
void cn_stop(void);
// Gives the terminal back, stops the process group as Ctrl-Z does elsewhere, and returns after it continues.
void cn_suspend(void);
// Sets modes again after somebody else may have changed them. The content of the terminal is then not known.
void cn_resume(void);
// The descriptor to write drawings to.
int cn_drawing_descriptor(void);
// Looks up the size now. False when the system does not tell.
bool cn_size(int *columns, int *rows);

// The bytes that this terminal understands, from terminfo, delays left out. Each returns how many were put into
// `bytes`: 0 where the terminal has no such capability.
size_t cn_capability(const char *name, char *bytes, size_t capacity);
size_t cn_cursor_address(int row, int column, char *bytes, size_t capacity);
size_t cn_color(int number, bool background, char *bytes, size_t capacity);

// Results of a read of the keyboard.
enum { CN_NOTHING = 0, CN_CHARACTER = 1, CN_KEY = 2 };
enum {
  CN_KEY_OTHER = 0,
  CN_KEY_LEFT,
  CN_KEY_RIGHT,
  CN_KEY_UP,
  CN_KEY_DOWN,
  CN_KEY_HOME,
  CN_KEY_END,
  CN_KEY_PAGE_UP,
  CN_KEY_PAGE_DOWN,
  CN_KEY_BACKSPACE,
  CN_KEY_DELETE,
  CN_KEY_ENTER,
  CN_KEY_WORD_LEFT,
  CN_KEY_WORD_RIGHT,
  CN_KEY_SCROLL_UP,
  CN_KEY_SCROLL_DOWN,
  CN_KEY_PASTE_BEGIN,
  CN_KEY_PASTE_END,
  CN_KEY_NEW_LINE,
};
// Reads one key or character without waiting (an escape sequence is waited for a few milliseconds).
int cn_read(uint32_t *value);

// Signals. From `cn_guard` to `cn_unguard`:
// - SIGWINCH, SIGCONT, SIGTSTP, SIGINT, SIGTERM and SIGHUP arrive as one byte each, the signal's number, on
//   `wake`; the second of INT, TERM or HUP that nobody dealt with restores the terminal and ends the process.
// - SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT and SIGQUIT restore the terminal and go on to whoever
//   handled them before.
// - `exit` from anywhere restores the terminal.
// - when the error output is a terminal it is led into a pipe, whose reading end is returned (-1: not led), so
//   that nobody's message tears the screen; after a crash what stands in it is written where it belonged.
int cn_guard(int wake);
void cn_unguard(void);

#endif
