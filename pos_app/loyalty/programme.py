"""Programmes in and out: from a manager's text, to and from the JSON that storage keeps, and as the set that a till runs."""

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from functools import cache
from math import lcm
from typing import Any

import msgspec

from pos_app.errors import ProgrammeError
from pos_app.loyalty.document import Period, Points, Programme, Progressive
from pos_app.loyalty.reading import Fault, dotted, read_document
from pos_app.loyalty.schema import json_schema
from pos_app.model.money import AMOUNT_MAX_MINOR

__all__ = [
    "Programme",
    "ProgrammeSet",
    "accumulator_period",
    "decode_programme",
    "encode_programme",
    "json_schema",
    "parse_programme",
    "programme_set",
]

PROGRAMMES_MAX = 32

_UNTOUCHED = "The programmes in use were not changed."


class ProgrammeSet(msgspec.Struct, frozen=True, eq=False):
    """The programmes that a till runs, sorted by id; build it with ``programme_set``.

    ``hash`` is the SHA-256 (hex) over the canonical documents: an event names the set by it. Two sets of one hash are equal.
    """

    programmes: tuple[Programme, ...]
    hash: str

    def __hash__(self) -> int:
        return hash(self.hash)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ProgrammeSet) and self.hash == other.hash


def parse_programme(text: str, *, source: str) -> Programme:
    """Read a programme document, TOML, or JSON where it begins with a brace; ``source`` names the file in messages.

    Raises ``ProgrammeError`` that names the file, the line, the key and what is wrong.
    """
    read = read_document(text)
    if not isinstance(read, Programme):
        raise _refused(source, read[0])
    return read


def programme_set(programmes: Iterable[Programme]) -> ProgrammeSet:
    """The set of these programmes; raises ``ProgrammeError`` for two of one id, points of different worth, or too many.

    A member has one balance, so a point must be worth the same wherever it was earned: else points earned cheaply would burn
    dearly.
    """
    ordered = tuple(sorted(programmes, key=lambda programme: programme.id))
    if len(ordered) > PROGRAMMES_MAX:
        raise _set_refused(f"there are {len(ordered)} programmes, at most {PROGRAMMES_MAX} run together")
    for before, after in itertools.pairwise(ordered):
        if before.id == after.id:
            raise _set_refused(f"two programmes have the id {after.id!r}")
        if before.point_worth_minor != after.point_worth_minor:
            raise _set_refused(
                f"a point of {before.id!r} is worth {before.point_worth_minor}, of {after.id!r} {after.point_worth_minor}"
            )
    if lcm(*_parts(ordered)) > AMOUNT_MAX_MINOR:
        raise _set_refused("the amounts for which their rules give points (per_minor) are too odd together")
    digest = hashlib.sha256(b"\n".join(encode_programme(programme) for programme in ordered))
    return ProgrammeSet(programmes=ordered, hash=digest.hexdigest())


def encode_programme(programme: Programme) -> bytes:
    """The canonical JSON of a programme: sorted keys, nothing that equals its default, so that a later optional key changes no hash."""
    return msgspec.json.encode(_without_defaults(programme), order="deterministic")


def decode_programme(raw: bytes) -> Programme:
    """The programme that ``encode_programme`` wrote; raises ``ProgrammeError`` for what is none.

    It was checked when it was first read: checks that came later do not keep an old receipt from being explained.
    """
    try:
        return msgspec.json.decode(raw, type=Programme)
    except msgspec.DecodeError as error:
        raise _refused("a stored programme", Fault(str(error))) from error


def accumulator_period(programme: Programme) -> Period | None:
    """The period over which a rule of the programme counts a sum on the card, or None where none does."""
    return next((rule.period for rule in programme.rules if isinstance(rule, Progressive) and rule.period), None)


def _parts(programmes: Iterable[Programme]) -> Iterator[int]:
    return (rule.per_minor for programme in programmes for rule in programme.rules if isinstance(rule, Points))


def _without_defaults(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_without_defaults(item) for item in value]
    if not isinstance(value, msgspec.Struct):
        return value
    slim = {
        field.encode_name: _without_defaults(item)
        for field in _fields_of(type(value))
        if (item := getattr(value, field.name)) != _default(field)
    }
    config = value.__struct_config__
    return {config.tag_field: config.tag, **slim} if config.tag_field else slim


# What the library works out of the annotations anew at every call.
_fields_of = cache(msgspec.structs.fields)


def _default(field: msgspec.structs.FieldInfo) -> object:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def _refused(source: str, fault: Fault) -> ProgrammeError:
    place = f"{source}, line {fault.place.line}" if fault.place else source
    key = f"{dotted(fault.path)}: " if fault.path else ""
    return ProgrammeError(
        "programme.refused",
        what=f"{place}: {key}{fault.why}.",
        safe=_UNTOUCHED,
        todo="Correct the file and load it again.",
    )


def _set_refused(why: str) -> ProgrammeError:
    return ProgrammeError(
        "programme.set_refused",
        what=f"These programmes cannot run together: {why}.",
        safe=_UNTOUCHED,
        todo="Correct one of the files or take it away.",
    )
