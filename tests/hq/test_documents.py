from pathlib import Path

import msgspec
import pytest

from hq.documents import publish_products, publish_programme, publish_staff, published, withdraw
from hq.operate import RunningHq
from pos_app.errors import InputError, ProgrammeError
from pos_app.loyalty.programme import decode_programme
from pos_app.model.products import Product
from pos_app.protocol.messages import DocumentKind, StaffDocument
from tests.hq.journals import Journal

GOODS = "code,name,price,tax_rate,cost\n4006381333931,Šampon,1.50,20,0.90\nA1,Soap,2.00,20,\n"
PROGRAMMES = Path("pos_app/programmes")


def test_that_products_reach_the_tills_without_their_cost(hq: RunningHq, journal: Journal, tmp_path: Path) -> None:
    file = tmp_path / "goods.csv"
    file.write_text(GOODS)

    assert 2 == publish_products(hq.engine, file, exponent=2)
    documents = journal.page().documents
    assert [("product", "4006381333931"), ("product", "A1")] == [(one.kind, one.key) for one in documents]
    body = documents[0].body
    assert body is not None
    expected = Product("4006381333931", "Šampon", 150, 2000, margin_floor_percent=20)
    assert expected == msgspec.json.decode(body, type=Product)
    assert "cost" not in body


def test_that_only_what_differs_goes_out_again(hq: RunningHq, journal: Journal, tmp_path: Path) -> None:
    file = tmp_path / "goods.csv"
    file.write_text(GOODS)
    publish_products(hq.engine, file, exponent=2)
    cursor = journal.page().next_cursor
    assert 0 == publish_products(hq.engine, file, exponent=2)
    assert () == journal.page(cursor).documents
    file.write_text(GOODS.replace("2.00", "2.10"))

    assert 1 == publish_products(hq.engine, file, exponent=2)
    assert ["A1"] == [one.key for one in journal.page(cursor).documents]


def test_that_what_is_withdrawn_is_heard_of(hq: RunningHq, journal: Journal, tmp_path: Path) -> None:
    file = tmp_path / "goods.csv"
    file.write_text(GOODS)
    publish_products(hq.engine, file, exponent=2)
    cursor = journal.page().next_cursor
    withdraw(hq.engine, DocumentKind.PRODUCT, "A1")

    assert [("A1", None)] == [(one.key, one.body) for one in journal.page(cursor).documents]
    assert ["4006381333931"] == [one.key for one in published(hq.engine)]
    with pytest.raises(InputError):
        withdraw(hq.engine, DocumentKind.PRODUCT, "A1")


def test_that_a_programme_is_published_as_tills_read_it(hq: RunningHq, journal: Journal) -> None:
    # One with a draw wants a seed, which headquarters has none of here.
    files = [file for file in sorted(PROGRAMMES.glob("*.toml")) if "[draw]" not in file.read_text(encoding="utf-8")]

    assert len(files) == sum(publish_programme(hq.engine, file) for file in files)
    documents = journal.page().documents
    assert {one.key for one in documents} == {decode_programme((one.body or "").encode()).id for one in documents}


def test_that_an_unsound_file_publishes_nothing(hq: RunningHq, tmp_path: Path) -> None:
    goods, bonus, staff = tmp_path / "goods.csv", tmp_path / "bonus.toml", tmp_path / "staff.csv"
    goods.write_text(GOODS + "A2,Soap,much,20,\n")
    bonus.write_text("id = 5")
    staff.write_text("staff_ref,name,role\nanna,Anna,queen\n")

    with pytest.raises(InputError, match="line 4"):
        publish_products(hq.engine, goods, exponent=2)
    with pytest.raises(ProgrammeError):
        publish_programme(hq.engine, bonus)
    with pytest.raises(InputError, match="line 2: role"):
        publish_staff(hq.engine, staff)
    assert () == published(hq.engine)


def test_that_staff_go_out_without_a_pin(hq: RunningHq, journal: Journal, tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    file.write_text("staff_ref,name,role,active\nanna,Anna Šarić,cashier,\nivo,Ivo,manager,no\n")

    assert 2 == publish_staff(hq.engine, file)
    assert [
        StaffDocument("anna", "Anna Šarić", "cashier"),
        StaffDocument("ivo", "Ivo", "manager", active=False),
    ] == [msgspec.json.decode(one.body or "", type=StaffDocument) for one in journal.page().documents]


def test_that_products_go_out_with_their_band_and_second_price_alone(hq: RunningHq, tmp_path: Path) -> None:
    file = tmp_path / "goods.csv"
    file.write_text(
        "code,name,price,tax_rate,cost,member_price\na,A,12.00,20,6.10,9.99\nb,B,1,20,,\n", encoding="utf-8"
    )
    publish_products(hq.engine, file, exponent=2)
    with_band, without = (msgspec.json.decode(document.body or "") for document in published(hq.engine))
    assert (999, 30) == (with_band["member_price_minor"], with_band["margin_floor_percent"])
    assert "610" not in str(with_band)
    assert {"member_price_minor", "margin_floor_percent"}.isdisjoint(without), "an older till's product is as it was"
