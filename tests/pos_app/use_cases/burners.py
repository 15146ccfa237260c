"""A till beneath a headquarters that is a script on a real socket: what it answers about holds, and what came to it."""

import uuid
from collections.abc import Callable

import msgspec

from pos_app.model.accounts import Lease, Lot
from pos_app.model.policy import BurnPolicy
from pos_app.protocol.events import AnyEvent, decode_body
from pos_app.protocol.messages import HoldAnswer, HoldRequest, decode_message
from pos_app.protocol.signing import public_key_of
from pos_app.use_cases.views import Basket, BurnAnswer, ClosedSale
from storage import accounts, journal, tables
from storage.database import Connection
from tests.conftest import OpenShop
from tests.pos_app.sync.servers import Reply, Request, Script, Server, signed
from tests.shop import BOB, ENOUGH, NOON_MS, TEA

HQ_KEY = bytes(range(32))
NPS_KEY = bytes(32)
BOB_REF = f"account-{BOB}"
LONG_AGO_MS = NOON_MS - 10**9


def hq_lot(units: int, *, lot_id: str = "", **changes: object) -> Lot:
    """A lot of Bob's that HQ knows of."""
    made = Lot(
        lot_id or str(uuid.uuid4()), BOB_REF, "shop", "fixed-card", LONG_AGO_MS, None, units, units, matured=True
    )
    return msgspec.structs.replace(made, **changes)


def holds(*, only: int | None = None, refusal: str = "") -> Reply:
    """HQ holds what is asked for; or it has ``only`` so many points, or another reason to refuse."""

    def to(request: Request) -> Script:
        asked = decode_message(request.body, HoldRequest)
        why = refusal or ("balance" if only is not None and only < asked.units else "")
        message = HoldAnswer(asked.auth_id, 0 if why else asked.units, only or 0, why)
        return signed(message, HQ_KEY).to(request)

    return Reply(to)


def hang_up(_connection: object) -> None:
    """The request is taken and no answer sent: the reply is lost."""


def watched(reply: Reply, look: Callable[[HoldRequest], None]) -> Reply:
    """The same reply, after a look at the till while it waits."""

    def to(request: Request) -> Script:
        look(decode_message(request.body, HoldRequest))
        return reply.to(request)

    return Reply(to)


def asked_of(server: Server) -> list[HoldRequest]:
    """The holds that were asked for."""
    return [decode_message(request.body, HoldRequest) for request in server.requests]


class Beneath:
    """A shop that has joined an HQ; Bob has points there."""

    programmes: tuple[str, ...] = ("fixed-card",)

    def __init__(self, open_shop: OpenShop, url: str, *, units: int = 1_000, **hq: object) -> None:
        self.shop = open_shop(*self.programmes, till={"authority": "hq"}, hq={"url": url, **hq})
        self.till = self.shop.till
        self.change(
            hq_public_key=public_key_of(HQ_KEY),
            nps_key=NPS_KEY,
            nps_url="https://hq.example.org",
            last_contact_ms=NOON_MS,
            trusted_ms=NOON_MS,
        )
        self.confirm(hq_lot(units))

    def change(self, **values: object) -> None:
        """Set what the till knows of itself."""
        self.till.database.write(lambda connection: journal.change_terminal(connection, **values))

    def confirm(self, *lots: Lot, leases: tuple[Lease, ...] = (), held_units: int = 0) -> None:
        """HQ sends Bob's account: these are his points, and everything that this till did so far is counted."""

        def job(connection: Connection) -> None:
            terminal = journal.read_terminal(connection)
            connection.execute(tables.lot.delete().where(tables.lot.c.account_ref == BOB_REF))
            accounts.put_lots(connection, lots)
            accounts.put_leases(connection, BOB_REF, leases)
            connection.execute(
                tables.account.update()
                .where(tables.account.c.account_ref == BOB_REF)
                .values(includes_incarnation=terminal.incarnation, includes_seq=terminal.last_seq)
            )
            connection.execute(tables.reserved.delete())
            connection.execute(
                tables.reserved.insert().values(account_ref=BOB_REF, issuer="shop", held_units=held_units)
            )

        self.till.database.write(job)

    def set_policy(self, **policy: object) -> None:
        """HQ's rules for burning."""
        self.change(policy=msgspec.json.encode(msgspec.convert(policy, BurnPolicy)).decode())

    def lease(self, units: int, *, lot_id: str, **changes: object) -> Lease:
        """What HQ set aside for this till."""
        terminal = self.till.database.read(journal.read_terminal)
        made = Lease(str(uuid.uuid4()), terminal.terminal_id, "shop", lot_id, units)
        return msgspec.structs.replace(made, **changes)

    def basket(self, pieces: int = 10) -> Basket:
        """Tea for Bob; a piece takes up to 1 000 points."""
        return self.shop.basket(*[TEA] * pieces, card=BOB)

    def ask(self, units: int, basket: Basket | None = None) -> BurnAnswer:
        """Ask for the right to burn."""
        return self.till.authorise_burn(basket or self.basket(), units).result()

    def burn(self, units: int) -> ClosedSale:
        """Ask, and sell by the answer."""
        basket = self.basket()
        return self.sell(basket, self.ask(units, basket))

    def sell(self, basket: Basket, answer: BurnAnswer, *, units: int | None = None) -> ClosedSale:
        """Sell with what was allowed, or with less."""
        assert answer.authorisation is not None, answer.refusal
        burned = answer.asked_units if units is None else units
        paid = msgspec.structs.replace(basket, burn_units=burned, authorisation=answer.authorisation)
        return self.till.close_sale(paid, ENOUGH).result()

    def state_of(self, auth_id: str) -> str:
        """What the till knows of a hold."""
        rows = self.shop.query("SELECT state FROM authorisation WHERE auth_id = ?", auth_id)
        return "" if not rows else str(rows[0][0])

    def events(self) -> list[AnyEvent]:
        """The journal after the enrolments."""
        bodies = self.shop.query("SELECT body FROM event WHERE kind <> 'enrolment' ORDER BY seq")
        return [decode_body(body) for (body,) in bodies]
