// SPDX-License-Identifier: Apache-2.0

#ifndef EDGEASSIST_HELD_CALLS_H
#define EDGEASSIST_HELD_CALLS_H

#include "CSandbox.h"

// Has the kernel hold calls of this thread and of all processes that it starts: those by which a process or thread
// begins, and with csb_hold_names those by which a file gets another name. Needs PR_SET_NO_NEW_PRIVS. Returns the
// descriptor by which they are let go on, or -errno.
int csb_hold_calls(csb_holding holding);

// Send a descriptor to another process, and take one that was sent. Return 0 or an error; the descriptor, or -errno.
int csb_send_descriptor(int socket, int descriptor);
int csb_receive_descriptor(int socket);

#endif
