// SPDX-License-Identifier: Apache-2.0

/// How much a program may take, all its processes together unless said otherwise.
public struct RunLimits: Sendable, Equatable {
  /// Processor time in seconds.
  public var cpuSeconds: Double
  /// Elapsed time in seconds.
  public var wallSeconds: Double
  /// Memory in bytes. What is resident is sampled a hundred times a second, so that a program may exceed it for a
  /// moment; what is swapped out, and what the kernel holds for the program, ten times.
  public var memoryBytes: Int
  /// Bytes written to standard output and standard error.
  public var outputBytes: Int
  /// Processes and threads at a time.
  public var processes: Int
  /// Bytes of one file.
  public var fileBytes: Int
  /// Bytes in the scratch folder.
  public var scratchBytes: Int
  /// Open files of one process.
  public var openFiles: Int

  /// The limits of a program that solves a task.
  public init(
    cpuSeconds: Double = 4, wallSeconds: Double = 12, memoryBytes: Int = 256 << 20, outputBytes: Int = 4 << 20,
    processes: Int = 32, fileBytes: Int = 16 << 20, scratchBytes: Int = 32 << 20, openFiles: Int = 64
  ) {
    self.cpuSeconds = cpuSeconds
    self.wallSeconds = wallSeconds
    self.memoryBytes = memoryBytes
    self.outputBytes = outputBytes
    self.processes = processes
    self.fileBytes = fileBytes
    self.scratchBytes = scratchBytes
    self.openFiles = openFiles
  }

  /// The limits of a compiler; the program comes back as its output.
  public static let compilation = RunLimits(
    cpuSeconds: 60, wallSeconds: 120, memoryBytes: 2 << 30, outputBytes: 64 << 20, processes: 128,
    fileBytes: 128 << 20, scratchBytes: 256 << 20, openFiles: 512)
}

/// The resources that a program can have too much of.
public enum RunLimit: String, Sendable, CaseIterable {
  /// `cpuSeconds`.
  case cpuTime
  /// `wallSeconds`.
  case wallTime
  /// `memoryBytes`.
  case memory
  /// `outputBytes`.
  case output
  /// `processes`.
  case processes
  /// Of a scratch folder that is only watched; one of fixed size is merely full.
  case scratch

  /// What a program did that reached it.
  var excess: String {
    switch self {
    case .cpuTime: "took too much processor time"
    case .wallTime: "took too long"
    case .memory: "took too much memory"
    case .output: "wrote too much"
    case .processes: "started too many processes"
    case .scratch: "wrote too much into its folder"
    }
  }
}
