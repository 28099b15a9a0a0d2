// SPDX-License-Identifier: Apache-2.0

import Sandboxing

extension HostileProgram {
  /// Changes while it is counted, so that a part is always where nobody looks.
  static let racing: [HostileProgram] = [
    HostileProgram(
      // Four lines of processes at once, each of which inherits from the one before it, adds a little and goes on. The
      // lines wait for each other at every step, so that together they hold four times as much however busy the machine
      // is.
      name: "hands memory on from process to process", language: .c,
      program: c(
        """
        long size = 100L << 20, step = 1 << 20;
        int ends[2];
        char nothing;
        pipe(ends);
        // A byte for each step of each line.
        const int steps = open("steps", O_CREAT | O_WRONLY | O_APPEND, 0600);
        if (steps < 0) return end();
        for (int line = 0; line < 4; line++) {
          const int child = fork();
          if (child < 0) return end();
          if (child > 0) continue;
          char *memory = mmap(0, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          madvise(memory, (size_t)size, MADV_NOHUGEPAGE);
          for (long at = 0; at < size; at += step) {
            memset(memory + at, 1, (size_t)step);
            struct stat all = {0};
            if (write(steps, "", 1) != 1) return end();
            while (fstat(steps, &all) == 0 && all.st_size < 4 * (at / step + 1)) usleep(100);
            const int next = fork();
            if (next < 0) return end();
            if (next > 0) _exit(0);
          }
          _exit(0);
        }
        // Until the last of each line has ended.
        close(ends[1]);
        (void)!read(ends[0], &nothing, 1);
        puts("done");
        """),
      // On a busy machine its time can end before it has that much, or those that ended are too many before they are
      // waited for.
      verdicts: ["memory_limit", "time_limit", "process_limit"]),
    HostileProgram(
      // At any time a start waits for an answer.
      name: "starts processes all the time that its memory grows", language: .c,
      program: c(
        """
        for (int idle = 0; idle < 6; idle++) {
          if (fork() == 0) for (;;) pause();
        }
        for (int line = 0; line < 4; line++) {
          if (fork() > 0) continue;
          for (;;) {
            const int child = vfork();
            if (child == 0) _exit(0);
            if (child > 0) waitpid(child, 0, 0);
          }
        }
        usleep(200000);
        for (int piece = 0; piece < 16; piece++) {
          char *memory = mmap(0, 32 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          memset(memory, 1, 32 << 20);
          usleep(50000);
        }
        puts("done");
        """),
      verdicts: ["memory_limit", "process_limit"]),
    HostileProgram(
      name: "starts processes in its own place", language: .c,
      program: c(
        """
        for (int sibling = 0; sibling < 60; sibling++) {
          const long process = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
          if (process < 0) return end();
          if (process == 0) for (;;) pause();
        }
        puts("done");
        """),
      verdicts: ["process_limit", "runtime_error"]),
    HostileProgram(
      name: "moves a folder all the time that it fills", language: .c,
      program: c(
        """
        static char bytes[900000];
        mkdir("a", 0700);
        mkdir("b", 0700);
        mkdir("a/moved", 0700);
        int folder = open("a/moved", O_RDONLY);
        if (fork() == 0) {
          for (;;) {
            rename("a/moved", "b/moved");
            rename("b/moved", "a/moved");
          }
        }
        for (int count = 0; count < 12; count++) {
          char name[2] = {(char)('a' + count)};
          int file = openat(folder, name, O_CREAT | O_WRONLY, 0600);
          if (write(file, bytes, sizeof bytes) < 0) return end();
        }
        sleep(60);
        """),
      verdicts: ["runtime_error"], says: full),
    HostileProgram(
      name: "gives files names that come and go", language: .c,
      program: c(
        """
        static char bytes[900000];
        char name[2] = "a", other[3] = "a0";
        if (fork() == 0) {
          for (;;) {
            for (char *end = other + 1; *end < '9'; ++*end) for (*other = *name = 'a'; *name < 'm'; *other = ++*name) {
              link(name, other);
            }
            for (; other[1] >= '0'; other[1]--) for (*other = 'a'; *other < 'm'; ++*other) unlink(other);
            other[1] = '0';
          }
        }
        for (; *name < 'm'; ++*name) {
          int file = open(name, O_CREAT | O_WRONLY, 0600);
          if (write(file, bytes, sizeof bytes) < 0) return end();
          close(file);
        }
        sleep(60);
        """),
      verdicts: ["runtime_error"], says: full),
  ]
}
