"""Receipts that the engine of semantics 1 has evaluated come out the same for ever."""

import lzma
from pathlib import Path

import msgspec

from pos_app.loyalty.engine import evaluate, explain
from pos_app.loyalty.programme import decode_programme, programme_set
from pos_app.model.evaluation import EngineInput, EngineResult

KEPT = Path(__file__).parent / "data" / "semantics-1.jsonl.xz"
_RECEIPTS = 481


class Kept(msgspec.Struct):
    """A receipt with its programmes, and what ``explain`` said of it."""

    programmes: list[msgspec.Raw]
    input: EngineInput
    result: EngineResult


def test_that_every_receipt_of_semantics_1_comes_out_as_it_did() -> None:
    lines = lzma.decompress(KEPT.read_bytes()).split(b"\n")
    assert _RECEIPTS == len(lines)
    for line in lines:
        kept = msgspec.json.decode(line, type=Kept)
        programmes = programme_set(decode_programme(bytes(document)) for document in kept.programmes)
        assert 1 == kept.input.semantics
        assert kept.result == explain(kept.input, programmes)
        assert msgspec.structs.replace(kept.result, refusals=()) == evaluate(kept.input, programmes)
