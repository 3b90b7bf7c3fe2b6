"""Feeds that break in every way a camera can; the servers are real, on loopback."""

from __future__ import annotations

import logging
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
import pytest

pytest.importorskip("av", reason="the extra camera is not installed")

from rtsp import Mount, RtspServer, free_port, needs_rtsp, wait_for, write_clip

from detect.errors import UnreadablePhoto
from detect.stream.address import FeedAddress
from detect.stream.backoff import BackOff
from detect.stream.decoding import decode
from detect.stream.fault import FaultCode
from detect.stream.reader import FeedReader
from detect.stream.timeouts import Timeouts

QUICK = {"timeouts": Timeouts(6, 3), "back_off": BackOff(first_s=0.2, longest_s=0.4)}


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clips") / "street.mp4")


@contextmanager
def reading(url, **options):
    address = FeedAddress.parse(url, **options)
    reader = FeedReader(address, snapshot_every_s=0.1, **QUICK)
    reader.start()
    try:
        yield reader
    finally:
        reader.stop()
        assert reader.join(8), "the reader does not end"


def fault_of(reader):
    assert wait_for(lambda: reader.facts.fault is not None)
    return reader.facts.fault


def test_a_file_plays_at_its_own_speed_and_only_key_frames_are_kept(clip):
    with reading(str(clip)) as reader:
        assert wait_for(lambda: reader.facts.pictures >= 2)
        assert reader.facts.packets <= 40
        picture = reader.newest.take()
        shown = decode(picture, longer_side_px=160)
        assert shown.image.shape == (90, 160, 3)
        assert (shown.full_width_px, shown.full_height_px) == (320, 180)
        assert picture.arrived_at.utcoffset() is not None
        assert reader.newest.take(after=picture.number) is None


def without_last_slice(data):
    """An access unit as MP4 files hold it (length, NAL unit, ...) without its last unit."""
    at, starts = 0, []
    while at < len(data):
        starts.append(at)
        at += 4 + int.from_bytes(data[at : at + 4], "big")
    assert len(starts) >= 2, "the clip should have pictures of several slices"
    return data[: starts[-1]]


@pytest.mark.parametrize("spoilt", ["half", "garbled", "a slice short", "empty"])
def test_a_spoilt_picture_is_no_picture(clip, spoilt):
    with reading(str(clip)) as reader:
        assert wait_for(lambda: reader.newest.take() is not None)
        whole = reader.newest.take()
    data = {
        "half": whole.data[: len(whole.data) // 2],
        "garbled": whole.data[:3000] + b"\x11" * 200 + whole.data[3200:],
        "a slice short": without_last_slice(whole.data),
        "empty": b"\x00\x00\x01",
    }[spoilt]
    assert decode(whole).image.shape == (180, 320, 3)
    with pytest.raises(UnreadablePhoto):
        decode(replace(whole, data=data), longer_side_px=160)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("rtsp://127.0.0.1:{port}/x", FaultCode.REFUSED),
        ("http://127.0.0.1:{port}/now.jpg", FaultCode.REFUSED),
        ("http://127.0.0.1:{port}/live.mjpg", FaultCode.REFUSED),
        ("http://nobody.invalid/now.jpg", FaultCode.UNKNOWN_HOST),
        ("{tmp}/nothing.mp4", FaultCode.NOT_FOUND),
    ],
)
def test_what_is_not_there_is_told_by_its_own_code(url, fault, tmp_path):
    with reading(url.format(port=free_port(), tmp=tmp_path)) as reader:
        told = fault_of(reader)
        assert told.fault is fault
        assert told.mend


def test_a_file_that_is_no_video_is_told(tmp_path):
    (tmp_path / "x.mp4").write_text("not a video at all")
    with reading(str(tmp_path / "x.mp4")) as reader:
        assert fault_of(reader).fault in (FaultCode.BROKEN, FaultCode.NO_VIDEO)


@pytest.mark.parametrize("answer", [b"", b"\x00\xff garbage " * 500])
@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_half_open_and_babbling_servers_end_in_a_fault_and_a_new_try(answer, scheme):
    listener = socket.create_server(("127.0.0.1", 0))
    held = []

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            held.append(connection)
            if answer:
                connection.sendall(answer)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    with reading(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/x") as reader:
        assert wait_for(lambda: reader.facts.failures >= 2, 20)
        assert reader.facts.fault.fault in (
            FaultCode.TIMED_OUT,
            FaultCode.BROKEN,
            FaultCode.ENDED,
            FaultCode.UNSUPPORTED,
        )
        assert reader.newest.take() is None
    listener.close()
    for connection in held:
        connection.close()


class Camera(BaseHTTPRequestHandler):
    """Gives one JPEG at /now.jpg and a stream of them at /live.mjpg; /secret.jpg asks who."""

    def do_GET(self):
        picture = cv2.imencode(".jpg", np.full((120, 160, 3), 90, np.uint8))[1].tobytes()
        if self.path == "/secret.jpg" and self.headers["Authorization"] != "Basic Z3VhcmQ6czNjcmV0":
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="camera"')
            self.end_headers()
        elif self.path == "/page.jpg":
            self.answer(b"<html>sign in</html>", "text/html")
        elif self.path == "/live.mjpg":
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
            self.end_headers()
            for _ in range(60):
                part = b"--next\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
                self.wfile.write(part % len(picture) + picture + b"\r\n")
                time.sleep(0.1)
        elif self.path in ("/now.jpg", "/secret.jpg"):
            self.answer(picture, "image/jpeg")
        else:
            self.send_error(404)

    def answer(self, body, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

    def handle(self):
        with suppress(OSError):  # the reader leaves when it likes
            super().handle()


@pytest.fixture
def web():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("path", "codec"), [("/now.jpg", "jpeg"), ("/live.mjpg", "mjpeg"), ("/secret.jpg", "jpeg")]
)
def test_snapshots_and_motion_jpeg(web, path, codec):
    with reading(web + path, user="guard", password="s3cret") as reader:
        assert wait_for(lambda: reader.facts.pictures >= 3)
        picture = reader.newest.take()
        assert picture.codec == codec
        assert decode(picture, longer_side_px=80).image.shape == (60, 80, 3)


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/secret.jpg", FaultCode.UNAUTHORIZED),
        ("/nothing.jpg", FaultCode.NOT_FOUND),
        ("/page.jpg", FaultCode.NO_VIDEO),
    ],
)
def test_a_snapshot_that_can_not_be_had_is_told(web, path, fault):
    with reading(web + path) as reader:
        assert fault_of(reader).fault is fault


@needs_rtsp
def test_rtsp_with_credentials_and_without(clip, caplog):
    caplog.set_level(logging.DEBUG)
    mount = Mount("/cam/1", str(clip), "guard", "s3cret-w0rd")
    with RtspServer([mount]) as server:
        right = {"user": "guard", "password": "s3cret-w0rd"}
        with reading(server.url("/cam/1"), **right) as reader:
            assert wait_for(lambda: reader.facts.pictures >= 2)
            picture = reader.newest.take()
            assert picture.codec == "h264"
            assert decode(picture).image.shape == (180, 320, 3)
        with reading(server.url("/cam/1"), user="guard", password="wr0ng-word") as reader:
            assert fault_of(reader).fault is FaultCode.UNAUTHORIZED
            assert "wr0ng-word" not in str(reader.facts.fault)
    assert "s3cret-w0rd" not in caplog.text
    assert "wr0ng-word" not in caplog.text


@needs_rtsp
def test_a_killed_server_that_comes_back_is_read_again_without_leaks(clip):
    mounts = [Mount("/cam/1", str(clip))]
    with RtspServer(mounts) as server, reading(server.url("/cam/1")) as reader:
        assert wait_for(lambda: reader.facts.pictures >= 1)
        before = threading.active_count()
        for _ in range(2):
            server.kill()
            assert wait_for(lambda: not reader.facts.connected)
            assert reader.newest.take() is None, "what was seen before the cut is not now"
            pictures = reader.facts.pictures
            server.start()
            assert wait_for(lambda n=pictures: reader.facts.pictures > n)
        assert threading.active_count() == before


@needs_rtsp
def test_a_stream_that_announces_and_never_sends_times_out(clip):
    mounts = [Mount("/dead", str(clip), stalled=True)]
    with RtspServer(mounts) as server, reading(server.url("/dead")) as reader:
        assert wait_for(lambda: reader.facts.failures >= 1, 20)
        assert reader.facts.pictures == 0


@needs_rtsp
def test_a_path_that_is_not_served_is_told(clip):
    mounts = [Mount("/cam/1", str(clip))]
    with RtspServer(mounts) as server, reading(server.url("/nothing")) as reader:
        assert fault_of(reader).fault is FaultCode.NOT_FOUND


@needs_rtsp
def test_a_camera_that_changes_its_resolution_goes_on(tmp_path):
    file = write_clip(tmp_path / "a.mp4", seconds=4)
    mounts = [Mount("/cam/1", str(file))]
    with RtspServer(mounts) as server, reading(server.url("/cam/1")) as reader:
        assert wait_for(lambda: reader.facts.pictures >= 1)
        write_clip(tmp_path / "b.mp4", seconds=20, size=(480, 270)).replace(file)
        server.kill()
        server.start()
        assert wait_for(lambda: _width(reader) == 480, 20)


def _width(reader):
    picture = reader.newest.take()
    return picture and decode(picture).full_width_px
