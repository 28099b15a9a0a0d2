// SPDX-License-Identifier: Apache-2.0

import Platform

/// The name of a signal that ended a program, with its usual meaning.
func signalName(_ number: Int32) -> String {
  switch number {
  case SIGHUP: "SIGHUP"
  case SIGINT: "SIGINT (interrupt)"
  case SIGQUIT: "SIGQUIT"
  case SIGILL: "SIGILL (illegal instruction)"
  case SIGTRAP: "SIGTRAP (trap)"
  case SIGABRT: "SIGABRT (abort)"
  case SIGBUS: "SIGBUS (bad memory access)"
  case SIGFPE: "SIGFPE (arithmetic error, such as division by zero)"
  case SIGKILL: "SIGKILL (killed)"
  case SIGUSR1: "SIGUSR1"
  case SIGSEGV: "SIGSEGV (invalid memory access, or a recursion too deep)"
  case SIGUSR2: "SIGUSR2"
  case SIGPIPE: "SIGPIPE (broken pipe)"
  case SIGALRM: "SIGALRM (alarm)"
  case SIGTERM: "SIGTERM (terminated)"
  case SIGXCPU: "SIGXCPU (processor time used up)"
  case SIGXFSZ: "SIGXFSZ (file too large)"
  case SIGSYS: "SIGSYS (forbidden system call)"
  default: "signal \(number)"
  }
}
