// SPDX-License-Identifier: Apache-2.0

// Parts of FFmpeg that Swift cannot see by itself: error codes and tags made by macros, fields whose name depends on
// the version, and calls that take arrays inside structures.
#ifndef EDGEASSIST_CFFMPEG_SHIM_H
#define EDGEASSIST_CFFMPEG_SHIM_H
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libavutil/sha.h>
#include <libswscale/swscale.h>

static inline int shim_error_end_of_file(void) { return AVERROR_EOF; }
static inline int shim_error_interrupted(void) { return AVERROR_EXIT; }
static inline int shim_error_invalid_data(void) { return AVERROR_INVALIDDATA; }
static inline int shim_error_no_protocol(void) { return AVERROR_PROTOCOL_NOT_FOUND; }
static inline int shim_error_of_errno(int code) { return AVERROR(code); }

static inline void shim_describe_error(int code, char *text, size_t size) { av_strerror(code, text, size); }

// Hands each error line of FFmpeg's log to `take`, for the whole process. Swift has no say in the arguments: its
// compiler ends with a fault where a closure takes a `va_list` on 64-bit ARM.
typedef void (*shim_log_line)(const char *line);

// A function's own variable, because Swift leaves a header's undefined.
static inline shim_log_line *shim_log_taker(void) {
  static shim_log_line taker;
  return &taker;
}

static inline void shim_log(void *context, int level, const char *format, va_list arguments) {
  if (level > AV_LOG_ERROR || !format || !*shim_log_taker()) return;
  char line[512] = {0};
  int prefixes = 0;
  av_log_format_line2(context, level, format, arguments, line, sizeof line, &prefixes);
  (*shim_log_taker())(line);
}

static inline void shim_take_log(shim_log_line take) {
  *shim_log_taker() = take;
  av_log_set_level(AV_LOG_ERROR);
  av_log_set_callback(shim_log);
}

// How long a decoded frame is shown, in the stream's time base; 0 when unknown.
static inline int64_t shim_frame_duration(const AVFrame *frame) {
#if LIBAVUTIL_VERSION_MAJOR >= 58
  return frame->duration;
#else
  return frame->pkt_duration;
#endif
}

// The 3 × 3 display matrix that a frame carries, or else the one of its stream; null when there is none.
static inline const int32_t *shim_display_matrix(const AVStream *stream, const AVFrame *frame) {
  const AVFrameSideData *own = av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX);
  if (own && own->size >= 9 * sizeof(int32_t)) return (const int32_t *)own->data;
#if LIBAVFORMAT_VERSION_MAJOR >= 61
  const AVPacketSideData *side = av_packet_side_data_get(
      stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
  return side && side->size >= 9 * sizeof(int32_t) ? (const int32_t *)side->data : 0;
#else
  size_t size = 0;
  const uint8_t *data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  return data && size >= 9 * sizeof(int32_t) ? (const int32_t *)data : 0;
#endif
}

// The scaler's type is opaque up to FFmpeg 7 and open from 8 on, which Swift sees as two kinds of pointer, and its
// flags changed their type then: here both stay what they are.
typedef struct shim_scaler shim_scaler;

// Pixel formats of the scaler: 8 bits each of red, green and blue; with alpha; 16 bits each of red, green and blue.
enum shim_scaler_output { SHIM_RGB, SHIM_RGBA, SHIM_RGB48 };

static inline shim_scaler *shim_make_scaler(int sourceWidth, int sourceHeight, enum AVPixelFormat sourceFormat,
                                            int width, int height, enum shim_scaler_output output) {
  enum AVPixelFormat format = output == SHIM_RGB    ? AV_PIX_FMT_RGB24
                              : output == SHIM_RGBA ? AV_PIX_FMT_RGBA
                                                    : AV_PIX_FMT_RGB48;
  return (shim_scaler *)sws_getContext(sourceWidth, sourceHeight, sourceFormat, width, height, format,
                                       SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, 0, 0, 0);
}

static inline void shim_free_scaler(shim_scaler *scaler) { sws_freeContext((struct SwsContext *)scaler); }

// Scales a whole image into packed rows of `stride` bytes at `destination`.
static inline int shim_scale(shim_scaler *scaler, const AVFrame *frame, uint8_t *destination, int stride) {
  uint8_t *planes[4] = {destination, 0, 0, 0};
  int strides[4] = {stride, 0, 0, 0};
  return sws_scale((struct SwsContext *)scaler, (const uint8_t *const *)frame->data, frame->linesize, 0, frame->height,
                   planes, strides);
}

// Tells the scaler which matrix and range the source's luma and chroma are in; the result is full-range RGB.
static inline int shim_set_colors(shim_scaler *scaler, int matrix, int isFullRange) {
  const int *coefficients = sws_getCoefficients(matrix);
  return sws_setColorspaceDetails((struct SwsContext *)scaler, coefficients, isFullRange,
                                  sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
}

// The bytes of a container's index entry, whose field is of 30 bits.
static inline int shim_index_entry_size(const AVIndexEntry *entry) { return entry->size; }

// Whether a packet is encrypted and FFmpeg has no key for it.
static inline int shim_is_encrypted(const AVPacket *packet) {
  size_t size = 0;
  return av_packet_get_side_data(packet, AV_PKT_DATA_ENCRYPTION_INFO, &size) != 0;
}

// Whether a stream's header says that it is encrypted: by the name `encv` of mp4, by a key's name in Matroska.
static inline int shim_stream_is_encrypted(const AVStream *stream) {
  return stream->codecpar->codec_tag == MKTAG('e', 'n', 'c', 'v') ||
         av_dict_get(stream->metadata, "enc_key_id", 0, 0) != 0;
}

static inline AVStream *shim_stream(const AVFormatContext *input, unsigned index) {
  return index < input->nb_streams ? input->streams[index] : 0;
}

// SHA-1 (160 bits) or SHA-256 of bytes that come piece by piece; null when memory has run out. The count of bytes
// changed its type with FFmpeg 5.
static inline struct AVSHA *shim_begin_sha(int bits) {
  struct AVSHA *state = av_sha_alloc();
  if (state) av_sha_init(state, bits);
  return state;
}

static inline void shim_free_sha(struct AVSHA *state) { av_free(state); }

static inline void shim_add_to_sha(struct AVSHA *state, const uint8_t *bytes, size_t count) {
  const size_t most = 1u << 30;
  for (; count > most; bytes += most, count -= most) av_sha_update(state, bytes, (unsigned)most);
  if (count) av_sha_update(state, bytes, (unsigned)count);
}

// Writes the checksum: 20 bytes of SHA-1, 32 of SHA-256.
static inline void shim_finish_sha(struct AVSHA *state, uint8_t *digest) { av_sha_final(state, digest); }
#endif
