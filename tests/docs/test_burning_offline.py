"""The worked numbers of burning offline are those of the allowance."""

import doctest

import msgspec

from pos_app.loyalty.allowance import BurnFacts, allowance
from pos_app.model.accounts import AccountStatus, CardStatus
from pos_app.model.policy import BurnPolicy
from tests.docs.pages import text_of


def left(**facts: object) -> tuple[int, str]:
    """What may be burned, and the last part of the code of what limits it."""
    known = BurnFacts(
        decides_here=False,
        policy=msgspec.convert({"allowance": facts.pop("allowance", "floor")}, BurnPolicy),
        card_status=CardStatus.ACTIVE,
        account_status=AccountStatus.ACTIVE,
        offline_burning=True,
        takes_our_word=True,
        believes_clock=True,
        word_age_ms=0,
        hours_max=72,
        spendable_units=50_000,
        confirmed_units=0,
        held_units=0,
        unsynced_units=0,
        burned_today_units=0,
        burned_since_contact_units=0,
        leased_units=0,
    )
    allowed = allowance(msgspec.structs.replace(known, **facts))
    return allowed.units, allowed.limit.rpartition(".")[2]


def test_that_the_worked_numbers_of_burning_offline_are_right() -> None:
    name = "docs/explanation/burning-offline.md"
    page = doctest.DocTestParser().get_doctest(text_of(name), {"left": left}, name, name, 0)
    assert len(page.examples) > 5
    said: list[str] = []
    results = doctest.DocTestRunner().run(page, out=said.append)
    assert (0, []) == (results.failed, said)
