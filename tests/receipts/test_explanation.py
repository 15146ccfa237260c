"""An explanation on paper."""

from receipts.explanation import ExplainedPart, ExplainedRow, ExplanationFacts, lay_out_explanation
from receipts.pdf import render_pdf
from receipts.text import render_text

FACTS = ExplanationFacts(
    title="Receipt 001-01-0000042, explained",
    head=("Business date 2026-07-01",),
    parts=(
        ExplainedPart("1. Tea", "10.00", (ExplainedRow("Cards / silver", "30 points", "3 % of 10.00: silver."),)),
        ExplainedPart("The whole receipt", "", (ExplainedRow("Cards / gold", "-", "It is for gold cards."),)),
    ),
    foot=("Burned 0 of at most 0 points.",),
)


def test_that_every_line_has_what_rules_gave_it_and_why() -> None:
    text = render_text(lay_out_explanation(FACTS), 42)
    rows = [row.strip() for row in text.splitlines() if row.strip("─- ")]
    assert [
        "Receipt 001-01-0000042, explained",
        "Business date 2026-07-01",
        "1. Tea                               10.00",
        "Cards / silver                   30 points",
        "3 % of 10.00: silver.",
        "The whole receipt",
        "Cards / gold                             -",
        "It is for gold cards.",
        "Burned 0 of at most 0 points.",
    ] == rows


def test_that_the_pdf_is_the_same_each_time() -> None:
    first, second = (render_pdf(lay_out_explanation(FACTS)) for _ in range(2))
    assert first == second
    assert first.startswith(b"%PDF-")
