// SPDX-License-Identifier: Apache-2.0

import Testing

/// Whole screens as a person would read them, looked over by one.
enum GoldenScreens {
  struct Screen: Sendable, CustomTestStringConvertible {
    var columns: Int
    var rows: Int
    var unicode = true
    var text: String
    var testDescription: String { "\(columns)×\(rows)\(unicode ? "" : " in ASCII")" }
  }

  static let all: [Screen] = [
    Screen(
      columns: 60, rows: 20,
      text: """
         edgeassist  cam.mp4                              tiny.gguf
        ─────────────────────────┬──────────────────────────────────
                                 │ · Type a question and press
         ===========:            │   Enter; /help lists the
         @@@@@@@@@@@+            │   commands.
         @@@@@@@@@@@=            │
         @@@@@@@@@@@+            │ › What came first?
         . . . . . .             │   A red circle came first; 赤い
                                 │   丸が最初です。 It went to the
         0:12 ━━╸────────── 1:00 │   left.
                                 │   0.42 s · 12 tokens
                                 │
                                 │ ! The source dropped 3 frames.
                                 │
                                 │
        ─────────────────────────┴──────────────────────────────────
         › and th
         ▸ 0:12 / 1:00 · frames 24 · dropped 3 · process 187 MiB
         KV cache =#########+┃.. 384 / 512 tokens   peak 448
         Enter ask   PgUp/PgDn scroll   /help commands
        """),
    Screen(
      columns: 80, rows: 24,
      text: """
         edgeassist  cam.mp4                                                  tiny.gguf
        ──────────────────────────────────────┬─────────────────────────────────────────
                                              │ · Type a question and press Enter;
                                              │   /help lists the commands.
         ##################                   │
         @@@@@@@@@@@@@@@@@@                   │ › What came first?
         @@@@@@@@@@@@@@@@@@                   │   A red circle came first; 赤い丸が最初
         @@@@@@@@@@@@@@@@@@                   │   です。 It went to the left.
         @@@@@@@@@@@@@@@@@@                   │   0.42 s · 12 tokens
         ::::::::::::::::::                   │
                                              │ ! The source dropped 3 frames.
                                              │
         0:12 ━━━━━───────────────────── 1:00 │
                                              │
                                              │
                                              │
                                              │
                                              │
        ──────────────────────────────────────┴─────────────────────────────────────────
         › and th
        ────────────────────────────────────────────────────────────────────────────────
         ▸ 0:12 / 1:00 · frames 24 · dropped 3 · 21 tok/s · process 187 MiB
         KV cache =############+..┃.. 384 / 512 tokens   peak 448 · 4 compressions
         Enter ask   PgUp/PgDn scroll   /help commands   Ctrl-C quit   Ctrl-R KV cache
        """),
    Screen(
      columns: 120, rows: 40,
      text: """
         edgeassist  cam.mp4                                                                                          tiny.gguf
        ──────────────────────────────────────────────────────────────────┬─────────────────────────────────────────────────────
                                                                          │ · Type a question and press Enter; /help lists the
                                                                          │   commands.
                                                                          │
                                                                          │ › What came first?
         @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@                                 │   A red circle came first; 赤い丸が最初です。 It
         @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@                                 │   went to the left.
         @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@                                 │   0.42 s · 12 tokens
         @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@                                 │
         @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@                                 │ ! The source dropped 3 frames.
         @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@                                 │
         @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@                                 │
         @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@                                 │
         @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@                                 │
                                                                          │
                                                                          │
                                                                          │
                                                                          │
                                                                          │
         0:12 ━━━━━━━━━━━─────────────────────────────────────────── 1:00 │
                                                                          │
         KV cache                                        384 / 512 tokens │
         ====########################################++++.......┃........ │
         = system 32  # vision 320  + text 32                    peak 448 │
                                                                          │
         4 compressions, the last from 448 to 224 in 12 ms                │
         keys and values 768 KiB                                          │
                                                                          │
                                                                          │
                                                                        █ │
                                                                        █ │
                                                                        █ │
                                                  cached in the last 0:01 │
                                                                          │
        ──────────────────────────────────────────────────────────────────┴─────────────────────────────────────────────────────
         › and th
        ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
         ▸ 0:12 / 1:00 · frames 24 · dropped 3 · 21 tok/s · infinipot-v · process 187 MiB
         Enter ask   PgUp/PgDn scroll   /help commands   Ctrl-C quit   Ctrl-R KV cache
        """),
    Screen(
      columns: 80, rows: 24, unicode: false,
      text: """
         edgeassist  cam.mp4                                                  tiny.gguf
        --------------------------------------+-----------------------------------------
                                              | - Type a question and press Enter;
                                              |   /help lists the commands.
         ##################                   |
         @@@@@@@@@@@@@@@@@@                   | > What came first?
         @@@@@@@@@@@@@@@@@@                   |   A red circle came first; 赤い丸が最初
         @@@@@@@@@@@@@@@@@@                   |   です。 It went to the left.
         @@@@@@@@@@@@@@@@@@                   |   0.42 s | 12 tokens
         ::::::::::::::::::                   |
                                              | ! The source dropped 3 frames.
                                              |
         0:12 =====..................... 1:00 |
                                              |
                                              |
                                              |
                                              |
                                              |
        --------------------------------------+-----------------------------------------
         > and th
        --------------------------------------------------------------------------------
         > 0:12 / 1:00 | frames 24 | dropped 3 | 21 tok/s | process 187 MiB
         KV cache =############+..|.. 384 / 512 tokens   peak 448 | 4 compressions
         Enter ask   PgUp/PgDn scroll   /help commands   Ctrl-C quit   Ctrl-R KV cache
        """),
    Screen(
      columns: 70, rows: 40,
      text: """
         edgeassist  cam.mp4                                        tiny.gguf
        ──────────────────────────────────────────────────────────────────────



                  %%%%%%%%%%%%%%%%%%%%%%%%%
                  @@@@@@@@@@@@@@@@@@@@@@@@@
                  @@@@@@@@@@@@@@@@@@@@@@@@@
                  @@@@@@@@@@@@@@@@@@@@@@@@@
                  @@@@@@@@@@@@@@@@@@@@@@@@@
                  @@@@@@@@@@@@@@@@@@@@@@@@@
                  @@@@@@@@@@@@@@@@@@@@@@@@@
                  .........................



         0:12 ━━━━━━━━━━━╸────────────────────────────────────────────── 1:00
        ──────────────────────────────────────────────────────────────────────
         · Type a question and press Enter; /help lists the commands.

         › What came first?
           A red circle came first; 赤い丸が最初です。 It went to the left.
           0.42 s · 12 tokens

         ! The source dropped 3 frames.









        ──────────────────────────────────────────────────────────────────────
         › and th
        ──────────────────────────────────────────────────────────────────────
         ▸ 0:12 / 1:00 · frames 24 · dropped 3 · 21 tok/s · process 187 MiB
         KV cache =###########+.┃.. 384 / 512 tokens   peak 448
         Enter ask   PgUp/PgDn scroll   /help commands   Ctrl-C quit
        """),
  ]
}
