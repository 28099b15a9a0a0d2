// SPDX-License-Identifier: Apache-2.0

import CKernels

/// Where one head's keys or values go, from a slot on.
struct PackedRows {
  private let pages: UnsafePointer<UnsafeMutableRawPointer>
  private let offset: Int
  private let rowBytes: Int
  private let pageRows: Int
  private let headSize: Int
  private let slot: Int
  private let type: KeyValueType
  private let keys: Bool
  private let keyRange: UnsafePointer<Float>?

  init(_ rows: PagedRows, type: KeyValueType, pageRows: Int, headSize: Int, slot: Int, keys: Bool) {
    pages = rows.pages
    offset = keys ? rows.keyOffset : rows.valueOffset
    rowBytes = keys ? type.keyRowBytes(headSize) : type.valueRowBytes(headSize)
    self.pageRows = pageRows
    self.headSize = headSize
    self.slot = slot
    self.type = type
    self.keys = keys
    keyRange = rows.keyRange
  }

  /// Packs numbers into the row that is `row` slots after the first.
  func pack(_ numbers: UnsafePointer<Float>, row: Int, kernels: UnsafePointer<ck_kernels>) {
    let (page, place) = (slot + row).quotientAndRemainder(dividingBy: pageRows)
    let target = pages[page] + offset + place * rowBytes
    if type == .f16, Int(bitPattern: target) % MemoryLayout<UInt16>.alignment == 0 {
      kernels.pointee.f32_to_f16(numbers, target.assumingMemoryBound(to: UInt16.self), headSize)
    } else if keys {
      ck_pack_key(type.rowType, numbers, target, headSize, keyRange)
    } else {
      ck_pack_value(type.rowType, numbers, target, headSize)
    }
  }
}
