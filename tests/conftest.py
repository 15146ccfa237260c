"""What the tests of more than one part need."""

import inspect
import logging
import os
from collections.abc import Generator, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Protocol

import keyring
import pytest
from argon2 import PasswordHasher
from keyring.backends import fail

from pos_app.use_cases import pins
from tests.measuring import is_measured, unmeasured
from tests.shop import ANA, BOB, GOLD, Shop, put_empty_database

# The tests draw into memory unless they are told to use a screen.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
_PROGRAMS_HASHER = pins._hasher


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Measure the coverage of what counts for it."""
    with nullcontext() if is_measured(item) else unmeasured():
        return (yield)


class OpenShop(Protocol):
    """Opens a shop by its programmes and the sections of its settings; it is closed when the test ends."""

    def __call__(self, *programmes: str, **sections: Any) -> Shop: ...


@pytest.fixture(scope="session")
def empty_till(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a till that was never used, to copy."""
    folder = tmp_path_factory.mktemp("empty-till")
    put_empty_database(folder)
    return folder


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[OpenShop]:
    """A shop with Ana (no class), Bob (silver) and a gold card."""
    opened: list[Shop] = []

    def open_one(*programmes: str, **sections: Any) -> Shop:
        shop = Shop(tmp_path / f"till-{len(opened)}", *programmes, **sections)
        opened.append(shop)
        shop.join(ANA, name="Ana Čović")
        shop.join(BOB, "silver", name="Боб")
        shop.join(GOLD, "gold")
        return shop

    yield open_one
    for shop in opened:
        shop.close()


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    """A shop with fixed cards: silver 3 %, gold 5 %, at once and for ever; a point is worth 0.01."""
    return open_shop("fixed-card")


@pytest.fixture
def no_keystore() -> Iterator[None]:
    """A computer without a keystore: no test writes into that of whoever runs it."""
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]
    yield
    keyring.set_keyring(before)


@pytest.fixture(scope="session", autouse=True)
def _quick_hasher() -> Iterator[None]:
    """PINs are hashed by parameters that take no time; ``own_hasher`` has the program's, which take a tenth of a second on purpose."""
    quick = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pins, "_hasher", lambda: quick)
        yield


@pytest.fixture
def own_hasher(monkeypatch: pytest.MonkeyPatch) -> None:
    """PINs are hashed by the program's own parameters."""
    monkeypatch.setattr(pins, "_hasher", _PROGRAMS_HASHER)


@pytest.fixture(autouse=True)
def _unexpected_logs(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A warning or an error in the log fails the test, unless it is marked ``expects_log`` or looks at the log itself."""
    yield
    test = getattr(request.node, "function", None)
    if test is not None and "caplog" in inspect.signature(test).parameters:
        return
    expected = [fragment for mark in request.node.iter_markers("expects_log") for fragment in mark.args]
    loud = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.WARNING]
    assert [] == [message for message in loud if not any(fragment in message for fragment in expected)]
