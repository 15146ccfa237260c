"""What a benchmark gives: one figure, always a ratio against a reference measured in the same run."""

import statistics
from collections.abc import Callable, Sequence
from time import process_time_ns
from typing import Any

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """``ratio`` is ours over the reference (or for rates, ours over the reference too); ``reach`` is what was asked.

    ``at_most``: whether the ratio must not be above ``reach``; else not below. ``more`` holds what is reported beside it.
    """

    name: str
    ours: float
    reference: float
    unit: str
    reach: float
    at_most: bool = True
    more: dict[str, float] = {}

    @property
    def ratio(self) -> float:
        """Ours over the reference."""
        return self.ours / self.reference

    @property
    def holds(self) -> bool:
        """Whether the ratio is what was asked for."""
        return self.ratio <= self.reach if self.at_most else self.ratio >= self.reach

    def as_json(self) -> dict[str, object]:
        """The object of build/bench.json."""
        return {
            "name": self.name,
            "ours": self.ours,
            "reference": self.reference,
            "unit": self.unit,
            "ratio": round(self.ratio, 3),
            "reach": f"{'<=' if self.at_most else '>='} {self.reach:g}",
            "holds": self.holds,
            **self.more,
        }


class Contestant(msgspec.Struct):
    """What is timed: ``calls`` calls a turn, with ``prepare`` before them, untimed. ``best_us`` is the best turn so far, per call."""

    call: Callable[[], Any]
    calls: int
    prepare: Callable[[], None] | None = None
    best_us: float = float("inf")

    def turn(self) -> None:
        """Let it do its calls."""
        if self.prepare is not None:
            self.prepare()
        begin_ns = process_time_ns()
        for _ in range(self.calls):
            self.call()
        self.best_us = min(self.best_us, (process_time_ns() - begin_ns) / self.calls / 1000)


def median(times: Sequence[float]) -> float:
    """The middle of the times."""
    return statistics.median(times)


def p99(times: Sequence[float]) -> float:
    """The time that one in a hundred exceeds."""
    return sorted(times)[min(len(times) - 1, len(times) * 99 // 100)]
