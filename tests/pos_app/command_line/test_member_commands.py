"""``pos-app member`` as people and programs use it."""

from pathlib import Path
from typing import Any

import pytest

from pos_app.programmes import preset_text
from tests.pos_app.command_line.test_commands import Ran, settings, used
from tests.shop import BOB, GOLD, NOBODY, Shop

__all__ = ["settings", "used"]
SECOND = "2990000000057"


@pytest.fixture
def members(used: Path) -> Path:
    """A till with Bob's receipt of 30 points, and Gala, who has a name."""
    shop = Shop(used.parent / "till", "fixed-card", at_ms=1_900_000_000_000)
    shop.till.enrol(GOLD, name="Gala Nemirović", phone="555-0199").result()
    shop.close()
    return used


def run(members: Path, *arguments: Any) -> Ran:
    return Ran("member", *arguments, "--settings", members)


def test_that_members_are_found_and_shown(members: Path) -> None:
    found = run(members, "find", "nemirovic", "0199")
    assert (0, True) == (found.code, f"Gala Nemirović 555-0199 {GOLD}" in found.out)
    assert [[GOLD]] == [one["cards"] for one in run(members, "find", "gala", "--json").json]
    nobody = run(members, "find", "petrova")
    assert (1, "Nobody was found. ") == (nobody.code, nobody.out)
    assert 2 == run(members, "find", "x").code
    shown = run(members, "show", BOB)
    assert (0, True) == (shown.code, f"card {BOB} active" in shown.out)
    assert "available 30" in shown.out
    assert 30 == run(members, "show", BOB, "--json").json["member"]["balance"]["available_units"]


def test_that_points_are_given_taken_and_forecast(members: Path) -> None:
    assert "No points of this member expire." in run(members, "forecast", BOB).out
    given = run(
        members, "adjust", BOB, "--give", 50, "--reason", "goodwill", "--reference", "A-1", "--expires", "2099-12-31"
    )
    assert (0, "Booked. The member now has: available 80. ") == (given.code, given.out)
    assert "2100-01-01 00:00 50" in run(members, "forecast", BOB).out
    assert [50] == [one["units"] for one in run(members, "forecast", BOB, "--json").json]
    assert "2100-01-01 00:00 50" in run(members, "show", BOB).out
    assert "available 60" in run(members, "adjust", BOB, "--take", 20).out
    assert "The member has 60 points." in run(members, "adjust", BOB, "--take", 61).err
    assert "The member owes 0 points." in run(members, "adjust", BOB, "--forgive", 1).err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "Exactly one of"),
        (("--give", 1, "--take", 1), "Exactly one of"),
        (("--give", "x"), "is no number of points"),
        (("--give", "-1"), "is no number of points"),
        (("--give", 1, "--expires", "soon"), "is not a day"),
        (("--give", 1, "--expires", "2001-01-01"), "later than now"),
    ],
)
def test_that_an_adjustment_that_makes_no_sense_is_refused(members: Path, options: tuple[Any, ...], said: str) -> None:
    ran = run(members, "adjust", BOB, *options)
    assert (2, True) == (ran.code, said in ran.err)


def test_that_cards_and_accounts_are_changed(members: Path) -> None:
    for arguments, said in (
        (("add-card", BOB, NOBODY), f"{NOBODY} is a card of this member."),
        (("replace-card", NOBODY, SECOND), f"{SECOND} is in place of {NOBODY}."),
        (("block", SECOND), f"{SECOND} is blocked."),
        (("unblock", SECOND), f"{SECOND} may be used again."),
        (("freeze", BOB, "--reference", "CASE-1"), "The account is frozen: it earns, and burns nothing."),
        (("unfreeze", BOB), "The account may be used again."),
        (("merge", GOLD, BOB), "Merged. The member now has: available 30."),
    ):
        ran = run(members, *arguments)
        assert (0, said) == (ran.code, ran.out.strip()), ran.err
    assert {BOB: "active", GOLD: "active", NOBODY: "replaced", SECOND: "active"} == run(
        members, "show", BOB, "--json"
    ).json["cards"]
    assert 0 == Ran("doctor", "--settings", members).code


def test_that_a_person_gets_everything_and_is_forgotten(members: Path) -> None:
    held = run(members, "export", GOLD).json["held"]
    assert {"name": "Gala Nemirović", "phone": "555-0199"} == {one["field"]: one["value"] for one in held["personal"]}
    assert "Add --yes" in run(members, "erase", GOLD).err
    erased = run(members, "erase", GOLD, "--yes")
    assert (0, "2 fields erased. Points, sums and receipts stay. ") == (erased.code, erased.out)
    assert 1 == run(members, "find", "gala").code
    assert [] == run(members, "export", GOLD).json["held"]["personal"]
    assert "account.unknown" == run(members, "export", NOBODY).json["error"]["code"]


def test_that_a_claim_is_refused_in_words_where_nobody_could_check_it(members: Path) -> None:
    code = "POSC043G2YRY0000328ABPP9CXTBQK7B60G9KA05EBZCQ105VDXYE9CHJEWH68FS6"
    refused = Ran("claim", code, "--card", BOB, "--settings", members)
    assert (2, True) == (refused.code, "There is no headquarters here" in refused.err)
    assert "not the code of a receipt" in Ran("claim", "5901234123457", "--card", BOB, "--settings", members).err


@pytest.fixture
def friends(members: Path) -> Path:
    """The same with an offer to choose from, and points for acts."""
    for name in ("personal-offer", "points-for-everything"):
        text = preset_text(name)
        (members.parent / "programmes" / f"{name}.toml").write_text(text, encoding="utf-8")
    return members


def test_that_members_are_verified_put_into_segments_and_choose(friends: Path) -> None:
    assert "The member is verified." in run(friends, "verify", BOB).out
    assert "The member is verified already." in run(friends, "verify", BOB).err
    assert "The member is in segment staff." in run(friends, "segment", BOB, "staff").out
    assert "Chosen: tea." in run(friends, "choose", BOB, "personal-offer/favourite", "tea").out
    shown = run(friends, "show", BOB).out
    assert "segment staff since 20" in shown
    assert "chosen personal-offer/favourite tea since 20" in shown
    assert "verified since 20" in shown
    assert "The member is no longer in segment staff." in run(friends, "segment", BOB, "staff", "--remove").out
    assert "The member is no longer verified." in run(friends, "verify", BOB, "--withdraw").out
    held = run(friends, "export", BOB).json["held"]
    assert ["chosen:personal-offer/favourite"] == [mark["name"] for mark in held["marks"]]


def test_that_acts_are_listed_and_booked(friends: Path) -> None:
    assert "registration review subscription survey " == run(friends, "act", BOB).out
    assert "Booked: 30 points. The member now has: available 60." in run(friends, "act", BOB, "review").out
    assert "Points for it are given 1 time at most (day), and were." in run(friends, "act", BOB, "review").err
    assert "done points-for-everything/review since 20" in run(friends, "show", BOB).out


def test_that_a_till_without_acts_says_so(members: Path) -> None:
    assert "No programme that runs gives points for acts. " == run(members, "act", BOB).out


def test_that_who_brought_a_member_is_noted(friends: Path) -> None:
    assert "Noted. Both get their points" in run(friends, "referred-by", GOLD, BOB).out
    assert "This member was brought by the other one." in run(friends, "referred-by", BOB, GOLD).err
