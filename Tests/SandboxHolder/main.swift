// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Sandboxing

// Runs a program that leaves children behind and sleeps, without namespaces, for a test to kill this process.
// The argument is in the command line of each.
let mark = CommandLine.arguments[1]
let program = """
  import os
  for _ in range(2):
      if os.fork() == 0:
          if os.fork() == 0: os.execv('/bin/sleep', ['sleep', '\(mark)'])
          os._exit(0)
  os.execv('/bin/sleep', ['sleep', '\(mark)'])
  """
let sandbox = Sandbox.probe(ways: [.landlock])
let prepared = try await sandbox.prepare(program, language: .python)
print(try await sandbox.run(prepared, input: "", limits: RunLimits(wallSeconds: 600)).end)
