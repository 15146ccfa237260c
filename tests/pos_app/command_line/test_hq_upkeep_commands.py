"""Publishing, backups and what else keeps headquarters going, by its commands."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hq.apply import apply_inbox
from hq.database import open_engine
from hq.enrolment import create_enrolment_code
from hq.operate import running
from hq.reports import totals
from tests.hq.journals import START_MS, Journal, enrolment, now_ms, sale
from tests.hq.postgres import opened
from tests.hq.tills import Till
from tests.pos_app.command_line.test_commands import Ran


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """HQ's database, as the commands find it by its address."""
    with opened(f"sqlite:///{tmp_path / 'hq.sqlite3'}") as engine:
        yield engine


def run(engine: Engine, *arguments: object) -> Ran:
    return Ran("hq", *arguments, "--database", engine.url)


def test_that_goods_are_published_listed_and_withdrawn(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "goods.csv"
    file.write_text("code,name,price,tax_rate\nA1,Soap,150,20\n")

    said = run(engine, "publish", "products", file, "--decimals", 0).out
    assert "1 product new or changed; tills fetch them when they next ask. " == said
    (document,) = run(engine, "published", "--json").json
    assert ("product", "A1", 150) == (document["kind"], document["key"], json.loads(document["body"])["price_minor"])
    assert "product A1 " == run(engine, "published").out.replace("  ", " ")
    assert "A1 is withdrawn. " == run(engine, "withdraw", "products", "A1").out
    assert 2 == run(engine, "withdraw", "products", "A1").code
    assert 2 == run(engine, "publish", "prices", file).code


def programme_file(folder: Path, programme_id: str, **keys: int) -> Path:
    values = {"schema": 1, "version": 1, "point_worth_minor": 1, "rate_bp": 100} | keys
    rule = {"kind": "percent", "id": "base", "rate_bp": values.pop("rate_bp")}
    file = folder / f"{programme_id}.json"
    file.write_text(json.dumps({**values, "id": programme_id, "name": programme_id, "rules": [rule]}))
    return file


def test_that_what_is_odd_about_a_programme_is_said_when_it_is_published(engine: Engine, tmp_path: Path) -> None:
    assert "1 programme new" in run(engine, "publish", "programme", programme_file(tmp_path, "first", rate_bp=200)).out

    ran = run(engine, "publish", "programme", programme_file(tmp_path, "second"))
    assert (0, True) == (ran.code, "1 programme new or changed" in ran.out)
    assert "second.json:1:" in ran.out
    assert "warning: rules[1]: The rule base never gives anything: base of first always gives as much" in ran.out

    again = run(engine, "publish", "programme", programme_file(tmp_path, "second", version=2, rate_bp=300))
    assert "warning" not in again.out, "what it says of first is not news about second"


def test_that_a_programme_that_cannot_run_with_the_others_is_not_published(engine: Engine, tmp_path: Path) -> None:
    run(engine, "publish", "programme", programme_file(tmp_path, "first"))

    ran = run(engine, "publish", "programme", programme_file(tmp_path, "second", point_worth_minor=2))
    assert (2, True) == (ran.code, "a point of 'first' is worth 1, of 'second' 2" in ran.err)
    assert ["first"] == [document["key"] for document in run(engine, "published", "--json").json]
    replaced = run(engine, "publish", "programme", programme_file(tmp_path, "first", point_worth_minor=2))
    assert 0 == replaced.code, "its older self is not in its way"


def test_that_a_backup_is_written_verified_and_restored(engine: Engine, tmp_path: Path) -> None:
    with running(engine, books=False) as serving:
        journal = Journal(serving.url, create_enrolment_code(engine, "store-1", now_ms=now_ms()), number_wish=7)
        journal.upload(enrolment("a", "299"), sale(account_ref="a", card="299", earned=5))
        journal.close()
    apply_inbox(engine, now_ms=now_ms())
    file = Path(run(engine, "backup", tmp_path / "backups").out.replace("\n", "").strip())
    verified = run(engine, "verify-backup", file).out
    empty = open_engine(f"sqlite:///{tmp_path / 'restored.sqlite3'}")
    restored = run(empty, "restore", file).out
    waits = run(empty, "restored").out
    written_off = run(empty, "write-off-till", 7).out

    assert "The backup is whole: 2 events of 1 till are durable now. " == verified
    assert restored.startswith("Headquarters is restored, generation 2.")
    assert waits.endswith("Until these tills have, it holds no points: 7. ")
    assert "Headquarters no longer waits for till 7. It still waits for: none. " == written_off
    assert totals(engine) == totals(empty)
    empty.dispose()


def test_that_what_is_old_is_dropped_and_counted(engine: Engine) -> None:
    Till(engine, 7).book(sale(utc_ms=START_MS - 5_000 * 86_400_000))

    assert "Dropped: 0 bodies, 1 sale of the reports, 0 uploads in quarantine. " == run(engine, "retain").out


def test_that_totals_leave_the_ledger_out_when_asked(engine: Engine) -> None:
    Till(engine, 7).book(sale(account_ref="a", card="299", earned=5))

    assert "Ledger sum not read" in run(engine, "totals", "--quick").out
    assert "Ledger sum 0" in run(engine, "totals").out


def test_that_the_calls_are_described() -> None:
    assert "/v1/terminals/{terminal_id}/batches" in Ran("hq", "openapi").json["paths"]
