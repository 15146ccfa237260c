"""The work of a what-if on one core or several: the same result either way, to the last unit.

Accounts are independent, so each core replays a share of them and the sums are added. Where programmes share something among all
members (a budget), everything is replayed in the order of time on one core.
"""

import copy
import gc
import multiprocessing
import threading
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from pos_app.errors import PosError
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.use_cases.programmes import decode_programme_set, encode_programme_set
from pos_app.use_cases.what_if.figures import Run
from pos_app.use_cases.what_if.history import CameBack, Happening, History
from pos_app.use_cases.what_if.replay import Replay
from pos_app.use_cases.what_if.sharing import shares
from pos_app.use_cases.what_if.side import Side

Progress = Callable[[int], None]
"""Told how many more happenings were replayed, on the caller's thread."""
_STEP = 500
_PIECES_A_CORE = 16


class Work(msgspec.Struct, frozen=True):
    """What every share needs beside its happenings: programme sets as storage keeps them, the window, how members burn.

    Up to ``since`` (a business date) the programmes ``in_force`` run and nothing counts; then each of ``sides`` runs to the end.
    """

    in_force: bytes
    sides: tuple[bytes, ...]
    by_today: tuple[bool, ...]
    since: str
    since_ms: int
    end_ms: int
    burn_bp: int


def no_progress(_count: int) -> None:
    """Nobody wants to know."""


def work_through(history: History, work: Work, *, cores: int, progress: Progress = no_progress) -> tuple[Run, ...]:
    """Replay every side; gives their runs in order. ``history`` holds the window's happenings and all before it."""
    cores = min(cores, max(1, len(history.happenings) // _STEP))
    # What is in memory already is not looked through for garbage again and again, nor copied into other processes by that.
    gc.freeze()
    try:
        if cores == 1:
            return run_share(history, work, progress)
        dealt = shares(history.happenings, parts=cores * _PIECES_A_CORE)
        pieces = [msgspec.structs.replace(history, happenings=tuple(share)) for share in dealt]
        return _added(_on_cores(pieces, work, cores, progress))
    finally:
        gc.unfreeze()


def run_share(history: History, work: Work, progress: Progress = no_progress) -> tuple[Run, ...]:
    """Replay one share on this core."""
    happenings = history.happenings
    exponent = history.points_exponent
    in_force = Side(decode_programme_set(work.in_force), points_exponent=exponent)
    sides = [Side(decode_programme_set(side), points_exponent=exponent) for side in work.sides]
    returned_ids = frozenset(one.sale_id for one in happenings if isinstance(one, CameBack))
    begin = next((n for n, one in enumerate(happenings) if one.business_date >= work.since), len(happenings))
    warm = Replay(history, in_force, returned_ids=returned_ids, burn_bp=work.burn_bp)
    _play(warm, happenings[:begin], progress)
    # Nothing of a history ever changes, so copies of the members' state share it.
    replays = [warm, *(copy.deepcopy(warm, {id(history): history}) for _ in sides[1:])]
    runs = []
    for replay, side, by_today in zip(replays, sides, work.by_today, strict=True):
        replay.begin(side, at_ms=work.since_ms, by_today=by_today)
        _play(replay, happenings[begin:], progress)
        runs.append(replay.finish(at_ms=work.end_ms))
    return tuple(runs)


def _play(replay: Replay, happenings: Sequence[Happening], progress: Progress) -> None:
    for begin in range(0, len(happenings), _STEP):
        page = happenings[begin : begin + _STEP]
        for happening in page:
            replay.play(happening)
        progress(len(page))


def encoded(programmes: ProgrammeSet) -> bytes:
    """A set as ``Work`` takes it."""
    return encode_programme_set(programmes)


def _added(results: list[tuple[Run, ...]]) -> tuple[Run, ...]:
    first, *others = results
    for other in others:
        for run, more in zip(first, other, strict=True):
            run.add(more)
    return first


def _on_cores(pieces: list[History], work: Work, cores: int, progress: Progress) -> list[tuple[Run, ...]]:
    """Each core takes the next piece when it is done with one, so that a busy core takes fewer; this process is one of them."""
    # A process that is forked has the pieces at once, but only a program without other threads can be forked safely.
    can_fork = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    context = multiprocessing.get_context("fork" if can_fork else "spawn")
    turn = context.Value("i", 0)
    helpers: list[_Helper] = []
    try:
        for _ in range(1, cores):
            its_turn = turn if can_fork else context.Value("i", 0)
            helpers.append(_started(context, (pieces, work) if can_fork else None, its_turn))
        if not can_fork:
            # Pieces that must be sent are dealt out beforehand: to send them all to everybody would cost more than it gains.
            for number, helper in enumerate(helpers, start=1):
                helper.give(pieces[number::cores], work)
            pieces = pieces[0::cores]
        results = _taken_in_turn(pieces, turn, work, lambda count: _tell(progress, count, helpers))
        for helper in helpers:
            while not helper.is_done:
                helper.listen(progress)
            results += helper.results
    finally:
        for helper in helpers:
            helper.end()
    return results


def _started(context: Any, known: tuple[list[History], Work] | None, turn: Any) -> "_Helper":
    here, there = context.Pipe()
    process = context.Process(target=_help, args=(there, known, turn), daemon=True)
    process.start()
    there.close()
    return _Helper(process, here)


def _tell(progress: Progress, count: int, helpers: "list[_Helper]") -> None:
    progress(count)
    for helper in helpers:
        while not helper.is_done and helper.here.poll():
            helper.listen(progress)


class _Helper:
    """Another process, and what it has sent."""

    def __init__(self, process: Any, here: Any) -> None:
        self.process = process
        self.here = here
        self.results: list[tuple[Run, ...]] = []
        self.is_done = False

    def give(self, pieces: Sequence[History], work: Work) -> None:
        """Send what is to be replayed; with its start it could not be sent, since a process that dies then is waited for without end."""
        try:
            self.here.send_bytes(msgspec.msgpack.encode((work, [msgspec.msgpack.encode(piece) for piece in pieces])))
        except OSError as error:
            raise _lost() from error

    def listen(self, progress: Progress) -> None:
        """Take one message: how far it got, a result, or that there is no more."""
        try:
            message = self.here.recv()
        except (EOFError, OSError) as error:
            raise _lost() from error
        if message is None:
            self.is_done = True
        elif isinstance(message, bytes):
            self.results.append(msgspec.msgpack.decode(message, type=tuple[Run, ...]))
        else:
            progress(message)

    def end(self) -> None:
        """Whatever it does, it is over."""
        self.here.close()
        self.process.terminate()
        self.process.join()


def _lost() -> PosError:
    return PosError(
        "what_if.core_lost",
        what="A process that replayed receipts has ended.",
        safe="Nothing was changed.",
        todo="Try it again with --cores 1.",
    )


def _taken_in_turn(
    pieces: Sequence[History] | Sequence[bytes], turn: Any, work: Work, progress: Progress
) -> list[tuple[Run, ...]]:
    """Replay pieces until none is left; others take from the same. What was sent is unpacked when its turn comes."""
    results: list[tuple[Run, ...]] = []
    while True:
        with turn.get_lock():
            number = turn.value
            turn.value += 1
        if number >= len(pieces):
            return results
        piece = pieces[number]
        if isinstance(piece, bytes):
            piece = msgspec.msgpack.decode(piece, type=History)
        results.append(run_share(piece, work, progress))


def _help(there: Any, known: tuple[Sequence[History], Work] | None, turn: Any) -> None:
    """A process of its own: replays pieces, says how far it is, and sends what came out. What is not ``known`` is sent to it."""
    pieces: Sequence[History] | Sequence[bytes]
    if known is None:
        work, pieces = msgspec.msgpack.decode(there.recv_bytes(), type=tuple[Work, tuple[bytes, ...]])
    else:
        pieces, work = known
    for result in _taken_in_turn(pieces, turn, work, there.send):
        there.send(msgspec.msgpack.encode(result))
    there.send(None)
    there.close()
