"""``pos-app claim`` as somebody uses it whose till has a headquarters."""

from pathlib import Path
from typing import Any

import pytest

from pos_app.use_cases import claiming
from tests.conftest import OpenShop
from tests.pos_app.command_line.test_commands import Ran, settings
from tests.pos_app.use_cases.burners import Beneath
from tests.shop import BOB, TEA, Shop

__all__ = ["settings"]
HQ_URL = "https://hq.example.org"
pytestmark = pytest.mark.usefixtures("no_keystore")


def with_bob(folder: Path, *programmes: str, **sections: Any) -> Shop:
    """A shop in this folder that knows Bob."""
    shop = Shop(folder, *programmes, **sections)
    shop.join(BOB, "silver")
    return shop


def test_that_a_receipts_code_is_claimed_for_a_card(open_shop: OpenShop, settings: Path) -> None:
    lost = Beneath(open_shop, HQ_URL)
    sold = lost.shop.sell(TEA, card=BOB)
    code = lost.till.database.read(lambda connection: claiming.code_for(connection, sold.event_id))
    other = Beneath(lambda *programmes, **sections: with_bob(settings.parent / "till", *programmes, **sections), HQ_URL)
    other.shop.close()
    with settings.open("a", encoding="utf-8") as file:
        file.write(f'[till]\nauthority = "hq"\n[hq]\nurl = "{HQ_URL}"\n')
    ran = Ran("claim", code, "--card", BOB, "--settings", settings)
    assert (0, True) == (ran.code, f"Claimed for card {BOB}: 30 points earned, 0 used." in ran.out)
