#ifndef EDGEASSIST_CFFMPEG_SHIM_H
#define EDGEASSIST_CFFMPEG_SHIM_H
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libswscale/swscale.h>
#endif
