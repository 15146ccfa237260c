"""Marks: how they change, how those of two accounts come together, and how many are kept."""

import pytest

from pos_app.model.marks import MARKS_MAX, OF_A_RULE_MAX, Mark, can_be_set, changed, merged, of_name

VIP = Mark("segment", "vip", "2026-01-01")


@pytest.mark.parametrize(
    ("name", "value", "can"),
    [
        ("verified", "", True),
        ("verified", "yes", False),
        ("segment", "vip", True),
        ("segment", "", False),
        ("referred_by", "a", True),
        ("chosen:p/r", "tea", True),
        ("chosen:p", "tea", False),
        ("done:p/r", "x", False),
        ("", "x", False),
    ],
)
def test_that_only_known_marks_can_be_set(name: str, value: str, *, can: bool) -> None:
    assert can is can_be_set(name, value)


def test_that_a_mark_that_is_made_again_has_the_new_date_and_one_that_is_taken_back_is_gone() -> None:
    later = Mark("segment", "vip", "2026-01-05")
    assert (later,) == changed([VIP], later, on=True)
    assert () == changed([VIP], later, on=False)
    assert (Mark("segment", "staff", "2026-01-05"), VIP) == changed(
        [VIP], Mark("segment", "staff", "2026-01-05"), on=True
    )


def test_that_a_merge_keeps_the_earlier_day_and_one_who_brought_the_member() -> None:
    ours = [
        Mark("verified", "", "2026-01-05"),
        Mark("referred_by", "x", "2026-01-05"),
        Mark("segment", "a", "2026-01-01"),
    ]
    theirs = [Mark("verified", "", "2026-01-01"), Mark("referred_by", "y", "2026-01-01"), VIP]
    assert (
        Mark("referred_by", "y", "2026-01-01"),
        Mark("segment", "a", "2026-01-01"),
        VIP,
        Mark("verified", "", "2026-01-01"),
    ) == merged(ours, theirs, refs=("ours", "theirs"))
    assert ours[0] in merged(ours, [Mark("verified", "", "2026-01-09")], refs=())


def test_that_nobody_who_is_one_now_brought_themselves() -> None:
    assert () == merged([Mark("referred_by", "b", "2026-01-01")], [Mark("referred_by", "a", "2026-01-01")], refs="ab")


def test_that_the_newest_choices_of_a_rule_stay_and_what_lasts_goes_first() -> None:
    marks: tuple[Mark, ...] = (VIP,)
    for day in range(1, 29):
        marks = changed(marks, Mark("chosen:p/r", f"g-{day:02}", f"2026-02-{day:02}"), on=True)
    assert OF_A_RULE_MAX + 1 == len(marks)
    assert "g-09" == of_name(marks, "chosen:p/r")[0]
    for number in range(20):
        for day in range(1, 29):
            marks = changed(marks, Mark(f"done:p/r-{number:02}", f"e-{day}", f"2026-03-{day:02}"), on=True)
    assert MARKS_MAX == len(marks)
    assert VIP in marks
