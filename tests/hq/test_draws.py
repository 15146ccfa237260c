"""Draws of the chain: seeds for tills, a lottery among the tickets of all of them, its prizes booked once, and rolls that are checked."""

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import update

from hq import documents, draws, tables
from hq.operate import RunningHq
from hq.replay import replay
from pos_app.errors import InputError
from pos_app.loyalty.engine import evaluate
from pos_app.loyalty.programme import ProgrammeSet, programme_set
from pos_app.model.evaluation import MemberContext
from pos_app.model.identifiers import derived_id
from pos_app.protocol.draws import EXAMPLE_SEED, ChanceReport, LotteryReport, hash_of, roll, verify
from pos_app.protocol.events import GrantedLot, SaleEvent
from pos_app.use_cases.programmes import encode_programme_set
from tests.hq.journals import DAY_MS, START_MS, sale
from tests.hq.ledgers import LATER_MS, assert_sound
from tests.hq.tills import Till, programmes_known, rows, task_codes
from tests.pos_app.use_cases.test_drawing import LOTTERY, RULE, SEED, game
from tests.shop import programme

GAME = programme(game(5000, until="2026-07-10"))
TICKETS = programme(LOTTERY)
ZONE = "UTC"


def keep(hq: RunningHq, seed: bytes = SEED) -> None:
    with hq.engine.begin() as connection:
        connection.execute(tables.draw_seed.insert().values(seed_hash=hash_of(seed), seed=seed))


def rated(
    programmes: ProgrammeSet, number: int, *, account_ref: str = "a", rolls: dict[str, int] | None = None
) -> SaleEvent:
    """A sale as a till rates it, before the tickets of the lottery end."""
    sold = sale(account_ref=account_ref, card=f"29{account_ref}", amounts=(3_000,), utc_ms=START_MS + number)
    engine_input = msgspec.structs.replace(
        sold.engine_input,
        programme_set_hash=programmes.hash,
        member=MemberContext(account_ref, "", {}, 0, 0),
        business_date="2026-07-01",
        rolls=rolls or {},
    )
    result = evaluate(engine_input, programmes)
    return msgspec.structs.replace(
        sold,
        receipt_number=f"001-01-{number:07d}",
        engine_input=engine_input,
        awards=result.awards,
        granted_lots=(),
        counted=result.counted,
        burn_units=0,
        burn_worth_minor=0,
        burn_as=result.burn_as.value,
        burn_shares=(),
        collected=result.collected,
        pool_lots=tuple(
            GrantedLot(derived_id(sold.event_id, f"pool-{place}"), grant)
            for place, grant in enumerate(result.pool_lots, start=1)
        ),
        class_after=result.class_after,
        used=result.used,
    )


def rolled(number: int) -> SaleEvent:
    numbers = {RULE: roll(SEED, receipt_number=f"001-01-{number:07d}", rule=RULE)}
    return rated(programme_set([GAME]), number, rolls=numbers)


def known(hq: RunningHq, *programmes: object) -> ProgrammeSet:
    found = programme_set(programmes)  # type: ignore[arg-type]
    programmes_known(hq.engine, found, encode_programme_set(found).decode())
    return found


def heard(hq: RunningHq, *, at_ms: int = LATER_MS) -> None:
    with hq.engine.begin() as connection:
        connection.execute(update(tables.terminal).values(last_contact_ms=at_ms))


def hold(hq: RunningHq, *, now_ms: int = LATER_MS, waits: bool = True) -> object:
    return draws.hold(hq.engine, TICKETS, now_ms=now_ms, zone_name=ZONE, waits=waits)


def prizes(hq: RunningHq) -> list[tuple[object, ...]]:
    return [row for row in rows(hq.engine, "lot", "issuer", "remaining_units") if row[0] != "shop#tickets"]


def test_that_opening_keeps_the_seed_whose_hash_stands_in_the_file(hq: RunningHq, tmp_path: Path) -> None:
    file = tmp_path / "game.toml"
    file.write_text(game(seed=EXAMPLE_SEED), encoding="utf-8")
    opened = draws.open_draw(hq.engine, file)
    assert opened.draw is not None
    with hq.engine.connect() as connection:
        ((seed_hash, seed),) = draws.read_seeds(connection).items()
    assert opened.draw.seed_hash == seed_hash == hash_of(seed)


def test_that_tills_get_the_seed_of_chance_and_never_that_of_a_lottery(hq: RunningHq, tmp_path: Path) -> None:
    files = {name: tmp_path / f"{name}.toml" for name in ("game", "lottery")}
    files["game"].write_text(game(), encoding="utf-8")
    files["lottery"].write_text(LOTTERY, encoding="utf-8")
    with pytest.raises(InputError, match="no secret seed for the draw of game"):
        documents.publish_programme(hq.engine, files["game"])
    keep(hq)
    documents.publish_programme(hq.engine, files["lottery"])
    assert [] == rows(hq.engine, "document", "key", kind="seed")
    documents.publish_programme(hq.engine, files["game"])
    assert [(hash_of(SEED),)] == rows(hq.engine, "document", "key", kind="seed")
    assert {"programme"} == {one.kind for one in documents.published(hq.engine)}


def test_that_a_lottery_draws_among_all_tickets_and_books_its_prizes_once(
    hq: RunningHq, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draws, "_BOOKED_AT_ONCE", 2)
    keep(hq)
    programmes = known(hq, TICKETS)
    till, other = Till(hq.engine), Till(hq.engine, 2)
    till.book(rated(programmes, 1))
    other.book(rated(programmes, 2, account_ref="b"))
    heard(hq)
    report = hold(hq)
    assert isinstance(report, LotteryReport)
    assert [("001-01-0000001", 3), ("001-01-0000002", 3)] == [(one.receipt, one.count) for one in report.tickets]
    assert () == verify(report)
    assert [("shop#bicycle", 1), ("shop#mug", 1), ("shop#mug", 1)] == prizes(hq)
    assert report == hold(hq) == draws.publish(hq.engine, TICKETS, now_ms=LATER_MS, zone_name=ZONE)
    assert 3 == len(prizes(hq))
    assert_sound(hq)


def test_that_a_lottery_waits_for_its_day_its_seed_and_its_tills(hq: RunningHq) -> None:
    programmes = known(hq, TICKETS)
    till = Till(hq.engine)
    till.write(rated(programmes, 1))
    with pytest.raises(InputError, match="The draw is on 2026-07-03"):
        hold(hq, now_ms=1_782_907_200_000)
    with pytest.raises(InputError, match="not here, or was published"):
        hold(hq)
    keep(hq)
    with pytest.raises(InputError, match="were not heard since the last tickets were given: 1"):
        hold(hq)
    heard(hq)
    with pytest.raises(InputError, match="not booked yet"):
        hold(hq)
    with pytest.raises(InputError, match="was not held yet"):
        draws.publish(hq.engine, TICKETS, now_ms=LATER_MS, zone_name=ZONE)
    with pytest.raises(InputError, match="Nobody has a ticket of the lottery lottery from before 2026-07-03"):
        hold(hq, waits=False)
    till.book()
    report = hold(hq)
    assert isinstance(report, LotteryReport)
    assert 3 == len(report.winners)


def test_that_a_wrong_roll_is_a_task_and_a_right_one_is_none(hq: RunningHq) -> None:
    keep(hq)
    programmes = known(hq, GAME)
    wrong = {RULE: (roll(SEED, receipt_number="001-01-0000002", rule=RULE) + 1) % 10_000}
    made_up = rated(programmes, 3, rolls={"game/none": 1})
    Till(hq.engine).book(rolled(1), rated(programmes, 2, rolls=wrong), made_up, rated(programmes, 4))
    replay(hq.engine, now_ms=LATER_MS)
    assert ["roll_wrong", "roll_wrong"] == task_codes(hq.engine)


def test_that_a_seed_that_is_not_here_says_nothing_about_rolls(hq: RunningHq) -> None:
    programmes = known(hq, GAME)
    Till(hq.engine).book(rated(programmes, 1, rolls={RULE: 17}))
    replay(hq.engine, now_ms=LATER_MS)
    assert [] == task_codes(hq.engine)


def test_that_what_all_tills_rolled_is_published_after_the_end(hq: RunningHq, tmp_path: Path) -> None:
    keep(hq)
    known(hq, GAME)
    file = tmp_path / "game.toml"
    file.write_text(game(5000), encoding="utf-8")
    documents.publish_programme(hq.engine, file)
    Till(hq.engine).book(rolled(1), rolled(2))
    with pytest.raises(InputError, match="gives until 2026-07-10"):
        draws.publish(hq.engine, GAME, now_ms=1_782_907_200_000, zone_name=ZONE)
    found = draws.programme_of(hq.engine, "game")
    report = draws.publish(hq.engine, found, now_ms=1_782_907_200_000 + 30 * DAY_MS, zone_name=ZONE)
    assert isinstance(report, ChanceReport)
    assert (["001-01-0000001", "001-01-0000002"], ()) == ([one.receipt for one in report.rolls], verify(report))
    assert [(None,)] == rows(hq.engine, "document", "body", kind="seed")
    with pytest.raises(InputError, match="no secret seed"):
        documents.publish_programme(hq.engine, file)
