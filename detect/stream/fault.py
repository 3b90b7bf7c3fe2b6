"""Why a feed gives no pictures: codes that stay the same, and what to do about each."""

from __future__ import annotations

from enum import StrEnum

from detect.errors import TidycityError


class FaultCode(StrEnum):
    """What went wrong with a connection."""

    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    UNKNOWN_HOST = "unknown_host"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    TIMED_OUT = "timed_out"
    NO_VIDEO = "no_video"
    UNSUPPORTED = "unsupported"
    ENDED = "ended"
    BROKEN = "broken"


_MEND = {
    FaultCode.REFUSED: "The host answers, but not on this port: check the port and the service.",
    FaultCode.UNREACHABLE: "Check the network between here and the camera.",
    FaultCode.UNKNOWN_HOST: "Check the host's name, or write its address.",
    FaultCode.UNAUTHORIZED: "Check the user and password of this camera.",
    FaultCode.NOT_FOUND: "Check the path of the stream; the maker's manual names it.",
    FaultCode.TIMED_OUT: "The camera is connected but sends nothing: restart it.",
    FaultCode.NO_VIDEO: "This address gives no picture: check the path of the stream.",
    FaultCode.UNSUPPORTED: "Set the camera to H.264, H.265 or MJPEG.",
    FaultCode.ENDED: "The stream ended; it is opened again.",
    FaultCode.BROKEN: "The stream can't be read; it is opened again.",
}


class FeedFault(TidycityError):  # noqa: N818 - a state of the feed, not only an error
    """A feed can't be opened or read. The message never holds a password."""

    def __init__(self, fault: FaultCode, message: str) -> None:
        super().__init__(message, code=fault.value, mend=_MEND[fault])
        self.fault = fault
