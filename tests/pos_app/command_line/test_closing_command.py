"""``pos-app closing-report`` as managers and programs use it."""

import json
import shutil
from pathlib import Path

import pypdfium2
import pytest

from tests.pos_app.command_line.test_staff_commands import Ran
from tests.shop import BOB, BREAD, DAY_MS, NOON_MS, TEA, Shop
from tests.staff import PINS, hire

pytestmark = pytest.mark.usefixtures("no_keystore")
DAY = ("closing-report", "--date", "2026-07-01")


@pytest.fixture
def folder(tmp_path: Path, empty_till: Path) -> Path:
    """A till with staff that sold on 1 and 2 July."""
    shutil.copytree(empty_till, tmp_path / "till")
    shop = Shop(tmp_path / "till", "fixed-card", at_ms=NOON_MS)
    shop.join(BOB, "silver")
    shop.sell(TEA, card=BOB)
    shop.wait(DAY_MS)
    shop.sell(BREAD)
    hire(shop.till)
    shop.close()
    return tmp_path


@pytest.fixture
def settings(folder: Path) -> Path:
    file = folder / "shop.toml"
    file.write_text(
        f"[shop]\nname = 'Ljekarna'\nlocale = 'hr_HR'\nlanguage = 'hr'\n"
        f"[storage]\nfolder = {json.dumps(str(folder / 'till'))}\n"
        f"[printer]\nkind = 'file'\npath = {json.dumps(str(folder / 'paper'))}\n",
        encoding="utf-8",
    )
    return file


def test_that_a_managers_day_is_shown_in_english_with_the_shops_figures(settings: Path) -> None:
    ran = Ran(settings, *DAY, "--by", "anna", lines=(PINS["anna"],))
    assert 0 == ran.code
    for said in (
        "CLOSING REPORT",
        "Sold 10,00",
        "NET 10,00 €",
        "Every figure ties to the ledger.",
        "Nothing stands out.",
    ):
        assert said in ran.out
    assert "SO FAR" not in ran.out
    today = Ran(settings, "closing-report", "--by", "anna", lines=(PINS["anna"],))
    assert (0, True) == (today.code, "SO FAR" in today.out)


def test_that_programs_get_every_figure(settings: Path) -> None:
    found = Ran(settings, *DAY, "--json", "--by", "anna", lines=(PINS["anna"],)).json
    assert ("2026-07-01", True, True, []) == (
        found["business_date"],
        found["is_over"],
        found["ties"],
        found["findings"],
    )
    assert (1000, 30) == (found["goods"]["sold_minor"], found["points"][0]["issued_units"])


def test_that_a_cashier_closes_the_day_without_the_findings_and_nobody_is_refused(settings: Path) -> None:
    assert None is Ran(settings, *DAY, "--json", "--by", "ben", lines=(PINS["ben"],)).json["findings"]
    assert 2 == Ran(settings, *DAY).code
    assert 2 == Ran(settings, "closing-report", "--date", "1 July", "--by", "anna", lines=(PINS["anna"],)).code


def test_that_pdf_and_paper_speak_the_shops_language(settings: Path, folder: Path) -> None:
    file = folder / "day.pdf"
    ran = Ran(settings, *DAY, "--pdf", str(file), "--print", "--by", "anna", lines=(PINS["anna"],))
    assert (0, "") == (ran.code, ran.out.strip())
    page = pypdfium2.PdfDocument(file.read_bytes())[0]
    assert "Svi se iznosi slažu s knjigom." in page.get_textpage().get_text_range()
    assert (folder / "paper").stat().st_size > 500
    nowhere = Ran(settings, *DAY, "--pdf", str(folder / "no" / "day.pdf"), "--by", "anna", lines=(PINS["anna"],))
    assert 2 == nowhere.code


def test_that_without_a_printer_it_says_what_to_do(settings: Path) -> None:
    settings.write_text(settings.read_text(encoding="utf-8").partition("[printer]")[0], encoding="utf-8")
    ran = Ran(settings, *DAY, "--print", "--by", "anna", lines=(PINS["anna"],))
    assert (2, True) == (ran.code, "--pdf" in ran.err)


def test_that_a_figure_that_does_not_tie_ends_with_1_on_screen_and_paper(settings: Path, folder: Path) -> None:
    shop = Shop(folder / "till", "fixed-card", at_ms=NOON_MS)
    shop.damage("UPDATE payment SET amount_minor = 900 WHERE amount_minor = 1000")
    shop.close()
    ran = Ran(settings, *DAY, "--by", "anna", lines=(PINS["anna"],))
    assert (1, True, True) == (ran.code, "DOES NOT TIE" in ran.out, "pos-app doctor" in ran.out)
    written = Ran(settings, *DAY, "--pdf", str(folder / "day.pdf"), "--by", "anna", lines=(PINS["anna"],))
    assert (1, True) == (written.code, "Not every figure ties" in written.out)
    assert not Ran(settings, *DAY, "--json", "--by", "anna", lines=(PINS["anna"],)).json["ties"]
