// SPDX-License-Identifier: Apache-2.0

import Sandboxing

extension HostileProgram {
  static let full = ["No space left on device", "the scratch folder is full"]
  private static let denied = ["Operation not permitted"]
  private static let missing = ["Function not implemented"]

  /// - Parameter functions: what `main` calls.
  static func c(_ body: String, functions: String = "") -> String {
    """
    #define _GNU_SOURCE
    #include <errno.h>
    #include <fcntl.h>
    #include <pthread.h>
    #include <sched.h>
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/mman.h>
    #include <sys/sendfile.h>
    #include <sys/socket.h>
    #include <sys/stat.h>
    #include <sys/syscall.h>
    #include <sys/uio.h>
    #include <sys/wait.h>
    #include <time.h>
    #include <unistd.h>
    static int end(void) { fprintf(stderr, "%s\\n", strerror(errno)); return 1; }
    \(functions)
    int main(void) {
    \(body)
    }
    """
  }

  private static let inThread = """
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    pthread_exit(NULL);
    """

  /// Takes what is not seen by who counts only the memory of processes and the files of folders.
  static let limitEvading: [HostileProgram] = [
    HostileProgram(
      name: "shares memory without a file", language: .c,
      program: c("return mmap(0, 1 << 20, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? end() : 0;"),
      verdicts: ["runtime_error"], says: denied),
    HostileProgram(
      name: "shares the memory of /dev/zero", program: "import mmap\nmmap.mmap(open('/dev/zero').fileno(), 4096)",
      verdicts: ["runtime_error"], says: ["No such file", "Permission denied"]),
    HostileProgram(
      name: "pins pages in a pipe", language: .c,
      program: c(
        """
        int ends[2];
        char page[1];
        struct iovec piece = {page, 1};
        return pipe(ends) || vmsplice(ends[1], &piece, 1, 0) < 0 ? end() : 0;
        """),
      verdicts: ["runtime_error"], says: missing),
    HostileProgram(
      name: "moves pages of a file into a pipe", language: .c,
      program: c(
        """
        int ends[2], file = open("/bin/sh", O_RDONLY);
        return pipe(ends) || splice(file, NULL, ends[1], NULL, 4096, 0) < 0 ? end() : 0;
        """),
      verdicts: ["runtime_error"], says: missing),
    HostileProgram(
      name: "sends pages of a file into a pipe", language: .c,
      program: c(
        """
        int ends[2], file = open("/bin/sh", O_RDONLY);
        return pipe(ends) || sendfile(ends[1], file, NULL, 4096) < 0 ? end() : 0;
        """),
      verdicts: ["runtime_error"], says: missing),
    HostileProgram(
      name: "makes a pipe larger", program: "import fcntl, os\nfcntl.fcntl(os.pipe()[1], 1031, 1 << 20)",
      verdicts: ["runtime_error"], says: denied),
    HostileProgram(
      name: "takes huge pages of the machine's pool", language: .c,
      program: c(
        """
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB;
        return mmap(0, 2 << 20, PROT_READ, flags, -1, 0) == MAP_FAILED ? end() : 0;
        """),
      verdicts: ["runtime_error"], says: denied),
    HostileProgram(
      // PR_FUTEX_HASH, PR_FUTEX_HASH_SET_SLOTS: 64 bytes each.
      name: "asks the kernel for a large table", program: systemCall("prctl(78, 1, 1 << 16, 0, 0)"),
      verdicts: ["runtime_error"], says: ["Invalid argument"]),
    HostileProgram(
      // PR_SET_DUMPABLE
      name: "hides what it has open", program: systemCall("prctl(4, 0, 0, 0, 0)"), verdicts: ["runtime_error"],
      says: denied),
    HostileProgram(
      name: "fills sockets in a program that nobody may read", language: .c,
      program: c(
        """
        int ends[2];
        if (access("hidden", F_OK) != 0) {
          static char bytes[100000];
          int self = open("/proc/self/exe", O_RDONLY), file = open("hidden", O_CREAT | O_WRONLY, 0111);
          if (write(file, bytes, (size_t)read(self, bytes, sizeof bytes)) < 0) return end();
          close(file);
          execl("./hidden", "hidden", NULL);
          return end();
        }
        for (int count = 0; count < 10; count++) if (fork() == 0) break;
        while (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0) {}
        pause();
        """),
      verdicts: ["memory_limit", "runtime_error"], says: ["", "the scratch folder is full"],
      limits: limits(memoryBytes: 32 << 20)),
    HostileProgram(
      name: "has many small mappings in many processes", language: .c,
      program: c(
        """
        char *memory = mmap(0, 60000 * 4096L, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        for (long page = 0; page < 60000; page += 2) mprotect(memory + page * 4096, 4096, PROT_NONE);
        for (int count = 0; count < 10; count++) if (fork() == 0) break;
        pause();
        """),
      verdicts: ["memory_limit"]),
    HostileProgram(
      name: "has page tables that are larger than its memory", language: .c,
      program: c(
        """
        long size = 5L << 30;
        for (int count = 0; count < 10; count++) if (fork() == 0) break;
        volatile char *memory = mmap(0, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        madvise((void *)memory, size, MADV_NOHUGEPAGE);
        for (long at = 0; at < size; at += 2 << 20) (void)memory[at];
        pause();
        """),
      verdicts: ["memory_limit"], limits: limits(memoryBytes: 64 << 20)),
    HostileProgram(
      name: "fills sockets that nobody reads", language: .c,
      program: c(
        """
        int ends[2];
        for (int count = 0; count < 10; count++) if (fork() == 0) break;
        while (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0) {}
        pause();
        """),
      verdicts: ["memory_limit"], limits: limits(memoryBytes: 32 << 20)),
    HostileProgram(
      name: "uses up the pipes of its user",
      program: """
        import os, time
        for _ in range(12):
            if os.fork() == 0: break
        for _ in range(28): os.close(os.pipe()[1])
        time.sleep(60)
        """,
      verdicts: ["memory_limit"]),
    HostileProgram(
      name: "allocates in a thread that outlives the first", language: .c,
      program: c(
        inThread,
        functions: """
          static void *work(void *nothing) {
            for (int count = 0; count < 300; count++) memset(malloc(1 << 20), 1, 1 << 20);
            for (;;) pause();
          }
          """),
      verdicts: ["memory_limit"]),
    HostileProgram(
      name: "grows in threads, which keeps those waiting who count its memory, beside many that share much",
      language: .c,
      program: c(
        """
        char *memory = mmap(0, 90 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        madvise(memory, 90 << 20, MADV_NOHUGEPAGE);
        memset(memory, 1, 90 << 20);
        for (int count = 0; count < 10; count++) if (fork() == 0) for (;;) pause();
        munmap(memory, 90 << 20);
        pthread_t thread;
        for (int count = 0; count < 4; count++) pthread_create(&thread, NULL, work, NULL);
        for (;;) pause();
        """,
        functions: """
          static void *work(void *nothing) {
            int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
            mmap(0, 200 << 20, PROT_READ | PROT_WRITE, flags, -1, 0);
            for (;;) pause();
          }
          """),
      verdicts: ["memory_limit"]),
    HostileProgram(
      name: "holds files without a name in a thread that outlives the first", language: .c,
      program: c(
        inThread,
        functions: """
          static void *work(void *nothing) {
            static char bytes[900000];
            for (int count = 0; count < 12; count++) {
              int file = open("f", O_CREAT | O_WRONLY, 0600);
              unlink("f");
              if (write(file, bytes, sizeof bytes) < 0) exit(end());
            }
            for (;;) pause();
          }
          """),
      verdicts: ["runtime_error"], says: full),
    HostileProgram(
      name: "gives a thread files of its own", language: .c,
      program: c(
        """
        int flags = CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD;
        return syscall(SYS_clone, flags, NULL, NULL, NULL, 0) < 0 ? end() : 0;
        """),
      verdicts: ["runtime_error"], says: denied),
    HostileProgram(
      name: "sends descriptors to where nobody counts them",
      program: "import socket\na, b = socket.socketpair()\nsocket.send_fds(a, [b'x'], [0])",
      verdicts: ["runtime_error"], says: denied),
    HostileProgram(
      name: "keeps values in attributes of files",
      program: "import os\nopen('f', 'w')\nos.setxattr('f', 'user.a', b'x')",
      verdicts: ["runtime_error"], says: denied),
    HostileProgram(
      name: "fills the scratch folder with empty files",
      program: "import itertools\nfor number in itertools.count(): open(str(number), 'w').close()",
      verdicts: ["runtime_error"], says: full),
    HostileProgram(
      name: "takes room for files all at once", language: .c,
      program: c(
        """
        for (int count = 0; count < 20; count++) {
          char name[2] = {(char)('a' + count)};
          if (fallocate(open(name, O_CREAT | O_WRONLY, 0600), 0, 0, 1 << 20) != 0) return end();
        }
        return 0;
        """),
      verdicts: ["runtime_error"], says: ["No space left on device", "Operation not supported"]),
    HostileProgram(
      name: "fills folders that are too deep for a path",
      program: """
        import os, time
        for _ in range(30):
            os.mkdir('d' * 200)
            os.chdir('d' * 200)
        for number in range(12):
            with open(str(number), 'wb') as file: file.write(bytes(900000))
        time.sleep(60)
        """,
      verdicts: ["runtime_error"], says: full),
    HostileProgram(
      name: "holds files that have no name",
      program: """
        import os, time
        held = []
        for number in range(12):
            held.append(open(str(number), 'wb'))
            os.unlink(str(number))
            held[-1].write(bytes(900000))
            held[-1].flush()
        time.sleep(60)
        """,
      verdicts: ["runtime_error"], says: full),
    HostileProgram(
      name: "maps files that have neither name nor descriptor",
      program: """
        import mmap, os, time
        held = []
        for number in range(12):
            with open(str(number), 'w+b') as file:
                file.write(bytes(900000))
                file.flush()
                held.append(mmap.mmap(file.fileno(), 4096))
            os.unlink(str(number))
        time.sleep(60)
        """,
      verdicts: ["runtime_error"], says: full),
    HostileProgram(
      name: "runs files that have no name, each by itself, and maps none of them", language: .c,
      program: c(
        """
        static char bytes[900000];
        if (getenv("AGAIN")) {
          unlink(getenv("AGAIN"));
          keep_copies();
          for (;;) pause();
        }
        if (read(open("/proc/self/exe", O_RDONLY), bytes, sizeof bytes) < 0) return end();
        for (int count = 0; count < 9; count++) {
          char name[2] = {(char)('a' + count)};
          int file = open(name, O_CREAT | O_WRONLY, 0700);
          if (write(file, bytes, sizeof bytes) < 0) return end();
          close(file);
          if (fork() == 0) {
            setenv("AGAIN", name, 1);
            execl(name, name, NULL);
            _exit(1);
          }
          usleep(300000);
        }
        pause();
        """,
        functions: """
          // Puts memory in the place of the program's file.
          static void keep_copies(void) {
            char line[512];
            unsigned long start, stop;
            FILE *maps = fopen("/proc/self/maps", "r");
            while (fgets(line, sizeof line, maps)) {
              if (!strstr(line, "(deleted)") || sscanf(line, "%lx-%lx", &start, &stop) != 2) continue;
              size_t size = stop - start;
              void *copy = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              memcpy(copy, (void *)start, size);
              mprotect(copy, size, PROT_READ | PROT_WRITE | PROT_EXEC);
              mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)start);
            }
          }
          """),
      verdicts: ["runtime_error"], says: full),
    HostileProgram(
      name: "fills a folder that nobody may list",
      program: """
        import os, time
        os.mkdir('d', 0o300)
        for number in range(12):
            with open(f'd/{number}', 'wb') as file: file.write(bytes(900000))
        time.sleep(60)
        """,
      verdicts: ["runtime_error"], says: full),
    HostileProgram(
      name: "lets its children take their processor time along",
      program: "import signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)", verdicts: ["runtime_error"], says: denied
    ),
    HostileProgram(
      name: "leaves orphans that burn the processor and end",
      program: """
        import os, time
        for _ in range(40):
            if os.fork() == 0:
                if os.fork() == 0:
                    while time.process_time() < 0.15: pass
                os._exit(0)
            os.wait()
            time.sleep(0.3)
        """,
      // On a busy machine they are too many before they have burnt that much.
      verdicts: ["time_limit", "process_limit"], limits: limits(cpuSeconds: 1)),
    HostileProgram(
      name: "locks parts of files without end",
      program: """
        import fcntl
        with open('f', 'w') as file:
            for start in range(0, 1 << 30, 2): fcntl.lockf(file, fcntl.LOCK_EX, 1, start)
        """,
      verdicts: ["runtime_error"], says: ["No locks available"]),
    HostileProgram(
      name: "makes timers without end", language: .c,
      program: c(
        """
        timer_t timer;
        struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
        for (int count = 0; count < 10000; count++) {
          if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return end();
        }
        return 0;
        """),
      verdicts: ["runtime_error"], says: ["Resource temporarily unavailable"]),
    HostileProgram(
      name: "asks for the kernel's own input and output", program: systemCall("syscall(\(Self.ioSetup), 64, 8)"),
      verdicts: ["runtime_error"], says: denied),
    HostileProgram(
      name: "watches files", program: systemCall("inotify_init1(0)"), verdicts: ["runtime_error"], says: denied),
    HostileProgram(
      name: "watches a folder", program: "import fcntl, os\nfcntl.fcntl(os.open('.', os.O_RDONLY), fcntl.F_NOTIFY, 1)",
      verdicts: ["runtime_error"], says: denied),
    HostileProgram(
      // FS_IOC_SETFLAGS
      name: "changes a file's flags",
      program: "import fcntl\nfcntl.ioctl(open(__file__), 0x40086602, b'\\x40' + bytes(7))",
      verdicts: ["runtime_error"], says: ["Inappropriate ioctl"]),
    HostileProgram(
      name: "makes calls that are newer than anybody's list", program: systemCall("syscall(469, -100, b'/', 0, 0, 0)"),
      verdicts: ["runtime_error"], says: ["Function not implemented"]),
    HostileProgram(
      name: "pairs sockets that send to any path",
      program: "import socket\nsocket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)", verdicts: ["runtime_error"],
      says: denied),
  ]

  #if arch(x86_64)
    private static let ioSetup = 206
  #else
    private static let ioSetup = 0
  #endif
}
