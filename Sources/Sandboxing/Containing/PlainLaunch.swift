// SPDX-License-Identifier: Apache-2.0

import Platform

/// Starts a program in its folder, with nothing that would contain it but limits of each process.
///
/// The kernel counts all processes of the user. Some hundreds more than the program may have are let through, since
/// others come and go, and watching does the rest; what forks without end would outgrow any watcher.
///
/// `isAlone`: the program's user has no other processes.
func plainLaunch(
  _ program: ContainedProgram, in folder: ScratchFolder, limits: RunLimits, isAlone: Bool
) -> Launch {
  let command = program.command(in: folder.program)
  return Launch(
    path: command[0], arguments: command,
    environment: basicEnvironment(home: folder.scratch) + program.environment, folder: folder.scratch,
    limits: processLimits(limits, extraProcesses: isAlone ? 1 : ProcessTree.tasks(ofUser: getuid()) + 512))
}
