"""Receipts of shops in several countries, with figures that add up. They are also what the pictures are looked at with."""

import msgspec

from pos_app.model.accounts import BalanceView
from pos_app.model.evaluation import Award, NextStep, Reason
from pos_app.model.money import Currency, line_amount_minor, tax_included_minor
from pos_app.model.products import ProductClass
from pos_app.model.receipts import Payment, PaymentKind, SaleKind, SaleLine, tax_table
from receipts.facts import DiscountFacts, MemberFacts, NpsFacts, ReceiptFacts, ShopFacts

MOMENT_MS = 1_773_506_520_000  # 2026-03-14 16:42 UTC
DAY_MS = 86_400_000


def line(
    line_no: int,
    name: str,
    unit_price_minor: int,
    *,
    quantity_milli: int = 1000,
    amount_minor: int | None = None,
    burn_minor: int = 0,
    tax_rate_bp: int = 2000,
    batch: str = "",
    sold_by_weight: bool = False,
) -> SaleLine:
    list_minor = line_amount_minor(unit_price_minor=unit_price_minor, quantity_milli=quantity_milli)
    asked_minor = list_minor if amount_minor is None else amount_minor
    payable_minor = asked_minor - burn_minor
    return SaleLine(
        line_no=line_no,
        product_code=f"20000000000{line_no:02d}",
        name=name,
        product_class=ProductClass.GENERAL,
        band="",
        department="",
        category="",
        quantity_milli=quantity_milli,
        unit_price_minor=unit_price_minor,
        list_minor=list_minor,
        amount_minor=asked_minor,
        burn_minor=burn_minor,
        payable_minor=payable_minor,
        tax_rate_bp=tax_rate_bp,
        tax_minor=tax_included_minor(amount_minor=payable_minor, rate_bp=tax_rate_bp),
        batch=batch,
        sold_by_weight=sold_by_weight,
    )


CLAIM = "POSC043G2YRY0000328ABPP9CXTBQK7B60G9KA05EBZCQ105VDXYE9CHJEWH68FS6ABCDEFGH"
"""As long as the code of a till that has sold a million receipts."""


def facts(lines: tuple[SaleLine, ...], **changes: object) -> ReceiptFacts:
    total_minor = sum(each.payable_minor for each in lines)
    plain = ReceiptFacts(
        shop=ShopFacts("My shop"),
        receipt_number="001-01-0000123",
        utc_ms=MOMENT_MS,
        zone="Europe/London",
        cashier_ref="anna",
        lines=lines,
        tax=tax_table(lines),
        payments=(Payment(PaymentKind.CASH, total_minor),),
        gross_minor=sum(each.list_minor for each in lines),
        discount_minor=sum(each.list_minor - each.amount_minor for each in lines),
        total_minor=total_minor,
        currency=Currency("EUR", 2),
    )
    return msgspec.structs.replace(plain, **changes)


def award(line_no: int, units: int, **values: int | str) -> Award:
    return Award(line_no=line_no, programme_id="p", rule_id="r", units=units, reason=Reason("pharmacy", values))


def pharmacy() -> ReceiptFacts:
    """English, EUR: weights, a discount, a batch, burning as price reduction, cash rounding, change, everything of a member."""
    lines = (
        line(1, "Vitamin D3 1000 IU, 90 capsules", 1290, burn_minor=150, amount_minor=1290),
        line(2, "Ibuprofen 200 mg film-coated tablets, blister of 20", 180, quantity_milli=2000, batch="LA40731"),
        line(3, "Rosehip, loose", 1449, quantity_milli=245, tax_rate_bp=550, sold_by_weight=True),
        line(4, "Hand cream with señorita™ olive oil", 850, amount_minor=680, burn_minor=100),
    )
    total_minor = sum(each.payable_minor for each in lines)
    return facts(
        lines,
        shop=ShopFacts("Bridge Pharmacy", ("12 Market Street", "Dublin D02 X285"), "VAT IE 6388047V"),
        zone="Europe/Dublin",
        locale="en_IE",
        payments=(
            Payment(PaymentKind.CARD, 1000, reference="4F7K-009812"),
            Payment(PaymentKind.CASH, total_minor - 1000 + 2, given_minor=2000),
            Payment(PaymentKind.ROUNDING, -2),
        ),
        change_minor=2000 - (total_minor - 1000 + 2),
        currency=Currency("EUR", 2, cash_step_minor=5),
        member=MemberFacts(
            name="Siobhán O’Malley",
            card_class="Gold",
            earned_units=48,
            burned_units=250,
            burned_worth_minor=250,
            balance=BalanceView(
                available_units=1250,
                pending_units=48,
                next_expiry_ms=MOMENT_MS + 17 * DAY_MS,
                next_expiry_units=120,
                next_start_ms=MOMENT_MS + 36 * 3_600_000,
            ),
            next_step=NextStep("ladder", "accumulated", 1230, 500, "Platinum"),
        ),
        awards=(
            award(1, 30, rate_bp=300, weight_percent=200),
            award(4, 10, rate_bp=300, weight_percent=100),
            award(4, 8),
        ),
        nps=NpsFacts("https://hq.bridge-pharmacy.example/n/K7XQ-2M9A-44TD", "K7XQ-2M9A-44TD"),
    )


def russian() -> ReceiptFacts:
    lines = (
        line(1, "Хлеб бородинский нарезной, 400 г", 5490, quantity_milli=2000, tax_rate_bp=1000),
        line(2, "Сыр «Костромской» весовой", 89_900, quantity_milli=356, tax_rate_bp=1000, sold_by_weight=True),
        line(3, "Щётка зубная ёлочка", 24_900, amount_minor=19_920, burn_minor=5000),
    )
    return facts(
        lines,
        shop=ShopFacts("Аптека «Живой ёж»", ("Ярославль, ул. Свободы, 7",), "ИНН 7604012345"),
        zone="Europe/Moscow",
        cashier_ref="Щукина",
        locale="ru_RU",
        language="ru",
        currency=Currency("RUB", 2),
        payments=(Payment(PaymentKind.CARD, sum(each.payable_minor for each in lines), reference="RRN 507312345678"),),
        member=MemberFacts(
            name="Юлия Жмыхова",
            card_class="Серебро",
            earned_units=21,
            burned_units=50,
            burned_worth_minor=5000,
            balance=BalanceView(
                available_units=1002,
                pending_units=21,
                next_expiry_ms=MOMENT_MS + 30 * DAY_MS,
                next_expiry_units=5,
                next_start_ms=1_773_608_400_000,
            ),
            next_step=NextStep("ladder", "accumulated", 2_950_050, 100, ""),
        ),
        nps=NpsFacts("https://hq.example/n/ABCD-1234-EFGH", "ABCD-1234-EFGH"),
    )


def croatian() -> ReceiptFacts:
    lines = (
        line(1, "Čokolada s lješnjacima Šibenčanka", 349, quantity_milli=3000, tax_rate_bp=2500),
        line(2, "Đumbir svježi", 799, quantity_milli=120, tax_rate_bp=500, sold_by_weight=True),
        line(3, "Žvakaće gume, ćup", 1999, amount_minor=1599, tax_rate_bp=2500),
    )
    return facts(
        lines,
        shop=ShopFacts("Ljekarna Božić & Đurđević", ("Trg bana Jelačića 3", "10000 Zagreb"), "OIB 12345678903"),
        zone="Europe/Zagreb",
        cashier_ref="Željka",
        locale="hr_HR",
        language="hr",
        payments=(Payment(PaymentKind.CASH, sum(each.payable_minor for each in lines), given_minor=5000),),
        change_minor=5000 - sum(each.payable_minor for each in lines),
        member=MemberFacts(
            name="Šejla Đurić-Čović",
            card_class="Zlatna",
            earned_units=27,
            balance=BalanceView(available_units=327, pending_units=0),
            next_step=NextStep("by-receipt", "receipt", 1259, 200, ""),
        ),
    )


def philippine() -> ReceiptFacts:
    lines = (
        line(1, "Piñatubo mineral water 1 L", 4550, quantity_milli=6000, tax_rate_bp=1200),
        line(2, "Calamansi concentrate, sweetened with muscovado sugar from Negros", 18_900, tax_rate_bp=1200),
    )
    total_minor = sum(each.payable_minor for each in lines)
    return facts(
        lines,
        shop=ShopFacts("Botika ng Peñafrancia", ("Naga City, Camarines Sur",), "TIN 123-456-789-000"),
        zone="Asia/Manila",
        locale="en_PH",
        currency=Currency("PHP", 2, cash_step_minor=25),
        points_exponent=2,
        payments=(
            Payment(PaymentKind.POINTS, 5000),
            Payment(PaymentKind.CASH, total_minor - 5000, given_minor=50_000),
        ),
        change_minor=50_000 - total_minor + 5000,
        member=MemberFacts(
            name="Niño Nuñez",
            earned_units=462,
            burned_units=5000,
            burned_worth_minor=5000,
            balance=BalanceView(available_units=12_050, pending_units=0),
        ),
    )


def japanese() -> ReceiptFacts:
    lines = (line(1, "Green tea", 1500, tax_rate_bp=800), line(2, "Rice bowl", 1_234_567, tax_rate_bp=1000))
    return facts(lines, currency=Currency("JPY", 0), locale="en_US", zone="Asia/Tokyo")


def kuwaiti() -> ReceiptFacts:
    lines = (line(1, "Dates", 1_250, quantity_milli=1500, tax_rate_bp=0, sold_by_weight=True),)
    return facts(lines, currency=Currency("KWD", 3), locale="en_US", zone="Asia/Kuwait")


def beside() -> ReceiptFacts:
    """A slip beside a fiscal till: points lowered the price, the cashier keys the amount there."""
    before = pharmacy()
    return msgspec.structs.replace(
        before,
        mode="beside",
        foreign_receipt="F-2026/004711",
        payments=(Payment(PaymentKind.FOREIGN, before.total_minor),),
        change_minor=0,
    )


def copied() -> ReceiptFacts:
    return msgspec.structs.replace(croatian(), copy=True)


def returned() -> ReceiptFacts:
    lines = (line(1, "Vitamin D3 1000 IU, 90 capsules", 1290, burn_minor=150),)
    return facts(
        lines,
        shop=pharmacy().shop,
        locale="en_IE",
        receipt_number="001-01-0000124",
        kind=SaleKind.RETURN,
        original_receipt="001-01-0000123",
        member=MemberFacts(
            name="Siobhán O’Malley",
            card_class="Gold",
            earned_units=30,
            burned_units=150,
            burned_worth_minor=150,
            balance=BalanceView(available_units=0, pending_units=0, overdraft_units=12),
        ),
    )


def discounted() -> ReceiptFacts:
    """What rules took off prices: one programme, two on one line, one beside a price by hand, a name that is long; points on top."""
    lines = (
        line(1, "Coffee beans 500 g", 1290, quantity_milli=2000, amount_minor=2298, tax_rate_bp=1000),
        line(2, "Rosehip, loose", 1449, quantity_milli=245, amount_minor=300, tax_rate_bp=550, sold_by_weight=True),
        line(3, "Hand cream", 850, amount_minor=680),
        line(4, "Plasters", 320, burn_minor=100),
    )
    total_minor = sum(each.payable_minor for each in lines)
    return facts(
        lines,
        shop=pharmacy().shop,
        locale="en_IE",
        payments=(Payment(PaymentKind.CASH, total_minor, given_minor=5000),),
        change_minor=5000 - total_minor,
        discounts=(
            DiscountFacts(1, "Prices for members", 282),
            DiscountFacts(2, "This month's spending, next month's discount", 18),
            DiscountFacts(2, "Happy hours", 37),
        ),
        member=MemberFacts(
            name="Siobhán O’Malley",
            card_class="Gold",
            earned_units=34,
            burned_units=100,
            burned_worth_minor=100,
            balance=BalanceView(available_units=1250, pending_units=0),
            next_step=NextStep("month", "next_month", 1230, 500, ""),
        ),
    )


def everything() -> dict[str, ReceiptFacts]:
    makers = (pharmacy, russian, croatian, philippine, japanese, kuwaiti, beside, copied, returned, discounted)
    return {maker.__name__: maker() for maker in makers}
