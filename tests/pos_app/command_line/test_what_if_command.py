import csv
import json
from pathlib import Path

import pypdfium2
import pytest

from pos_app.command_line.what_if_output import CSV_COLUMNS
from pos_app.programmes import preset_text
from tests.pos_app.command_line.test_commands import Ran
from tests.shop import BOB, TEA, Shop


@pytest.fixture
def sold(tmp_path: Path) -> Path:
    """The settings of a till with fixed cards that sold tea to a silver card twice, and once to nobody."""
    shop = Shop(tmp_path / "till", "fixed-card")
    shop.join(BOB, "silver", name="Боб")
    for card in (BOB, BOB, ""):
        shop.sell(TEA, card=card)
    shop.close()
    (tmp_path / "programmes").mkdir()
    (tmp_path / "programmes" / "fixed-card.toml").write_text(preset_text("fixed-card"), encoding="utf-8")
    file = tmp_path / "shop.toml"
    folders = {"storage": tmp_path / "till", "programmes": tmp_path / "programmes"}
    file.write_text(
        "".join(f"[{section}]\nfolder = {json.dumps(str(folder))}\n" for section, folder in folders.items()),
        encoding="utf-8",
    )
    return file


def test_that_it_compares_with_the_programmes_in_force(sold: Path) -> None:
    ran = Ran("what-if", "pharmacy", "--since", "2026-07-01", "--settings", sold)
    assert 0 == ran.code
    # Silver gives 4 % by the one and 3 % by the other, of 10.00 twice.
    assert "points given 80 60 20" in ran.out
    assert "candidate pharmacy/bonus 2 80 0.80 0.00" in ran.out
    assert "now fixed-card/card-class 2 60 0.60 0.00" in ran.out
    assert "66.7 % of the receipts and 66.7 % of the sales are with a card." in ran.out
    assert "Боб" not in ran.raw
    assert BOB not in ran.raw


def test_that_it_compares_with_what_is_named(sold: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(preset_text("fixed-card").replace("silver = 300", "silver = 600"), encoding="utf-8")
    ran = Ran(
        "what-if", own, "--since", "2026-07-01", "--against", "none", "--burn-percent", 0, "--settings", sold, "--json"
    )
    answer = ran.json
    assert (120, 0) == tuple(answer[side]["total"]["given_units"] for side in ("candidate", "current"))
    assert (["fixed-card"], ["none"]) == tuple(answer[side]["programmes"] for side in ("candidate", "current"))


def test_that_what_is_named_heads_its_figures(sold: Path, tmp_path: Path) -> None:
    file, chart = tmp_path / "out.csv", tmp_path / "out.pdf"
    asked = ("what-if", "pharmacy", "--since", "2026-07-01", "--settings", sold)
    ran = Ran(*asked, "--against", "tiers", "--csv", file, "--chart", chart)
    assert "By month: candidate / against tiers" in ran.out
    assert "now" not in ran.out.split()
    assert {"side", "candidate", "against tiers", "difference"} == {
        row.split(",")[0] for row in file.read_text().splitlines()
    }
    text = pypdfium2.PdfDocument(chart.read_bytes())[0].get_textpage().get_text_range()
    assert (True, False) == ("against tiers" in text, "now" in text.split())
    assert "candidate / now" in Ran(*asked, "--against", "fixed-card").out


def test_that_it_says_where_points_cannot_be_spent(sold: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    text = preset_text("fixed-card")
    own.write_text(text[: text.index("[burning]")] + text[text.index("[[rules]]") :], encoding="utf-8")
    chart = tmp_path / "out.pdf"
    ran = Ran("what-if", own, "--since", "2026-07-01", "--settings", sold, "--chart", chart)
    words = "Points cannot be spent (candidate): they are owed, and cost nothing here."
    assert words in ran.out
    assert words in pypdfium2.PdfDocument(chart.read_bytes())[0].get_textpage().get_text_range()
    assert "cannot be spent" not in Ran("what-if", "pharmacy", "--since", "2026-07-01", "--settings", sold).out


def test_that_every_figure_goes_into_the_csv_file(sold: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    ran = Ran("what-if", "pharmacy", "--since", "2026-07-01", "--settings", sold, "--csv", file, "--cores", 1)
    assert 0 == ran.code
    with file.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    assert list(CSV_COLUMNS) == header
    assert ["candidate", "total", "", "given_units", "80"] in rows
    assert ["current", "month", "2026-07", "given_units", "60"] in rows
    assert ["current", "rule in 2026-07", "fixed-card/card-class", "units", "60"] in rows
    assert ["difference", "card_class", "silver", "gain_minor", "20"] in rows


@pytest.mark.parametrize(("name", "begins"), [("chart.png", b"\x89PNG"), ("chart.pdf", b"%PDF")])
def test_that_it_draws(sold: Path, tmp_path: Path, name: str, begins: bytes) -> None:
    file = tmp_path / name
    assert 0 == Ran("what-if", "pharmacy", "--since", "2026-07-01", "--settings", sold, "--chart", file).code
    assert file.read_bytes().startswith(begins)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--since", "July"], "what_if.date"),
        (["--since", "2026-07-01", "--chart", "chart.gif"], "what_if.chart"),
        (["--since", "2026-07-01", "--chart", "no/such/folder/chart.png"], "what_if.chart"),
        (["--since", "2026-07-01", "--csv", "no/such/folder/out.csv"], "what_if.csv"),
        (["--since", "2027-07-01"], "what_if.empty"),
        (["--since", "2026-07-02", "--until", "2026-07-01"], "input.dates"),
        (["--since", "2026-07-01", "--against", "nothing-like-it"], "programme.unknown_preset"),
    ],
)
def test_that_it_says_what_is_wrong(sold: Path, arguments: list[str], code: str) -> None:
    ran = Ran("what-if", "pharmacy", *arguments, "--settings", sold, "--json")
    assert (2, code) == (ran.code, ran.json["error"]["code"])


def test_that_it_says_why_one_core_did_it_all(sold: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(preset_text("fixed-card") + "\n[rules.caps]\nbudget = 40\n", encoding="utf-8")
    ran = Ran("what-if", own, "--since", "2026-07-01", "--settings", sold)
    assert "on one core: a rule has a budget for all members together." in ran.out
    assert "candidate fixed-card/card-class 2 40 0.40 0.00" in ran.out


def test_that_a_share_of_the_profit_is_shown_and_written_but_not_booked(sold: Path, tmp_path: Path) -> None:
    file = sold.parent / "programmes" / "profit-share.toml"
    file.write_text(preset_text("profit-share").replace('segments = ["partners"]', ""), encoding="utf-8")
    shares = tmp_path / "shares.csv"
    ran = Ran("profit-share", "profit-share", "2026-Q3", "--csv", shares, "--settings", sold)
    assert (0, "account_ref,net_minor,margin_minor,units,booked") == (ran.code, shares.read_text().splitlines()[0])
    assert "Products without a cost here, which do not count: 1." in ran.out
    assert "Nothing was booked: add --book when the quarter is over." in ran.out
    assert [] == Ran("profit-share", "profit-share", "2026-Q3", "--settings", sold, "--json").json["shares"]
    assert 2 == Ran("profit-share", "other", "2026-Q3", "--settings", sold).code
    assert 2 == Ran("profit-share", "profit-share", "2026-Q3", "--csv", tmp_path, "--settings", sold).code
