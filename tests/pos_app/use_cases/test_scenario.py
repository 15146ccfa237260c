"""Scenario files: those that ship hold, a failing expectation is told, and a broken file gives a sentence."""

from pathlib import Path

import pytest

from pos_app.errors import PosError
from pos_app.use_cases.scenario import Report, run_scenario
from tests.shop import TENDER

REPOSITORY = Path(__file__).parents[3]
SHIPPED = sorted((REPOSITORY / "docs" / "scenarios").glob("*.toml"))

SHOP = """
title = "Tea"
programmes = ["points.toml"]

[[products]]
code = "tea"
price = "10.00"
tax = "20 %"

[[members]]
id = "ana"
"""


def run(tmp_path: Path, text: str) -> Report:
    (tmp_path / "points.toml").write_text(TENDER, encoding="utf-8")
    file = tmp_path / "tea.toml"
    file.write_text(text, encoding="utf-8")
    return run_scenario(file)


def steps(*lines: str) -> str:
    return SHOP + "\n".join(
        f'[[steps]]\nat = "2026-03-0{number} 10:00"\n{line}' for number, line in enumerate(lines, start=1)
    )


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(PosError) as refused:
        run(tmp_path, text)
    return refused.value.what


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_that_a_shipped_scenario_holds(file: Path) -> None:
    report = run_scenario(file)
    assert () == tuple(outcome.differences for outcome in report.outcomes if outcome.differences)
    assert report.holds


def test_that_every_shipped_programme_has_a_scenario() -> None:
    from pos_app.programmes import preset_names

    assert set(preset_names()) <= {file.stem for file in SHIPPED}


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_that_a_shipped_scenario_compares_every_step(file: Path) -> None:
    """A step without an expectation would hold whatever came out."""
    text = file.read_text(encoding="utf-8")
    assert text.count("[[steps]]") == text.count("\nexpect = {")


def test_that_a_sale_a_burn_and_a_return_say_what_came_out(tmp_path: Path) -> None:
    report = run(
        tmp_path,
        steps(
            'id = "A"\nmember = "ana"\nbuy = [{ product = "tea", quantity = "2" }]',
            'member = "ana"\nburn = "4"\nbuy = [{ product = "tea", amount = "9.00" }]',
            'member = "ana"\nreturn_of = "A"\nlines = [{ line = 1 }]',
            'member = "ana"',
        ),
    )
    got = [outcome.got for outcome in report.outcomes]
    assert report.holds
    assert {"total": "20.00", "to_pay": "20.00", "earned": "10", "burned": "0", "discount": "0.00", "saved": "0.00",
            "notices": "", "points_by_line": "10", "reasons": "fixed_card",
            "available": "0", "pending": "10", "overdraft": "0", "card_class": ""} == got[0]  # fmt: skip
    assert ("9.00", "8.60", "4") == (got[1]["total"], got[1]["to_pay"], got[1]["burned"])
    assert ("10.00", "5", "0") == (got[2]["refund"], got[2]["clawed_back"], got[2]["restored"])
    assert ("look", "5") == (report.outcomes[3].what, got[3]["available"])
    assert any("by five: 5 % of 20.00" in reason for reason in report.outcomes[0].reasons)


@pytest.mark.parametrize(
    ("step", "difference"),
    [
        ('buy = [{ product = "tea" }]\nexpect = { total = "9.99" }', "total: expected 9.99, got 10.00"),
        (
            'member = "ana"\nbuy = [{ product = "tea" }]\nexpect = { earned = "6", pending = "5" }',
            "earned: expected 6, got 5",
        ),
        ('buy = [{ product = "tea" }]\nexpect = { missing = "1.00" }', "missing: expected 1.00, got nothing"),
        ('buy = [{ product = "tea" }]\nexpect = { reasons = ["regulated"] }', "the reason regulated did not come up"),
        ('buy = [{ product = "tea" }]\nexpect = { refused = "sale.burn" }', "refused: expected sale.burn, got nothing"),
        ('member = "ana"\nburn = "5"\nbuy = [{ product = "tea" }]', "refused (sale.burn), which was not expected"),
        ('buy = [{ product = "tea" }]\nexpect = { points_by_line = ["1"] }', "points_by_line: expected 1, got 0"),
    ],
)
def test_that_a_failing_expectation_is_told(tmp_path: Path, step: str, difference: str) -> None:
    report = run(tmp_path, steps(step))
    assert not report.holds
    assert (difference,) == report.outcomes[0].differences


def test_that_an_expected_refusal_holds_and_says_why(tmp_path: Path) -> None:
    report = run(tmp_path, steps('burn = "5"\nbuy = [{ product = "tea" }]\nexpect = { refused = "sale.burn" }'))
    assert report.holds
    assert ("At most 0 points can be burned on this receipt.",) == report.outcomes[0].reasons


@pytest.mark.parametrize(
    ("shop", "got"),
    [
        ('currency = "JPY"\ncurrency_exponent = 0\npoints_exponent = 2', {"total": "10", "earned": "0.05"}),
        ('currency = "KWD"\ncurrency_exponent = 3\ncash_step = "0.005"', {"total": "10.000", "earned": "50"}),
    ],
)
def test_that_a_scenario_reckons_in_any_currency(tmp_path: Path, shop: str, got: dict[str, str]) -> None:
    text = steps('member = "ana"\nbuy = [{ product = "tea" }]').replace("10.00", "10") + f"\n[shop]\n{shop}\n"
    outcome = run(tmp_path, text).outcomes[0]
    assert got == {name: outcome.got[name] for name in got}


def test_that_times_may_be_written_with_their_zone(tmp_path: Path) -> None:
    text = steps('member = "ana"\nbuy = [{ product = "tea" }]', 'member = "ana"').replace(
        "2026-03-02 10:00", "2026-03-01 12:00+02:00"
    )
    text += '\n[shop]\nzone = "Europe/Belgrade"\n'
    assert ["0", "5"] == [outcome.got["available"] for outcome in run(tmp_path, text).outcomes]


TEA_STEP = 'buy = [{ product = "tea" }]'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("title = ", "tea.toml cannot run: it is not valid TOML"),
        ('title = "x"', "Object missing required field `programmes`"),
        (SHOP + "steps = []", "steps"),
        (steps(TEA_STEP).replace("code", "kode"), "(at products[0])"),
        (steps('buy = [{ product = "coffee" }]'), "there is no product 'coffee'"),
        (steps(f'member = "eve"\n{TEA_STEP}'), "there is no member 'eve'"),
        (steps('return_of = "A"'), "there is no receipt 'A' before this return"),
        (steps(TEA_STEP).replace("2026-03-01 10:00", "yesterday"), "'yesterday' is not a date and time"),
        (steps(TEA_STEP).replace("2026-", "9999-"), "is not between the years 1970 and 2999"),
        (steps(TEA_STEP, TEA_STEP).replace("03-02", "02-02"), "step 2 is earlier than the one before it"),
        (steps(TEA_STEP).replace("10.00", "ten"), "'ten' is not an amount"),
        (steps(TEA_STEP).replace("10.00", "-1"), "'-1' is below zero"),
        (steps('buy = [{ product = "tea", quantity = "1.0005" }]'), "'1.0005' has more than 3 decimals"),
        (steps(f'burn = "x"\n{TEA_STEP}'), "'x' is not an amount"),
        (steps(TEA_STEP).replace("points.toml", "other.toml"), "other.toml cannot be read"),
        (steps(TEA_STEP).replace("points.toml", "preset:nothing"), "There is no shipped programme 'nothing'."),
        (steps(TEA_STEP) + '\n[[members]]\nid = "ivo"\ncard_of = "eva"\n', "there is no member 'eva'"),
        (steps(TEA_STEP) + '\n[shop]\nzone = "Nowhere/Else"\n', "the time zone 'Nowhere/Else' is unknown"),
        (steps(TEA_STEP) + "\n[shop]\ncurrency_exponent = 4\n", "Expected `int` <= 3 (at shop.currency_exponent)"),
        (steps(TEA_STEP) + '\n[shop]\ncash_step = "0"\n', "the cash step is 0"),
        (steps(TEA_STEP) + '\n[shop]\ncash_step = "x"\n', "'x' is not an amount"),
        (steps(TEA_STEP) + '\n[[members]]\nid = "ana"\n', "two members have one id"),
        (steps(TEA_STEP).replace("20 %", "300 %"), "ck_product_tax_rate_bp_range"),
    ],
)
def test_that_a_broken_file_gives_a_sentence(tmp_path: Path, text: str, why: str) -> None:
    assert why in refusal(tmp_path, text)


def test_that_a_file_that_cannot_be_read_gives_a_sentence(tmp_path: Path) -> None:
    for content, why in ((b"\xff\xfe", "it is not valid TOML"), (b"#" * 1_000_001, "larger than 1 MB")):
        (tmp_path / "tea.toml").write_bytes(content)
        with pytest.raises(PosError, match=why):
            run_scenario(tmp_path / "tea.toml")
    with pytest.raises(PosError, match="cannot be read"):
        run_scenario(tmp_path / "absent.toml")
