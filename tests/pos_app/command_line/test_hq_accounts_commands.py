"""What administrators do about accounts at headquarters, by its commands."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hq.policy import change_policy
from tests.hq.journals import START_MS, enrolment, sale
from tests.hq.postgres import opened
from tests.hq.test_claims import signed_code
from tests.hq.tills import Till, rows, units, unseen
from tests.pos_app.command_line.test_commands import Ran


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """HQ's database, as the commands find it by its address."""
    with opened(f"sqlite:///{tmp_path / 'hq.sqlite3'}") as engine:
        yield engine


def run(engine: Engine, *arguments: object) -> Ran:
    return Ran("hq", *arguments, "--database", engine.url)


def test_that_tasks_are_listed_and_done(engine: Engine) -> None:
    assert "There is nothing to look at. " == run(engine, "tasks").out
    Till(engine, 7).book(enrolment("a", "299"), enrolment("b", "300"), enrolment("b", "299"))
    listed = run(engine, "tasks")
    (task,) = run(engine, "tasks", "--json").json

    assert "007-01-0000003" in listed.out
    assert "A card was given to two members." in listed.out
    assert ("card_taken", False) == (task["code"], task["by_itself"])
    assert f"Task {task['task_id']} is done. " == run(engine, "task-done", task["task_id"]).out
    assert 2 == run(engine, "task-done", task["task_id"]).code


def test_that_the_policy_is_shown_and_changed(engine: Engine) -> None:
    assert "Offline burning: floor." in run(engine, "policy").out
    changed = run(engine, "policy", "--allowance", "lease", "--lease", 50, "--confirmed-hours", 24, "--json").json

    assert ("lease", 50, 24, 5000) == (
        changed["allowance"],
        changed["lease_units"],
        changed["confirmed_hours_max"],
        changed["card_day_units"],
    )
    assert "Set aside where a member shops: 50." in run(engine, "policy").out


def test_that_headquarters_says_how_often_tills_ask(engine: Engine) -> None:
    assert "asks as often as its settings say." in run(engine, "policy").out
    assert "asks at most every 60 s." in run(engine, "policy", "--poll-s", 60).out
    assert 60 == run(engine, "policy", "--json").json["poll_s"]


def test_that_leases_are_listed_and_written_off(engine: Engine) -> None:
    change_policy(engine, {"allowance": "lease"})
    Till(engine, 7).book(sale(account_ref="a", card="299", earned=10))
    listed = run(engine, "leases")
    (lease,) = run(engine, "leases", "--json").json

    assert " 7 a shop 10 " in listed.out
    assert "10 points are free again. " == run(engine, "write-off-lease", lease["name"]).out
    assert 2 == run(engine, "write-off-lease", lease["name"]).code
    assert {"issued": -10, "available": 10} == units(engine, "a")


def test_that_a_person_says_of_which_sale_goods_without_a_receipt_are(engine: Engine) -> None:
    sold = [sale(account_ref=ref, card=card, earned=10) for ref, card in (("a", "299"), ("b", "300"))]
    back = unseen(sold[0].receipt_number, *((line.product_code, line.quantity_milli) for line in sold[0].lines))
    Till(engine, 7).book(*sold, back)
    (task,) = run(engine, "tasks", "--json").json
    listed = run(engine, "settle-return", task["task_id"], "--json").json

    assert {sold[0].event_id, sold[1].event_id} == {one["event_id"] for one in listed}
    assert " b yes " in run(engine, "settle-return", task["task_id"]).out
    assert "is done" in run(engine, "settle-return", task["task_id"], "--sale", sold[1].event_id).out
    assert ({"issued": -10, "available": 10}, {}) == (units(engine, "a"), units(engine, "b"))
    assert 2 == run(engine, "settle-return", task["task_id"]).code


def test_that_holds_are_listed(engine: Engine) -> None:
    assert [] == run(engine, "holds", "--json").json
    assert 2 == run(engine, "void-hold", "nothing").code


def test_that_an_account_is_trusted_again(engine: Engine) -> None:
    Till(engine).book(sale(account_ref="a", card="299", burned=5))
    before = rows(engine, "account", "offline_burning")
    assert "Tills may let this account burn offline again. " == run(engine, "reinstate", "299").out

    assert ([(False,)], [(True,)]) == (before, rows(engine, "account", "offline_burning"))
    assert 2 == run(engine, "reinstate", "nobody").code


def test_that_a_claim_is_taken(engine: Engine) -> None:
    till = Till(engine)
    code = signed_code(engine, till, sale(account_ref="a", card="299", earned=10, utc_ms=START_MS))
    till.book(enrolment("a", "299"))

    assert "10 points are new to the member. " == run(engine, "claim", code, "299").out
    assert "The points were there all along. " == run(engine, "claim", code, "a").out
    assert 2 == run(engine, "claim", "POSC", "a").code


def test_that_partners_see_what_they_owe_each_other(engine: Engine) -> None:
    Till(engine, 7).book(sale(account_ref="a", card="299", earned=70), now_ms=START_MS)
    period = ("--since", "2026-01-01", "--until", "2026-01-31")
    found = run(engine, "settlement", *period, "--json").json

    assert ([], [("", 70, 70)]) == (
        found["owed"],
        [(one["partner"], one["issued_units"], one["outstanding_units"]) for one in found["partners"]],
    )
    assert "(no partner)" in run(engine, "settlement", *period).out
    assert [] == run(engine, "settlement", "--since", "2025-01-01", "--until", "2025-12-31", "--json").json["owed"]
    assert 2 == run(engine, "settlement", "--since", "soon", "--until", "2026-01-31").code
    backwards = run(engine, "settlement", "--since", "2026-02-01", "--until", "2026-01-31")
    assert (2, True) == (backwards.code, "The last day is before the first." in backwards.err)
    assert "Correct --since or --until." in backwards.err
