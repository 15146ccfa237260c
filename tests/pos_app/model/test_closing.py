"""The figures of a closing report: what follows from others."""

from pos_app.model.closing import Check, CheckCode, GoodsSums, Measure, Taking, UnitMoves


def test_that_of_takings_only_what_can_be_counted_is_money() -> None:
    kinds = ("cash", "card", "foreign", "points", "instalments", "rounding")
    assert ["cash", "card", "foreign"] == [kind for kind in kinds if Taking(kind, 1, 0, 0).is_money]
    assert 12 == Taking("cash", 10, 5, 3).total_minor


def test_that_goods_are_sold_less_returned() -> None:
    goods = GoodsSums(
        list_minor=100, discounts_minor=0, by_hand_minor=0, by_points_minor=0, sold_minor=100, returned_minor=30
    )
    assert 70 == goods.net_minor


def test_that_every_move_of_a_unit_changes_what_members_have_less_what_they_owe() -> None:
    moves = UnitMoves(
        unit="shop",
        issued_units=1_000,
        burned_units=200,
        restored_units=30,
        clawed_back_units=4,
        expired_units=500,
        adjusted_units=-60,
        written_off_units=7,
        other_units=1,
        forgiven_units=99,
    )
    assert 1_000 - 200 + 30 - 4 - 500 - 60 + 7 + 1 == moves.change_units


def test_that_what_cannot_be_compared_is_no_difference() -> None:
    def check(booked: int | None) -> Check:
        return Check(code=CheckCode.TOTALS, measure=Measure.MINOR, shown=5, booked=booked)

    assert (0, 2, 0) == (check(5).difference, check(3).difference, check(None).difference)
