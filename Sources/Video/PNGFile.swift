// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Foundation
import Images
import Platform

/// Images as PNG files, by FFmpeg's own encoder and decoder.
public enum PNGFile {
  /// Bytes beyond which a file is not read, so that a wrong name cannot fill the memory.
  private static let longestFile = 64 << 20

  // MARK: Writing

  /// The files that an image may replace.
  public static let replaceable = OutputFile.Replacement.kind("a PNG image", beginning: [0x89, 0x50, 0x4E, 0x47])

  /// Writes an image as PNG. Of the files that exist only a PNG image is replaced.
  ///
  /// - Parameter stop: ends the wait for the reader of a pipe, with an error.
  /// - Throws: `VideoError.invalidOption` for an image without pixels, `notWritable` naming the file and the reason.
  public static func write(_ image: Image, to path: String, stop: StopSource? = nil) throws(VideoError) {
    guard image.width > 0, image.height > 0 else {
      throw .invalidOption("an image without pixels cannot be saved")
    }
    let bytes = try encoded(image, path: path)
    do throws(OutputError) {
      try OutputFile.write(Array(bytes), to: path, replacing: replaceable, stop: stop)
    } catch {
      throw .notWritable(path: path, detail: error.explanation)
    }
  }

  private static func encoded(_ image: Image, path: String) throws(VideoError) -> Data {
    FFmpegLog.install
    FFmpegMemory.bound
    guard let encoder = avcodec_find_encoder(AV_CODEC_ID_PNG) else {
      throw .notWritable(path: path, detail: "this FFmpeg has no PNG encoder")
    }
    var codec = avcodec_alloc_context3(encoder)
    var packet = av_packet_alloc()
    defer {
      av_packet_free(&packet)
      avcodec_free_context(&codec)
    }
    guard let codec, let packet, let frame = DecodedFrame() else {
      throw .notWritable(path: path, detail: "out of memory")
    }
    codec.pointee.width = Int32(clamping: image.width)
    codec.pointee.height = Int32(clamping: image.height)
    codec.pointee.pix_fmt = AV_PIX_FMT_RGB24
    codec.pointee.time_base = AVRational(num: 1, den: 1)
    frame.pointer.pointee.width = codec.pointee.width
    frame.pointer.pointee.height = codec.pointee.height
    frame.pointer.pointee.format = AV_PIX_FMT_RGB24.rawValue
    var code = avcodec_open2(codec, encoder, nil)
    if code >= 0 { code = av_frame_get_buffer(frame.pointer, 0) }
    if code >= 0 {
      copy(image, to: frame.pointer)
      code = avcodec_send_frame(codec, frame.pointer)
    }
    if code >= 0 { code = avcodec_send_frame(codec, nil) }
    if code >= 0 { code = avcodec_receive_packet(codec, packet) }
    guard code >= 0, let data = packet.pointee.data else {
      throw .notWritable(path: path, detail: FFmpegLog.describe(code))
    }
    return Data(bytes: data, count: Int(packet.pointee.size))
  }

  private static func copy(_ image: Image, to frame: UnsafeMutablePointer<AVFrame>) {
    let row = image.width * 3
    let stride = Int(frame.pointee.linesize.0)
    guard let plane = frame.pointee.data.0 else { return }
    image.pixels.withUnsafeBufferPointer { pixels in
      guard let source = pixels.baseAddress else { return }
      for line in 0..<image.height {
        (plane + line * stride).update(from: source + line * row, count: row)
      }
    }
  }

  // MARK: Reading

  /// Reads a PNG file; what is transparent is white.
  ///
  /// - Throws: `VideoError` naming the file and what is wrong with it.
  public static func read(_ path: String) throws(VideoError) -> Image {
    FFmpegLog.install
    FFmpegMemory.bound
    let bytes = try contents(of: path)
    guard let decoder = avcodec_find_decoder(AV_CODEC_ID_PNG) else {
      throw .unsupportedCodec(source: path, codec: "png")
    }
    var codec = avcodec_alloc_context3(decoder)
    var packet = av_packet_alloc()
    defer {
      av_packet_free(&packet)
      avcodec_free_context(&codec)
    }
    codec?.pointee.max_pixels = Int64(FFmpegMemory.mostPixels)
    guard let codec, let packet, let frame = DecodedFrame(), avcodec_open2(codec, decoder, nil) >= 0,
      av_new_packet(packet, Int32(bytes.count)) >= 0, let data = packet.pointee.data
    else {
      throw .unreadable(source: path, detail: "out of memory")
    }
    bytes.copyBytes(to: data, count: bytes.count)
    var code = avcodec_send_packet(codec, packet)
    if code >= 0 { code = avcodec_send_packet(codec, nil) }
    if code >= 0 { code = avcodec_receive_frame(codec, frame.pointer) }
    guard code >= 0 else { throw .noImage(source: path, detail: FFmpegLog.describe(code)) }
    let size = ImageSize(width: Int(frame.pointer.pointee.width), height: Int(frame.pointer.pointee.height))
    let image = FrameScaler().image(of: frame.pointer, size: size, content: size, orientation: .upright)
    guard let image else { throw .noImage(source: path, detail: "its pixels cannot be converted") }
    return image
  }

  private static func contents(of path: String) throws(VideoError) -> Data {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { throw .missing(source: path) }
    if isFolder.boolValue { throw .isDirectory(source: path) }
    guard let file = FileHandle(forReadingAtPath: path) else { throw .notPermitted(source: path) }
    defer { try? file.close() }
    let bytes = (try? file.read(upToCount: longestFile)) ?? Data()
    if bytes.isEmpty { throw .empty(source: path) }
    return bytes
  }
}
