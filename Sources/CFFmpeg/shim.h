// SPDX-License-Identifier: Apache-2.0

// What Swift cannot see of FFmpeg by itself: error codes and tags made by macros, fields whose name depends on the
// version, and calls that take arrays inside structures.
#ifndef EDGEASSIST_CFFMPEG_SHIM_H
#define EDGEASSIST_CFFMPEG_SHIM_H
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

static inline int shim_error_end_of_file(void) { return AVERROR_EOF; }
static inline int shim_error_interrupted(void) { return AVERROR_EXIT; }
static inline int shim_error_invalid_data(void) { return AVERROR_INVALIDDATA; }
static inline int shim_error_no_protocol(void) { return AVERROR_PROTOCOL_NOT_FOUND; }
static inline int shim_error_of_errno(int code) { return AVERROR(code); }

static inline void shim_describe_error(int code, char *text, size_t size) { av_strerror(code, text, size); }

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

// Scales a whole image into packed rows of `stride` bytes at `destination`.
static inline int shim_scale(struct SwsContext *scaler, const AVFrame *frame, uint8_t *destination, int stride) {
  uint8_t *planes[4] = {destination, 0, 0, 0};
  int strides[4] = {stride, 0, 0, 0};
  return sws_scale(scaler, (const uint8_t *const *)frame->data, frame->linesize, 0, frame->height, planes, strides);
}

// Tells the scaler which matrix and range the source's luma and chroma are in; the result is full-range RGB.
static inline int shim_set_colors(struct SwsContext *scaler, int matrix, int isFullRange) {
  const int *coefficients = sws_getCoefficients(matrix);
  return sws_setColorspaceDetails(scaler, coefficients, isFullRange, sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16,
                                  1 << 16);
}

static inline AVStream *shim_stream(const AVFormatContext *input, unsigned index) {
  return index < input->nb_streams ? input->streams[index] : 0;
}
#endif
