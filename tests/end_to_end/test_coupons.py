"""A coupon from the printed sheet to headquarters: read off the paper, scanned through the serial port, printed on the receipt."""

from pathlib import Path

import pypdfium2

from hq.tasks import list_tasks
from pos_app.use_cases import coupon_making
from pos_app.use_cases.coupon_making import CouponWish
from tests.end_to_end.conftest import VITAMIN, OpenCounter
from tests.receipts.escpos_reader import Printed, read
from tests.receipts.scanning import scanned


def test_that_a_coupon_goes_from_its_sheet_over_the_scanner_to_headquarters(
    open_counter: OpenCounter, tmp_path: Path
) -> None:
    counter = open_counter(more=("coupon",))
    till = counter.till
    batch = till.book_act(coupon_making.make, CouponWish(rule="coupon/five-off", codes=2)).result()
    sheet = tmp_path / "coupons.pdf"
    coupon_making.write_codes(sheet, batch, name="Coupons", shop_name="Ljekarna Božić")
    page = pypdfium2.PdfDocument(sheet.read_bytes())[0].render(scale=300 / 72, grayscale=True).to_pil()
    codes = sorted(code for kind, code in scanned(page) if kind == "Code128")

    counter.scan_goods(VITAMIN.code)
    counter.scan_goods(VITAMIN.code)
    counter.scan(codes[0])
    counter.until(lambda screen: [500] == [coupon.off_minor for coupon in screen.coupons])
    counter.pay_cash("30")

    text = "\n".join(item.text for item in read(counter.printer.wait_for_jobs(1)[0]) if isinstance(item, Printed))
    assert "20.80" in text
    assert f"Coupon {batch.batch_id}-1" in text
    assert codes[0] not in text
    counter.scan_goods(VITAMIN.code)
    counter.scan(codes[0])
    counter.until(lambda screen: screen.problem is not None and screen.problem.code == "coupon.used")
    assert 2080 == counter.wait_for_headquarters().terminals[0].sales_minor
    assert () == list_tasks(counter.headquarters.engine)
