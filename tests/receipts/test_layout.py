import re
import subprocess
import sys

import msgspec
import pytest

from pos_app.errors import SettingsError
from pos_app.model.accounts import BalanceView
from pos_app.model.evaluation import NextStep
from pos_app.model.receipts import Payment, PaymentKind, SaleKind
from receipts.document import Banner, Barcode, Columns, LineItem, Qr, Table, Weight
from receipts.facts import DiscountFacts, DrawFacts, MemberFacts, ReceiptFacts
from receipts.layout import lay_out
from receipts.text import render_text
from tests.receipts import samples

PHARMACY = """\
             Bridge Pharmacy
             12 Market Street
             Dublin D02 X285
             VAT IE 6388047V
──────────────────────────────────────────
Receipt 001-01-0000123        Cashier anna
14 Mar 2026 16:42                  5 items
──────────────────────────────────────────
Vitamin D3 1000 IU, 90 capsules      12.90
  +30 points (3% × 2)
Ibuprofen 200 mg film-coated tablets,
blister of 20
  2 × 1.80                            3.60
  Batch LA40731
Rosehip, loose
  0.245 kg × 14.49                    3.55
Hand cream with señorita™ olive oil   8.50
  Discount                           −1.70
  +10 points (3%)
  +8 points
──────────────────────────────────────────
250 points used                      −2.50
TOTAL                               €24.35
Cash rounding                        +0.02
Card                                 10.00
Ref. 4F7K-009812
Cash                                 20.00
Change                                5.63

          You saved €4.20 today
──────────────────────────────────────────
VAT               Net       Tax      Gross
5.5%             3.36      0.19       3.55
20%             17.33      3.47      20.80
══════════════════════════════════════════
Siobhán O’Malley                      Gold
Earned                          +48 points
Used                           −250 points
BALANCE                       1,250 points
Usable from 16 Mar 2026 04:42    48 points
Use by 31 Mar 2026              120 points
   €12.30 more and you are Platinum: 5%
══════════════════════════════════════════

          How likely are you to
       recommend us, from 0 to 10?
   Scan to answer, it takes ten seconds
https://hq.bridge-pharmacy.example/n/K7XQ-
                2M9A-44TD
           Code K7XQ-2M9A-44TD

         Thank you, see you soon!

              001-01-0000123
"""


def text(facts: ReceiptFacts) -> str:
    return render_text(lay_out(facts), 42)


def test_that_a_receipt_reads_like_this() -> None:
    assert text(samples.pharmacy()) == PHARMACY


@pytest.mark.parametrize("name", samples.everything())
def test_that_the_column_of_amounts_adds_up_to_the_total(name: str) -> None:
    """Line amounts, discounts below them and points off the price come to the total, in the currency's smallest unit."""
    facts = samples.everything()[name]
    blocks = lay_out(facts).blocks
    amounts: list[str] = []
    for block in blocks:
        if isinstance(block, LineItem):
            amounts += [block.amount, *(note.right for note in block.notes if note.right)]
        if isinstance(block, Columns) and block.right.startswith("−"):
            amounts.append(block.right)
    deducted = next((b.right for b in blocks if isinstance(b, Columns) and b.left == "DEDUCT AT THE TILL"), "0")
    assert sum(map(minor, amounts)) - minor(deducted) == facts.total_minor


def test_that_what_rules_took_off_stands_below_the_list_price_with_the_programmes_name() -> None:
    shown = text(samples.discounted())
    expected = """\
Coffee beans 500 g
  2 × 12.90                          25.80
  Prices for members                 −2.82
Rosehip, loose
  0.245 kg × 14.49                    3.55
  This month's spending              −0.18
  Happy hours                        −0.37
Hand cream                            8.50
  Discount                           −1.70
Plasters                              3.20
"""
    assert expected in shown
    assert "You saved €6.07 today" in shown


@pytest.mark.parametrize(
    ("name", "shown"), [("", "Discount"), ("Donaudampfschifffahrtsgesellschaft", "Donaudampfschifffahrts")]
)
def test_that_a_name_is_cut_to_narrow_paper(name: str, shown: str) -> None:
    facts = samples.facts((samples.line(1, "Tea", 1000, amount_minor=900),), discounts=(DiscountFacts(1, name, 100),))
    assert f"  {shown} " in render_text(lay_out(facts), 32)


def test_that_a_slip_beside_a_till_deducts_discounts_and_points_in_one() -> None:
    facts = msgspec.structs.replace(samples.discounted(), mode="beside", foreign_receipt="1")
    shown = text(facts)
    assert re.search(r"DEDUCT AT THE TILL +€4\.37", shown)
    assert re.search(r"To pay at the till +€34\.98", shown)


def minor(amount: str) -> int:
    return int(re.sub(r"[^0-9−]", "", amount).replace("−", "-"))


def test_that_a_slip_beside_a_fiscal_till_says_so_and_what_to_key_there() -> None:
    document = lay_out(samples.beside())
    shown = render_text(document, 42)
    assert Banner("NOT A FISCAL DOCUMENT") in document.blocks
    assert Columns("DEDUCT AT THE TILL", "€2.50", weight=Weight.LARGE) in document.blocks
    assert "Fiscal receipt F-2026/004711" in shown
    assert re.search(r"To pay at the till +€24\.35", shown)
    assert not [block for block in document.blocks if isinstance(block, Table)]


def test_that_points_as_a_tender_beside_a_till_are_deducted_there_too() -> None:
    facts = msgspec.structs.replace(samples.philippine(), mode="beside", foreign_receipt="1")
    shown = text(facts)
    assert re.search(r"DEDUCT AT THE TILL +₱50\.00", shown)
    assert re.search(r"To pay at the till +₱412\.00", shown)


@pytest.mark.parametrize("is_copy", [True, False])
def test_that_a_copy_and_only_a_copy_is_marked(is_copy: bool) -> None:
    document = lay_out(msgspec.structs.replace(samples.croatian(), copy=is_copy))
    assert (Banner("KOPIJA") in document.blocks) == is_copy


def test_that_a_return_is_headed_as_one_names_its_sale_and_turns_the_points_round() -> None:
    shown = text(samples.returned())
    assert "*** RETURN ***" in shown
    assert "For receipt 001-01-0000123" in shown
    assert re.search(r"REFUND +€11\.40\nRefunded in cash +11\.40", shown)
    assert re.search(r"Taken back +−30 points\nGiven back +\+150 points", shown)
    assert re.search(r"Owed, settled as you earn +−12 points", shown)
    assert "saved" not in shown


def test_that_a_return_beside_a_fiscal_till_says_what_to_refund_there() -> None:
    shown = text(msgspec.structs.replace(samples.returned(), mode="beside", foreign_receipt="F-1"))
    assert re.search(r"REFUND +€11\.40\n", shown)
    assert "DEDUCT" not in shown


@pytest.mark.parametrize("sign", [1, -1])
def test_that_cash_rounding_is_a_row_of_its_own_whatever_its_sign_in_the_books(sign: int) -> None:
    facts = msgspec.structs.replace(
        samples.facts((samples.line(1, "Tea", 1002),)),
        payments=(Payment(PaymentKind.CASH, 1000), Payment(PaymentKind.ROUNDING, 2 * sign)),
    )
    assert re.search(r"TOTAL +€10\.02\nCash rounding +−0\.02\nCash +10\.00\n", text(facts))


def test_that_nothing_is_said_of_rounding_where_nothing_was_rounded() -> None:
    assert "rounding" not in text(samples.croatian()).lower()


def test_that_a_price_above_the_list_is_shown_without_a_unit_price_that_does_not_fit() -> None:
    shown = text(samples.facts((samples.line(1, "Tea", 100, quantity_milli=2000, amount_minor=250),)))
    assert "Tea\n  2 × " in shown
    assert re.search(r"2 × +2\.50", shown)
    assert "Discount" not in shown


def test_that_a_return_at_less_than_the_list_price_shows_no_unit_price_that_does_not_fit() -> None:
    sold = samples.line(1, "Tea", 450, quantity_milli=2000)
    back = msgspec.structs.replace(sold, list_minor=765, amount_minor=765, payable_minor=765)
    assert re.search(r"2 × +7\.65", text(msgspec.structs.replace(samples.returned(), lines=(back,))))


def test_that_a_tax_table_is_left_out_where_nothing_is_taxed() -> None:
    assert not [block for block in lay_out(samples.kuwaiti()).blocks if isinstance(block, Table)]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (NextStep("p", "receipt", 1230, 200, ""), "€12.30 more on one receipt brings 2%"),
        (NextStep("p", "accumulated", 1230, 200, ""), "€12.30 more and you get 2%"),
        (NextStep("p", "accumulated", 1230, 0, "Gold"), "€12.30 more and you are Gold"),
        (NextStep("p", "tier", 1230, 0, "gold"), "€12.30 more and you are gold"),
        (NextStep("p", "next_month", 1230, 200, ""), "€12.30 more this month: 2% next month"),
        (NextStep("p", "accumulated", 1230, 550, "Gold"), "€12.30 more and you are Gold: 5.5%"),
    ],
)
def test_that_what_is_missing_to_the_next_step_is_said(step: NextStep, expected: str) -> None:
    facts = msgspec.structs.replace(samples.japanese(), currency=samples.pharmacy().currency, locale="en_IE")
    assert expected in text(msgspec.structs.replace(facts, member=MemberFacts(next_step=step)))


def test_that_a_balance_says_nothing_of_what_is_not_pending_and_never_expires() -> None:
    member = MemberFacts(balance=BalanceView(available_units=7, pending_units=0))
    shown = text(msgspec.structs.replace(samples.kuwaiti(), member=member))
    assert re.search(r"BALANCE +7 points", shown)
    assert "Usable" not in shown
    assert "Use by" not in shown


def test_that_an_unknown_balance_is_not_printed_as_zero() -> None:
    assert "BALANCE" not in text(msgspec.structs.replace(samples.kuwaiti(), member=MemberFacts(earned_units=1)))


def test_that_a_sale_without_a_card_has_no_box_for_the_member() -> None:
    assert "═" not in text(samples.kuwaiti())


def test_that_the_question_can_be_the_shops_own() -> None:
    facts = samples.pharmacy()
    assert facts.nps is not None
    asked = msgspec.structs.replace(facts, nps=msgspec.structs.replace(facts.nps, question="Was it quick?"))
    assert "Was it quick?" in text(asked)


def test_that_the_receipt_carries_its_number_as_a_bar_code_and_the_address_as_a_qr_code() -> None:
    blocks = lay_out(samples.pharmacy()).blocks
    assert Barcode("001-01-0000123") in blocks
    assert [block.data for block in blocks if isinstance(block, Qr)] == [
        "https://hq.bridge-pharmacy.example/n/K7XQ-2M9A-44TD"
    ]


def test_that_pieces_are_counted_and_what_is_weighed_is_one_item() -> None:
    assert "7 items" in text(samples.philippine())
    assert "1 item\n" in text(samples.kuwaiti())


def test_that_a_return_of_a_receipt_that_nobody_could_show_says_that_its_points_are_settled_later() -> None:
    facts = msgspec.structs.replace(
        samples.kuwaiti(), kind=SaleKind.RETURN, original_receipt="001-01-0000007", is_unseen=True
    )
    said = "The points of these goods are settled later."
    assert said in " ".join(text(facts).split())
    assert said not in " ".join(text(msgspec.structs.replace(facts, is_unseen=False)).split())


def test_that_a_receipt_in_an_unknown_language_is_refused() -> None:
    with pytest.raises(SettingsError):
        lay_out(msgspec.structs.replace(samples.kuwaiti(), language="tlh"))


def test_that_facts_and_document_cost_the_start_of_a_till_nothing() -> None:
    heavy = "{'babel', 'barcode', 'escpos', 'PIL', 'qrcode', 'reportlab', 'stdnum'}"
    program = f"import sys, receipts.facts, receipts.document; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True, timeout=60)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({}, "+12 points (5%)"),
        ({"lowered_by": "guard"}, "+12 points"),
        ({"receipt_max_units": 12}, "+12 points"),
        ({"line_max_points": 12, "weight_percent": 200}, "+12 points"),
    ],
)
def test_that_a_rate_is_shown_only_where_the_points_are_that_rate(values: dict[str, int | str], shown: str) -> None:
    facts = samples.facts((samples.line(1, "Tea", 1000),), awards=(samples.award(1, 12, rate_bp=500, **values),))
    assert f"\n  {shown}\n" in text(facts)


def test_that_each_draw_is_called_by_its_name() -> None:
    draws = (DrawFacts("A ticket for each 10.00", "ab" * 32), DrawFacts("Dessert", "cd" * 32))
    shown = text(samples.facts((samples.line(1, "Tea", 1000),), draws=draws))
    lines = [line.strip() for line in shown.splitlines() if line]
    named = ["A ticket for each 10.00", "Draw, SHA-256 of its seed:", "ab" * 16, "ab" * 16, "Dessert"]
    begin = lines.index(named[0])
    assert named == lines[begin : begin + 5]
