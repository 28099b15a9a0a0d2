// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Watching

/// What is watched for, and who is told.
struct WatchArguments: ParsableArguments {
  @Option(
    name: .customLong("watch"),
    help: ArgumentHelp(
      "Tell when this is so: a condition in plain words, or a question that is answered with yes or no. May be given "
        + "more than once. “since: …” is about all that is remembered, “missing 10m: …” tells when it has not been "
        + "seen for ten minutes.",
      valueName: "words"))
  var texts: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How unusual the answer must be: low tells less, high tells more.", valueName: "level"))
  var sensitivity: Watch.Sensitivity = .normal

  @Option(
    name: .long,
    help: ArgumentHelp("Time after an alert without another of the same watch. (default: 10s)", valueName: "time"))
  var cooldown: TimeSpan?

  @Option(
    name: .customLong("on-alert"),
    help: ArgumentHelp(
      "Run this program for each event, with the event as a line of JSON on its standard input. It is not given to a "
        + "shell, and is killed after 30 seconds.", valueName: "program"),
    completion: .file())
  var command: String?

  @Option(
    name: .customLong("snapshots"),
    help: ArgumentHelp("Write the frame at which something began into this folder, as PNG.", valueName: "folder"),
    completion: .directory)
  var snapshotFolder: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Append events to this file, a line of JSON each. (default: standard output)", valueName: "file"),
    completion: .file())
  var output: String?

  @Flag(name: .long, help: "At the end, list when each watch began and ended, and how its scores were.")
  var report = false

  @Option(
    name: .long,
    help: ArgumentHelp("At the end, plot the scores over time to this file (PNG).", valueName: "file"),
    completion: .file(extensions: ["png"]))
  var plot: String?

  func validate() throws {
    if texts.isEmpty { throw ValidationError("say what to watch for: --watch \"a parcel is at the door\"") }
    _ = try watches()
    try GivenOptions.refuseSameFile([("--output", output), ("--plot", plot)])
  }

  /// - Throws: `ValidationError` naming the watch.
  func watches() throws -> [Watch] {
    do throws(WatchError) {
      var watches: [Watch] = []
      for text in texts {
        watches.append(
          try Watch(text: text, sensitivity: sensitivity, cooldown: cooldown?.seconds ?? Watch.usualCooldown))
      }
      try Watch.check(watches)
      return watches
    } catch {
      throw ValidationError("--watch: \(error)")
    }
  }
}

extension Watch.Sensitivity: ExpressibleByArgument {}
