#!/bin/sh
# SPDX-License-Identifier: Apache-2.0

# Makes the clips beside this script; run it here. Made with FFmpeg 5.1 (libx264, ffv1, aac); the tests need only the
# clips. What is damaged, cut off, empty or no video at all is made from these by the tests themselves.
set -eu
run() { ffmpeg -v error -y "$@"; }

# A grey clip whose luma is 16 + 4 · n in frame n, so that a frame says which one it is.
grey() { # width height rate frames
  echo "color=black:s=$1x$2:r=$3,trim=end_frame=$4,format=yuv420p,geq=lum='16+4*N':cb=128:cr=128"
}
x264="-c:v libx264 -preset veryslow -crf 12 -pix_fmt yuv420p -bitexact -fflags +bitexact"

# 50 frames, 25 a second, a key frame each second, B-frames between; the index comes first.
run -f lavfi -i "$(grey 64 48 25 50)" $x264 -g 25 -bf 2 -movflags +faststart constant.mp4
# 30 a second in a container that counts milliseconds: most times are rounded.
run -f lavfi -i "$(grey 64 48 30 45)" -c:v ffv1 -bitexact -fflags +bitexact milliseconds.mkv
# Ten frames 0.1 s apart, then six 0.5 s apart.
run -f lavfi -i "$(grey 64 48 25 16),settb=1/1000,setpts='if(lt(N,10),N*0.1,1+(N-10)*0.5)/TB'" $x264 -fps_mode passthrough \
  -video_track_timescale 1000 variable.mp4
# One frame a second.
run -f lavfi -i "$(grey 64 48 1 4)" $x264 slow.mp4
run -f lavfi -i "$(grey 64 48 25 2)" $x264 two-frames.mp4
run -f lavfi -i "$(grey 64 48 25 1)" $x264 one-frame.mp4
# Times that begin at 100 s.
run -f lavfi -i "$(grey 64 48 25 25)" $x264 -output_ts_offset 100 -f mpegts late.ts
# Two recordings one behind the other: the times begin again and the frames change their size.
run -f lavfi -i "$(grey 64 48 25 25)" $x264 -g 25 -f mpegts first.part
run -f lavfi -i "$(grey 48 64 25 25)" $x264 -g 25 -f mpegts second.part
cat first.part second.part > joined.ts
rm first.part second.part

# Quarters of red (top left), green (top right), blue (bottom left) and white (bottom right), in the three usual ways
# to write colours down.
quarters="color=red:s=32x24[a];color=0x00ff00:s=32x24[b];color=blue:s=32x24[c];color=white:s=32x24[d];\
[a][b]hstack[t];[c][d]hstack[u];[t][u]vstack,format=gbrp,trim=end_frame=2"
run -f lavfi -i "$quarters,scale=out_color_matrix=bt601:out_range=tv,format=yuv420p" $x264 \
  -colorspace smpte170m -color_range tv colours-601.mp4
run -f lavfi -i "$quarters,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p" $x264 \
  -colorspace bt709 -color_range tv colours-709.mp4
run -f lavfi -i "$quarters,scale=out_color_matrix=bt601:out_range=pc,format=yuv420p" $x264 \
  -colorspace smpte170m -color_range pc colours-full.mp4
for angle in 90 180 270; do
  run -i colours-601.mp4 -c copy -bitexact -fflags +bitexact -metadata:s:v:0 rotate=$angle rotated-$angle.mp4
done
# Pixels twice as wide as high.
run -f lavfi -i "$quarters,scale=out_color_matrix=bt601:out_range=tv,format=yuv420p,setsar=2" $x264 \
  -colorspace smpte170m -color_range tv wide-pixels.mp4

run -f lavfi -i "color=red:s=1x1:r=25:d=0.12,format=gbrp" -c:v ffv1 -bitexact -fflags +bitexact 1x1.mkv
run -f lavfi -i "color=red:s=37x23:r=25:d=0.12,format=gbrp" -c:v ffv1 -bitexact -fflags +bitexact odd.mkv
run -f lavfi -i "color=red:s=1000x4:r=25:d=0.04,format=gbrp" -c:v ffv1 -bitexact -fflags +bitexact ribbon.mkv
run -f lavfi -i "color=0x00ff00:s=7680x4320:r=25,trim=end_frame=1,format=gbrp,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p" \
  $x264 8k.mp4
run -f lavfi -i "sine=d=0.3" -c:a aac -b:a 16k -bitexact -fflags +bitexact sound.mp4
run -f lavfi -i "sine=d=0.2" -i colours-601.mp4 -map 0 -map 1 -frames:v 1 -c:a libmp3lame -b:a 16k -c:v mjpeg \
  -disposition:v attached_pic -bitexact -fflags +bitexact song-with-cover.mp3
