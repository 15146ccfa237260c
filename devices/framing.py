"""From the bytes of a serial scanner to whole codes. Pure: time is an argument."""

import logging
import re

from pos_app.settings import Scanner

_LOG = logging.getLogger(__name__)
# What strays before and after a code: the other half of a line end, the NULs of a plug going in.
_STRAY = b"\r\n\0"
# GS (FNC1), RS and EOT belong to the syntax of 2D codes; every other control character is noise on the line.
_NOISE = re.compile(r"[\x00-\x03\x05-\x1c\x1f\x7f-\x9f]")


class Framer:
    """Puts reads together into codes. One object per connection: what it holds of a code dies with the connection.

    It holds at most one read and ``code_bytes_max`` bytes. Garbage (control or undecodable bytes, a missing prefix, a code too
    long, or one whose suffix never came) is dropped and logged by its length alone: it may be part of a card number.
    """

    def __init__(self, settings: Scanner) -> None:
        self._settings = settings
        self._prefix = settings.prefix.encode()
        self._suffix = settings.suffix.encode()
        self._frame_bytes_max = settings.code_bytes_max + len(self._prefix) + len(_STRAY)
        self._rest = b""
        self._skipped_bytes = 0
        self._last_byte_ms = 0
        self._last_code = ""
        self._last_code_ms = 0

    def feed(self, data: bytes, now_ms: int) -> list[str]:
        """The codes that ``data`` completes, in order; ``now_ms`` is a monotonic clock.

        No data says that the port has been silent until now: only this ends a code at the time-out. A gap between two reads
        alone does not, for the reader may have been kept from reading what lay waiting.
        """
        if not data:
            return self._silence(now_ms)
        self._last_byte_ms = now_ms
        frames = self._split(data)
        self._limit_rest()
        return self._codes(frames, now_ms)

    def _split(self, data: bytes) -> list[bytes]:
        """The frames that end in ``data``; what follows the last suffix is kept."""
        self._rest += data
        if not self._suffix:
            return []
        *frames, self._rest = self._rest.split(self._suffix)
        if frames and self._skipped_bytes:
            self._drop(self._skipped_bytes + len(frames.pop(0)), "too long")
            self._skipped_bytes = 0
        return frames

    def _limit_rest(self) -> None:
        """Forget a code that is too long while it comes in, but for what may be the first half of its suffix."""
        if len(self._rest) > self._frame_bytes_max + len(self._suffix):
            kept = self._rest[len(self._rest) - max(len(self._suffix) - 1, 0) :]
            self._skipped_bytes += len(self._rest) - len(kept)
            self._rest = kept

    def _silence(self, now_ms: int) -> list[str]:
        """End at the time-out what has begun: a code where no suffix is set, else a code that lost its end."""
        if now_ms - self._last_byte_ms < self._settings.partial_timeout_ms:
            return []
        rest, skipped_bytes = self._rest, self._skipped_bytes
        self._rest, self._skipped_bytes = b"", 0
        if skipped_bytes:
            self._drop(skipped_bytes + len(rest), "too long")
        elif not self._suffix:
            return self._codes([rest], self._last_byte_ms)
        elif rest.strip(_STRAY):
            self._drop(len(rest), "the suffix did not come")
        return []

    def _codes(self, frames: list[bytes], now_ms: int) -> list[str]:
        texts = (self._text(frame) for frame in frames)
        return [text for text in texts if text and not self._is_bounce(text, now_ms)]

    def _text(self, frame: bytes) -> str:
        """The text of a frame; empty for nothing and for garbage."""
        body = frame.strip(_STRAY)
        if not body:
            return ""
        if not body.startswith(self._prefix):
            return self._drop(len(body), "the prefix is missing")
        body = body[len(self._prefix) :]
        if len(body) > self._settings.code_bytes_max:
            return self._drop(len(body), "too long")
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return self._drop(len(body), "not UTF-8")
        if _NOISE.search(text):
            return self._drop(len(body), "control characters")
        return text

    def _is_bounce(self, text: str, now_ms: int) -> bool:
        """The same code again, too soon after it was last seen to be a second item."""
        bounce = text == self._last_code and now_ms - self._last_code_ms < self._settings.bounce_ms
        self._last_code, self._last_code_ms = text, now_ms
        return bounce

    @staticmethod
    def _drop(length: int, reason: str) -> str:
        _LOG.warning("Dropped %d bytes from the scanner: %s", length, reason)
        return ""
