import re
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest

import pos_app.use_cases
import storage.database
from pos_app.errors import InputError
from pos_app.loyalty import reasons
from pos_app.model.evaluation import Reason
from pos_app.settings import Settings
from ui.formats import Formats
from ui.sale.screen import Notice, NoticeCode, Panel, Problem, ProblemCode, problem_of
from ui.sale.view import _PANEL_VIEWS
from ui.sale.words import _PROBLEMS, _REFUSALS, limit_text, notice_text, points_text, problem_sentences

FORMATS = Formats(Settings())
VALUES: dict[str, int | str] = {
    "factor_milli": 2500,
    "most_units": 199,
    "claimed_units": 30,
    "fits_units": 100,
    "burned_units": 1,
    "worth_minor": 199,
    "missing_minor": 1,
    "left_minor": 1,
    "taken_minor": 2000,
    "cause": "Trees",
    "coupon": "7KQ2M-42",
    "step_minor": 100,
    "given_units": 50,
    "product": "Tea",
    "act": "survey",
    "given_minor": 37,
    "overdue_minor": 100,
    "paid_minor": 2500,
    "owed_minor": 5000,
    "name": "Tea",
    "expires": "2026-03-13",
    "batch": "A",
    "code": "1",
    "most": 500,
}
LIMIT = {
    "from_receipt": 2,
    "receipt": 1,
    "minimum_units": 100,
    "balance_units": 20,
    "cap_bp": 5000,
    "cap_minor": 150,
    "min_paid_minor": 100,
}
# What booking asks of the screen in vain, for the screen never lets it come to that.
NEVER_MET = {
    "sale.empty",
    "sale.foreign_receipt",
    "storage.library",
    "storage.newer",
    "storage.second_instance",
    "storage.foreign",
}


@pytest.mark.parametrize("code", [code for code in NoticeCode if code is not NoticeCode.REFUSED])
def test_that_every_notice_has_words(code: NoticeCode) -> None:
    text = notice_text(Notice(code, values=VALUES, reason=Reason(reasons.BURN_BALANCE, {"balance_units": 5})), FORMATS)
    assert re.search(r"\w", text)
    assert "{" not in text


@pytest.mark.parametrize("code", list(ProblemCode))
def test_that_every_problem_of_the_screen_says_what_is_safe_and_what_to_do(code: ProblemCode) -> None:
    sentences = problem_sentences(Problem(code, VALUES), FORMATS)
    assert all(sentence.endswith(".") and "{" not in sentence for sentence in sentences)


def codes_in(files: Iterable[Path], kinds: str) -> set[str]:
    """The codes of errors that these modules can raise."""
    found: set[str] = set()
    for source in (file.read_text(encoding="utf-8") for file in files):
        found |= set(re.findall(rf'"((?:{kinds})\.[a-z_]+)"', source))
        for prefix in re.findall(rf'f"({kinds})\.\{{code\}}"', source):
            found |= {f"{prefix}.{name}" for name in re.findall(r'_refused\(\s*"([a-z_]+)"', source)}
    return found


def test_that_every_error_of_a_booking_has_words() -> None:
    use_cases = Path(pos_app.use_cases.__file__).parent.glob("*.py")
    codes = codes_in(use_cases, "sale|enrol|card") | codes_in([Path(storage.database.__file__)], "storage")
    assert {"sale.balance", "enrol.phone", "card.blocked", "storage.full"} <= codes
    assert codes - set(_PROBLEMS) - set(_REFUSALS) - NEVER_MET == set()


def test_that_an_unknown_error_keeps_the_words_of_the_core() -> None:
    error = InputError("new.code", what="What.", safe="Safe.", todo="Todo.")
    assert tuple(problem_sentences(problem_of(error), FORMATS)) == ("What.", "Safe.", "Todo.")
    assert notice_text(Notice(NoticeCode.REFUSED, error_code="new.code", english="What."), FORMATS) == "What."


BURN_LIMITS = [value for name, value in vars(reasons).items() if name.startswith("BURN_") and value != "burn.lowered"]


@pytest.mark.parametrize("code", BURN_LIMITS)
def test_that_every_limit_to_burning_has_words(code: str) -> None:
    text = limit_text(Reason(code, dict(LIMIT)), FORMATS)
    assert text.endswith(".")
    assert "{" not in text


@pytest.mark.usefixtures("qapp")
def test_that_figures_are_written_as_their_names_say() -> None:
    assert limit_text(Reason(reasons.BURN_CAP, dict(LIMIT)), FORMATS) == (
        "Points pay at most 50 % of the goods that accept them, €1.50."
    )
    assert notice_text(Notice(NoticeCode.BURN_SET, values=VALUES), FORMATS) == "1 point used: €1.99 less to pay."
    assert problem_sentences(Problem(ProblemCode.EXPIRED, VALUES), FORMATS).what == "Past its date: Tea, 13/03/2026."
    assert points_text(1250, FORMATS) == "1,250 points"


def test_that_every_panel_has_a_view() -> None:
    assert {kind for kind in get_args(Panel) if kind is not type(None)} == set(_PANEL_VIEWS)
