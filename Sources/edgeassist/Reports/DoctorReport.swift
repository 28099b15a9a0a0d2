// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Compute
import Foundation
import Inference
import Records
import Sandboxing
import Screen
import Tuning
import Video

/// The report of `edgeassist doctor`: each finding, and below it what it means.
struct DoctorReport {
  private let style: ReportStyle
  private var lines: [String] = []

  init(_ findings: MachineFindings, style: ReportStyle) {
    self.style = style
    addProcessor(findings)
    explain(findings.schedules)
    addMemory(findings.memory)
    addVideo(findings.video)
    addTerminal(findings.terminal)
    addPrograms(findings)
  }

  var text: String { lines.joined(separator: "\n") }

  // MARK: Sections

  private mutating func addProcessor(_ findings: MachineFindings) {
    let count = findings.processors == 1 ? "1 processor" : "\(findings.processors) processors"
    add("processor", count + (findings.processorName.map { ", \($0)" } ?? ""))
    switch findings.instructionSet {
    case .portable: explain("No vector instructions with kernels of their own: models run slowly.", isGood: false)
    case .avx2, .avxVNNI, .avx512, .neon:
      explain("Models run with the kernels for \(findings.instructionSet.rawValue).", isGood: true)
    }
  }

  private mutating func explain(_ schedules: Result<TunedScheduleFile?, TunedScheduleFile.Problem>) {
    switch schedules {
    case .success(let file?):
      let measured = file.products.count { $0.result != nil }
      explain(
        "Tuned: of \(measured) products that `edgeassist autotune` measured, \(file.table?.count ?? 0) are computed "
          + "in a faster way.", isGood: true)
    case .success(nil):
      explain("Not tuned: `edgeassist autotune` finds faster ways to compute on this machine.", isGood: true)
    case .failure(let problem): explain(problem.message, isGood: false)
    }
  }

  private mutating func addMemory(_ memory: MachineMemory?) {
    guard let memory else {
      add("memory", "unknown")
      return explain("The size of memory is not known; a model that does not fit is not refused.", isGood: false)
    }
    let owner = memory.isConfined ? " allowed by the control group" : ""
    add("memory", "\(memorySize(memory.limit))\(owner), \(memorySize(memory.available)) of it free now")
    explain("`edgeassist inspect MODEL` says whether a model fits.", isGood: true)
  }

  private mutating func addVideo(_ video: FFmpegFindings) {
    add("FFmpeg", video.libraries.map { "\($0.name) \($0.version)" }.joined(separator: ", "))
    if video.readsDevices {
      explain("Files, network streams and cameras can be read.", isGood: true)
    } else {
      explain(
        "Files and network streams can be read, cameras cannot: sudo apt install \(video.devicePackage)", isGood: false)
    }
  }

  private mutating func addTerminal(_ terminal: TerminalFindings) {
    let colours: String
    switch terminal.colours {
    case 0: colours = "no colours"
    case 1 << 24: colours = "24-bit colour"
    default: colours = "\(terminal.colours) colours"
    }
    let letters = terminal.appearance.unicode ? "UTF-8" : "ASCII only"
    add("terminal", (terminal.type ?? "TERM is not set") + ", \(colours), \(letters)")
    if !terminal.isInteractive {
      explain("Not a terminal: the screen needs one, batches do not.", isGood: false)
    } else if !terminal.isKnown {
      explain("The screen does not know this type: set TERM, or sudo apt install ncurses-term", isGood: false)
    } else {
      explain("The screen can be shown.", isGood: true)
    }
  }

  private mutating func addPrograms(_ findings: MachineFindings) {
    let isAvailable: Bool
    if case .unavailable = findings.containment { isAvailable = false } else { isAvailable = true }
    add("programs", findings.containment.description)
    if let notice = findings.sandboxNotice, isAvailable { explain("Weaker than possible: \(notice)", isGood: false) }
    if let limits = findings.limits {
      explain("Hard limits, which the kernel keeps: \(limits.hard.joined(separator: ", ")).", isGood: true)
      explain(
        "Watched limits, which a program can pass for a moment: \(limits.watched.joined(separator: ", ")).",
        isGood: true)
      if !limits.missing.isEmpty { explain("Not limited: \(limits.missing.joined(separator: "; ")).", isGood: false) }
    }
    for finding in findings.languages {
      if let problem = finding.problem {
        explain("\(finding.language.title): \(problem)", isGood: false)
      } else {
        explain("\(finding.language.title): a test program ran in the sandbox with the right output.", isGood: true)
      }
    }
  }

  // MARK: Lines

  private static let labelWidth = 12

  private mutating func add(_ label: String, _ value: String) {
    let padded = label + String(repeating: " ", count: Self.labelWidth - label.count)
    lines.append(style.bold(padded) + style.wrapped(visible(value), indent: Self.labelWidth))
  }

  private mutating func explain(_ text: String, isGood: Bool) {
    let mark = isGood ? style.good("+") : style.bad("!")
    let indent = String(repeating: " ", count: Self.labelWidth)
    lines.append(indent + mark + " " + style.wrapped(visible(text), indent: Self.labelWidth + 2))
  }
}
