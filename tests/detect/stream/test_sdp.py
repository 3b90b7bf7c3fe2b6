"""What servers announce; the texts are as GStreamer's and common cameras' servers write them."""

from __future__ import annotations

import pytest

pytest.importorskip("av", reason="the extra camera is not installed")

from detect.stream.sdp import session_control, video_track

CAMERA = """v=0\r
o=- 1 1 IN IP4 10.0.0.7\r
s=Media Presentation\r
a=control:rtsp://10.0.0.7/ch1/\r
t=0 0\r
m=audio 0 RTP/AVP 8\r
a=control:trackID=2\r
m=video 0 RTP/AVP 96\r
a=rtpmap:96 H264/90000\r
a=fmtp:96 profile-level-id=420029; packetization-mode=1; sprop-parameter-sets=Z0IAKQ==,aM4x\r
a=control:trackID=1\r
"""
H265 = """v=0
m=video 0 RTP/AVP 98
a=rtpmap:98 H265/90000
a=fmtp:98 sprop-vps=QAE=;sprop-sps=QgE=;sprop-pps=RAE=
"""


def test_the_video_track_of_a_camera():
    track = video_track(CAMERA)
    assert (track.codec, track.control, track.payload_type) == ("h264", "trackID=1", 96)
    assert track.parameters == b"\0\0\0\1\x67\x42\x00\x29\0\0\0\1\x68\xce\x31"
    assert session_control(CAMERA) == "rtsp://10.0.0.7/ch1/"


def test_h265_and_what_is_not_said():
    track = video_track(H265)
    assert (track.codec, track.control) == ("hevc", "*")
    assert track.parameters == b"".join(b"\0\0\0\1" + one for one in (b"@\1", b"B\1", b"D\1"))
    assert session_control(H265) is None


@pytest.mark.parametrize(
    "sdp",
    [
        "",
        "m=audio 0 RTP/AVP 8\r\n",
        "m=video 0 RTP/AVP 26\r\n",
        CAMERA.replace("H264", "MP4V-ES"),
        CAMERA.replace("packetization-mode=1", "packetization-mode=2"),
        H265.replace("sprop-vps", "sprop-max-don-diff=3;sprop-vps"),
    ],
)
def test_what_another_must_read_is_none(sdp):
    assert video_track(sdp) is None


def test_parameters_that_are_garbled_are_none():
    assert video_track(CAMERA.replace("Z0IAKQ==", "Z")).parameters is None
