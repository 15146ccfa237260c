"""Tones: what is in the files, and the process that plays them."""

import array
import math
import os
import select
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.sounder import Sounder, Tone, write_tones

WAIT_S = 5


def samples(path: Path) -> "tuple[array.array[int], int]":
    with wave.open(str(path), "rb") as sound:
        assert (sound.getnchannels(), sound.getsampwidth()) == (1, 2)
        return array.array("h", sound.readframes(sound.getnframes())), sound.getframerate()


def strength(part: "array.array[int]", rate_hz: int, pitch_hz: int) -> float:
    """The share of one pitch in a sound (a single Fourier term)."""
    terms = [(value, 2 * math.pi * pitch_hz * index / rate_hz) for index, value in enumerate(part)]
    return math.hypot(sum(v * math.cos(a) for v, a in terms), sum(v * math.sin(a) for v, a in terms)) / len(part)


@pytest.mark.parametrize(
    ("tone", "notes"),
    [
        (Tone.OK, [(1047, 80)]),
        (Tone.ATTENTION, [(659, 90), (880, 130)]),
        (Tone.ERROR, [(294, 190), (220, 260)]),
    ],
)
def test_that_a_tone_has_its_pitches_length_and_loudness(
    tone: Tone, notes: list[tuple[int, int]], tmp_path: Path
) -> None:
    sound, rate_hz = samples(write_tones(tmp_path)[tone])
    assert abs(len(sound) * 1000 / rate_hz - sum(length_ms for _, length_ms in notes)) < 1
    assert 9_000 < max(sound) < 16_000
    assert abs(sound[0]) + abs(sound[-1]) < 500  # no click
    start = 0
    for pitch_hz, length_ms in notes:
        part = sound[start : start + rate_hz * length_ms // 1000]
        start += len(part)
        loudest = max(range(150, 1500, 7), key=lambda hz: strength(part[::4], rate_hz // 4, hz))
        assert abs(loudest - pitch_hz) < 15


def test_that_tones_are_made_once(tmp_path: Path) -> None:
    files = write_tones(tmp_path)
    times = [path.stat().st_mtime_ns for path in files.values()]
    assert times == [path.stat().st_mtime_ns for path in write_tones(tmp_path).values()]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["attention.wav", "error.wav", "ok.wav"]


class FakePlayers:
    """Executables on PATH that say through one pipe what they play, and may wait at another for leave to end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        os.mkfifo(folder / "heard")
        os.mkfifo(folder / "gate")
        self._heard = os.open(folder / "heard", os.O_RDWR | os.O_NONBLOCK)
        self._gate = os.open(folder / "gate", os.O_RDWR)

    def install(self, name: str, *, then: str = "exit 0") -> None:
        script = self._folder / name
        script.write_text(
            f'#!/bin/sh\nfor file; do :; done\necho "{name} $$ ${{file##*/}}" > {self._folder}/heard\n{then}\n'
        )
        script.chmod(0o755)

    def install_patient(self, name: str) -> None:
        """One that plays until ``let_end``."""
        self.install(name, then=f"read leave < {self._folder}/gate")

    def let_end(self) -> None:
        os.write(self._gate, b"\n")

    def hear(self) -> list[str]:
        """Name, process and file of the next thing played."""
        assert select.select([self._heard], [], [], WAIT_S)[0], "nothing was played"
        return os.read(self._heard, 4096).decode().split()

    def silent(self) -> bool:
        return not select.select([self._heard], [], [], 0)[0]

    def close(self) -> None:
        os.close(self._heard)
        os.close(self._gate)


@pytest.fixture
def players(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakePlayers]:
    monkeypatch.setenv("PATH", str(tmp_path))
    players = FakePlayers(tmp_path)
    yield players
    players.close()


@pytest.mark.parametrize("tone", list(Tone))
def test_that_the_first_player_found_plays_the_tone(tone: Tone, players: FakePlayers, tmp_path: Path) -> None:
    players.install("paplay")
    players.install("aplay")
    sounder = Sounder(tmp_path)
    assert sounder.available
    sounder.play(tone)
    name, _, file = players.hear()
    sounder.close()
    assert (name, file) == ("paplay", f"{tone.name.lower()}.wav")


def test_that_one_plays_at_a_time_and_of_those_that_wait_the_gravest_is_heard(
    players: FakePlayers, tmp_path: Path
) -> None:
    players.install_patient("pw-play")
    sounder = Sounder(tmp_path)
    sounder.play(Tone.OK)
    assert players.hear()[2] == "ok.wav"
    for tone in (Tone.OK, Tone.ERROR, Tone.ATTENTION):
        sounder.play(tone)
    assert players.silent()
    players.let_end()
    assert players.hear()[2] == "error.wav"
    players.let_end()
    sounder.close()
    assert players.silent()


def test_that_a_player_leaves_no_process_behind(players: FakePlayers, tmp_path: Path) -> None:
    players.install("pw-play")
    sounder = Sounder(tmp_path)
    sounder.play(Tone.OK)
    process = players.hear()[1]
    sounder.close()
    assert not Path(f"/proc/{process}").exists()


def test_that_a_player_that_hangs_is_ended(
    players: FakePlayers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.sounder._PLAY_LIMIT_S", 0.2)
    players.install_patient("pw-play")
    sounder = Sounder(tmp_path)
    sounder.play(Tone.OK)
    process = players.hear()[1]
    sounder.close()
    assert not Path(f"/proc/{process}").exists()
    assert not sounder.available


def test_that_a_player_that_fails_gives_way_to_the_next(players: FakePlayers, tmp_path: Path) -> None:
    players.install("pw-play", then="exit 1")
    players.install("aplay")
    sounder = Sounder(tmp_path)
    sounder.play(Tone.ERROR)
    assert players.hear()[0] == "pw-play"
    assert players.hear()[0::2] == ["aplay", "error.wav"]
    sounder.close()
    assert sounder.available


@pytest.mark.usefixtures("players")
def test_that_without_a_player_nothing_is_available_and_nothing_fails(tmp_path: Path) -> None:
    sounder = Sounder(tmp_path)
    assert not sounder.available
    sounder.play(Tone.OK)
    sounder.close()
