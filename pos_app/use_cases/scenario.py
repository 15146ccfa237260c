"""A scenario: a readable file with a programme, members, products and a sequence of receipts and returns with dates.

It runs on a real till with a real database and a clock of its own, and says what came out, why, and what differs from what
was expected. Programmes are tested and documented with it; docs/reference/scenario-files.md describes every key.
"""

import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import msgspec

from pos_app.errors import InputError
from pos_app.loyalty.programme import Programme, parse_programme
from pos_app.loyalty.reasons import words
from pos_app.model.coupons import CODES_MAX, CouponBatch
from pos_app.model.evaluation import Award, Collected, Discount, Reason, Refusal, Taken
from pos_app.model.identifiers import pool_of
from pos_app.model.marks import SEGMENT, Mark
from pos_app.model.money import text_from_minor
from pos_app.model.products import Product
from pos_app.model.receipts import PaymentKind
from pos_app.programmes import preset_text
from pos_app.protocol.coupons import coupon_code
from pos_app.protocol.events import UsedCoupon
from pos_app.use_cases import account_acts, contracts, giving, lending
from pos_app.use_cases.clock import ManualClock
from pos_app.use_cases.coupon_making import CouponWish, make
from pos_app.use_cases.draw_files import find_programme
from pos_app.use_cases.drawing import hold
from pos_app.use_cases.explaining import explain_receipt
from pos_app.use_cases.importing import add_members
from pos_app.use_cases.profit_sharing import share_profit
from pos_app.use_cases.programmes import read_file
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.scenario_file import (
    Bought,
    Expected,
    Scenario,
    ScenarioCoupons,
    ScenarioMember,
    ScenarioProduct,
    Step,
    read_scenario,
    refused,
    scaled,
    settings_of,
    utc_ms_of,
)
from pos_app.use_cases.scenario_members import enrolled_later, member_step
from pos_app.use_cases.till import Till, open_till
from pos_app.use_cases.views import Basket, BasketLine, ClosedSale
from storage import catalogue, draws, marks
from storage.accounts import NewMember
from storage.contracts import all_contracts
from storage.database import DATABASE_NAME, empty_database

_PRESET = "preset:"
_ENOUGH_CASH_MINOR = 10**15
_QUANTITY_EXPONENT = 3
_IN_WORDS = frozenset({"notices", "won", "winners"})
"""Lists of what may have spaces in it."""


_Reasoned = Discount | Taken | Award | Collected | Refusal


class Outcome(msgspec.Struct, frozen=True):
    """What one step gave, as text by the names of ``Expected``, the reasons in words, and the differences."""

    number: int
    at: str
    what: str
    got: dict[str, str]
    reasons: tuple[str, ...]
    differences: tuple[str, ...]


class Report(msgspec.Struct, frozen=True):
    """What a scenario gave; it holds when no step differs."""

    file: str
    title: str
    outcomes: tuple[Outcome, ...]

    @property
    def holds(self) -> bool:
        """Whether everything came out as expected."""
        return not any(outcome.differences for outcome in self.outcomes)


def run_scenario(path: Path) -> Report:
    """Run one file; raises ``PosError`` that names the file and what is wrong with it."""
    scenario = read_scenario(path)
    programmes = [_programme(reference, path) for reference in scenario.programmes]
    with tempfile.TemporaryDirectory(prefix="pos-scenario-") as folder:
        clock = ManualClock(utc_ms_of(scenario, scenario.steps[0], path))
        (Path(folder) / DATABASE_NAME).write_bytes(empty_database())
        till = open_till(settings_of(scenario, path), Path(folder), programmes_in_force=programmes, clock=clock)
        try:
            return Report(path.name, scenario.title, _Run(scenario, till, clock, path).all())
        finally:
            till.close()


def _programme(reference: str, path: Path) -> Programme:
    if reference.startswith(_PRESET):
        name = reference.removeprefix(_PRESET)
        return parse_programme(preset_text(name), source=f"{name}.toml")
    return read_file(path.parent / reference)


class _Run:
    """One scenario on one till."""

    def __init__(self, scenario: Scenario, till: Till, clock: ManualClock, path: Path) -> None:
        self._scenario = scenario
        self._till = till
        self._clock = clock
        self._path = path
        self._cards = {member.id: f"{number:013d}" for number, member in enumerate(scenario.members, start=1)}
        self._receipts: dict[str, str] = {}
        exponent = till.terms.currency.exponent
        products = [_product(product, exponent, path) for product in scenario.products]
        costs = [(product.code, scaled(product.cost, exponent, path)) for product in scenario.products if product.cost]
        till.database.write(lambda connection: catalogue.put_products(connection, products))
        till.database.write(lambda connection: catalogue.put_costs(connection, costs))
        add_members(
            till,
            [
                NewMember(f"account-{member.id}", self._cards[member.id], member.card_class, birthday=member.birthday)
                for member in scenario.members
                if not member.card_of and member.id not in enrolled_later(scenario)
            ],
        )
        for one in scenario.draws:
            till.database.write(partial(draws.keep_seed, seed=bytes.fromhex(one.seed)))
        self._batches = {batch.id: self._make(batch) for batch in scenario.coupons}
        for member in scenario.members:
            self._put_segments(member)
            if member.card_of:
                till.book_act(account_acts.add_card, self._card(member.card_of), self._cards[member.id]).result()

    def _put_segments(self, member: ScenarioMember) -> None:
        today = self._till.business_date(self._clock.now_ms)
        of_member = [Mark(SEGMENT, segment, today) for segment in member.segments]
        if of_member:
            ref = f"account-{member.id}"
            self._till.database.write(lambda connection: marks.put_marks(connection, ref, of_member))

    def _make(self, wanted: ScenarioCoupons) -> CouponBatch:
        wish = CouponWish(
            rule=wanted.rule,
            codes=wanted.codes,
            uses=wanted.uses,
            first_date=wanted.first_date,
            last_date=wanted.last_date,
        )
        member = self._card(wanted.member) if wanted.member else ""
        return self._till.book_act(make, wish, member).result()

    def _code(self, name: str) -> str:
        """The code of a coupon that a step calls ``batch/number``."""
        batch_id, _, number = name.rpartition("/")
        batch = self._batches.get(batch_id)
        if batch is None or not (number.isascii() and number.isdigit() and 0 < int(number) <= CODES_MAX):
            raise refused(self._path, f"there is no coupon {name!r}")
        return coupon_code(batch.secret, batch.batch_id, int(number))

    def _with_coupons(self, basket: Basket, step: Step) -> Basket:
        for name in step.coupons:
            taken = self._till.present_coupon(basket, self._code(name)).result()
            basket = msgspec.structs.replace(basket, coupons=(*basket.coupons, taken.coupon))
        return basket

    def _names_of(self, used: tuple[UsedCoupon, ...]) -> str:
        """Coupons as the file calls them."""
        names = {batch.batch_id: name for name, batch in self._batches.items()}
        parts = (one.coupon_id.split("-") for one in used)
        return " ".join(f"{names[batch_id]}/{number}" for batch_id, number in parts)

    def all(self) -> tuple[Outcome, ...]:
        """Every step in order."""
        return tuple(self._step(number, step) for number, step in enumerate(self._scenario.steps, start=1))

    def _step(self, number: int, step: Step) -> Outcome:
        moment_ms = utc_ms_of(self._scenario, step, self._path)
        if moment_ms < self._clock.now_ms:
            raise refused(self._path, f"step {number} is earlier than the one before it")
        self._clock.now_ms = moment_ms
        step = msgspec.structs.replace(step, member=step.member or step.enrol)
        self._till.terms = msgspec.structs.replace(self._till.terms, store_id=step.store)
        reasons: tuple[str, ...] = ()
        try:
            if (done := member_step(self._till, step, self._card, self._path)) is not None:
                what, got = done
            elif step.pay_on:
                what, got = f"payment on {step.pay_on}", self._pay_on(step)
            elif step.return_of:
                what, got = f"return of {step.return_of}", self._return(step)
            elif step.profit_share:
                what, got = f"profit share of {step.profit_share}", self._share_profit(step)
            elif step.hold_draw:
                what, got = f"draw of {step.hold_draw}", self._hold(step)
            elif step.buy:
                what, got, reasons = self._buy(number, step)
            else:
                what, got = "look", {}
        except InputError as error:
            what, got = "refused", {"refused": error.code}
            reasons = (error.what,)
        got |= self._balance(step) | self._contract(number, step)
        return Outcome(number, step.at, what, got, reasons, _differences(step.expect, got))

    def _share_profit(self, step: Step) -> dict[str, str]:
        for programme in self._till.terms.programmes.programmes:
            if programme.profit_share is not None:
                self._till.book_act(share_profit, programme.id, step.profit_share, is_booked=True).result()
        return {}

    def _hold(self, step: Step) -> dict[str, str]:
        programme = find_programme(step.hold_draw, self._till.terms.programmes.programmes)
        report = self._till.book_act(hold, programme).result()
        names = {number: name for name, number in self._receipts.items()}
        return {"winners": "\n".join(f"{won.prize}={names.get(won.receipt, won.receipt)}" for won in report.winners)}

    def _buy(self, number: int, step: Step) -> tuple[str, dict[str, str], tuple[str, ...]]:
        basket = self._till.open_basket()
        lines = tuple(self._line(bought) for bought in step.buy)
        member = None if not step.member else self._till.find_member(self._card(step.member))
        burn_units = scaled(step.burn, self._till.terms.points_exponent, self._path)
        basket = msgspec.structs.replace(basket, lines=lines, member=member, burn_units=burn_units, takes=step.take)
        basket = self._with_gift(self._with_coupons(basket, step), step)
        closed = self._till.close_sale(basket, self._tenders(basket, step)).result()
        self._receipts[step.id or str(number)] = closed.receipt_number
        explanation = explain_receipt(self._till, closed.receipt_number)
        assert explanation.agrees, "what was booked is what explaining it gives"
        used = {"coupons": self._names_of(explanation.sale.coupons)} if explanation.sale.coupons else {}
        result = explanation.result
        given: tuple[_Reasoned, ...] = (
            *result.discounts,
            *result.taken,
            *result.awards,
            *result.collected,
            *result.refusals,
        )
        codes = {one.reason.code for one in given}
        return (
            f"receipt {step.id or number}",
            self._sale(closed) | used | {"reasons": " ".join(sorted(codes))},
            tuple(f"{self._what(one)}: {self._why(one.reason)}" for one in given),
        )

    def _tenders(self, basket: Basket, step: Step) -> list[Tender]:
        """All in cash, or the first part in cash and the others by contract."""
        cash = Tender(PaymentKind.CASH, _ENOUGH_CASH_MINOR)
        if not step.in_parts:
            return [cash]
        to_pay_minor = self._till.quote(basket).to_pay_minor
        agreement = self._till.database.read(lambda c: lending.agreement_on(self._till, c, basket, to_pay_minor))
        return [agreement.tender, cash]

    def _pay_on(self, step: Step) -> dict[str, str]:
        amount_minor = scaled(step.amount, self._till.terms.currency.exponent, self._path)
        number = self._receipts.get(step.pay_on, step.pay_on)
        self._till.book_act(contracts.pay, number, amount_minor, Tender(PaymentKind.CASH, 0)).result()
        return {}

    def _contract(self, number: int, step: Step) -> dict[str, str]:
        """How the contract stands that a step is about."""
        receipt = self._receipts.get(step.pay_on or step.return_of or step.id or str(number), "")
        known = self._till.database.read(lambda c: all_contracts(c, number=receipt)) if receipt else []
        if not known:
            return {}
        today = self._till.business_date(self._clock.now_ms)
        contract = known[0][1]
        return {"owed": self._money(contract.owed_minor), "overdue": self._money(contract.overdue_minor(today))}

    def _with_gift(self, basket: Basket, step: Step) -> Basket:
        """The basket with what its customer gives to the first cause: an amount, or what rounds the total up."""
        if not step.donate:
            return basket
        cause = next(iter(giving.causes_now(self._till).values()), None)
        if cause is None:
            raise refused(self._path, "no programme collects for a cause on that day")
        is_rounding = step.donate == "up"
        if is_rounding:
            amount_minor = giving.missing_minor(self._till.quote(basket), basket, cause)
        else:
            amount_minor = scaled(step.donate, self._till.terms.currency.exponent, self._path)
        return giving.with_gift(basket, giving.product_of(self._till, cause), amount_minor, rounds_up=is_rounding)

    def _what(self, one: _Reasoned) -> str:
        """What was given or refused, to which line and by which rule."""
        match one:
            case Discount():
                return f"line {one.line_no}: {self._money(one.amount_minor)} off by {self._rule(one)}"
            case Award():
                return f"line {one.line_no}: {self._points(one.units)} by {self._rule(one)}"
            case Collected():
                return f"line {one.line_no}: {one.units} {pool_of(one.unit)} by {self._rule(one)}"
            case Taken():
                return f"receipt: {one.gives or 'a reward'} by {self._rule(one)}"
            case Refusal():
                by = f" by {self._rule(one)}" if one.programme_id else ""
                return f"{f'line {one.line_no}' if one.line_no else 'receipt'}: nothing{by}"

    def _rule(self, one: _Reasoned) -> str:
        """The rule's name, with its programme's where several run: their rules may have one name."""
        is_alone = len(self._till.terms.programmes.programmes) == 1
        parts = (one.rule_id,) if is_alone and one.rule_id else (one.programme_id, one.rule_id)
        return "/".join(filter(None, parts))

    def _why(self, reason: Reason) -> str:
        shop = self._scenario.shop
        return words(reason, currency_exponent=shop.currency_exponent, points_exponent=shop.points_exponent)

    def _sale(self, closed: ClosedSale) -> dict[str, str]:
        result = closed.quote.result
        by_line = [
            sum(award.units for award in result.awards if award.line_no == line.line_no) for line in closed.quote.lines
        ]
        got = {
            "total": self._money(closed.quote.total_minor),
            "to_pay": self._money(closed.quote.to_pay_minor),
            "earned": self._points(result.earned_units),
            "burned": self._points(result.burn_units),
            "discount": self._money(result.discount_minor),
            "saved": self._money(sum(line.list_minor - line.payable_minor for line in closed.quote.lines)),
            "notices": "\n".join(notice.text for notice in result.notices),
            "points_by_line": " ".join(self._points(units) for units in by_line),
        }
        if result.donated:
            given = (sum(one.amount_minor for one in result.donated if one.by_shop is side) for side in (False, True))
            got["donated"], got["shop_donated"] = map(self._money, given)
        if result.collected:
            got["collected"] = _listed(_collected_units(result.collected))
        if result.taken:
            got["taken"] = _listed({f"{one.programme_id}/{one.rule_id}": one.times for one in result.taken})
        if closed.wins:
            got["won"] = "\n".join(closed.wins)
        if result.next_step is not None:
            got["missing"] = self._money(result.next_step.missing_minor)
        return got

    def _return(self, step: Step) -> dict[str, str]:
        number = self._receipts.get(step.return_of)
        if number is None:
            raise refused(self._path, f"there is no receipt {step.return_of!r} before this return")
        quantities = {line.line: scaled(line.quantity, _QUANTITY_EXPONENT, self._path) for line in step.lines}
        closed = self._till.return_goods(number, quantities).result()
        return {
            "refund": self._money(closed.refund_minor),
            "clawed_back": self._points(closed.clawed_back_units),
            "restored": self._points(closed.restored_units),
            "lowered": self._money(closed.lowered_minor),
            "paid_back": self._money(closed.paid_back_minor),
        }

    def _balance(self, step: Step) -> dict[str, str]:
        if not step.member:
            return {}
        member = self._till.find_member(self._card(step.member))
        if member is None:
            raise refused(self._path, f"{step.member} is not enrolled yet")
        got = {
            "available": self._points(member.balance.available_units),
            "pending": self._points(member.balance.pending_units),
            "overdraft": self._points(member.balance.overdraft_units),
            "card_class": member.card_class,
        }
        pools = {
            pool_of(unit): view.available_units - view.overdraft_units for unit, view in member.pool_balances.items()
        }
        return got | ({"pools": _listed(pools)} if pools else {})

    def _line(self, bought: Bought) -> BasketLine:
        product = self._till.find_product(bought.product)
        if product is None:
            raise refused(self._path, f"there is no product {bought.product!r}")
        amount = scaled(bought.amount, self._till.terms.currency.exponent, self._path) if bought.amount else None
        return BasketLine(product, scaled(bought.quantity, _QUANTITY_EXPONENT, self._path), amount)

    def _card(self, member: str) -> str:
        if member not in self._cards:
            raise refused(self._path, f"there is no member {member!r}")
        return self._cards[member]

    def _money(self, minor: int) -> str:
        return text_from_minor(minor, exponent=self._till.terms.currency.exponent)

    def _points(self, units: int) -> str:
        return text_from_minor(units, exponent=self._till.terms.points_exponent)


def _collected_units(collected: Iterable[Collected]) -> dict[str, int]:
    """What was collected of each pool, by the pool's name."""
    units: dict[str, int] = {}
    for one in collected:
        units[pool_of(one.unit)] = units.get(pool_of(one.unit), 0) + one.units
    return units


def _listed(counts: dict[str, int]) -> str:
    """``burger=7 tickets=2``, in the order of the names."""
    return " ".join(f"{name}={count}" for name, count in sorted(counts.items()))


def _product(product: ScenarioProduct, exponent: int, path: Path) -> Product:
    return Product(
        code=product.code,
        name=product.name or product.code,
        price_minor=scaled(product.price, exponent, path),
        tax_rate_bp=scaled(product.tax.removesuffix("%"), 2, path),
        product_class=product.product_class,
        band=product.band,
        department=product.department,
        category=product.category,
        sold_by_weight=product.sold_by_weight,
        member_price_minor=scaled(product.member_price, exponent, path) if product.member_price else None,
        margin_floor_percent=product.margin,
    )


def _differences(expected: Expected, got: dict[str, str]) -> tuple[str, ...]:
    differences = []
    for name in Expected.__struct_fields__:
        want = getattr(expected, name)
        if name == "reasons":
            missing = [code for code in want or () if code not in got.get("reasons", "").split()]
            differences += [f"the reason {code} did not come up" for code in missing]
            continue
        wanted = ("\n" if name in _IN_WORDS else " ").join(want) if isinstance(want, tuple) else want
        if wanted is not None and wanted != got.get(name, ""):
            differences.append(f"{name}: expected {wanted}, got {got.get(name, 'nothing')}")
    if "refused" in got and expected.refused is None:
        differences.append(f"refused ({got['refused']}), which was not expected")
    return tuple(differences)
