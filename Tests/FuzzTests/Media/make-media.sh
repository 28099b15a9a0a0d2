#!/bin/sh
# SPDX-License-Identifier: Apache-2.0

# Makes the clips beside this script, of a few small frames each; run it here. Made with FFmpeg 5.1. They are there to
# be damaged: containers and codecs that the clips of the video tests do not have.
set -eu
run() { ffmpeg -v error -y "$@"; }

exact="-bitexact -fflags +bitexact"
moving="-f lavfi -i testsrc=s=32x32:r=8,trim=end_frame=4"
# Half of it is transparent.
glass="-f lavfi -i color=red:s=16x16:r=8,trim=end_frame=3,format=rgba,geq=r=255:g=N*60:b=0:a=X*16"

run $moving -pix_fmt yuv420p -c:v libx265 -preset ultrafast -x265-params log-level=none $exact hevc.mp4
run $moving -pix_fmt yuv420p -c:v libaom-av1 -cpu-used 8 -crf 60 $exact av1.mp4
run $moving -pix_fmt yuv420p -c:v libvpx -crf 60 -b:v 10k $exact vp8.webm
run $glass -pix_fmt yuva420p -c:v libvpx-vp9 -crf 60 -b:v 0 $exact transparent.webm
run $moving -pix_fmt yuv420p -c:v mpeg2video $exact -f mpeg mpeg2.mpg
run $moving -pix_fmt yuv420p -c:v mpeg4 $exact mpeg4.avi
run $moving -pix_fmt yuv420p -c:v flv1 $exact sorenson.flv
run $moving -c:v prores_ks -profile:v 0 $exact prores.mov
run $moving -pix_fmt yuv420p -c:v libtheora -q:v 1 $exact theora.ogv
run $moving -pix_fmt yuv420p -c:v libx264 -preset ultrafast -crf 40 $exact -f mpegts -mpegts_m2ts_mode 1 plain.m2ts
run $moving -pix_fmt yuv420p -c:v libx264 -preset ultrafast -crf 40 $exact -f h264 bare.h264
# Upright by a matrix of its own, bright beyond white.
run $moving -pix_fmt yuv420p10le -c:v libx264 -preset ultrafast -crf 40 -color_primaries bt2020 \
  -color_trc arib-std-b67 -colorspace bt2020nc $exact hdr.mp4
run -i hdr.mp4 -c copy $exact -metadata:s:v:0 rotate=90 hdr-rotated.mp4
rm hdr.mp4
# Between the frames lies sound.
run $moving -f lavfi -i sine=d=0.5 -pix_fmt yuvj420p -c:v mjpeg -c:a pcm_u8 -ar 8000 $exact with-sound.avi

run $glass $exact animated.gif
run $glass -f apng -plays 1 $exact animated.png
run $glass -frames:v 1 $exact still.tiff
run $glass -frames:v 1 -pix_fmt bgr24 $exact still.bmp
run $glass -frames:v 1 -pix_fmt rgba64be $exact deep.png
run $glass -frames:v 1 -pix_fmt rgb24 $exact -f image2 still.ppm
