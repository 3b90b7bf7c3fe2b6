"""What can go wrong, as one tree: every error of tidycity carries a code and a way to mend it.

::

    TidycityError            code, mend: the base; catch this at the edges
    ├── UnreadablePhoto      one photo can't be used; a result with a reason, never a stop
    ├── BadInput             what the user gave is wrong: a path, a sidecar row, a coordinate
    │   └── UnknownDatum     coordinates that could be in more than one datum
    └── ModelError           a model can't be found, read, verified or run

``str(error)`` is one English sentence that says what happened and what was got; ``mend`` says how
to put it right; ``code`` is stable, in snake_case, and is what programs and translations look at.
"""

from __future__ import annotations

from typing import ClassVar, Literal, get_args

UnreadableCode = Literal[
    "empty_file",
    "not_an_image",
    "truncated",
    "too_many_pixels",
    "too_large",
    "vanished",
    "permission",
    "unsupported_format",
    "io_error",
    "unsafe_member",
    "encrypted",
    "zip_bomb",
    "bad_zip",
]

UNREADABLE_CODES: tuple[UnreadableCode, ...] = get_args(UnreadableCode)

_MEND: dict[UnreadableCode, str] = {
    "empty_file": "Copy the photo from the camera or phone again.",
    "not_an_image": "Remove the file, or give it the extension of what it really is.",
    "truncated": "Copy the photo again: the end of the file is missing or damaged.",
    "too_many_pixels": "Shrink the picture, or raise the limit on pixels.",
    "too_large": "Shrink the file, or raise the limit on bytes.",
    "vanished": "Put the file back, or leave out its path, and run again.",
    "permission": "Allow the current user to read the file.",
    "unsupported_format": "Convert it to JPEG, PNG, WebP, HEIC or GIF.",
    "io_error": "Check the disk or the network share, and run again.",
    "unsafe_member": "Pack the archive again, with plain relative names inside it.",
    "encrypted": "Unpack the archive with its password first.",
    "zip_bomb": "Unpack the archive by hand if you trust it, and analyse the folder.",
    "bad_zip": "Copy or pack the archive again: its directory is damaged.",
}


class TidycityError(Exception):
    """The base of all errors: what happened (``str``), a stable ``code``, how to ``mend`` it."""

    default_code: ClassVar[str] = "error"

    def __init__(self, message: str, *, code: str | None = None, mend: str = "") -> None:
        super().__init__(message)
        self.code: str = code or self.default_code
        self.mend = mend

    @property
    def message(self) -> str:
        """What happened, in one English sentence, without the advice."""
        return str(self)


class UnreadablePhoto(TidycityError):  # noqa: N818 - a result, not only an error
    """A photo that can't be used: a result with a reason, which never stops a batch.

    >>> UnreadablePhoto("empty_file", "a.jpg has no bytes").mend
    'Copy the photo from the camera or phone again.'
    """

    default_code: ClassVar[str] = "io_error"

    def __init__(self, code: UnreadableCode, message: str, *, mend: str | None = None) -> None:
        super().__init__(message, code=code, mend=_MEND[code] if mend is None else mend)
        self.reason: UnreadableCode = code

    def __reduce__(self) -> tuple[object, ...]:
        return (UnreadablePhoto, (self.reason, str(self)), {"mend": self.mend})


class BadInput(TidycityError):  # noqa: N818 - says whose error it is
    """What the user gave is wrong: a path, a sidecar row, a coordinate, an option."""

    default_code: ClassVar[str] = "bad_input"


class UnknownDatum(BadInput):
    """Coordinates without a datum, where they could be in more than one."""

    default_code: ClassVar[str] = "unknown_datum"


class ModelError(TidycityError):
    """A model can't be found, read, verified or run."""

    default_code: ClassVar[str] = "model_error"
