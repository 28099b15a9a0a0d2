/// The 8-bit form of rows, made once for all quantized matrices that they meet.
final class QuantizedRows {
  let bytes: UnsafeMutablePointer<Int8>
  let wide: UnsafeMutablePointer<Int16>
  let scales: UnsafeMutablePointer<Float>
  private let memory: FloatBuffer
  private let capacity: Int

  init(rows: Int, columns: Int) throws(ComputeError) {
    let (count, overflow) = max(rows, 0).multipliedReportingOverflow(by: max(columns, 0))
    guard !overflow, count < Int.max / 8 else { throw .outOfMemory(bytes: .max) }
    // Blocks of 32 numbers: 32 bytes, 64 bytes of the same in 16 bits, and a scale; each part begins on a cache line.
    let blocks = (count / 32 + 16) / 16 * 16
    memory = try FloatBuffer(count: blocks * (8 + 16 + 1))
    capacity = count
    let base = UnsafeMutableRawPointer(memory.base)
    bytes = base.assumingMemoryBound(to: Int8.self)
    wide = (base + blocks * 32).assumingMemoryBound(to: Int16.self)
    scales = (base + blocks * 96).assumingMemoryBound(to: Float.self)
  }

  func fill(from input: Rows, count: Int, engine: Engine) {
    precondition(count * input.width <= capacity, "more rows than the engine was made for")
    engine.quantize(input, count: count, to: self)
  }
}
