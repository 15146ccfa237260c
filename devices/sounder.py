"""Three short tones for the cashier. Made once with the standard library, played by what the computer has, never waited for."""

import array
import contextlib
import logging
import math
import shutil
import subprocess
import sys
import threading
import wave
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path

_LOG = logging.getLogger(__name__)
_RATE_HZ = 22_050
_PEAK = 12_000
_FADE_MS = 8
_PLAY_LIMIT_S = 3
_COMMANDS = (("pw-play",), ("paplay",), ("aplay", "-q"))

Player = Callable[[Path], bool]
"""Plays a file to its end; says whether it could."""


class Tone(IntEnum):
    """What a tone says; of two that wait, the higher one is heard."""

    OK = 1
    ATTENTION = 2
    ERROR = 3


# Pitch and length of each note: one soft high note, two that rise, two that are low and long.
_NOTES: dict[Tone, tuple[tuple[int, int], ...]] = {
    Tone.OK: ((1_047, 80),),
    Tone.ATTENTION: ((659, 90), (880, 130)),
    Tone.ERROR: ((294, 190), (220, 260)),
}


class Sounder:
    """Plays tones from a thread of its own, one at a time; a tone that comes while another waits is merged into it.

    ``folder`` keeps the three WAV files. Where no player works, ``available`` is False and ``play`` does nothing.
    """

    def __init__(self, folder: Path) -> None:
        self._files = write_tones(folder)
        self._players = find_players()
        self._wanted: Tone | None = None
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="sounder", daemon=True)
        self._thread.start()

    @property
    def available(self) -> bool:
        """Whether a player was found that has not failed so far."""
        return bool(self._players)

    def play(self, tone: Tone) -> None:
        """Have ``tone`` heard soon; returns at once, from any thread."""
        with self._changed:
            self._wanted = tone if self._wanted is None else max(tone, self._wanted)
            self._changed.notify()

    def close(self, *, timeout_ms: int = 4000) -> None:
        """End the thread after the tone that plays; waits at most ``timeout_ms``."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout_ms / 1000)

    def _run(self) -> None:
        while (tone := self._next()) is not None:
            while self._players and not self._players[0](self._files[tone]):
                self._players.pop(0)
                _LOG.info("A sound player failed; %d left to try", len(self._players))

    def _next(self) -> Tone | None:
        """The tone to play next; None when there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._wanted is not None or self._closing)
            tone, self._wanted = self._wanted, None
            return None if self._closing else tone


def find_players() -> list[Player]:
    """The players of this computer, best first: Windows' own, else the sound servers' commands."""
    if sys.platform == "win32":
        return [_play_on_windows]
    found = ((shutil.which(name), options) for name, *options in _COMMANDS)
    return [_command_player([path, *options]) for path, options in found if path is not None]


def write_tones(folder: Path) -> dict[Tone, Path]:
    """The WAV file of each tone, made where it is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {tone: folder / f"{tone.name.lower()}.wav" for tone in Tone}
    for tone, path in files.items():
        if not path.exists():
            _write_wav(path, _samples(_NOTES[tone]))
    return files


def _samples(notes: tuple[tuple[int, int], ...]) -> "array.array[int]":
    """16-bit samples: each note a sine with a little of its octave, faded in and out so that it does not click."""
    samples = array.array("h")
    for pitch_hz, length_ms in notes:
        count, fade = _RATE_HZ * length_ms // 1000, _RATE_HZ * _FADE_MS // 1000
        for index in range(count):
            angle = 2 * math.pi * pitch_hz * index / _RATE_HZ
            loudness = min(1.0, index / fade, (count - index) / fade)
            samples.append(int(_PEAK * loudness * (0.8 * math.sin(angle) + 0.2 * math.sin(2 * angle))))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _write_wav(path: Path, samples: "array.array[int]") -> None:
    """Whole or not at all: a half-written file would be found, and kept, at the next start."""
    part = path.with_suffix(".part")
    with contextlib.closing(wave.open(str(part), "wb")) as out:
        out.setnchannels(1)
        out.setsampwidth(samples.itemsize)
        out.setframerate(_RATE_HZ)
        out.writeframes(samples.tobytes())
    part.replace(path)


def _command_player(command: list[str]) -> Player:
    def play(path: Path) -> bool:
        try:
            done = subprocess.run(  # noqa: S603 - the command is one of ours, the file too
                [*command, str(path)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_PLAY_LIMIT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0

    return play


def _play_on_windows(path: Path) -> bool:
    if sys.platform != "win32":
        return False
    import winsound

    try:
        winsound.PlaySound(str(path), winsound.SND_FILENAME | winsound.SND_NODEFAULT)
    except RuntimeError:
        return False
    return True
