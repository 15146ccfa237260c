"""Chance that anybody can check: everything follows from a seed whose SHA-256 was published before anything was drawn.

A number below a bound comes from the first eight bytes of HMAC-SHA256(seed, message), read as a whole number with the highest byte
first. Where it is at or above the largest multiple of the bound that eight bytes can hold, it is thrown away, since the rest would make
small numbers likelier, and the message is tried again with ``#1``, ``#2`` and so on behind it. What is left is taken modulo the bound.

- A *roll* is below 10 000, of the message ``receipt number|programme/rule``. A rule of so many in 10 000 gives where its roll is below.
- A *lottery* puts its lots of tickets into the order of their receipts' numbers, and of their own ids where these are the same, and
  numbers the tickets from 0, each lot with as many as it holds.
  The winner of prize n (from 1, in the order of the programme) is a number below the count of tickets that are left, of the message
  ``prize n``. The ticket that stands there has won; the last one that is left moves into its place. So each ticket wins once at most.

Pure; ``verify`` needs the published file and nothing else. docs/how-to/hold-a-draw.md shows it to people.
"""

import hashlib
import hmac
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, count
from typing import Annotated, Literal, TypeVar

import msgspec

ROLLS = 10_000
SEED_BYTES = 32
_NUMBER_BYTES = 8
_NUMBERS = 256**_NUMBER_BYTES
EXAMPLE_SEED = bytes(range(SEED_BYTES))
"""The seed of the programmes that ship, which everybody knows: examples run with it, and no till."""

Hash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
_Some = TypeVar("_Some")


def hash_of(seed: bytes) -> str:
    """What is published of a seed before it is used: its SHA-256, in hexadecimal digits.

    >>> hash_of(EXAMPLE_SEED)
    '630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd'
    """
    return hashlib.sha256(seed).hexdigest()


def is_example(seed_hash: str) -> bool:
    """Whether a draw still has the seed of the shipped programmes."""
    return seed_hash == hash_of(EXAMPLE_SEED)


def number_below(bound: int, *, seed: bytes, message: str) -> int:
    """A number from 0 to ``bound`` - 1, each as likely as any other to whoever does not know the seed.

    >>> number_below(10_000, seed=EXAMPLE_SEED, message="001-01-0000001|prize-game/dessert")
    9437
    """
    assert 0 < bound <= _NUMBERS
    fair = _NUMBERS - _NUMBERS % bound
    numbers = (_number(seed, message if not attempt else f"{message}#{attempt}") for attempt in count())
    return next(number for number in numbers if number < fair) % bound


def _number(seed: bytes, message: str) -> int:
    return int.from_bytes(hmac.digest(seed, message.encode(), "sha256")[:_NUMBER_BYTES], "big")


def roll(seed: bytes, *, receipt_number: str, rule: str) -> int:
    """What chance says to a rule (``programme/rule``) on a receipt: 0 to 9 999."""
    return number_below(ROLLS, seed=seed, message=f"{receipt_number}|{rule}")


class Rolled(msgspec.Struct, frozen=True):
    """A roll as it was booked: ``chance_bp`` is what the programme of that day said."""

    receipt: str
    rule: str
    roll: int
    chance_bp: int
    won: bool


class Tickets(msgspec.Struct, frozen=True):
    """The tickets of one lot. ``receipt`` is the number on the receipt that gave them, by which a member knows their own; empty where
    they did not come with a receipt, or it is no longer known.
    """

    lot: str
    receipt: str
    count: Annotated[int, msgspec.Meta(ge=1, le=10**12)]


class Won(msgspec.Struct, frozen=True):
    """A prize (``number`` counts all of them, from 1) and the ticket that won it, counted from 0 in the order of the tickets."""

    number: int
    prize: str
    ticket: int
    lot: str
    receipt: str


class ChanceReport(msgspec.Struct, frozen=True, tag_field="kind", tag="chance", forbid_unknown_fields=True):
    """What is published of a programme whose rules give by chance, once it is over."""

    programme: str
    name: str
    seed_hash: Hash
    seed: Hash
    rolls: tuple[Rolled, ...]


class LotteryReport(msgspec.Struct, frozen=True, tag_field="kind", tag="lottery", forbid_unknown_fields=True):
    """What is published of a lottery that was held. ``prizes`` are in their order, one for each that there was."""

    programme: str
    name: str
    seed_hash: Hash
    seed: Hash
    draw_on: str
    prizes: tuple[str, ...]
    tickets: tuple[Tickets, ...]
    winners: tuple[Won, ...]


Report = ChanceReport | LotteryReport
_decode = msgspec.json.Decoder(ChanceReport | LotteryReport).decode


class Difference(msgspec.Struct, frozen=True):
    """Something in a published file that does not follow from its seed.

    ``code``: ``seed`` (its hash is another one), ``roll``, ``won``, ``order`` (of the tickets), ``winner`` or ``winners`` (how many).
    """

    code: Literal["seed", "roll", "won", "order", "winner", "winners"]
    where: str
    expected: str
    found: str


def encode_report(report: Report) -> bytes:
    """The published file: JSON that people can read too."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def decode_report(raw: bytes) -> Report:
    """The report in these bytes; raises ``msgspec.ValidationError`` or ``msgspec.DecodeError`` for anything else."""
    report: Report = _decode(raw)
    return report


def in_order(tickets: Iterable[Tickets]) -> tuple[Tickets, ...]:
    """The lots in the order in which their tickets are numbered."""
    return tuple(sorted(tickets, key=lambda one: (one.receipt, one.lot)))


def draw_winners(seed: bytes, *, prizes: Sequence[str], tickets: Sequence[Tickets]) -> tuple[Won, ...]:
    """Who wins what; where there are fewer tickets than prizes, the last prizes are not given. ``tickets`` are in their order.

    >>> tickets = (Tickets("a", "001-01-0000001", 2), Tickets("b", "001-01-0000002", 1))
    >>> [(won.prize, won.ticket, won.lot) for won in draw_winners(EXAMPLE_SEED, prizes=("Bicycle", "Mug"), tickets=tickets)]
    [('Bicycle', 2, 'b'), ('Mug', 1, 'a')]
    """
    left = sum(one.count for one in tickets)
    ends = list(accumulate(one.count for one in tickets))
    moved: dict[int, int] = {}
    winners = []
    for number, prize in enumerate(prizes[:left], start=1):
        place = number_below(left, seed=seed, message=f"prize {number}")
        left -= 1
        ticket = moved.get(place, place)
        moved[place] = moved.get(left, left)
        of = tickets[bisect_right(ends, ticket)]
        winners.append(Won(number, prize, ticket, of.lot, of.receipt))
    return tuple(winners)


def verify(report: Report) -> tuple[Difference, ...]:
    """Everything in the file that does not follow from its seed; nothing where all is as it should be."""
    seed = bytes.fromhex(report.seed)
    of_seed = _differs("seed", report.seed_hash, hash_of(seed), report.seed_hash)
    found = _verify_rolls(report, seed) if isinstance(report, ChanceReport) else _verify_lottery(report, seed)
    return (*of_seed, *found)


def _verify_rolls(report: ChanceReport, seed: bytes) -> Iterator[Difference]:
    for one in report.rolls:
        where = f"{one.receipt} {one.rule}"
        expected = roll(seed, receipt_number=one.receipt, rule=one.rule)
        yield from _differs("roll", where, expected, one.roll)
        yield from _differs("won", where, expected < one.chance_bp, one.won)


def _verify_lottery(report: LotteryReport, seed: bytes) -> Iterator[Difference]:
    lots = [(one.receipt, one.lot) for one in report.tickets]
    yield from _differs("order", "tickets", sorted(set(lots)), lots)
    winners = draw_winners(seed, prizes=report.prizes, tickets=report.tickets)
    yield from _differs("winners", "winners", len(winners), len(report.winners))
    for expected, found in zip(winners, report.winners, strict=False):
        yield from _differs("winner", f"prize {expected.number}", expected, found)


def _differs(
    code: Literal["seed", "roll", "won", "order", "winner", "winners"], where: str, expected: _Some, found: _Some
) -> Iterator[Difference]:
    if expected != found:
        yield Difference(code, where, _text(expected), _text(found))


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode() if not isinstance(value, str) else value
