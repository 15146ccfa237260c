"""A closing report on paper: in every language the same figures, and nothing that is not said in words."""

from string import Formatter

import msgspec
import pypdfium2
import pytest

from pos_app.model.causes import CauseTotals
from pos_app.model.closing import (
    Check,
    CheckCode,
    ClosingReport,
    GoodsSums,
    Measure,
    MemberCounts,
    ProgrammeGave,
    Queue,
    ReceiptCounts,
    Taking,
    TaxSums,
    UnitMoves,
    Unsettled,
)
from pos_app.model.money import Currency
from pos_app.model.receipts import PaymentKind
from pos_app.model.sentinel import FindingCode, Suspicion
from pos_app.settings import Printer
from receipts.closing import ClosingFacts, lay_out_closing
from receipts.escpos_bytes import render_escpos
from receipts.facts import ShopFacts
from receipts.pdf import render_pdf
from receipts.text import render_text
from receipts.words import ClosingWords, languages, load_words
from tests.receipts.escpos_reader import Printed, read

NOON_MS = 1_782_907_200_000
VALUES = "receipts window_minutes share_percent returned_units after_minutes burned_again_units adjustments net_units"
FINDINGS = tuple(
    Suspicion(code, "ben", "a-1", ("001-01-0000007",), dict.fromkeys(VALUES.split(), 3)) for code in FindingCode
)
QUIET = Unsettled(
    point_holds=0,
    coupon_holds=0,
    burned_alone_units=0,
    coupons_alone=0,
    unseen_returns=0,
    left_to_hq=0,
    failed_prints=0,
)
BUSY = ClosingReport(
    business_date="2026-07-01",
    store_id="store-1",
    terminal_number=7,
    made_at_ms=NOON_MS,
    is_over=False,
    receipts=ReceiptCounts(
        sales=1200,
        returns=3,
        unseen_returns=1,
        instalments=2,
        first_number="007-01-0000001",
        last_number="007-01-0001209",
        coupons_used=4,
        coupons_freed=1,
    ),
    goods=GoodsSums(
        list_minor=1_000_000,
        discounts_minor=5_000,
        by_hand_minor=-200,
        by_points_minor=700,
        sold_minor=994_500,
        returned_minor=4_500,
    ),
    average_minor=829,
    tax=(TaxSums(None, -100, -10), TaxSums(2000, 990_100, 165_017)),
    takings=(
        Taking("card", 300_000, 0, 0),
        Taking("cash", 694_480, 2_000, 4_400),
        Taking("instalments", 0, 0, 100),
        Taking("rounding", 20, 0, 0),
    ),
    programmes=(ProgrammeGave("points", "Points", 0, 1250, 1250), ProgrammeGave("happy", "Happy hours", 5_000, 0, 0)),
    causes=(CauseTotals("Trees", 67, 3, 10),),
    members=MemberCounts(800, 650, 12),
    points=(
        UnitMoves(unit="shop", issued_units=1250, expired_units=3, other_units=2, opening_units=-5, closing_units=1244),
        UnitMoves(unit="shop#cause-trees", issued_units=70),
        UnitMoves(unit="shop#stamps", issued_units=4, clawed_back_units=1, forgiven_units=2),
    ),
    checks=(
        Check(code=CheckCode.RECEIPTS, measure=Measure.COUNT, shown=1205, booked=1205),
        Check(code=CheckCode.TAX, measure=Measure.MINOR, shown=165_017, booked=165_000, subject="2000"),
        Check(code=CheckCode.TAX, measure=Measure.MINOR, shown=-10, booked=-11),
        Check(code=CheckCode.TAKINGS, measure=Measure.MINOR, shown=5, booked=4, subject="cash"),
        Check(code=CheckCode.ISSUED, measure=Measure.UNITS, shown=1250, booked=1200, subject="shop"),
        Check(code=CheckCode.ISSUED, measure=Measure.UNITS, shown=1, booked=0, subject="shop#cause-trees"),
        Check(code=CheckCode.ISSUED, measure=Measure.UNITS, shown=1, booked=3, subject="shop#stamps"),
        Check(code=CheckCode.AWARDS, measure=Measure.UNITS, shown=1250, booked=1),
        Check(code=CheckCode.WORD_FOR_WORD, measure=Measure.COUNT, shown=1205, booked=None),
    ),
    pruned_events=1,
    findings=FINDINGS,
    queue=Queue(
        has_hq=True,
        has_joined=False,
        takes_our_word=False,
        waiting_events=5,
        oldest_waiting_ms=60_000,
        last_contact_ms=NOON_MS,
    ),
    unsettled=Unsettled(
        point_holds=1,
        coupon_holds=2,
        burned_alone_units=300,
        coupons_alone=4,
        unseen_returns=5,
        left_to_hq=6,
        failed_prints=7,
    ),
)
SOUND = msgspec.structs.replace(
    BUSY,
    is_over=True,
    checks=BUSY.checks[:1],
    pruned_events=0,
    findings=(),
    unsettled=QUIET,
    queue=msgspec.structs.replace(
        BUSY.queue, has_joined=True, takes_our_word=True, oldest_waiting_ms=None, last_contact_ms=None
    ),
)


def facts(report: ClosingReport = BUSY, *, language: str = "en", locale: str = "en_GB") -> ClosingFacts:
    return ClosingFacts(
        shop=ShopFacts("Bridge Pharmacy", ("1 Bridge Street",), "GB 123"),
        report=report,
        currency=Currency("EUR", 2),
        points_exponent=0,
        zone="UTC",
        locale=locale,
        language=language,
        causes={"shop#cause-trees": "Trees"},
    )


def rows(report: ClosingReport = BUSY) -> list[str]:
    text = render_text(lay_out_closing(facts(report)), 64)
    return [" ".join(row.split()) for row in text.splitlines() if row.strip("─ ")]


def test_that_the_figures_stand_beside_their_names() -> None:
    said = rows()
    for expected in (
        "*** SO FAR: THE DAY IS NOT OVER ***",
        "Numbers 007-01-0000001 to 007-01-0001209",
        "Sales 1,200",
        "Prices changed by hand 2.00",
        "Discounts of programmes −50.00",
        "NET €9,900.00",
        "unknown −0.90 −0.10 −1.00",
        "20% 8,250.83 1,650.17 9,901.00",
        "Card 3,000.00",
        "Cash 6,920.80",
        "Paid back −44.00",
        "In parts, not paid yet −1.00",
        "Cash rounding −0.20",
        "Money in all €9,920.80",
        "Cash in the drawer, above the float €6,920.80",
        "1,250 points, worth 12.50",
        "Happy hours 50.00",
        "Trees 0.60",
        "Members served 650",
        "Members had −5",
        "Not explained by any event 2",
        "stamps of shop",
        "Spent before goods came back, not owed 2",
    ):
        assert expected in said


def test_that_every_difference_is_told_with_both_figures_and_what_to_do() -> None:
    said = rows()
    start = said.index("*** DOES NOT TIE TO THE LEDGER ***")
    assert [
        "Tax 20% 0.17",
        "In this report 1,650.17",
        "In the books 1,650.00",
        "Tax unknown 0.01",
        "In this report −0.10",
        "In the books −0.11",
        "Taken: Cash 0.01",
        "In this report 0.05",
        "In the books 0.04",
        "Points of shop: issued 50",
        "In this report 1,250",
        "In the books 1,200",
        "Trees: issued 0.01",
        "In this report 0.01",
        "In the books 0.00",
        "stamps of shop: issued −2",
        "In this report 1",
        "In the books 3",
        "Points awarded line by line 1,249",
    ] == said[start + 1 : start + 20]
    assert "run pos-app doctor" in " ".join(said)
    assert {"Figures compared 8", "Figures not compared 1"} <= set(said)


def test_that_a_sound_day_says_so() -> None:
    said = rows(SOUND)
    assert {"Every figure ties to the ledger.", "Nothing stands out.", "Never heard.", "Nothing is open."} <= set(said)
    assert not any("TIE" in row or "SO FAR" in row for row in said)
    assert "The findings are for managers and auditors." in rows(msgspec.structs.replace(SOUND, findings=None))
    alone = msgspec.structs.replace(SOUND, queue=msgspec.structs.replace(SOUND.queue, has_hq=False))
    assert "This shop has no headquarters." in rows(alone)


def test_that_a_day_without_tax_programmes_and_cash_leaves_their_parts_out() -> None:
    bare = msgspec.structs.replace(SOUND, tax=(TaxSums(0, 100, 0),), programmes=(), causes=(), points=(), takings=())
    said = rows(bare)
    assert not any(row.startswith(("VAT", "What programmes", "For causes", "Cash in", "Members h")) for row in said)


@pytest.mark.parametrize(("language", "locale"), [("en", "en_GB"), ("ru", "ru_RU"), ("hr", "hr_HR")])
@pytest.mark.parametrize("report", [BUSY, SOUND], ids=["busy", "sound"])
def test_that_pdf_printer_and_text_say_the_same_in_every_language(
    language: str, locale: str, report: ClosingReport
) -> None:
    document = lay_out_closing(facts(report, language=language, locale=locale))
    text = render_text(document, 200).replace("***", "").replace("─", "")
    page = pypdfium2.PdfDocument(render_pdf(document))[0]
    read_back = page.get_textpage().get_text_range().replace("\u00a0", " ")
    assert sorted(text.split()) == sorted(read_back.split())
    assert render_pdf(document) == render_pdf(document)
    printed = [item for item in read(render_escpos(document, Printer())) if isinstance(item, Printed)]
    words = {word for item in printed for word in item.text.replace("─", "").split()}
    assert (set(), True) == (words - set(text.replace("−", "-").split()), len(printed) > len(text.splitlines()) // 2)


@pytest.mark.parametrize("language", languages())
def test_that_every_payment_check_and_finding_has_words(language: str) -> None:
    words = load_words(language).closing
    assert {kind.value for kind in PaymentKind} == words.payments.keys()
    assert {code.value for code in CheckCode} == words.checks.keys()
    assert {code.value for code in FindingCode} == words.findings.keys()


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("language", languages())
def test_that_every_sentence_takes_the_same_values_in_every_language(language: str) -> None:
    english, words = load_words("en").closing, load_words(language).closing
    for field in msgspec.structs.fields(ClosingWords):
        ours, theirs = getattr(english, field.name), getattr(words, field.name)
        pairs = [(ours, theirs)] if isinstance(ours, str) else [(ours[key], theirs[key]) for key in ours]
        assert all(theirs.strip() and placeholders(ours) == placeholders(theirs) for ours, theirs in pairs), field.name
