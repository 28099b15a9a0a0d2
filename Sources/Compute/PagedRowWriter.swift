// SPDX-License-Identifier: Apache-2.0

import CKernels

/// Stores one head's keys or values in a paged cache, from a slot on.
struct PagedRowWriter {
  private let pages: UnsafePointer<UnsafeMutableRawPointer>
  private let offset: Int
  private let rowBytes: Int
  private let format: PagedRowFormat
  private let slot: Int
  private let kind: PagedRowKind
  private let keyRange: UnsafePointer<Float>?

  init(_ rows: PagedRows, kind: PagedRowKind, slot: Int, format: PagedRowFormat) {
    pages = rows.pages
    offset = kind == .keys ? rows.keyOffset : rows.valueOffset
    rowBytes =
      kind == .keys ? format.type.keyRowBytes(format.headDimension) : format.type.valueRowBytes(format.headDimension)
    self.format = format
    self.slot = slot
    self.kind = kind
    keyRange = rows.keyRange
  }

  /// Converts or quantizes `[headDimension]` values into the row that is `row` slots after the first.
  func write(_ values: UnsafePointer<Float>, row: Int, kernels: UnsafePointer<ck_kernels>) {
    let (page, index) = (slot + row).quotientAndRemainder(dividingBy: format.pageTokens)
    let target = pages[page] + offset + index * rowBytes
    if format.type == .f16, Int(bitPattern: target) % MemoryLayout<UInt16>.alignment == 0 {
      kernels.pointee.f32_to_f16(values, target.assumingMemoryBound(to: UInt16.self), format.headDimension)
    } else if kind == .keys {
      ck_quantize_key(format.type.rowType, values, target, format.headDimension, keyRange)
    } else {
      ck_quantize_value(format.type.rowType, values, target, format.headDimension)
    }
  }
}
