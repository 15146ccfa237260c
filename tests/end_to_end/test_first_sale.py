from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import msgspec
import pypdfium2
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from hq import operate, reports
from pos_app.model.accounts import BalanceView
from pos_app.use_cases.receipt_facts import receipt_facts
from pos_app.use_cases.till import Till
from receipts.layout import lay_out
from receipts.pdf import render_pdf
from storage import sales
from storage.outbox import SqliteOutbox
from tests.end_to_end.conftest import TEA, VITAMIN, Counter, OpenCounter
from tests.hq.postgres import new_database, opened
from tests.receipts.escpos_reader import BarCode, Printed, QrCode, read
from tests.receipts.scanning import scanned

CARD = "2990000000019"


def enrol(counter: Counter, *, name: str = "") -> None:
    counter.scan(CARD)
    counter.until(lambda screen: screen.panel is not None)
    counter.type(name)
    counter.press(Qt.Key.Key_Return)
    counter.until(lambda screen: screen.member is not None)


def balance_of(till: Till) -> BalanceView:
    member = till.find_member(CARD)
    assert member is not None
    return member.balance


def test_that_a_sale_goes_from_the_scanner_to_paper_and_to_headquarters(counter: Counter) -> None:
    enrol(counter, name="Željka Иванова")
    counter.scan_goods(VITAMIN.code)
    counter.scan_goods(TEA.code)
    # 9 % of 12.90 (the third band) and 3 % of 3.50 are 126.6 points.
    number = counter.pay_cash("20")

    screen = counter.screen()
    assert screen.receipt is not None
    assert (1640, 360) == (screen.receipt.sale.quote.total_minor, screen.receipt.sale.change_minor)

    job = counter.printer.wait_for_jobs(1)[0]
    printed = read(job)
    text = "\n".join(item.text for item in printed if isinstance(item, Printed))
    assert "16.40" in text
    assert "+126 points" in text
    codes = [item.data for item in printed if isinstance(item, BarCode | QrCode)]
    assert number in codes

    totals = counter.wait_for_headquarters()
    terminal = totals.terminals[0]
    assert (1, 1640, 126, 0) == (terminal.sales, terminal.sales_minor, terminal.issued_units, totals.ledger_sum_units)
    assert totals.open_tasks == 0


def test_that_the_codes_on_the_pdf_lead_to_the_receipt_and_to_the_question(counter: Counter) -> None:
    counter.scan_goods(TEA.code)
    number = counter.pay_cash()
    receipt = counter.screen().receipt
    assert receipt is not None

    facts = receipt_facts(counter.till, counter.till.database.reader(), receipt.sale.event_id, is_copy=False)
    page = pypdfium2.PdfDocument(render_pdf(lay_out(facts)))[0]
    codes = dict(scanned(page.render(scale=203 / 72, grayscale=True).to_pil()))

    assert codes["Code128"] == number
    assert "0" in httpx.get(codes["QRCode"]).raise_for_status().text
    answer = httpx.post(codes["QRCode"], data={"score": "9"}, follow_redirects=True)
    assert answer.status_code == 200


def test_that_points_earned_at_one_till_can_be_burned_at_another(open_counter: OpenCounter) -> None:
    first = open_counter(1)
    enrol(first)
    first.scan_goods(VITAMIN.code)
    first.pay_cash()
    first.wait_for_headquarters()

    second = open_counter(2)
    second.until(lambda _screen: second.till.find_member(CARD) is not None)
    second.until(lambda _screen: balance_of(second.till).available_units == 116)
    second.scan_goods(TEA.code)
    second.scan(CARD)
    second.until(lambda screen: screen.member is not None)
    second.press(Qt.Key.Key_F4)
    second.type("100")
    second.press(Qt.Key.Key_Return)
    second.until(lambda screen: screen.totals.burn_units == 100)
    second.pay_cash()
    second.wait_for_headquarters()

    # 3 % of the 2.50 that were paid by money.
    first.until(lambda _screen: balance_of(first.till).available_units == 116 - 100 + 7)


def test_that_sending_everything_again_changes_nothing_at_headquarters(counter: Counter) -> None:
    enrol(counter)
    for _ in range(3):
        counter.scan_goods(VITAMIN.code)
        counter.pay_cash()
        counter.scan(CARD)
        counter.until(lambda screen: screen.member is not None)
    before = counter.wait_for_headquarters()

    SqliteOutbox(counter.till.database).rewind(1)
    after = counter.wait_for_headquarters()

    assert [figures_of(before), before.ledger_units] == [figures_of(after), after.ledger_units]


def figures_of(totals: reports.Totals) -> list[reports.TerminalTotals]:
    """Each till's figures but for its clock, which was looked at anew."""
    return [msgspec.structs.replace(terminal, clock_drift_ms=0) for terminal in totals.terminals]


@pytest.mark.expects_log("The printer", "was not printed")
def test_that_a_dead_printer_keeps_the_sale_and_a_copy_comes_out_later(counter: Counter) -> None:
    counter.printer.refuse()
    counter.scan_goods(TEA.code)
    number = counter.pay_cash()
    counter.until(lambda _screen: any("saved" in banner for banner in counter.window.header.banners()))

    counter.printer.accept()
    counter.press(Qt.Key.Key_F12)
    job = counter.printer.wait_for_jobs(1)[0]

    text = "\n".join(item.text for item in read(job) if isinstance(item, Printed))
    assert "COPY" in text
    assert sales.find_sale(counter.till.database.reader(), receipt_number=number) is not None


def test_that_an_unknown_code_stops_the_line_until_a_key_is_pressed(counter: Counter) -> None:
    counter.scan("5901234123457")
    counter.until(lambda screen: screen.problem is not None)
    counter.scan(TEA.code)
    counter.until(lambda screen: screen.problem is not None and screen.problem.ignored_scans == 1)
    counter.press(Qt.Key.Key_Escape)
    counter.until(lambda screen: screen.problem is None)
    counter.scan_goods(TEA.code)


def test_that_a_till_sells_while_headquarters_is_away_and_sends_it_all_later(
    qtbot: QtBot, tmp_path: Path, postgres_url: str
) -> None:
    with ExitStack() as stack:
        engine = stack.enter_context(opened(stack.enter_context(new_database(postgres_url))))
        with operate.running(engine) as serving:
            counter = Counter(qtbot, tmp_path / "counter", serving)
            stack.callback(counter.close)
        port = urlsplit(serving.url).port
        assert port is not None

        enrol(counter)
        counter.scan_goods(VITAMIN.code)
        counter.pay_cash()
        assert 0 == reports.totals(engine).sales

        with operate.running(engine, port=port):
            totals = counter.wait_for_headquarters()
        assert (1, 1290, 116) == (totals.sales, totals.sales_minor, totals.terminals[0].issued_units)
