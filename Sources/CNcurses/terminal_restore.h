// SPDX-License-Identifier: Apache-2.0

#ifndef EDGEASSIST_CNCURSES_TERMINAL_RESTORE_H
#define EDGEASSIST_CNCURSES_TERMINAL_RESTORE_H

#include <stddef.h>
#include <termios.h>

// What the signal handlers need to put the terminal back: bytes prepared while there was time, and its modes.
// `drawing` is the descriptor through which the screen draws: it is led nowhere first, since the screen's thread
// runs on while another one crashes. The bytes are written to `terminal`.
void cn_restore_arm(int terminal, int drawing, const char *bytes, size_t count, const struct termios *modes);
void cn_restore_disarm(void);
// Hands error output back (before a suspension or at the end), and leads it away again.
void cn_release_errors(void);
void cn_capture_errors(void);
// Stops the process group and waits until it continues.
void cn_stop_process(void);

#endif
