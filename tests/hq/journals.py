"""A till's journal in memory, for talking to HQ in its own protocol: real events, real hashes, real signatures, real HTTP."""

import time
import uuid
from typing import TypeVar

import msgspec

from pos_app.loyalty.ledger import lots_granted
from pos_app.model.evaluation import (
    Award,
    BurnShare,
    Discount,
    EngineInput,
    EngineLine,
    LotGrant,
    MemberContext,
    Reason,
)
from pos_app.model.identifiers import uuid7
from pos_app.model.money import share_out
from pos_app.model.products import ProductClass
from pos_app.model.receipts import Payment, PaymentKind, SaleLine
from pos_app.protocol.chain import GENESIS, chain_hashes
from pos_app.protocol.events import (
    AnyEvent,
    EnrolmentEvent,
    GrantedLot,
    LotChange,
    Moment,
    ReturnedLine,
    ReturnEvent,
    SaleEvent,
    encode_body,
)
from pos_app.protocol.messages import (
    Batch,
    BatchAnswer,
    ChangesPage,
    EnrolAnswer,
    ErrorAnswer,
    PersonalRecord,
    PersonalUpload,
    SnapshotPage,
    decode_message,
    encode_batch,
    encode_message,
)
from pos_app.protocol.signing import create_private_key
from pos_app.sync.client import HqClient
from pos_app.sync.decisions import HttpAnswer
from pos_app.sync.enrolment import enrol

DAY_MS = 86_400_000
START_MS = 1_767_268_800_000
"""2026-01-01 12:00 UTC."""

Message = TypeVar("Message")


def new_id(utc_ms: int = START_MS) -> str:
    """A fresh event id."""
    return str(uuid7(utc_ms=utc_ms, random_bytes=uuid.uuid4().bytes[:10]))


def moment(utc_ms: int = START_MS, **changes: object) -> Moment:
    """A moment in a shop on UTC."""
    date = time.strftime("%Y-%m-%d", time.gmtime(utc_ms / 1000))
    made = Moment(
        store_id="store-1",
        staff_ref="cashier-1",
        shift_id="shift-1",
        utc_ms=utc_ms,
        zone="UTC",
        business_date=date,
        boot_id="boot-1",
        monotonic_ms=1000,
        hlc=utc_ms << 16,
    )
    return msgspec.structs.replace(made, **changes)


OFF = Discount(1, "card", "off", 100, Reason("percent", {"rate_bp": 1000}))
"""What a rule took off the first line."""


def sale_line(number: int, amount_minor: int) -> SaleLine:
    """One piece of general goods."""
    return SaleLine(
        line_no=number,
        product_code=f"20000000000{number:02d}",
        name=f"Product {number} – šampon, шампунь",
        product_class=ProductClass.GENERAL,
        band="",
        department="DRUG GM",
        category="SHAMPOO",
        quantity_milli=1000,
        unit_price_minor=amount_minor,
        list_minor=amount_minor,
        amount_minor=amount_minor,
        burn_minor=0,
        payable_minor=amount_minor,
        tax_rate_bp=2000,
        tax_minor=amount_minor // 6,
    )


def engine_input(lines: tuple[SaleLine, ...], account_ref: str, utc_ms: int, burn_units: int) -> EngineInput:
    """What the engine saw."""
    return EngineInput(
        semantics=1,
        programme_set_hash="0" * 64,
        currency_exponent=2,
        points_exponent=0,
        utc_ms=utc_ms,
        zone="UTC",
        business_date=moment(utc_ms).business_date,
        lines=tuple(
            EngineLine(
                line_no=line.line_no,
                product_code=line.product_code,
                product_class=line.product_class,
                band=line.band,
                department=line.department,
                category=line.category,
                quantity_milli=line.quantity_milli,
                amount_minor=line.amount_minor,
            )
            for line in lines
        ),
        member=MemberContext(account_ref, "silver", {"progressive": 1000}, 3, 500) if account_ref else None,
        burn_units=burn_units,
    )


def sale(
    *,
    account_ref: str = "",
    card: str = "",
    amounts: tuple[int, ...] = (1000, 250),
    earned: int = 0,
    burned: int = 0,
    utc_ms: int = START_MS,
    starts_ms: int | None = None,
    expires_ms: int | None = None,
    event_id: str = "",
    **changes: object,
) -> SaleEvent:
    """A sale paid in cash; ``earned`` points start at ``starts_ms`` (at once) and live until ``expires_ms`` (for ever)."""
    event_id = event_id or new_id(utc_ms)
    lines = tuple(sale_line(number, amount) for number, amount in enumerate(amounts, start=1))
    grants = [LotGrant("points", "shop", earned, starts_ms or utc_ms, expires_ms)] if earned else []
    lots = lots_granted(grants, account_ref=account_ref, event_id=event_id, at_ms=utc_ms)
    awards = tuple(
        Award(line.line_no, "points", "per-unit", units, Reason("rate", {"rate_bp": 100}))
        for line, units in zip(lines, share_out(earned, [1] * len(lines), range(len(lines))), strict=True)
    )
    event = SaleEvent(
        event_id=event_id,
        moment=moment(utc_ms),
        receipt_number="001-01-0000001",
        account_ref=account_ref,
        card_ref=card,
        lines=lines,
        payments=(Payment(PaymentKind.CASH, sum(amounts), sum(amounts)),),
        total_minor=sum(amounts),
        engine_input=engine_input(lines, account_ref, utc_ms, burned),
        burn_units=burned,
        burn_worth_minor=burned,
        burn_as="price_reduction",
        burn_shares=(BurnShare(1, burned, burned),) if burned else (),
        burned_lots=(),
        awards=awards if earned else (),
        granted_lots=tuple(GrantedLot(lot.lot_id, grant) for lot, grant in zip(lots, grants, strict=True)),
        counted={"progressive": sum(amounts)} if account_ref else {},
        class_after="gold" if account_ref else "",
    )
    return msgspec.structs.replace(event, **changes)


def sale_return(of: SaleEvent, *, clawed_back: dict[str, int], overdraft: int = 0, **changes: object) -> ReturnEvent:
    """Everything of a sale comes back; ``clawed_back`` maps lot ids to units taken."""
    restored = sum(granted.grant.units for granted in changes.get("restored_lots", ()))  # type: ignore[attr-defined]
    points = [(sum(clawed_back.values()), restored), *((0, 0) for _ in of.lines[1:])]
    event = ReturnEvent(
        event_id=new_id(of.moment.utc_ms + DAY_MS),
        moment=moment(of.moment.utc_ms + DAY_MS),
        receipt_number="001-01-0000002",
        account_ref=of.account_ref,
        sale_event_id=of.event_id,
        lines=tuple(
            ReturnedLine(line.line_no, line.quantity_milli, line.payable_minor, line.tax_minor, *units)
            for line, units in zip(of.lines, points, strict=True)
        ),
        payments=(Payment(PaymentKind.CASH, of.total_minor),),
        total_minor=of.total_minor,
        clawed_back=tuple(LotChange(lot_id, -units) for lot_id, units in clawed_back.items()),
        overdraft_units=overdraft,
        restored_lots=(),
        counted=of.counted,
    )
    return msgspec.structs.replace(event, **changes)


def enrolment(account_ref: str, card: str, card_class: str = "silver") -> EnrolmentEvent:
    """A card is given to an account."""
    return EnrolmentEvent(
        event_id=new_id(), moment=moment(), account_ref=account_ref, card_number=card, card_class=card_class
    )


class Journal:
    """A till with its key, its chain and a connection to HQ."""

    def __init__(
        self, url: str, code: str, *, number_wish: int = 0, terminal_id: str | None = None, private_key: bytes = b""
    ) -> None:
        self.private_key = private_key or create_private_key()
        self.enrolled: EnrolAnswer = enrol(
            url,
            code=code,
            private_key=self.private_key,
            time_ms=now_ms(),
            number_wish=number_wish,
            terminal_id=terminal_id,
        )
        self.terminal_id = self.enrolled.terminal_id
        self.incarnation = self.enrolled.incarnation
        self.bodies: list[bytes] = []
        self.client = HqClient(url, private_key=self.private_key)

    def close(self) -> None:
        """Close the connection."""
        self.client.close()

    def append(self, *events: AnyEvent | bytes) -> None:
        """Write events, or bytes that pass for some."""
        self.bodies += [event if isinstance(event, bytes) else encode_body(event) for event in events]

    def batch(self, first_seq: int = 1, last_seq: int = 0) -> Batch:
        """The events from the one number to the other (0: the last)."""
        bodies = self.bodies[: last_seq or len(self.bodies)]
        batch = Batch(self.terminal_id, self.incarnation, 1, GENESIS, tuple(bodies))
        hashes = [GENESIS, *chain_hashes(GENESIS, batch.first, bodies)]
        return msgspec.structs.replace(
            batch, first_seq=first_seq, prev_hash=hashes[first_seq - 1], bodies=tuple(bodies[first_seq - 1 :])
        )

    def post(self, path: str, body: bytes, *, time_ms: int | None = None) -> HttpAnswer:
        """Sign and send."""
        return self.client.call(
            "POST",
            f"/v1/terminals/{self.terminal_id}{path}",
            terminal_id=self.terminal_id,
            time_ms=now_ms() if time_ms is None else time_ms,
            body=body,
        )

    def send(self, batch: Batch) -> HttpAnswer:
        """Send a batch as it is."""
        return self.post("/batches", encode_batch(batch))

    def upload(self, *events: AnyEvent | bytes) -> BatchAnswer:
        """Write events and send them all, the earlier ones too."""
        self.append(*events)
        return accepted(self.send(self.batch()), BatchAnswer)

    def send_personal(self, *records: PersonalRecord) -> HttpAnswer:
        """Send personal records."""
        return self.post("/personal-records", encode_message(PersonalUpload(records)))

    def changes(self, cursor: str = "", *, time_ms: int | None = None) -> HttpAnswer:
        """Ask for changes."""
        return self.client.call(
            "GET",
            f"/v1/terminals/{self.terminal_id}/changes?cursor={cursor}",
            terminal_id=self.terminal_id,
            time_ms=now_ms() if time_ms is None else time_ms,
        )

    def get(self, path: str) -> HttpAnswer:
        """Sign and ask."""
        return self.client.call(
            "GET", f"/v1/terminals/{self.terminal_id}{path}", terminal_id=self.terminal_id, time_ms=now_ms()
        )

    def snapshot(self, cursor: str = "") -> SnapshotPage:
        """A page of the snapshot."""
        return accepted(self.get(f"/snapshot?cursor={cursor}"), SnapshotPage)

    def page(self, cursor: str = "") -> ChangesPage:
        """A page of changes."""
        return accepted(self.changes(cursor), ChangesPage)


def accepted(answer: HttpAnswer, kind: type[Message]) -> Message:
    """The message of a success."""
    assert answer.status == 200, answer
    return decode_message(answer.body, kind)


def refusal(answer: HttpAnswer) -> tuple[int, str]:
    """The status and the code of a refusal."""
    return answer.status, decode_message(answer.body, ErrorAnswer).code


def now_ms() -> int:
    """The wall clock."""
    return time.time_ns() // 1_000_000
