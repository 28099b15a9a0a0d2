// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Foundation
import Sandboxing

// Runs a Python program from a file in one way of containment, for a test to suspend or kill this process, and says how
// it ended.
//
//     SandboxHolder WAY FILE [ELAPSED-SECONDS]
let arguments = CommandLine.arguments
guard arguments.count >= 3, let way = ContainmentWay(rawValue: arguments[1]) else { exit(64) }
let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: arguments[2])), as: UTF8.self)
let limits = RunLimits(wallSeconds: arguments.count > 3 ? Double(arguments[3]) ?? 0 : 600)
let sandbox = Sandbox.probe(ways: [way])
let result = try await sandbox.run(try await sandbox.prepare(text, language: .python), input: "", limits: limits)
print(result.end)
