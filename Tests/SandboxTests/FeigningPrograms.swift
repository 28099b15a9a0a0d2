// SPDX-License-Identifier: Apache-2.0

extension HostileProgram {
  /// Ends as if the sandbox or the language had ended it.
  static let feigning: [HostileProgram] = [
    HostileProgram(
      name: "feigns a lack of memory", program: "import sys\nprint('MemoryError', file=sys.stderr)\nsys.exit(1)",
      verdicts: ["runtime_error"], says: ["MemoryError\nexit status 1"]),
    HostileProgram(
      name: "feigns an error of its syntax",
      program: "import sys\nprint('SyntaxError: invalid syntax', file=sys.stderr)\nsys.exit(1)",
      verdicts: ["runtime_error"], says: ["SyntaxError: invalid syntax\nexit status 1"]),
    HostileProgram(
      name: "feigns a signal", program: "import sys\nsys.exit(139)", verdicts: ["runtime_error"],
      says: ["exit status 139, as after SIGSEGV"]),
    HostileProgram(
      name: "feigns that its processor time is used up", program: "import sys\nsys.exit(152)",
      verdicts: ["runtime_error"], says: ["exit status 152, as after SIGXCPU"]),
  ]
}
