"""RTP packets → pictures: made by hand, by the rules of RFC 6184 and RFC 7798."""

from __future__ import annotations

import struct

import pytest

pytest.importorskip("av", reason="the extra camera is not installed")

from detect.stream.access_units import AccessUnits, UnknownPacking

START = b"\x00\x00\x00\x01"
SPS, PPS, IDR = b"\x67sps", b"\x68pps", b"\x65" + bytes(range(100))
SLICE = b"\x41" + b"p" * 50


class Sender:
    """Makes RTP packets and hands them to the one who puts them together."""

    def __init__(self, codec="h264", parameters=None):
        self.told = []
        self.units = AccessUnits(codec, parameters, self.told.append)
        self.sequence = 65534

    def send(self, payload, at, *, last=False, extra=b"", flags=0x80):
        head = struct.pack(">BBHII", flags, 96 | 0x80 * last, self.sequence, at, 7)
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.units.take(memoryview(head + extra + payload))

    def lose_one(self):
        self.sequence = (self.sequence + 1) & 0xFFFF


def in_parts(unit, size=40):
    """A NAL unit of H.264 as FU-A payloads."""
    body = unit[1:]
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    for n, part in enumerate(parts):
        flags = 0x80 * (n == 0) | 0x40 * (n == len(parts) - 1)
        yield bytes((unit[0] & 0xE0 | 28, flags | unit[0] & 31)) + part


def test_a_key_frame_comes_with_its_parameter_sets_and_others_with_their_size():
    sender = Sender(parameters=START + b"\x67old")
    sender.send(SPS, 0)
    sender.send(PPS, 0)
    sender.send(IDR, 0, last=True)
    sender.send(SLICE, 3600, last=True)
    key, other = sender.told
    assert key.key
    assert key.whole
    assert key.data == START + SPS + START + PPS + START + IDR
    assert key.parameters == START + SPS + START + PPS
    assert key.codec == "h264"
    assert (other.key, other.size, other.data) == (False, len(SLICE), b"")


def test_what_was_announced_serves_until_the_stream_says_otherwise():
    sender = Sender(parameters=START + SPS + START + PPS)
    sender.send(IDR, 0, last=True)
    assert sender.told[0].parameters == START + SPS + START + PPS
    sender.send(b"\x67new", 1)
    sender.send(IDR, 1, last=True)
    assert sender.told[1].parameters == START + b"\x67new"
    sender.send(IDR, 2, last=True)
    assert sender.told[2].parameters == START + b"\x67new"


def test_parts_and_bundles_are_put_together():
    sender = Sender()
    bundle = b"\x78" + b"".join(struct.pack(">H", len(one)) + one for one in (SPS, PPS))
    sender.send(bundle, 0)
    for n, part in enumerate(in_parts(IDR)):
        sender.send(part, 0, last=n == 2)
    assert sender.told[0].data == START + SPS + START + PPS + START + IDR
    assert sender.told[0].whole


def test_a_missing_packet_spoils_its_picture_and_no_other():
    sender = Sender()
    for n, part in enumerate(in_parts(IDR)):
        if n == 1:
            sender.lose_one()
            continue
        sender.send(part, 0, last=n == 2)
    sender.send(IDR, 1, last=True)
    assert [(one.key, one.whole) for one in sender.told] == [(True, False), (True, True)]


def test_the_beginning_of_a_key_frame_that_is_missing_is_noticed():
    sender = Sender()
    sender.send(SLICE, 0, last=True)
    sender.lose_one()
    for part in list(in_parts(IDR))[1:]:
        sender.send(part, 1)
    sender.send(SLICE, 2, last=True)
    assert [(one.key, one.whole) for one in sender.told][1] == (True, False)


def test_pictures_without_a_marker_end_with_the_next_time():
    sender = Sender()
    sender.send(IDR, 0)
    sender.send(SLICE, 1)
    sender.send(SLICE, 2)
    assert [one.key for one in sender.told] == [True, False]


def test_padding_sources_and_extensions_are_left_out():
    sender = Sender()
    sender.send(IDR + b"\0\0\3", 0, last=True, flags=0xA0)
    sender.send(IDR, 1, last=True, flags=0x81, extra=b"srce")
    sender.send(IDR, 2, last=True, flags=0x90, extra=b"\xbe\xde\0\1abcd")
    assert [one.data for one in sender.told] == [START + IDR] * 3


def test_a_recovery_point_is_as_good_as_a_key_frame():
    sender = Sender()
    sender.send(b"\x06\x05\x02ab\x06\x01\xc4\x80", 0)
    sender.send(SLICE, 0, last=True)
    sender.send(b"\x06\x05\x02ab\x80", 1)
    sender.send(SLICE, 1, last=True)
    assert [one.key for one in sender.told] == [True, False]
    assert sender.told[0].data.endswith(START + SLICE)


def test_h265_in_parts():
    vps, idr = b"\x40\x01vps", b"\x26\x01" + bytes(90)
    sender = Sender("hevc")
    sender.send(vps, 0)
    parts = [idr[2:40], idr[40:]]
    for n, part in enumerate(parts):
        flags = 0x80 * (n == 0) | 0x40 * (n == 1)
        sender.send(bytes((0x62, 0x01, flags | 19)) + part, 0, last=n == 1)
    sender.send(b"\x02\x01trail", 1, last=True)
    key, other = sender.told
    assert key.data == START + vps + START + idr
    assert key.parameters == START + vps
    assert (key.key, other.key) == (True, False)


@pytest.mark.parametrize(("codec", "first"), [("h264", 25), ("h264", 29), ("hevc", 50 << 1)])
def test_packing_that_is_not_known_is_said(codec, first):
    with pytest.raises(UnknownPacking):
        Sender(codec).send(bytes((first, 1)) + b"x" * 20, 0)


def test_rubbish_is_no_packet():
    sender = Sender()
    for rubbish in (b"", b"\x80", b"\x00" * 40, b"\xaf" + b"\xff" * 11 + b"\xff" * 4):
        sender.units.take(memoryview(rubbish))
    assert sender.told == []
