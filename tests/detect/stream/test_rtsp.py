"""Our own RTSP: beside a real server where there is one, and with servers that are odd."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from fractions import Fraction

import pytest

pytest.importorskip("av", reason="the extra camera is not installed")

import av
import numpy as np
from rtsp import Mount, RtspServer, needs_rtsp, wait_for, write_clip

from detect.errors import UnreadablePhoto
from detect.stream.address import FeedAddress
from detect.stream.backoff import BackOff
from detect.stream.decoding import decode
from detect.stream.fault import FaultCode, FeedFault
from detect.stream.packet import CodedPicture
from detect.stream.reader import FeedReader
from detect.stream.rtsp import rtsp_packets
from detect.stream.rtsp_talk import NotSpokenHere, answer
from detect.stream.timeouts import Timeouts

SDP = """v=0
m=video 0 RTP/AVP 96
a=rtpmap:96 {codec}/90000
a=control:one
"""
ME = {"user": "guard", "password": "s3cret"}


class Odd:
    """A camera that answers from a list: (status, headers, body); writes down what it was asked."""

    def __init__(self, *answers, after=b""):
        self.answers = answers
        self.after = after
        self.asked = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def address(self, **who):
        return FeedAddress.parse(f"rtsp://127.0.0.1:{self._listener.getsockname()[1]}/a", **who)

    def _serve(self):
        connection, _ = self._listener.accept()
        with connection, connection.makefile("rb") as lines:
            for status, headers, body in self.answers:
                asked = self._request(lines)
                if not asked:
                    return
                self.asked.append(asked)
                said = f"RTSP/1.0 {status} So\r\nCSeq: {asked['cseq']}\r\n"
                said += "".join(f"{line}\r\n" for line in headers)
                connection.sendall(f"{said}Content-Length: {len(body)}\r\n\r\n{body}".encode())
            connection.sendall(self.after)
            self._request(lines)

    def _request(self, lines):
        asked = {"": lines.readline().decode().strip()}
        if not asked[""]:
            return None
        while line := lines.readline().decode().strip():
            name, _, value = line.partition(":")
            asked[name.lower()] = value.strip()
        return asked

    def close(self):
        self._listener.close()
        self._thread.join(5)


@contextmanager
def odd(*answers, after=b""):
    camera = Odd(*answers, after=after)
    try:
        yield camera
    finally:
        camera.close()


def playing(codec="H264"):
    """Replies of a camera that plays, its video on channel 4."""
    return [
        (200, ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER"], ""),
        (200, ["Content-Base: rtsp://cam/base/"], SDP.format(codec=codec)),
        (200, ["Transport: RTP/AVP/TCP;interleaved=4-5", "Session: 77;timeout=60"], ""),
        (200, [], ""),
    ]


def packet(n, payload, channel=4):
    rtp = b"\x80\xe0" + n.to_bytes(2, "big") + n.to_bytes(4, "big") + b"\0\0\0\7" + payload
    return b"$" + bytes((channel,)) + len(rtp).to_bytes(2, "big") + rtp


def read(camera, **who):
    told = []
    with rtsp_packets(camera.address(**who), Timeouts(3, 3)) as packets:
        told.extend(packets)
    return told


def test_pictures_come_between_replies_and_stray_bytes():
    stray = b"RTSP/1.0 200 OK\r\nCSeq: 9\r\n\r\n"
    sent = packet(1, b"\x65one") + stray + b"zzz" + packet(2, b"rtcp", 5) + packet(2, b"\x41two")
    with odd(*playing(), after=sent) as camera:
        told = []
        with rtsp_packets(camera.address(), Timeouts(3, 3)) as packets:
            told.append(next(packets))
            told.append(next(packets))
    assert [(one.key, one.size) for one in told] == [(True, 4), (False, 4)]
    assert [asked[""].split()[0] for asked in camera.asked] == [
        "OPTIONS", "DESCRIBE", "SETUP", "PLAY",
    ]  # fmt: skip
    assert camera.asked[2][""].split()[1] == "rtsp://cam/base/one"
    assert camera.asked[3]["session"] == "77"


@pytest.mark.parametrize("kind", ["Basic", "Digest"])
def test_who_we_are_is_told_when_asked_for_and_no_sooner(kind):
    challenge = f'WWW-Authenticate: {kind} realm="cam", nonce="abc", qop="auth"'
    with (
        odd((401, [challenge], ""), *playing(), after=packet(1, b"\x65x")) as camera,
        rtsp_packets(camera.address(**ME), Timeouts(3, 3)) as packets,
    ):
        assert next(packets).key
    assert "authorization" not in camera.asked[0]
    assert all(asked["authorization"].startswith(kind) for asked in camera.asked[1:])
    assert not any("s3cret" in str(asked) for asked in camera.asked)


def test_digest_as_the_standard_has_it():
    """RFC 2069's example, with the response of its erratum."""
    challenge = (
        'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5c"'
    )
    address = FeedAddress.parse("rtsp://h/x", user="Mufasa", password="CircleOfLife")
    said = answer(challenge, address, "GET", "/dir/index.html")
    assert 'response="1949323746fe6a43ef61f9606e7febea"' in said
    assert 'opaque="5c"' in said


def test_a_users_name_adds_no_header():
    address = FeedAddress.parse("rtsp://h/x", user='a"b\r\nEvil: 1', password="p")
    said = answer('Digest realm="r", nonce="n"', address, "PLAY", "rtsp://h/x")
    assert r'username="a\"bEvil: 1"' in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ([(401, ["WWW-Authenticate: Basic"], "")], FaultCode.UNAUTHORIZED),
        ([(401, ["WWW-Authenticate: Basic"], "")] * 2, FaultCode.UNAUTHORIZED),
        ([(403, [], "")], FaultCode.UNAUTHORIZED),
        ([(200, [], ""), (404, [], "")], FaultCode.NOT_FOUND),
    ],
)
def test_a_refusal_is_told_by_its_own_code(answers, fault):
    who = ME if len(answers) == 2 else {}
    with odd(*answers) as camera, pytest.raises(FeedFault) as told:
        read(camera, **who)
    assert told.value.fault is fault
    assert told.value.mend


@pytest.mark.parametrize(
    "answers",
    [
        [(301, ["Location: rtsp://elsewhere/"], "")],
        [(401, ['WWW-Authenticate: Digest realm="x", algorithm=SHA-256'], "")],
        [(401, ['WWW-Authenticate: Digest realm="x", algorithm="MD5-sess"'], "")],
        playing("MP4V-ES")[:2],
        [*playing()[:2], (461, [], "")],
        [*playing()[:2], (200, ["Transport: RTP/AVP;unicast;client_port=5-6"], "")],
    ],
)
def test_what_is_not_spoken_here_is_left_to_another(answers):
    with odd(*answers) as camera, pytest.raises(NotSpokenHere) as why:
        read(camera, **ME)
    assert "s3cret" not in str(why.value)


def test_garbage_after_play_ends_in_a_fault():
    garbage = odd(*playing(), after=b"\xff garbage " * 30_000)
    with garbage as camera, pytest.raises(FeedFault) as told:
        read(camera)
    assert told.value.fault in (FaultCode.BROKEN, FaultCode.TIMED_OUT)


def test_unknown_packing_is_left_to_another_the_next_time():
    with odd(*playing(), after=packet(1, b"\x19fragment")) as camera:
        reader = FeedReader(camera.address(), timeouts=Timeouts(2, 2))
        reader.start()
        assert wait_for(lambda: reader.facts.fault is not None)
        assert reader.facts.fault.fault is FaultCode.UNSUPPORTED
        reader.stop()
        assert reader.join(8)


@needs_rtsp
@pytest.mark.parametrize("by_libav", [False, True])
def test_key_frames_are_those_of_the_file_to_the_pixel(tmp_path, by_libav):
    file = write_clip(tmp_path / "a.mp4", seconds=12)
    with av.open(str(file)) as container:
        container.streams.video[0].codec_context.skip_frame = "NONKEY"
        shown = [f.to_ndarray(format="bgr24") for f in container.decode(video=0)]
    with RtspServer([Mount("/1", str(file))]) as server:
        reader = FeedReader(FeedAddress.parse(server.url("/1")))
        reader._by_libav = by_libav
        reader.start()
        seen = []
        for _ in range(2):
            number = reader.newest.number
            assert wait_for(lambda n=number: reader.newest.number > n)
            seen.append(decode(reader.newest.take()).image)
        reader.stop()
        assert reader.join(8)
        assert reader.facts.packets >= 9, "those between key frames count, too"
    for image in seen:
        assert any(np.array_equal(image, one) for one in shown)


@needs_rtsp
def test_what_ours_leaves_is_opened_by_libav(tmp_path, monkeypatch):
    file = write_clip(tmp_path / "a.mp4", seconds=6)
    monkeypatch.setattr("detect.stream.rtsp.video_track", lambda _: None)
    with RtspServer([Mount("/1", str(file))]) as server:
        address = FeedAddress.parse(server.url("/1"))
        reader = FeedReader(address, back_off=BackOff(first_s=0.2, longest_s=0.4))
        reader.start()
        assert wait_for(lambda: reader.newest.take() is not None)
        assert reader.newest.take().codec == "h264"
        reader.stop()
        assert reader.join(8)


def _key_frame(grey: int) -> tuple[bytes, bytes, bytes]:
    """An H.264 picture's SPS, PPS and the rest, with start codes."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 320, 180, "yuv420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency"}
    frame = av.VideoFrame.from_ndarray(np.full((180, 320, 3), grey, np.uint8), format="bgr24")
    data = b"".join(bytes(p) for p in [*encoder.encode(frame), *encoder.encode(None)])
    units = [unit.rstrip(b"\0") for unit in data.split(b"\0\0\1") if unit.strip(b"\0")]
    kinds = {7: b"", 8: b"", 0: b""}
    for unit in units:
        kind = unit[0] & 31
        kinds[kind if kind in (7, 8) else 0] += b"\0\0\0\1" + unit
    return kinds[7], kinds[8], kinds[0]


def test_a_kept_decoder_lends_nobody_anothers_parameter_sets():
    sps, pps, rest = _key_frame(90)
    now = datetime.now(UTC)
    whole = CodedPicture("h264", sps + pps, rest, now, 0.0, 1)
    assert abs(int(decode(whole, longer_side_px=160).image.mean()) - 90) < 4
    with pytest.raises(UnreadablePhoto):
        decode(CodedPicture("h264", sps, rest, now, 0.0, 1), longer_side_px=160)
    assert abs(int(decode(whole, longer_side_px=160).image.mean()) - 90) < 4
