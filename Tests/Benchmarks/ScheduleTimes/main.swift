// SPDX-License-Identifier: Apache-2.0

// Measures every schedule of one product, for TuningTests to search without a clock. It prints a table in CSV: the
// values of the knobs and the microseconds, the shortest of all rounds. Every round has all schedules in turn, so that
// a busy machine is busy for all of them.
//
//   swift run -c release ScheduleTimes q6_K 896 4864 256 2 24 > Tests/TuningTests/Tables/prefill.csv
//
// The arguments are the type of the weights, rows and columns of the matrix, tokens, threads and rounds.
import Benchmarking
import Compute
import ModelFile
import Tuning

let arguments = CommandLine.arguments.dropFirst()
let numbers = arguments.dropFirst().compactMap { Int($0) }
guard let name = arguments.first, numbers.count == 5,
  let type = TensorType.allCases.first(where: { $0.name.lowercased() == name.lowercased() })
else { fatalError("usage: ScheduleTimes TYPE ROWS COLUMNS TOKENS THREADS ROUNDS") }

let (columns, tokens, threads, rounds) = (numbers[1], numbers[2], numbers[3], numbers[4])
let matrix = ProductShape.Matrix(type: type, isRepacked: true, rows: numbers[0])
let shape = ProductShape([matrix], columns: columns, tokens: tokens)
let space = ScheduleSpace(shape, tokens: tokens, threads: threads)
let timer = try ProductTimer(
  ProductRecorder.Product(shape: shape, tokens: tokens, count: 8), threads: ThreadPool(threads: threads))
var shortest = Array(repeating: Double.infinity, count: space.count)
for round in 0..<rounds {
  // Another order each time: the neighbour of a schedule changes.
  for step in 0..<space.count {
    let point = (step * 7919 + round * 131) % space.count
    shortest[point] = min(shortest[point], timer.seconds(with: space.schedule(at: point)))
  }
}
print("# \(shape.title), \(tokens) tokens, \(threads) threads, \(InstructionSet.best.rawValue), \(rounds) rounds")
print((space.axes.map(\.knob.rawValue) + ["microseconds"]).joined(separator: ","))
for point in 0..<space.count {
  let values = zip(space.axes, space.coordinates(of: point)).map { String($0.values[$1]) }
  print((values + [String((shortest[point] * 1e7).rounded() / 10)]).joined(separator: ","))
}
