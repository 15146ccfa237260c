"""The shipped programmes: all there, all readable, and what the reference by hand makes of them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.engine import Basket, measure
from pos_app.errors import InputError
from pos_app.model.evaluation import EngineLine, MemberContext
from pos_app.model.products import ProductClass
from pos_app.programmes import preset_names, preset_text
from tests.pos_app.loyalty.builders import member, preset
from tests.pos_app.loyalty.strategies import any_speed

CATALOGUE = """
fixed-card progressive progressive-receipt pharmacy
member-price dynamic-month personal-offer follow-up-offer happy-hours coupon
points threshold-gift spend-and-get stamp-card tiers points-for-everything referral family
paid-club coalition prize-game lottery services vip closed-club profit-share charity instalments none
"""


def test_that_every_programme_of_the_catalogue_ships_with_a_page_and_a_scenario() -> None:
    assert sorted(CATALOGUE.split()) == sorted(preset_names())
    assert preset_names() == tuple(preset(name).id for name in preset_names())
    for folder, suffix in (("docs/programmes", "md"), ("docs/scenarios", "toml")):
        assert [] == [name for name in preset_names() if not Path(folder, f"{name}.{suffix}").is_file()]


def test_that_a_programme_that_does_not_ship_is_refused_with_those_that_do() -> None:
    with pytest.raises(InputError, match="fixed-card, follow-up-offer, "):
        preset_text("../pharmacy")


_shelf = st.lists(
    st.tuples(st.sampled_from(ProductClass), st.sampled_from(["", "2", "3", "9"])), min_size=1, max_size=4
)


@st.composite
def baskets(draw: st.DrawFn) -> tuple[tuple[EngineLine, ...], MemberContext]:
    shelf = draw(_shelf)
    sold = draw(st.lists(st.tuples(st.integers(0, len(shelf) - 1), st.integers(0, 300)), max_size=8))
    lines = tuple(
        EngineLine(number, f"c{product}", *shelf[product], "FOOD", "TEA", 1000, amount_minor)
        for number, (product, amount_minor) in enumerate(sold, start=1)
    )
    card_class = draw(st.sampled_from(["", "silver", "gold", "platinum"]))
    return lines, member(card_class, accumulators={"progressive": draw(st.sampled_from([0, 2_999_999, 3_000_000]))})


@any_speed
@given(st.lists(baskets(), min_size=1, max_size=3))
def test_that_the_reference_by_hand_gives_the_same_points_for_every_line(some: list[Basket]) -> None:
    row = measure(some)
    assert row["ratio"] > 0
    assert row["holds"] == (row["ratio"] <= row["reach"])


def test_that_a_difference_to_the_reference_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.engine.points_by_hand", lambda lines, _member: [0] * len(lines))
    milk = EngineLine(1, "milk", ProductClass.GENERAL, "", "FOOD", "MILK", 1000, 1000)
    with pytest.raises(AssertionError, match="points per line differ"):
        measure([((milk,), member("gold"))])
