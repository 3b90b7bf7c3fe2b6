"""Videos with a way of their own, made by the rules of GPMF and NMEA."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import numpy as np

from detect.nmea import checksum

BEGAN = datetime(2026, 5, 1, 1, 2, 3, 500_000, tzinfo=UTC)
LAT, LON = 30.2741, 120.1551
STEP = 0.0001


def element(key, kind, size, values):
    count = len(values) // size
    filled = values + b"\0" * (-len(values) % 4)
    return key + struct.pack(">cBH", kind, size, count) + filled


def nested(key, *elements):
    return element(key, b"\0", 4, b"".join(elements))


def gps5(n, *, fix=3, at=None):
    """A payload as HERO5 to HERO10 write it, another sensor's stream before it."""
    moment = at or BEGAN + timedelta(seconds=n)
    first = struct.pack(">5i", round((LAT + n * STEP) * 1e7), round(LON * 1e7), 9000, 1400, 140)
    later = struct.pack(">5i", round((LAT + n * STEP + 9) * 1e7), round(LON * 1e7), 9000, 1400, 140)
    said = moment.strftime("%y%m%d%H%M%S.") + f"{moment.microsecond // 1000:03}"
    return nested(
        b"DEVC",
        element(b"DVID", b"L", 4, struct.pack(">I", 1)),
        element(b"DVNM", b"c", 1, b"Camera"),
        nested(b"STRM", element(b"ACCL", b"s", 6, b"\0\1" * 9)),
        nested(
            b"STRM",
            element(b"STNM", b"c", 1, b"GPS (Lat., Long., Alt., 2D speed, 3D speed)"),
            element(b"GPSF", b"L", 4, struct.pack(">I", fix)),
            element(b"GPSU", b"U", 16, said.encode()),
            element(b"GPSP", b"S", 2, struct.pack(">H", 210)),
            element(b"SCAL", b"l", 4, struct.pack(">5i", 10**7, 10**7, 1000, 1000, 100)),
            element(b"GPS5", b"l", 20, first + later),
        ),
    )


def gps9(n, *, fix=3):
    """A payload as HERO11 and later write it."""
    since = BEGAN + timedelta(seconds=n) - datetime(2000, 1, 1, tzinfo=UTC)
    scales = (10**7, 10**7, 1000, 1000, 100, 1, 1000, 100, 1)
    sample = struct.pack(
        ">7i2H", round((LAT + n * STEP) * 1e7), round(LON * 1e7), 9000, 1400, 140,
        since.days, since.seconds * 1000 + since.microseconds // 1000, 150, fix,
    )  # fmt: skip
    return nested(
        b"DEVC",
        nested(
            b"STRM",
            element(b"TYPE", b"c", 1, b"lllllllSS"),
            element(b"SCAL", b"l", 4, struct.pack(">9i", *scales)),
            element(b"GPS9", b"?", 32, sample),
        ),
    )


def nmea(n):
    moment = BEGAN + timedelta(seconds=n)
    lat, lon = LAT + n * STEP, LON
    body = (
        f"GNRMC,{moment:%H%M%S}.50,A,{int(lat):02}{lat % 1 * 60:07.4f},N,"
        f"{int(lon):03}{lon % 1 * 60:07.4f},E,5.0,0.0,{moment:%d%m%y},,,A"
    )
    return f"\0\x50${body}*{checksum(body):02X}\r\n$GNGGA,,,,*00".encode("latin-1")


def a_video(path, payloads, size_px=(64, 48)):
    """A second of black a payload, which stands at its beginning."""
    import av

    with av.open(str(path), "w") as file:
        video = file.add_stream("libx264", rate=5)
        (video.width, video.height), video.pix_fmt = size_px, "yuv420p"
        data = file.add_data_stream("bin_data") if payloads else None
        black = np.zeros((size_px[1], size_px[0], 3), np.uint8)
        for _ in range(5 * max(3, len(payloads))):
            file.mux(video.encode(av.VideoFrame.from_ndarray(black, format="bgr24")))
        for n, payload in enumerate(payloads):
            packet = av.Packet(payload)
            packet.stream, packet.pts, packet.dts = data, n * 1000, n * 1000
            packet.duration, packet.time_base = 1000, Fraction(1, 1000)
            file.mux(packet)
        file.mux(video.encode(None))
    return path
