"""The open till: who it is, what it sells by, and what a face may ask of it.

Reads run on the caller's thread; what books something returns a future that the writer thread completes after COMMIT.
"""

import os
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import msgspec

from pos_app.errors import InputError
from pos_app.loyalty.budgets import budgets_of
from pos_app.loyalty.chances import chances_of
from pos_app.loyalty.document import POINTS_POOL, Reward
from pos_app.loyalty.donating import cause_of
from pos_app.loyalty.knowing import Wanted, wanted_by
from pos_app.loyalty.offering import RewardChoice, rewards_now
from pos_app.loyalty.plan import why_programme_rests
from pos_app.loyalty.programme import Programme, ProgrammeSet, programme_set
from pos_app.model.accounts import CardStatus, Member
from pos_app.model.calendar import business_date, clock_is_believed
from pos_app.model.identifiers import uuid7
from pos_app.model.money import Currency, text_from_minor
from pos_app.model.products import Product
from pos_app.model.staff import Permission, StaffMember
from pos_app.protocol.claims import Claim
from pos_app.settings import Settings
from pos_app.sync.client import HqClient
from pos_app.use_cases import (
    authorising,
    booking,
    budgets,
    burning,
    claiming,
    coupon_holds,
    coupons,
    enrolling,
    looking_up,
    maturing,
    published,
    quoting,
    returning,
    signing_in,
    staffing,
    unseen_returning,
)
from pos_app.use_cases.authorising import Authoriser
from pos_app.use_cases.clock import Clock, SystemClock
from pos_app.use_cases.members import known_of, member_of
from pos_app.use_cases.programmes import burn_issuer, encode_programme_set
from pos_app.use_cases.quoting import Tender, Terms
from pos_app.use_cases.signing_in import PinWorker
from pos_app.use_cases.staffing import Approval, Attendance
from pos_app.use_cases.views import (
    Basket,
    BasketCoupon,
    BurnAnswer,
    ClosedSale,
    CouponLine,
    CouponTaken,
    Quote,
    Refund,
)
from storage import accounts, catalogue, contracts, journal, programmes, shifts
from storage.accounts import AccountFacts
from storage.database import Connection, Database, open_database
from storage.high_water import read_mark
from storage.journal import Terminal
from storage.staff import sign_in_is_wanted

_HOUR_MS = 3_600_000

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Till:
    """One open till. Build it with ``open_till``; ``close`` when the program ends."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        terms: Terms,
        clock: Clock,
        shift_id: str,
        *,
        client_of: Callable[..., HqClient] = HqClient,
    ) -> None:
        self.settings = settings
        self.client_of = client_of
        self.database = database
        self.terms = terms
        self.clock = clock
        self.shift_id = shift_id
        self.attendance = Attendance()
        self.pin_worker = PinWorker()
        self._authoriser = Authoriser(self)
        self.coupon_guard = coupons.CouponGuard()
        self._wanted: tuple[tuple[str, str], Wanted] = ("", ""), wanted_by(())
        self.reward_issuers = frozenset(
            programme.issuer
            for programme in terms.programmes.programmes
            for rule in programme.rules
            if isinstance(rule, Reward) and rule.pool == POINTS_POOL
        )
        """Whose points rewards may cost."""
        causes = filter(None, map(cause_of, terms.programmes.programmes))
        self.causes_by_unit = {cause.unit: cause.name for cause in causes}
        """The ledger's pools of what is given to causes, and how these are called."""
        self.budgets = budgets_of(terms.programmes.programmes)
        """The rules of the programmes in force that have a budget."""
        self.chances = chances_of(terms.programmes.programmes)
        """The rules of the programmes in force that give by chance."""
        self.silent_chances: set[str] = set()
        """Those of them of which the log said that their seed is missing."""

    def close(self) -> None:
        """Finish what is queued and close the database."""
        self.pin_worker.close()
        self._authoriser.close()
        self.database.close()

    @property
    def staff(self) -> StaffMember | None:
        """Who is signed in; None where nobody is, or where nobody needs to."""
        return self.attendance.member

    def staff_ref(self) -> str:
        """Whom events and receipts name: who is signed in, else the cashier of the settings."""
        member = self.attendance.member
        return self.settings.till.staff_ref if member is None else member.staff_ref

    def require(self, permission: Permission) -> None:
        """Raise ``NotAllowedError`` unless the person at the till may do it."""
        staffing.check(self, permission)

    def sign_in(self, staff_ref: str, pin: str) -> Future[StaffMember]:
        """Sign somebody in by PIN; the errors are those of ``signing_in.sign_in``."""
        return signing_in.sign_in(self, staff_ref, pin)

    def sign_out(self) -> Future[None]:
        """Sign out whoever is signed in, behind what they have booked."""
        return signing_in.sign_out(self)

    def approve(self, permission: Permission, *, staff_ref: str, pin: str, subject: str = "") -> Future[Approval]:
        """Let somebody's PIN allow one act for two minutes; the errors are those of ``signing_in.approve``."""
        return signing_in.approve(self, permission, staff_ref=staff_ref, pin=pin, subject=subject)

    def issuer_at(self, utc_ms: int) -> str:
        """Whose points are shown and burned at this moment."""
        return burn_issuer(self.terms.programmes, self.business_date(utc_ms), self.terms.store_id)

    def programme_name(self, programme_id: str) -> str:
        """What the manager calls a programme that is in force; its id where none is."""
        names = (one.name for one in self.terms.programmes.programmes if one.id == programme_id)
        return next(names, programme_id)

    def business_date(self, utc_ms: int) -> str:
        """The trading day of a moment."""
        return business_date(
            utc_ms=utc_ms,
            zone_name=self.settings.shop.zone,
            day_starts_minute=self.settings.day_starts_minute(),
        )

    def open_basket(self) -> Basket:
        """An empty basket; the id of its event is minted here, so that closing it twice books it once."""
        return Basket(event_id=str(uuid7(utc_ms=self.clock.utc_ms(), random_bytes=os.urandom(10))))

    def find_product(self, code: str) -> Product | None:
        """The product of this code, or None."""
        return self.database.read(lambda connection: catalogue.find_product(connection, code))

    def find_member(self, card_number: str) -> Member | None:
        """The holder of a card, or None for one never seen; raises ``InputError`` for a blocked card."""
        return self.database.read(lambda connection: self._find_member(connection, card_number))

    def _find_member(self, connection: Connection, card_number: str) -> Member | None:
        facts = accounts.find_by_card(connection, card_number)
        if facts is None:
            return None
        if facts.card_status is CardStatus.BLOCKED:
            raise InputError(
                "card.blocked",
                what="This card is blocked.",
                safe="Its points are kept.",
                todo="Go on without the card; the member can ask for a new one.",
            )
        return self.member_from(connection, facts)

    def can_look_up(self) -> bool:
        """Whether headquarters would be asked now about a card that is not known here."""
        return looking_up.can_look_up(self)

    def look_up_card(self, card_number: str) -> Future[bool]:
        """Ask headquarters about a card that ``find_member`` does not know; whether it does now. Ends within 0.8 seconds."""
        return looking_up.look_up(self, card_number)

    def member_from(self, connection: Connection, facts: AccountFacts) -> Member:
        """The member as of now, with what this till may let them burn."""
        now_ms = self.clock.utc_ms()
        today = self.business_date(now_ms)
        terminal = journal.read_terminal(connection)
        member = member_of(
            facts,
            issuer=self.issuer_at(now_ms),
            at_ms=self.trusted_ms(terminal, now_ms),
            known=known_of(connection, facts, self._wanted_on(today), business_date=today),
            spendable_units=burning.burnable_units(self, connection, facts, terminal, now_ms=now_ms),
            pools=burning.usable_pools(self, connection, facts, terminal, now_ms=now_ms),
            needs_right=self.settings.till.authority != "local" and self.issuer_at(now_ms) in self.reward_issuers,
        )
        owing = tuple(one for one in contracts.contracts_of(connection, facts.account_ref) if one.owed_minor)
        return msgspec.structs.replace(member, contracts=owing) if owing else member

    def _wanted_on(self, business_date: str) -> Wanted:
        """What the rules of the programmes that run on this day look at; worked out once a day."""
        wanted, day_and_store = self._wanted, (business_date, self.terms.store_id)
        if wanted[0] != day_and_store:
            running = (
                one
                for one in self.terms.programmes.programmes
                if why_programme_rests(one, business_date, self.terms.store_id) is None
            )
            wanted = self._wanted = day_and_store, wanted_by(running)
        return wanted[1]

    def trusted_ms(self, terminal: Terminal, now_ms: int) -> int:
        """The moment by which balances are shown: the wall clock, but never one that has gone back or cannot be right."""
        return now_ms if self.clock.is_trusted else journal.believed_ms(terminal, now_ms)

    @property
    def authoriser(self) -> Authoriser:
        """Who decides about burning, and asks HQ where it is HQ that decides."""
        return self._authoriser

    def authorise_burn(self, basket: Basket, units: int, *, approval: Approval | None = None) -> Future[BurnAnswer]:
        """Ask for the right to burn ``units`` > 0 on this basket, which has a member; never waits on the caller's thread.

        HQ is asked first and gets 0.8 seconds; without its answer the till decides within its bounds. Put the answer's
        authorisation into the basket together with ``burn_units``. ``approval`` is what ``staffing`` gave for the answer's ``auth_id``.
        The future may raise ``InputError``, ``NotAllowedError`` or ``StorageError``: nothing may be burned then.
        """
        return self._authoriser.authorise(basket, units, approval)

    def give_up_burn(self, basket: Basket) -> Future[None]:
        """No sale will burn what this basket was authorised for: its customer left, or wants to burn nothing."""
        return self.database.submit(lambda connection: authorising.give_up(self, connection, basket))

    def present_coupon(
        self, basket: Basket, code: str, *, auth_id: str = "", approval: Approval | None = None
    ) -> Future[CouponTaken]:
        """Take a coupon by its code, for this basket; never waits on the caller's thread. Put the answer's coupon on the basket.

        Headquarters is asked first where other tills can take it too, and gets 0.8 seconds; without its answer the till decides within
        its bounds. ``auth_id`` and ``approval`` belong to an answer that wanted one. The future may raise ``CouponRefusedError`` with
        the reason, ``NotAllowedError`` or ``StorageError``.
        """
        return coupons.present(self, basket, code, auth_id=auth_id, approval=approval)

    def give_up_coupons(self, given_up: Sequence[BasketCoupon]) -> Future[None]:
        """No sale will use these: they were taken off the basket, or it was dropped."""
        return coupon_holds.give_up(self, given_up)

    def coupon_lines(self, basket: Basket, quote: Quote) -> tuple[CouponLine, ...]:
        """What the basket's coupons give, and why those that give nothing do not."""
        return coupons.lines_of(self, basket, quote)

    def claim(self, code: str, card_number: str) -> Future[Claim]:
        """Send the code of a receipt whose sale may be lost to HQ, for the holder of a card; raises ``InputError``."""
        return self.database.submit(lambda connection: claiming.book_claim(self, connection, code, card_number))

    def believes_clock(self, terminal: Terminal, now_ms: int) -> bool:
        """Whether the wall clock can be right; while it cannot, the till sells and earns, and neither burns nor lets expire."""
        return self.clock.is_trusted or clock_is_believed(trusted_ms=terminal.trusted_ms, now_ms=now_ms)

    def books_due(self, terminal: Terminal, now_ms: int) -> bool:
        """Whether this till books maturing and expiry: it decides about points, and the clock can be right."""
        return self.settings.till.authority == "local" and self.believes_clock(terminal, now_ms)

    def confirm_clock(self) -> None:
        """A person has looked at the clock and it is right."""
        now_ms = self.clock.utc_ms()
        self.database.write(lambda connection: journal.change_terminal(connection, trusted_ms=now_ms))

    def points_text(self, units: int) -> str:
        """Points as plain digits, for messages."""
        return text_from_minor(units, exponent=self.terms.points_exponent)

    def money_text(self, minor: int) -> str:
        """An amount as plain digits, for messages."""
        return text_from_minor(minor, exponent=self.terms.currency.exponent)

    def quote(self, basket: Basket) -> Quote:
        """The basket evaluated now: totals, tax, points."""
        now_ms = self.clock.utc_ms()
        terms = self.database.read(self.terms_now) if self.budgets else self.terms
        return quoting.quote(basket, terms, utc_ms=now_ms, business_date=self.business_date(now_ms))

    def terms_now(self, connection: Connection) -> Terms:
        """The terms, with what is left of budgets now."""
        if not self.budgets:
            return self.terms
        return msgspec.structs.replace(self.terms, budgets=budgets.left_now(self, connection))

    def rewards(self, basket: Basket) -> tuple[RewardChoice, ...]:
        """The rewards that the basket's member could ask for now, those that are asked for already too."""
        now_ms = self.clock.utc_ms()
        terms = self.database.read(self.terms_now) if self.budgets else self.terms
        wanted = quoting.engine_input(basket, terms, utc_ms=now_ms, business_date=self.business_date(now_ms))
        return rewards_now(wanted, self.terms.programmes)

    def close_sale(self, basket: Basket, tenders: Sequence[Tender], *, foreign_receipt: str = "") -> Future[ClosedSale]:
        """Book the sale. The future completes after COMMIT, or raises ``InputError`` or ``StorageError``: nothing was booked."""
        return self.database.submit_steps(
            lambda connection: booking.book_sale(
                self, connection, basket, tuple(tenders), foreign_receipt=foreign_receipt
            )
        )

    def return_goods(
        self,
        receipt_number: str,
        quantities_milli: dict[int, int],
        *,
        sale_event_id: str = "",
        event_id: str = "",
        refund: Refund | None = None,
        approval: Approval | None = None,
    ) -> Future[returning.ClosedReturn]:
        """Take goods back: line number to quantity, in thousandths; ``returning.book_return`` says the rest."""
        return self.database.submit(
            lambda connection: returning.book_return(
                self,
                connection,
                receipt_number,
                quantities_milli,
                sale_event_id=sale_event_id,
                event_id=event_id,
                refund=refund,
                approval=approval,
            )
        )

    def return_unseen(
        self,
        sale_receipt_number: str,
        goods: tuple[unseen_returning.UnseenGoods, ...],
        *,
        event_id: str = "",
        refund: Refund | None = None,
        approval: Approval | None = None,
    ) -> Future[unseen_returning.ClosedUnseenReturn]:
        """Take goods back whose receipt nobody can show; ``unseen_returning.book_unseen_return`` says the rest."""
        return self.database.submit(
            lambda connection: unseen_returning.book_unseen_return(
                self, connection, sale_receipt_number, goods, event_id=event_id, refund=refund, approval=approval
            )
        )

    def quote_return(
        self, known: returning.KnownSale, quantities_milli: dict[int, int], refund: Refund
    ) -> returning.ReturnQuote:
        """What a return would come to now."""
        return self.database.read(
            lambda connection: returning.quote_return(self, connection, known, quantities_milli, refund)
        )

    def book_due(self) -> Future[int]:
        """Book maturing and expiry that are due, a step at a time; gives how many accounts this step had (0: nothing is due).

        Does nothing where headquarters decides about points, and while the clock is not believed.
        """
        return self.database.submit(lambda connection: maturing.book_due(self, connection))

    def book_act(
        self,
        act: Callable[Concatenate["Till", Connection, Arguments], Result],
        *arguments: Arguments.args,
        **named: Arguments.kwargs,
    ) -> Future[Result]:
        """Book an act on accounts in one transaction: ``till.book_act(account_acts.freeze, card_number)``; its errors are its own."""
        return self.database.submit(lambda connection: act(self, connection, *arguments, **named))

    def enrol(self, card_number: str, *, name: str = "", phone: str = "", referred_by: str = "") -> Future[Member]:
        """Give a fresh card to a new member; name, phone, and the card of who brought them may be empty."""
        return self.database.submit(
            lambda connection: enrolling.enrol(
                self, connection, card_number, name=name, phone=phone, referred_by=referred_by
            )
        )


def open_till(
    settings: Settings,
    folder: Path,
    *,
    programmes_in_force: Sequence[Programme],
    clock: Clock | None = None,
    accepts_loss: bool = False,
    opening: Callable[[Path], Database] = open_database,
    client_of: Callable[..., HqClient] = HqClient,
) -> Till:
    """Open the till's database in ``folder`` and begin a shift; raises ``StorageError`` with what to do.

    ``accepts_loss``: open it too where its newest events are gone, for ``losing.accept_loss``. ``opening`` opens the database,
    ``client_of`` makes the clients that ask HQ.
    """
    clock = clock or SystemClock()
    database = opening(folder)
    try:
        in_force = _in_force(settings, database, programmes_in_force)
    except BaseException:
        database.close()
        raise
    terms = Terms(
        currency=Currency(settings.currency.code, settings.currency.exponent, settings.currency.cash_step_minor),
        points_exponent=settings.points.exponent,
        programmes=in_force,
        zone=settings.shop.zone,
    )
    now_ms = clock.utc_ms()
    today = business_date(utc_ms=now_ms, zone_name=settings.shop.zone, day_starts_minute=settings.day_starts_minute())

    def begin(connection: Connection) -> str:
        journal.found_terminal(
            connection,
            terminal_id=str(uuid.uuid4()),
            terminal_number=settings.till.number,
            store_id=settings.shop.store_id,
        )
        terminal = journal.read_terminal(connection)
        if not accepts_loss:
            journal.refuse_missing_end(terminal, read_mark(folder))
        # Only what is new is written: a till that opens as it was left does not wait for the disk.
        if journal.believed_ms(terminal, now_ms) > terminal.trusted_ms + _HOUR_MS:
            journal.change_terminal(connection, trusted_ms=now_ms)
        named = (settings.till.number, settings.shop.store_id)
        if terminal.hq_public_key is None and named != (terminal.terminal_number, terminal.store_id):
            # Headquarters gives a number and a store to a till that has joined; until then the settings do.
            journal.change_terminal(connection, terminal_number=named[0], store_id=named[1])
        signing_in.restart_waits(connection, boot_id=clock.boot_id(), monotonic_ms=clock.monotonic_ms())
        if programmes.find_programme_set(connection, in_force.hash) is None:
            programmes.keep_programme_set(
                connection, set_hash=in_force.hash, body=encode_programme_set(in_force), utc_ms=now_ms
            )
        # Who was signed in when the program ended goes on with the same shift, once they sign in again.
        going_on = shifts.open_shift(connection, business_date=today) if sign_in_is_wanted(connection) else None
        return going_on or shifts.current_shift(
            connection, staff_ref=settings.till.staff_ref, business_date=today, utc_ms=now_ms
        )

    try:
        shift_id = database.write(begin)
        terms = msgspec.structs.replace(terms, store_id=database.read(journal.read_terminal).store_id)
    except BaseException:
        database.close()
        raise
    till = Till(settings, database, terms, clock, shift_id, client_of=client_of)
    if settings.till.authority != "local":
        authorising.void_left_open(till)
        coupon_holds.void_left_open(till)
    return till


def _in_force(settings: Settings, database: Database, own: Sequence[Programme]) -> ProgrammeSet:
    """The programmes to sell by: those that headquarters published where it owns them, and the till's own while it has none."""
    of_hq = database.read(published.programmes_of_hq) if settings.owners.programmes == "hq" else None
    return of_hq or programme_set(tuple(own))
