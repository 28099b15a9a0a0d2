// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Platform
import Records

extension MediaInput {
  /// The wishes for a source that is opened.
  struct OpeningOptions {
    /// Seconds for which a network source or device may send nothing.
    var timeout: Double
    /// Images a second of a numbered row of images.
    var imageRate: Double
    /// The segment that a live playlist is read from, counted from 0; nil for one near its end.
    var firstSegment: Int?
    /// The bytes to read; nil for those that the source names.
    var recording: RecordingReader?
    /// The pipe that these come through; nil for none.
    var pipe: DescriptorReader?
  }

  /// Opens a source up to its decoder. Blocks; `interrupt` ends it.
  static func open(
    _ source: VideoSource, options: OpeningOptions, interrupt: IOInterrupt
  ) throws(VideoError) -> MediaInput {
    let timeout = options.timeout
    FFmpegLog.install
    FFmpegMemory.bound
    let handles = MediaHandles(interrupt: interrupt)
    let name = source.displayName
    let isRemote: Bool
    switch source {
    case .file, .standardInput: isRemote = false
    case .url, .device: isRemote = true
    }
    interrupt.setDeadline(in: isRemote ? timeout : nil)
    defer { interrupt.setDeadline(in: nil) }

    let refusal = try openContainerOrImages(source, into: handles, options)
    let openedAt = monotonicSeconds()
    guard let format = handles.format else { throw .unreadable(source: name, detail: "out of memory") }
    // A camera that sends single JPEG images gives them no times and no rate: they count from when they come.
    if isRemote, refusal != nil || isRowOfImages(format) {
      format.pointee.use_wallclock_as_timestamps = 1
      format.pointee.fps_probe_size = 0
    }
    let colors = (0..<format.pointee.nb_streams).map { shim_stream(format, $0).map(ContainerColors.init) }
    let marks = programMarks(of: format)
    let (found, line) = FFmpegLog.listening { avformat_find_stream_info(format, nil) }
    if found < 0, let refusal { throw refusal }
    guard found >= 0 else {
      let error = failure(of: found, line: line, source: source, handles: handles, timeout: timeout)
      let isScrambled = !interrupt.isStopped && Self.isScrambled(format, at: .beginning, interrupt: interrupt)
      throw isScrambled ? .encrypted(source: name) : error
    }
    if interrupt.isStopped { throw .cancelled(source: name) }
    // Where frames come slowly the time-out ends the look at the first ones. It is no end of the source.
    if isRemote, interrupt.isPastDeadline, let bytes = format.pointee.pb {
      forgetTimeOut(of: bytes)
    }

    let stream = try videoStream(of: format, source: source, line: line)
    if stream.pointee.codecpar.pointee.width == 0 { try checkSize(line: line, source: source) }
    if let refusal, stream.pointee.codecpar.pointee.width == 0 { throw refusal }
    discardOthers(than: stream, in: format)
    let duration = length(of: format, video: stream)
    let isLive: Bool
    switch source {
    case .device: isLive = true
    // A source with a length in time or in bytes has an end. Of a playlist the bytes are those of the list.
    case .url: isLive = duration == nil && (isPlaylist(format) || (format.pointee.pb.map { avio_size($0) } ?? -1) <= 0)
    case .file, .standardInput: isLive = false
    }
    let codec = try openDecoder(for: stream, source: source, isLive: isLive, handles: handles)
    guard let packet = av_packet_alloc() else { throw .unreadable(source: name, detail: "out of memory") }
    handles.packet = packet
    return MediaInput(
      source: source, handles: handles, format: format, stream: stream, codec: codec, packet: packet,
      colors: Int(stream.pointee.index) < colors.count ? colors[Int(stream.pointee.index)] : nil, marks: marks,
      isLive: isLive,
      isSeekable: canSeek(format, source: source, duration: duration), duration: duration, openedAt: openedAt,
      readTimeout: !isRemote
        ? nil : isLive && isHLS(format) ? silence(of: source, timeout: timeout, interrupt: interrupt) : timeout)
  }

  /// FFmpeg takes the end of a read that the time-out ended for the end of the source.
  static func forgetTimeOut(of bytes: UnsafeMutablePointer<AVIOContext>) {
    (bytes.pointee.error, bytes.pointee.eof_reached) = (0, 0)
  }

  /// Leaves out the streams that are not needed, so that nothing is read for them.
  static func discardOthers(
    than stream: UnsafeMutablePointer<AVStream>, in format: UnsafeMutablePointer<AVFormatContext>
  ) {
    for index in 0..<format.pointee.nb_streams {
      guard let other = shim_stream(format, index), other != stream else { continue }
      // Where recordings are joined, the video may go on in another stream. The other videos of a playlist are the same
      // one at other bitrates, in files of their own.
      let mayFollow = mayJoin(format) && !isPlaylist(format) && isVideo(other)
      if !mayFollow { other.pointee.discard = AVDISCARD_ALL }
    }
  }

  /// - Parameter line: what FFmpeg has logged about a video stream whose size it does not tell.
  private static func checkSize(line: String, source: VideoSource) throws(VideoError) {
    guard let size = FFmpegLog.refusedSize(in: line),
      Double(size.width) * Double(size.height) > Double(FFmpegMemory.mostPixels)
    else { return }
    throw .tooLarge(source: source.displayName, width: size.width, height: size.height)
  }

  private static func isRowOfImages(_ format: UnsafeMutablePointer<AVFormatContext>) -> Bool {
    ["mpjpeg", "mjpeg", "jpeg_pipe"].contains(String(cString: format.pointee.iformat.pointee.name))
  }

  /// Seconds for which a live playlist may send nothing: `timeout`, or more where its segments are long. They come at
  /// once, each no later than one and a half times its length after the one before (RFC 8216, section 6.2.2), and the
  /// playlist is read once in that time.
  private static func silence(of source: VideoSource, timeout: Double, interrupt: IOInterrupt) -> Double {
    guard case .url(let address) = source,
      let playlist = try? PlaylistProgress.read(
        address, name: source.displayName, timeout: timeout, interrupt: interrupt)
    else { return timeout }
    return max(timeout, 3 * playlist.targetDuration)
  }

  // MARK: Container

  /// Opens the container. What a web server sends in no container is tried as a row of JPEG images: some cameras leave
  /// out the boundary before the first.
  /// - Returns: why it is no container, if it is read as images, which are still to be found.
  private static func openContainerOrImages(
    _ source: VideoSource, into handles: MediaHandles, _ options: OpeningOptions
  ) throws(VideoError) -> VideoError? {
    do throws(VideoError) {
      try openContainer(source, into: handles, options)
      return nil
    } catch {
      guard case .notAVideo = error, VideoSource.isWebAddress(source), let images = av_find_input_format("mjpeg") else {
        throw error
      }
      try openContainer(source, into: handles, options, as: images)
      return error
    }
  }

  private static func openContainer(
    _ source: VideoSource, into handles: MediaHandles, _ opening: OpeningOptions,
    as format: UnsafePointer<AVInputFormat>? = nil
  ) throws(VideoError) {
    let name = source.displayName
    let timeout = opening.timeout
    var address = ""
    var inputFormat = format
    var options: OpaquePointer?
    defer { av_dict_free(&options) }
    switch source {
    case .file(let path):
      address = "file:" + path
      // A playlist in a file from a stranger may name other files, but must not reach out into the network.
      av_dict_set(&options, "protocol_whitelist", "file,crypto,data", 0)
      if let images = ImageSequence(path) {
        guard let first = images.firstNumber else { throw .missing(source: name) }
        av_dict_set(&options, "pattern_type", "sequence", 0)
        av_dict_set(&options, "start_number", String(first), 0)
        av_dict_set(&options, "framerate", String(opening.imageRate), 0)
      } else if let recording = opening.recording {
        (handles.recording, handles.reader) = (recording, opening.pipe)
        // As below.
        address.replace("%", with: "_")
        av_dict_set(&options, "pattern_type", "none", 0)
      } else {
        handles.reader = try reader(ofFile: path, name: name, timeout: timeout, interrupt: handles.interrupt)
        // An image's name may look like a pattern for many, which says more to FFmpeg than what is in the file.
        if handles.reader != nil { address.replace("%", with: "_") }
        av_dict_set(&options, "pattern_type", "none", 0)
      }
    case .standardInput:
      (handles.recording, handles.reader) = (opening.recording, opening.pipe)
      if handles.recording == nil { handles.reader = try readerOfStandardInput(interrupt: handles.interrupt) }
      av_dict_set(&options, "protocol_whitelist", "crypto,data", 0)
    case .device(let path):
      address = path
      try checkDevice(path, name: name)
      inputFormat = try AVDeviceLibrary.videoForLinux(for: source)
    case .url(let text):
      address = text
      options = try networkOptions(for: text, name: name, timeout: timeout)
      if let firstSegment = opening.firstSegment { av_dict_set(&options, "live_start_index", String(firstSegment), 0) }
    }
    guard let format = avformat_alloc_context() else { throw .unreadable(source: name, detail: "out of memory") }
    format.pointee.interrupt_callback = handles.interrupt.callback
    if case .device = source { format.pointee.flags |= AVFMT_FLAG_NONBLOCK }
    if let bytes = handles.recording?.context ?? handles.reader?.context { format.pointee.pb = bytes }
    // On failure FFmpeg frees the context and sets it to nil.
    handles.format = format
    let (code, line) = FFmpegLog.listening { avformat_open_input(&handles.format, address, inputFormat, &options) }
    guard code >= 0 else { throw failure(of: code, line: line, source: source, handles: handles, timeout: timeout) }
  }

  /// The error of a source that FFmpeg refused.
  private static func failure(
    of code: Int32, line: String, source: VideoSource, handles: MediaHandles, timeout: Double
  ) -> VideoError {
    let name = source.displayName
    if handles.interrupt.isStopped { return .cancelled(source: name) }
    if handles.interrupt.isPastDeadline { return .timedOut(source: name, seconds: timeout) }
    let words = FFmpegLog.describe(code)
    switch source {
    case .file:
      if code == shim_error_of_errno(EACCES) { return .notPermitted(source: name) }
      if handles.reader?.lacksWriter == true {
        return .unreadable(source: name, detail: "no program writes this pipe; start its writer first")
      }
      if code == shim_error_of_errno(EIO) { return .unreadable(source: name, detail: words) }
      if code == shim_error_of_errno(ENOMEM) {
        return .unreadable(source: name, detail: "it is damaged and asks for too much memory, or there is none left")
      }
      if case .file(let path) = source, let kind = UnsupportedImage(ofFile: path) {
        return .unsupportedCodec(source: name, codec: kind.name)
      }
      return .notAVideo(source: name, detail: line.isEmpty ? words : line)
    case .standardInput:
      if let reader = handles.reader, !reader.hasRead {
        return .noStandardInput(detail: code == shim_error_of_errno(EBADF) ? "is not open for reading" : "is empty")
      }
      return .notAVideo(source: name, detail: line.isEmpty ? words : line)
    case .device:
      return .deviceUnavailable(source: name, detail: words)
    case .url:
      if code == shim_error_no_protocol() { return .unsupportedProtocol(source: name) }
      if code == shim_error_invalid_data() { return .notAVideo(source: name, detail: line.isEmpty ? words : line) }
      // An answer without a length ends in this error, and so does a name that nobody knows.
      if code == shim_error_of_errno(EIO), VideoSource.isWebAddress(source), !line.contains("resolve") {
        return .notAVideo(source: name, detail: "the server answers with something else")
      }
      return .unreachable(source: name, detail: line.contains("resolve") ? line : words)
    }
  }

  // MARK: Video stream

  static func isVideo(_ stream: UnsafeMutablePointer<AVStream>) -> Bool {
    // The cover image of a song is no video.
    stream.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_VIDEO
      && stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
  }

  static func videoStream(
    of format: UnsafeMutablePointer<AVFormatContext>, source: VideoSource, line: String
  ) throws(VideoError) -> UnsafeMutablePointer<AVStream> {
    let best = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0)
    if best >= 0, let stream = shim_stream(format, UInt32(best)), isVideo(stream) { return stream }
    for index in 0..<format.pointee.nb_streams {
      if let stream = shim_stream(format, index), isVideo(stream) { return stream }
    }
    if format.pointee.nb_streams == 0 {
      throw .notAVideo(source: source.displayName, detail: line.isEmpty ? "it begins like one and holds nothing" : line)
    }
    throw .noVideoTrack(source: source.displayName)
  }

  /// - Parameter isFirst: false for a stream that takes over, whose header lies in its packets alone.
  static func openDecoder(
    for stream: UnsafeMutablePointer<AVStream>, source: VideoSource, isLive: Bool, isFirst: Bool = true,
    handles: MediaHandles
  ) throws(VideoError) -> UnsafeMutablePointer<AVCodecContext> {
    let name = source.displayName
    if shim_stream_is_encrypted(stream) != 0 { throw .encrypted(source: name) }
    guard let parameters = stream.pointee.codecpar, let decoder = decoder(for: stream) else {
      throw .unsupportedCodec(source: name, codec: codecName(of: stream))
    }
    guard let codec = avcodec_alloc_context3(decoder) else {
      throw .unreadable(source: name, detail: "out of memory")
    }
    avcodec_free_context(&handles.codec)
    handles.codec = codec
    guard avcodec_parameters_to_context(codec, parameters) >= 0 else {
      throw .unreadable(source: name, detail: "its stream description is damaged")
    }
    if !isFirst {
      av_freep(&codec.pointee.extradata)
      codec.pointee.extradata_size = 0
    }
    codec.pointee.pkt_timebase = stream.pointee.time_base
    codec.pointee.max_pixels = Int64(FFmpegMemory.mostPixels)
    let area = Int(parameters.pointee.width) * Int(parameters.pointee.height)
    if area > FFmpegMemory.mostPixels {
      throw .tooLarge(source: name, width: Int(parameters.pointee.width), height: Int(parameters.pointee.height))
    }
    codec.pointee.thread_count = Int32(max(1, min(4, sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    // Threads that each decode a frame of their own hold several frames back: too late for a live source, and too much
    // memory for very large ones. FFmpeg 5 ends the program where such a thread meets a damaged WebP image.
    let mayHoldBack = !isLive && area <= 4096 * 2304 && parameters.pointee.codec_id != AV_CODEC_ID_WEBP
    codec.pointee.thread_type = mayHoldBack ? FF_THREAD_FRAME | FF_THREAD_SLICE : FF_THREAD_SLICE
    let (code, line) = FFmpegLog.listening { avcodec_open2(codec, decoder, nil) }
    guard code >= 0 else {
      let detail = line.isEmpty ? FFmpegLog.describe(code) : line
      throw .unsupportedCodec(source: name, codec: "\(codecName(of: stream)): \(detail)")
    }
    return codec
  }

  /// The decoder to use. Only that of libvpx reads the transparency of VP8 and VP9.
  private static func decoder(for stream: UnsafeMutablePointer<AVStream>) -> UnsafePointer<AVCodec>? {
    let codec = stream.pointee.codecpar.pointee.codec_id
    if av_dict_get(stream.pointee.metadata, "alpha_mode", nil, 0) != nil {
      let name = codec == AV_CODEC_ID_VP9 ? "libvpx-vp9" : codec == AV_CODEC_ID_VP8 ? "libvpx" : ""
      if let decoder = avcodec_find_decoder_by_name(name) { return decoder }
    }
    return avcodec_find_decoder(codec)
  }

  /// FFmpeg's name of the codec, or the container's four letters for one that FFmpeg does not know.
  static func codecName(of stream: UnsafeMutablePointer<AVStream>) -> String {
    guard let parameters = stream.pointee.codecpar else { return "unknown" }
    if parameters.pointee.codec_id != AV_CODEC_ID_NONE {
      return String(cString: avcodec_get_name(parameters.pointee.codec_id))
    }
    let tag = parameters.pointee.codec_tag
    let letters = (0..<4).map { UInt8(truncatingIfNeeded: tag >> (8 * $0)) }
    let name = visible(String(decoding: letters.filter { $0 >= 32 && $0 < 127 }, as: UTF8.self))
    return name.isEmpty ? "unknown" : name
  }

  private static func length(
    of format: UnsafeMutablePointer<AVFormatContext>, video: UnsafeMutablePointer<AVStream>
  ) -> Double? {
    let ticks = format.pointee.duration
    // An unknown length of the video would be that of the whole.
    if video.pointee.duration > 0, duration(of: video) == nil { return nil }
    return ticks > 0 ? Double(ticks) / Double(AV_TIME_BASE) : nil
  }

  private static func canSeek(
    _ format: UnsafeMutablePointer<AVFormatContext>, source: VideoSource, duration: Double?
  ) -> Bool {
    let bytesCanBeSought = format.pointee.pb.map { $0.pointee.seekable & Int32(AVIO_SEEKABLE_NORMAL) != 0 } ?? false
    switch source {
    case .file, .standardInput: return bytesCanBeSought
    case .device: return false
    case .url:
      // Playlists and rtsp seek by asking the server, not by bytes.
      let asksServer = format.pointee.iformat.pointee.flags & AVFMT_NOFILE != 0
      return duration != nil && (bytesCanBeSought || asksServer)
    }
  }
}
