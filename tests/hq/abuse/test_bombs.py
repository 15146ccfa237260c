"""Little that unpacks to much."""

import time
import zlib
from pathlib import Path

import msgspec
import pytest

from hq.operate import RunningHq
from pos_app.protocol.chain import GENESIS
from pos_app.protocol.messages import BATCH_BYTES_MAX, REQUEST_BYTES_MAX, Batch
from tests.hq.abuse.digests import without_effect
from tests.hq.journals import Journal, refusal

_MIB = 1024 * 1024


class PeakMemory:
    """How many bytes of memory this process had at most since ``__init__``; HQ runs in it. As Linux tells it."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")
        self._before = self._bytes("VmRSS")

    def grown(self) -> int:
        return self._bytes("VmHWM") - self._before

    def _bytes(self, name: str) -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def batch_of(journal: Journal, bodies: bytes) -> bytes:
    """A batch whose list of bodies is these bytes of MessagePack."""
    whole = msgspec.msgpack.encode(Batch(journal.terminal_id, 1, 1, GENESIS, (b"mark",)))
    return whole.replace(b"\x91\xc4\x04mark", bodies)


def bombs(journal: Journal) -> dict[str, tuple[int, bytes]]:
    zeros = zlib.compress(b"\0" * 200 * _MIB, 9)
    many = b"\xdd" + (2_000_000).to_bytes(4, "big") + b"\xc4\x00" * 1_000_000
    small = b"\xdd" + (1_040_000).to_bytes(4, "big") + b"\xc4\x00" * 1_040_000
    large = b"\x92" + 2 * (b"\xc6" + (BATCH_BYTES_MAX // 2 + 1).to_bytes(4, "big") + b"\0" * (BATCH_BYTES_MAX // 2 + 1))
    return {
        "zeros": (413, zeros),
        "nested": (400, zlib.compress(zlib.compress(zeros, 9), 9)),
        "cut off": (413, zeros[:-10]),
        "claims more than it has": (400, zlib.compress(batch_of(journal, many), 9)),
        "small events": (413, zlib.compress(batch_of(journal, small), 9)),
        "a little too much": (413, zlib.compress(batch_of(journal, large), 9)),
        "arrays": (400, zlib.compress(b"\x91" * BATCH_BYTES_MAX, 9)),
        "as large as a request may be": (400, b"\x78\x9c" + b"\0" * (REQUEST_BYTES_MAX - 2)),
        "larger": (413, b"\x78\x9c" + b"\0" * (REQUEST_BYTES_MAX - 1)),
    }


def test_that_a_bomb_is_refused_quickly_in_little_memory(hq: RunningHq, journal: Journal) -> None:
    refusal(journal.post("/batches", b"x"))
    for name, (status, body) in bombs(journal).items():
        with without_effect(hq.engine):
            peak = PeakMemory()
            began_s = time.monotonic()
            answers = {refusal(journal.post("/batches", body))[0] for _ in range(3)}
            took_s = time.monotonic() - began_s
        assert ({status}, True, True) == (answers, peak.grown() < 48 * _MIB, took_s < 5), (name, peak.grown(), took_s)


@pytest.mark.parametrize("path", ["/holds", "/personal-records", "/programme-sets"])
def test_that_large_json_is_refused_in_little_memory(hq: RunningHq, journal: Journal, path: str) -> None:
    record = b'{"account_ref":"a","fields":{}},'
    inputs = (
        b'{"records":[' + record * 60_000 + record[:-1] + b"]}",
        b'{"hash":"' + b"0" * 64 + b'","body":"' + b"\\u0000" * 300_000 + b'"}',
        b"[" * 2_000_000,
        b'{"x":' + b"[[[[[]]]]]," * 100_000,
        b'"' + b"\\ud83d\\ude48" * 100_000 + b'"',
    )
    with without_effect(hq.engine):
        peak = PeakMemory()
        assert {(400, "MALFORMED")} == {refusal(journal.post(path, body)) for body in inputs}
    assert peak.grown() < 64 * _MIB
