"""``pos-app draw`` and ``pos-app hq draw``, from the seed to the check of what was published."""

import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from hq import operate, tables
from pos_app.command_line.app import app
from pos_app.command_line.draw_commands import difference_words
from pos_app.command_line.output import EXIT_FAILED, EXIT_REFUSED
from pos_app.loyalty.programme import parse_programme
from pos_app.protocol.draws import EXAMPLE_SEED, Difference, LotteryReport, Won, decode_report, hash_of
from tests.hq.journals import new_id
from tests.pos_app.use_cases.test_drawing import LOTTERY, SEED
from tests.shop import ANA, DAY_MS, TEA, Shop

runner = CliRunner()
BEFORE_MS = 1_577_880_000_000 - DAY_MS
"""2019-12-31 12:00 UTC, the day before the draw."""


def run(*words: object, code: int = 0) -> str:
    result = runner.invoke(app, list(map(str, words)))
    assert code == result.exit_code, result.output
    return result.output


@pytest.fixture
def lottery(tmp_path: Path) -> Path:
    """A programme whose day has come, with the seed of the examples."""
    folder = tmp_path / "programmes"
    folder.mkdir()
    file = folder / "lottery.toml"
    text = LOTTERY.replace("2026-07-03", "2020-01-01").replace(hash_of(SEED), hash_of(EXAMPLE_SEED))
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
def settings(tmp_path: Path, lottery: Path) -> Path:
    file = tmp_path / "settings.toml"
    file.write_text(
        f'[storage]\nfolder = "{tmp_path.as_posix()}/data"\n[programmes]\nfolder = "{lottery.parent.as_posix()}"\n',
        encoding="utf-8",
    )
    return file


def give_tickets(folder: Path, lottery: Path) -> None:
    """A receipt of the till in this folder that gave a ticket the day before the draw."""
    shop = Shop(folder, lottery.read_text(encoding="utf-8"), at_ms=BEFORE_MS)
    shop.join(ANA)
    shop.sell(TEA, card=ANA)
    shop.close()


def give_tickets_of_the_chain(database: str) -> None:
    """Two tickets from the day before the draw, as headquarters keeps them."""
    lot = {
        "account_ref": "a",
        "lot_id": new_id(BEFORE_MS),
        "issuer": "shop#tickets",
        "programme_id": "lottery",
        "starts_at_ms": BEFORE_MS,
        "granted_units": 2,
        "remaining_units": 2,
        "matured": True,
    }
    with operate.opened(database) as engine, engine.begin() as connection:
        connection.execute(tables.account.insert().values(account_ref="a", provisional=False))
        connection.execute(tables.lot.insert().values(lot))


def test_that_a_draw_goes_from_its_seed_to_a_check_that_anybody_can_make(
    settings: Path, lottery: Path, tmp_path: Path
) -> None:
    assert "the seed of the examples" in run("draw", "hold", "lottery", "-s", settings, code=EXIT_REFUSED)
    opened = run("draw", "open", lottery, "-s", settings)
    draw = parse_programme(lottery.read_text(encoding="utf-8"), source="lottery.toml").draw
    assert draw is not None
    assert draw.seed_hash in opened
    refused = " ".join(run("draw", "hold", "lottery", "-s", settings, code=EXIT_REFUSED).split())
    assert "Nobody has a ticket of the lottery lottery from before 2020-01-01." in refused
    give_tickets(tmp_path / "data", lottery)
    run("clock", "--confirm", "-s", settings)
    assert "2 prizes left" in run("draw", "hold", "lottery", "-s", settings)
    shown = json.loads(run("draw", "hold", "lottery", "-s", settings, "--json"))
    assert ("lottery", 1, ["Bicycle"]) == (
        shown["programme"],
        shown["tickets"],
        [won["prize"] for won in shown["winners"]],
    )
    out = tmp_path / "out.json"
    assert "1 ticket, 1 winner" in run("draw", "publish", "lottery", "--out", out, "-s", settings)
    assert "Everything follows from the seed." in run("draw", "verify", out)


def test_that_a_file_that_was_changed_fails_the_check(settings: Path, lottery: Path, tmp_path: Path) -> None:
    run("draw", "open", lottery, "-s", settings)
    give_tickets(tmp_path / "data", lottery)
    run("clock", "--confirm", "-s", settings)
    run("draw", "hold", "lottery", "-s", settings)
    out = tmp_path / "out.json"
    run("draw", "publish", "lottery", "--out", out, "-s", settings)
    report = msgspec.structs.replace(decode_report(out.read_bytes()), seed=SEED.hex())
    out.write_bytes(msgspec.json.encode(report))
    assert "Something differs." in run("draw", "verify", out, code=EXIT_FAILED)
    differences = json.loads(run("draw", "verify", out, "--json", code=EXIT_FAILED))["differences"]
    assert "seed" in {one["code"] for one in differences}


def test_that_a_published_file_cannot_command_the_terminal(tmp_path: Path) -> None:
    seed = "00" * 32
    report = LotteryReport("p", "\x1b[2JLottery", hash_of(bytes(32)), seed, "2020-01-01", (), (), ())
    out = tmp_path / "out.json"
    out.write_bytes(msgspec.json.encode(report))
    said = run("draw", "verify", out)
    assert ("Lottery: 0 tickets" in said.replace("[2J", ""), False) == (True, "\x1b" in said)


def test_that_headquarters_opens_holds_and_publishes(lottery: Path, tmp_path: Path) -> None:
    database = ("--database", f"sqlite:///{tmp_path.as_posix()}/hq.sqlite3")
    run("hq", "draw", "open", lottery, *database)
    run("hq", "publish", "programme", lottery, *database)
    assert "no time zone Mars" in run("hq", "draw", "hold", "lottery", "--zone", "Mars", *database, code=EXIT_REFUSED)
    assert "Nobody has a ticket" in run("hq", "draw", "hold", "lottery", *database, code=EXIT_REFUSED)
    give_tickets_of_the_chain(database[1])
    assert "1 prize left" in run("hq", "draw", "hold", "lottery", *database)
    out = tmp_path / "out.json"
    run("hq", "draw", "publish", "lottery", "--out", out, *database)
    assert "Everything follows from the seed." in run("draw", "verify", out)
    assert [] == json.loads(run("hq", "budgets", "--json", *database))
    assert "shared out to tills" in " ".join(run("hq", "budgets", *database).split())


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (Difference("seed", "", "ab", "cd"), "The SHA-256 of the seed in the file is ab, the file says cd."),
        (
            Difference(
                "winner",
                "prize 1",
                msgspec.json.encode(Won(1, "A mug", 15, "lot-1", "001-01-0000050")).decode(),
                msgspec.json.encode(Won(1, "A mug", 3, "lot-2", "")).decode(),
            ),
            "prize 1: ticket 15 of 001-01-0000050 (A mug) wins by the seed, the file says ticket 3 of lot-2 (A mug).",
        ),
        (Difference("winners", "winners", "3", "4"), "3 prizes have a winner by the seed, the file has 4."),
        (
            Difference("order", "tickets", "[]", "[1]"),
            "The tickets are not in the order of their receipts, or a lot of them is there twice.",
        ),
        (
            Difference("roll", "001-01-0000006 p/r", "955", "1"),
            "001-01-0000006 p/r: the roll is 955 by the seed, the file says 1.",
        ),
        (
            Difference("won", "001-01-0000006 p/r", "true", "false"),
            "001-01-0000006 p/r: whether it wins is true by the seed, the file says false.",
        ),
    ],
)
def test_that_what_differs_is_said_in_words(difference: Difference, words: str) -> None:
    assert words == difference_words(difference)
