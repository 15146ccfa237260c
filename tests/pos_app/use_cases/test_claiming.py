"""Claims: a receipt says what it gave, and its member can have it again if the till that sold it is gone."""

import pytest

from pos_app.errors import InputError
from pos_app.protocol.claims import read_claim
from pos_app.protocol.events import ClaimEvent
from pos_app.use_cases import claiming
from pos_app.use_cases.receipt_facts import receipt_facts
from tests.conftest import OpenShop
from tests.pos_app.use_cases.burners import BOB_REF, NPS_KEY, Beneath
from tests.shop import ANA, BOB, TEA, Shop


@pytest.fixture
def lost(open_shop: OpenShop) -> Beneath:
    """The till that sold."""
    return Beneath(open_shop, "https://hq.example.org")


@pytest.fixture
def other(open_shop: OpenShop) -> Beneath:
    """Another till of the chain, to which Bob comes with his receipt."""
    return Beneath(open_shop, "https://hq.example.org")


def code_of(till: Beneath, event_id: str) -> str:
    return till.till.database.read(lambda connection: claiming.code_for(connection, event_id))


def test_that_a_receipt_names_its_event_and_its_points(lost: Beneath) -> None:
    sold = lost.shop.sell(*[TEA] * 10, card=BOB)
    read = read_claim(code_of(lost, sold.event_id))
    assert read is not None
    claim = read.claim
    assert (1, 1, 4, sold.event_id) == (claim.terminal_number, claim.incarnation, claim.seq, claim.event_id)
    assert (300, 0, "shop") == (claim.earned_units, claim.burned_units, claim.issuer)
    assert (True, True) == (read.is_authentic(NPS_KEY), claim.is_account(BOB_REF))


def test_that_only_receipts_with_points_that_could_be_lost_carry_a_code(lost: Beneath) -> None:
    anonymous, without = lost.shop.sell(TEA), lost.shop.sell(TEA, card=ANA)
    sold = lost.shop.sell(TEA, card=BOB)
    back = lost.shop.take_back(sold, line_1=1)
    assert ["", "", ""] == [
        code_of(lost, event_id) for event_id in (anonymous.event_id, without.event_id, back.event_id)
    ]
    assert code_of(lost, sold.event_id)
    lost.change(acked_seq=6, durable_seq=6)
    assert "" == code_of(lost, sold.event_id)


def test_that_a_till_that_never_joined_prints_none(shop: Shop) -> None:
    sold = shop.sell(TEA, card=BOB)
    assert "" == shop.till.database.read(lambda connection: claiming.code_for(connection, sold.event_id))


def test_that_the_settings_can_switch_it_off(open_shop: OpenShop) -> None:
    for switch in (True, False):
        till = Beneath(open_shop, "https://hq.example.org", claim_codes=switch)
        sold = till.shop.sell(TEA, card=BOB)
        facts = till.till.database.read(lambda c: receipt_facts(till.till, c, sold.event_id, is_copy=False))  # noqa: B023 - called here
        assert switch is bool(facts.claim)


def test_that_a_claim_is_written_down_for_headquarters(lost: Beneath, other: Beneath) -> None:
    code = code_of(lost, lost.shop.sell(TEA, card=BOB).event_id)
    claim = other.till.claim(f" {code.lower()}\n", BOB).result()
    (event,) = other.events()
    assert isinstance(event, ClaimEvent)
    assert (code, BOB_REF, BOB, 30) == (event.code, event.account_ref, event.card_ref, claim.earned_units)


def test_that_the_receipt_of_an_account_that_was_merged_counts(lost: Beneath, other: Beneath) -> None:
    code = code_of(lost, lost.shop.sell(TEA, card=BOB).event_id)
    other.shop.query("SELECT 1")
    other.till.database.write(
        lambda c: c.exec_driver_sql(
            "UPDATE account SET status = 'merged', merged_into = ? WHERE account_ref = ?", (f"account-{ANA}", BOB_REF)
        )
    )
    other.till.claim(code, ANA).result()
    (event,) = other.events()
    assert isinstance(event, ClaimEvent)
    assert f"account-{ANA}" == event.account_ref


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("rubbish", "claim.code"),
        ("unknown_card", "claim.no_card"),
        ("other_member", "claim.other_member"),
        ("own", "claim.here"),
        ("no_hq", "claim.no_hq"),
    ],
)
def test_that_what_cannot_be_claimed_is_refused_in_words(
    lost: Beneath, other: Beneath, shop: Shop, case: str, expected: str
) -> None:
    code = code_of(lost, lost.shop.sell(TEA, card=BOB).event_id)
    till = {"own": lost.till, "no_hq": shop.till}.get(case, other.till)
    card = {"unknown_card": "2990000000040", "other_member": ANA}.get(case, BOB)
    with pytest.raises(InputError) as caught:
        till.claim("POSC" if case == "rubbish" else code, card).result()
    assert expected == caught.value.code
