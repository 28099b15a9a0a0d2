// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Platform

/// High dynamic range made into the sRGB that vision towers were trained on: transfer function, primaries, highlights.
///
/// Light is counted in parts of 203 cd/m², which is white where both kinds of video are shown (ITU-R BT.2408). The
/// transfer functions are those of ITU-R BT.2100: PQ (SMPTE ST 2084) and HLG (ARIB STD-B67, for a display of
/// 1000 cd/m²).
struct ToneMapping: Sendable {
  private enum Transfer { case pq, hlg }

  /// Light for each signal, by its upper 14 bits: of the display for PQ, of the scene (0 to 1) for HLG.
  private let light: [Float]
  /// The display's light for a scene of 1, by the scene's luminance; empty for PQ.
  private let displayGain: [Float]
  /// 8-bit sRGB for each light from 0 to 1.
  private let encoded: [UInt8]

  private static let signalSteps = 16384
  private static let steps = 4096
  private static let whiteNits: Float = 203
  /// Light above which highlights are compressed. White comes out as 253 and the brightest as 255.
  private static let knee: Float = 0.95

  private static let pq = ToneMapping(.pq)
  private static let hlg = ToneMapping(.hlg)

  /// The mapping that a frame needs; nil for one of standard range.
  static func of(_ frame: UnsafeMutablePointer<AVFrame>) -> ToneMapping? {
    switch frame.pointee.color_trc {
    case AVCOL_TRC_SMPTE2084: pq
    case AVCOL_TRC_ARIB_STD_B67: hlg
    default: nil
    }
  }

  private init(_ transfer: Transfer) {
    let signals = (0..<Self.signalSteps).map { Float($0) / Float(Self.signalSteps - 1) }
    let lights = (0..<Self.steps).map { Float($0) / Float(Self.steps - 1) }
    switch transfer {
    case .pq:
      light = signals.map { Self.pqNits($0) / Self.whiteNits }
      displayGain = []
    case .hlg:
      light = signals.map(Self.hlgScene)
      displayGain = lights.map { 1000 / Self.whiteNits * powf($0, 0.2) }
    }
    encoded = lights.map { light in
      let signal = light <= 0.0031308 ? 12.92 * light : 1.055 * powf(light, 1 / 2.4) - 0.055
      return UInt8(min(max(signal * 255, 0), 255).rounded())
    }
  }

  private static func pqNits(_ signal: Float) -> Float {
    let (m1, m2): (Float, Float) = (2610.0 / 16384, 2523.0 / 32)
    let (c1, c2, c3): (Float, Float, Float) = (3424.0 / 4096, 2413.0 / 128, 2392.0 / 128)
    let power = powf(signal, 1 / m2)
    return 10000 * powf(max(power - c1, 0) / (c2 - c3 * power), 1 / m1)
  }

  private static func hlgScene(_ signal: Float) -> Float {
    let (a, b, c): (Float, Float, Float) = (0.17883277, 0.28466892, 0.55991073)
    return signal <= 0.5 ? signal * signal / 3 : (expf((signal - c) / a) + b) / 12
  }

  /// Makes 8-bit RGB of 16-bit RGB with the primaries of BT.2020, in place.
  func map(_ bytes: UnsafeMutableRawPointer, pixels: Int) {
    func signal(_ index: Int) -> Int { Int(bytes.load(fromByteOffset: index * 2, as: UInt16.self) >> 2) }
    light.withUnsafeBufferPointer { light in
      displayGain.withUnsafeBufferPointer { displayGain in
        encoded.withUnsafeBufferPointer { encoded in
          for index in stride(from: 0, to: pixels * 3, by: 3) {
            var red = light[signal(index)]
            var green = light[signal(index + 1)]
            var blue = light[signal(index + 2)]
            if !displayGain.isEmpty {
              let luminance = 0.2627 * red + 0.6780 * green + 0.0593 * blue
              let gain = displayGain[Int(min(luminance, 1) * Float(Self.steps - 1))]
              (red, green, blue) = (red * gain, green * gain, blue * gain)
            }
            // ITU-R BT.2087, from BT.2020 to BT.709.
            let mapped = (
              1.6605 * red - 0.5876 * green - 0.0728 * blue, 1.1329 * green - 0.1246 * red - 0.0083 * blue,
              1.1187 * blue - 0.0182 * red - 0.1006 * green
            )
            let scale = Self.compression(of: max(mapped.0, mapped.1, mapped.2))
            bytes.storeBytes(of: encoded[Self.step(mapped.0 * scale)], toByteOffset: index, as: UInt8.self)
            bytes.storeBytes(of: encoded[Self.step(mapped.1 * scale)], toByteOffset: index + 1, as: UInt8.self)
            bytes.storeBytes(of: encoded[Self.step(mapped.2 * scale)], toByteOffset: index + 2, as: UInt8.self)
          }
        }
      }
    }
  }

  private static func step(_ light: Float) -> Int { Int(min(max(light, 0), 1) * Float(steps - 1) + 0.5) }

  /// The factor that brings the brightest channel to 1 at most, the same for all three, so that the hue stays.
  private static func compression(of brightest: Float) -> Float {
    guard brightest > knee else { return 1 }
    let room = 1 - knee
    return (knee + room * (1 - expf((knee - brightest) / room))) / brightest
  }
}
