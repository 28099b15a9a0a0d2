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
run -f lavfi -i "$(grey 64 48 25 16),settb=1/1000,setpts='if(lt(N,10),N*0.1,1+(N-10)*0.5)/TB'" $x264 \
  -fps_mode passthrough -video_track_timescale 1000 variable.mp4
# One frame a second.
run -f lavfi -i "$(grey 64 48 1 4)" $x264 slow.mp4
run -f lavfi -i "$(grey 64 48 25 2)" $x264 two-frames.mp4
run -f lavfi -i "$(grey 64 48 25 1)" $x264 one-frame.mp4
# Times that begin at 100 s.
run -f lavfi -i "$(grey 64 48 25 25)" $x264 -output_ts_offset 100 -f mpegts starts-at-100s.ts
# Two recordings one behind the other: the times begin again and the frames change their size.
run -f lavfi -i "$(grey 64 48 25 25)" $x264 -g 25 -f mpegts first.part
run -f lavfi -i "$(grey 48 64 25 25)" $x264 -g 25 -f mpegts second.part
cat first.part second.part > joined.ts
# The same with another codec under the same number.
run -f lavfi -i "$(grey 64 48 25 50)" -c:v mpeg2video -bitexact -fflags +bitexact -f mpegts second.part
cat first.part second.part > other-codec.ts
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
run -i colours-601.mp4 -frames:v 1 -q:v 2 -bitexact still.jpg
# Pixels twice as wide as high.
run -f lavfi -i "$quarters,scale=out_color_matrix=bt601:out_range=tv,format=yuv420p,setsar=2" $x264 \
  -colorspace smpte170m -color_range tv wide-pixels.mp4

run -f lavfi -i "color=red:s=1x1:r=25:d=0.12,format=gbrp" -c:v ffv1 -bitexact -fflags +bitexact 1x1.mkv
run -f lavfi -i "color=red:s=37x23:r=25:d=0.12,format=gbrp" -c:v ffv1 -bitexact -fflags +bitexact odd.mkv
run -f lavfi -i "color=red:s=1000x4:r=25:d=0.04,format=gbrp" -c:v ffv1 -bitexact -fflags +bitexact ribbon.mkv
large="color=0x00ff00:s=7680x4320:r=25,trim=end_frame=1"
run -f lavfi -i "$large,format=gbrp,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p" \
  $x264 8k.mp4
run -f lavfi -i "sine=d=0.3" -c:a aac -b:a 16k -bitexact -fflags +bitexact sound.mp4
run -f lavfi -i "sine=d=0.2" -i colours-601.mp4 -map 0 -map 1 -frames:v 1 -c:a libmp3lame -b:a 16k -c:v mjpeg \
  -disposition:v attached_pic -bitexact -fflags +bitexact song-with-cover.mp3

# The same quarters in HDR, white as bright as BT.2408 has it (203 cd/m²). PQ needs FFmpeg with zimg, whose HLG is not
# that of BT.2100: its quarters are written down as computed from there, in limited range.
hdr="-colorspace bt2020nc -color_range tv -c:v libx264 -preset veryslow -crf 4 -bitexact -fflags +bitexact"
run -f lavfi -i "$quarters,setparams=color_primaries=bt709:color_trc=iec61966-2-1:colorspace=gbr:range=pc,\
zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt2020:t=smpte2084:m=2020_ncl:r=tv:npl=203,format=yuv420p10le" \
  -color_primaries bt2020 -color_trc smpte2084 $hdr hdr-pq.mp4
quarter() { echo "'if(lt(Y,H/2),if(lt(X,W/2),$1,$2),if(lt(X,W/2),$3,$4))'"; }
run -f lavfi -i "color=black:s=64x48,trim=end_frame=2,format=yuv420p10le,geq=\
lum=$(quarter 392 641 230 721):cb=$(quarter 395 328 809 512):cr=$(quarter 715 431 537 512)" \
  -color_primaries bt2020 -color_trc arib-std-b67 $hdr hdr-hlg.mp4
# PQ that only the container tells of.
for container in mp4 mkv; do
  run -i hdr-pq.mp4 -c copy -bitexact -fflags +bitexact -movflags +write_colr \
    -bsf:v h264_metadata=colour_primaries=2:transfer_characteristics=2:matrix_coefficients=2 \
    hdr-pq-by-container.$container
done
# Black without transparency on the left, with it on the right.
run -f lavfi -i "color=black:s=64x64,trim=end_frame=1,format=rgba,geq=r=0:g=0:b=0:a='if(lt(X,32),255,0)'" -bitexact \
  transparent.png
# The more transparent the further to the left.
run -f lavfi -i "color=red:s=16x16,trim=end_frame=1,format=rgba,geq=r=255:g=0:b=0:a=X*16" -bitexact transparent.webp

# Red, then blue under another number.
part() { # color file options…
  run -f lavfi -i "color=$1:s=64x48:r=10:d=6,format=yuv420p" $x264 -g 10 ${3:-} -f mpegts $2
}
part red first.part
part blue second.part "-streamid 0:257"
cat first.part second.part > other-pid.ts
rm first.part second.part

# Red, then blue under the number that was the sound's.
for color in red blue; do
  [ $color = red ] && ids="" || ids="-streamid 0:257 -streamid 1:256 -output_ts_offset 2"
  run -f lavfi -i "color=$color:s=64x48:r=10:d=2,format=yuv420p" -f lavfi -i "sine=d=2" $x264 -g 10 -c:a aac -b:a 8k \
    -ac 1 $ids -f mpegts $color.part
done
cat red.part blue.part > swapped.ts
# Two recordings in Ogg: the second has other luma and another rate.
run -f lavfi -i "$(grey 64 48 25 25)" -c:v libtheora -q:v 9 -g 5 -bitexact -fflags +bitexact -f ogg red.part
run -f lavfi -i "$(grey 64 48 5 10)" -c:v libtheora -q:v 8 -g 5 -bitexact -fflags +bitexact -f ogg blue.part
cat red.part blue.part > chained.ogv
rm red.part blue.part

run -i constant.mp4 -c copy -bitexact -encryption_scheme cenc-aes-ctr -encryption_key 00112233445566778899aabbccddeeff \
  -encryption_kid 00112233445566778899aabbccddeeff encrypted.mp4
run -i constant.mp4 -c copy -bitexact -movflags frag_keyframe+empty_moov fragmented.mp4
run -i constant.mp4 -c copy -bsf:v h264_mp4toannexb -bitexact raw.h264
# Its first frame comes at 5 s.
run -itsoffset 5 -i constant.mp4 -c copy -bitexact -fflags +bitexact starts-at-5s.mkv
# Nothing for 30 s after the first second.
run -f lavfi -i "$(grey 64 48 10 20),setpts='PTS+gte(N,10)*30/TB'" $x264 -fps_mode passthrough -f mpegts gap.ts

# Sound that is longer than the video, and a video that begins after its sound.
sound="-f lavfi -i sine=d=4 -map 0:v -map 1:a -c:v copy -c:a aac -b:a 8k -ac 1 -bitexact -fflags +bitexact"
run -i constant.mp4 $sound longer-sound.mkv
# The same where FFmpeg has but one length for all streams, and where times count from the file's second 0.
run -f lavfi -i "$(grey 64 48 25 25)" -f lavfi -i sine=d=1.8 -c:v msmpeg4 -c:a wmav2 -b:a 32k -bitexact \
  -fflags +bitexact longer-sound.wmv
run -itsoffset 5 -f lavfi -i "$(grey 64 48 25 25)" -c:v ffv1 -bitexact -fflags +bitexact late-video.nut
# AVI has no times: packets without a frame stand for the seconds before the second frame.
run -f lavfi -i "$(grey 64 48 25 25)" -c:v mpeg4 -q:v 1 -bitexact -fflags +bitexact encoded.avi
run -itsoffset 5 -i encoded.avi -c copy -bitexact -fflags +bitexact late-video.avi
rm encoded.avi
for container in mkv mp4; do
  run -itsoffset 8 -i constant.mp4 -f lavfi -i sine=d=11 -map 0:v -map 1:a -c:v copy -c:a aac -b:a 8k -ac 1 -bitexact \
    -fflags +bitexact late-video.$container
done

# Recordings that do not say how long they are until all of them has been read.
run -f lavfi -i "$(grey 64 48 25 25)" -c:v flv -q:v 2 -bitexact -fflags +bitexact grey.flv
# Key frames alone, in packets of 200 bytes, so that it can be cut anywhere.
run -f lavfi -i "$(grey 64 48 25 50)" -c:v wmv2 -q:v 2 -g 1 -packet_size 200 -bitexact -fflags +bitexact grey.wmv
run -f lavfi -i "$(grey 48 64 25 25)" -c:v ffv1 -bitexact -fflags +bitexact -live 1 -f matroska live.mkv
