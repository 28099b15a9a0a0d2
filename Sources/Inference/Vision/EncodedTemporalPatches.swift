// SPDX-License-Identifier: Apache-2.0

import Architectures
import Images
import Records

/// A stream's temporal patches, all encoded and kept: for streams that several dialogues read.
public struct EncodedTemporalPatches {
  /// In stream order.
  public private(set) var patches: [TemporalPatch] = []
  private var encoder: FrameEncoder

  /// `model` must have a vision tower; `add` throws without one.
  public init(model: LoadedModel) {
    encoder = FrameEncoder(model: model)
  }

  /// The share of the stream's places that were computed; nil where everything is.
  public var activeShare: Double? { encoder.activeShare?.places }

  /// Takes the next sampled frame, whose stream time is in seconds.
  ///
  /// - Throws: as `FrameEncoder.add` and `VisionPass.step`.
  public mutating func add(_ image: Image, at time: Double) throws(ReportedError) {
    try append(try encoder.add(image, at: time))
  }

  /// Encodes a frame that waits for its partner: no more frames come.
  ///
  /// - Throws: as `FrameEncoder.add` and `VisionPass.step`.
  public mutating func finish() throws(ReportedError) {
    try append(try encoder.finish())
  }

  private mutating func append(_ encoding: TemporalPatchEncoding?) throws(ReportedError) {
    guard var encoding else { return }
    do throws(ModelError) {
      while try encoding.step() {}
    } catch {
      throw ReportedError(error)
    }
    encoder.keep(encoding)
    patches.append(encoding.patch)
  }

  /// Repeats the patches so far until the stream has lasted as long as asked: hours of stream that the tower need not
  /// encode. The embeddings are shared.
  ///
  /// - Parameter end: stream time in seconds; patches that would end after it are left out.
  public mutating func repeatUntil(_ end: Double) {
    guard let first = patches.first, let last = patches.last else { return }
    let round = last.time - first.time + last.duration
    let once = patches
    guard round > 0 else { return }
    var shift = round
    while first.end + shift <= end {
      for patch in once where patch.end + shift <= end { patches.append(patch.moved(by: shift)) }
      shift += round
    }
  }
}
