"""Speaking RTSP (RFC 2326) over one TCP connection: requests, replies, who we are."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from detect.stream.address import FeedAddress
from detect.stream.fault import FaultCode, FeedFault

_PORT = 554
_MAX_HEAD = 64_000
_MAX_BODY = 1_000_000
_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')
BUFFER_BYTES = 160_000
"""Room for two of the largest packets that TCP interleaving knows (65,539 bytes)."""


class NotSpokenHere(Exception):  # noqa: N818 - not an error: somebody else can talk to it
    """The camera wants to be talked to in a way that isn't known here; no secrets in the text."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply: its status, headers by lower-case name (the last of a name), and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    challenges: tuple[str, ...] = ()


@dataclass(slots=True)
class Talk:
    """A connection to a camera. ``buffer[begin:end]`` has come and isn't dealt with yet."""

    address: FeedAddress
    socket: socket.socket
    until_s: float
    buffer: bytearray = field(default_factory=lambda: bytearray(BUFFER_BYTES))
    begin: int = 0
    end: int = 0
    number: int = 0
    challenge: str | None = None
    session: str | None = None

    @classmethod
    def to(cls, address: FeedAddress, wait_s: float) -> Talk:
        """Connects. Raises FeedFault."""
        parts = urlsplit(address.url)
        try:
            made = socket.create_connection((parts.hostname or "", parts.port or _PORT), wait_s)
        except OSError as error:
            raise fault_of(error, address) from error
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(address, made, time.monotonic() + wait_s)

    def ask(self, method: str, uri: str, **headers: str) -> Reply:
        """Sends a request and waits for its reply, proving who we are where asked to.

        Raises FeedFault, and NotSpokenHere for what only another client may know.
        """
        reply = self._asked(method, uri, headers)
        if reply.status == 401 and self.address.user is not None:
            challenge = _known(reply.challenges)
            if challenge is None:
                raise NotSpokenHere("it wants another kind of authentication")
            stale = "stale=true" in challenge.lower().replace(" ", "").replace('"', "")
            if self.challenge is None or stale:
                self.challenge = challenge
                reply = self._asked(method, uri, headers)
        if reply.status != 200:
            self._refused(method, reply.status)
        return reply

    def send(self, method: str, uri: str, headers: Mapping[str, str] | None = None) -> None:
        """Sends a request without waiting for what is said to it."""
        self.number += 1
        lines = [f"{method} {uri} RTSP/1.0", f"CSeq: {self.number}", "User-Agent: tidycity"]
        if self.session is not None:
            lines.append(f"Session: {self.session}")
        if self.challenge is not None:
            lines.append(f"Authorization: {answer(self.challenge, self.address, method, uri)}")
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in (headers or {}).items()]
        try:
            self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        except OSError as error:
            raise fault_of(error, self.address) from error

    def close(self) -> None:
        """Ends the connection."""
        self.socket.close()

    def _asked(self, method: str, uri: str, headers: Mapping[str, str]) -> Reply:
        self.send(method, uri, headers)
        while True:
            reply = self._reply()
            if reply.headers.get("cseq", str(self.number)).strip() == str(self.number):
                return reply

    def _reply(self) -> Reply:
        """The next reply; packets that come before it are left out: nobody waits for them yet."""
        while True:
            if self.end - self.begin >= 4 and self.buffer[self.begin] == 0x24:
                size = 4 + int.from_bytes(self.buffer[self.begin + 2 : self.begin + 4], "big")
                if self.end - self.begin >= size:
                    self.begin += size
                    continue
            elif (reply := self.take_reply()) is not None:
                return reply
            self._receive()

    def take_reply(self) -> Reply | None:
        """The reply that the buffer begins with; None if it isn't all there yet.

        Raises FeedFault for anything that is no reply.
        """
        data = bytes(self.buffer[self.begin : min(self.end, self.begin + _MAX_HEAD)])
        if not b"RTSP/1.".startswith(data[:7]):
            raise FeedFault(FaultCode.BROKEN, f"{self.address}: what it says is no RTSP")
        head, blank, _ = data.partition(b"\r\n\r\n")
        if not blank:
            if len(data) >= _MAX_HEAD:
                raise FeedFault(FaultCode.BROKEN, f"{self.address}: a reply without an end")
            return None
        reply = _parsed(head)
        length = reply.headers.get("content-length", "0").strip()
        body = int(length) if length.isdigit() else 0
        if body > min(_MAX_BODY, BUFFER_BYTES - len(head) - 4):
            raise NotSpokenHere(f"a reply of {body} bytes")
        begin = self.begin + len(head) + 4
        if self.end - begin < body:
            return None
        self.begin = begin + body
        return Reply(
            reply.status, reply.headers, bytes(self.buffer[begin : self.begin]), reply.challenges
        )

    def _receive(self) -> None:
        left_s = self.until_s - time.monotonic()
        if left_s <= 0:
            raise FeedFault(FaultCode.TIMED_OUT, f"{self.address}: nothing came in time")
        self.socket.settimeout(left_s)
        self.make_room()
        try:
            got = self.socket.recv_into(memoryview(self.buffer)[self.end :])
        except OSError as error:
            raise fault_of(error, self.address) from error
        if got == 0:
            raise FeedFault(FaultCode.ENDED, f"{self.address}: the camera hung up")
        self.end += got

    def make_room(self) -> None:
        """Moves what isn't dealt with to the front of the buffer."""
        if self.begin:
            left = self.end - self.begin
            self.buffer[:left] = self.buffer[self.begin : self.end]
            self.begin, self.end = 0, left

    def _refused(self, method: str, status: int) -> None:
        code = {401: FaultCode.UNAUTHORIZED, 403: FaultCode.UNAUTHORIZED, 404: FaultCode.NOT_FOUND}
        if status not in code:
            raise NotSpokenHere(f"it answers {status} to {method}")
        words = "the camera doesn't accept these credentials"
        if status == 404:
            words = "there is no stream by this path"
        raise FeedFault(code[status], f"{self.address}: {words}")


def answer(challenge: str, address: FeedAddress, method: str, uri: str) -> str:
    """What proves who we are: basic, or digest by MD5 (RFC 2617)."""
    user, password = address.user or "", address.password or ""
    if challenge.lower().startswith("basic"):
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    asked = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(challenge)}
    realm, nonce = asked.get("realm", ""), asked.get("nonce", "")
    first, second = _md5(f"{user}:{realm}:{password}"), _md5(f"{method}:{uri}")
    quoted = "".join(letter for letter in user if letter.isprintable())
    quoted = quoted.replace("\\", "\\\\").replace('"', '\\"')
    said = f'username="{quoted}", realm="{realm}", nonce="{nonce}", uri="{uri}"'
    if "auth" in asked.get("qop", "").replace(",", " ").split():
        ours = secrets.token_hex(8)
        response = _md5(f"{first}:{nonce}:00000001:{ours}:auth:{second}")
        said += f', qop=auth, nc=00000001, cnonce="{ours}"'
    else:
        response = _md5(f"{first}:{nonce}:{second}")
    said += f', response="{response}"'
    if "opaque" in asked:
        said += f', opaque="{asked["opaque"]}"'
    return f"Digest {said}"


def fault_of(error: OSError, address: FeedAddress) -> FeedFault:
    """The fault that an error of the connection means."""
    if isinstance(error, socket.gaierror):
        return FeedFault(FaultCode.UNKNOWN_HOST, f"{address}: the host's name is not known")
    if isinstance(error, TimeoutError):
        return FeedFault(FaultCode.TIMED_OUT, f"{address}: nothing came in time")
    if isinstance(error, ConnectionRefusedError):
        return FeedFault(FaultCode.REFUSED, f"{address}: the connection was refused")
    if isinstance(error, ConnectionError):
        return FeedFault(FaultCode.BROKEN, f"{address}: the connection broke")
    return FeedFault(FaultCode.UNREACHABLE, f"{address}: the host can't be reached")


def _parsed(head: bytes) -> Reply:
    first, *lines = head.decode("utf-8", "replace").split("\r\n")
    status = first.split(" ", 2)[1:2]
    headers: dict[str, str] = {}
    challenges = []
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
        if name.strip().lower() == "www-authenticate":
            challenges.append(value.strip())
    return Reply(
        int(status[0]) if status and status[0].isdigit() else 0, headers, b"", tuple(challenges)
    )


def _known(challenges: tuple[str, ...]) -> str | None:
    """The better of the challenges that can be met: digest, then basic."""
    for challenge in challenges:
        kind, _, rest = challenge.partition(" ")
        asked = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(rest)}
        if kind.lower() == "digest" and asked.get("algorithm", "md5").lower() == "md5":
            return challenge
    return next((one for one in challenges if one.lower().startswith("basic")), None)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
