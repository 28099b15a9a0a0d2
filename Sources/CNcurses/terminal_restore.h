// SPDX-License-Identifier: Apache-2.0

#ifndef EDGEASSIST_CNCURSES_TERMINAL_RESTORE_H
#define EDGEASSIST_CNCURSES_TERMINAL_RESTORE_H

#include <stddef.h>
#include <termios.h>

// Prepares the signal handlers to restore the terminal: its modes, and bytes that are written to `terminal`.
// `drawing` is the descriptor through which the screen draws. The handlers redirect it to /dev/null first, since the
// screen's thread runs on while another one crashes.
void cn_restore_arm(int terminal, int drawing, const char *bytes, size_t count, const struct termios *modes);
void cn_restore_disarm(void);
// Hands error output back (before a suspension or at the end), and leads it away again.
void cn_release_errors(void);
void cn_capture_errors(void);
// Stops the process group and waits until it continues.
void cn_stop_process(void);

#endif
