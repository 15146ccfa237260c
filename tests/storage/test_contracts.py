"""Contracts that headquarters tells of, with what this till did since on top."""

from collections.abc import Iterable

import msgspec
import pytest

from pos_app.model.contracts import Contract
from pos_app.model.receipts import PaymentKind
from pos_app.protocol.events import AnyEvent, decode_body
from pos_app.protocol.messages import AccountState
from pos_app.use_cases import contracts as paying
from pos_app.use_cases.quoting import Tender
from storage import applying, contracts, journal
from storage.database import Connection
from storage.own_events import OwnEvents
from tests.conftest import OpenShop
from tests.pos_app.use_cases.test_lending import COAT, lend
from tests.shop import ANA, BOB, Shop

REF, OTHER = f"account-{ANA}", f"account-{BOB}"


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    opened = open_shop("instalments", till={"authority": "hq"})
    opened.put(COAT)
    return opened


def put(shop: Shop, state: AccountState) -> None:
    def job(connection: Connection) -> None:
        own = OwnEvents()
        terminal = journal.read_terminal(connection)
        own.read_on(connection, terminal, after_seq=applying.counted_seq(terminal, state))
        applying.put_states(connection, [state], own)

    shop.till.database.write(job)


def state(shop: Shop, ref: str, *known: Contract, seq: int, **changes: object) -> AccountState:
    plain = AccountState(ref, "active", "", (), (), {}, {}, 0, 1, seq, contracts=known)
    return msgspec.structs.replace(plain, **changes)


def of(shop: Shop, ref: str) -> list[tuple[int, int, int]]:
    found = shop.till.database.read(lambda c: contracts.contracts_of(c, ref))
    return [(one.total_minor, one.paid_minor, one.lowered_minor) for one in found]


def last_seq(shop: Shop) -> int:
    return shop.till.database.read(journal.read_terminal).last_seq


def test_that_a_contract_of_another_till_is_known_and_can_be_paid_here(shop: Shop) -> None:
    sale = lend(shop, COAT)
    contract = shop.till.database.read(lambda c: contracts.contracts_of(c, REF))[0]
    put(shop, state(shop, REF, msgspec.structs.replace(contract, paid_minor=6_000), seq=last_seq(shop)))
    assert [(15_000, 6_000, 0)] == of(shop, REF)
    before = last_seq(shop)
    shop.till.book_act(paying.pay, sale.receipt_number, 1_000, Tender(PaymentKind.CASH, 0)).result()
    shop.take_back(sale, line_1=1)
    assert [(15_000, 7_000, 8_000)] == of(shop, REF)
    put(shop, state(shop, REF, msgspec.structs.replace(contract, paid_minor=6_000), seq=before))
    assert [(15_000, 7_000, 8_000)] == of(shop, REF)


def test_that_a_contract_that_headquarters_does_not_know_yet_stays(shop: Shop) -> None:
    before = last_seq(shop)
    lend(shop, COAT)
    put(shop, state(shop, REF, seq=before))
    assert [(15_000, 0, 0)] == of(shop, REF)
    put(shop, state(shop, REF, seq=last_seq(shop)))
    assert [] == of(shop, REF)


def test_that_what_we_agreed_goes_to_the_account_that_headquarters_merged_it_into(shop: Shop) -> None:
    before = last_seq(shop)
    lend(shop, COAT)
    put(shop, state(shop, REF, seq=before, status="merged", merged_into=OTHER))
    assert ([], [(15_000, 0, 0)]) == (of(shop, REF), of(shop, OTHER))


def events_of(shop: Shop) -> Iterable[AnyEvent]:
    return (decode_body(body) for (body,) in shop.query("SELECT body FROM event ORDER BY seq"))


def test_that_events_of_what_is_not_known_here_change_nothing(shop: Shop) -> None:
    sale = lend(shop, COAT)
    shop.till.book_act(paying.pay, sale.receipt_number, 1_000, Tender(PaymentKind.CASH, 0)).result()
    put(shop, state(shop, REF, seq=last_seq(shop)))
    noted = [event for event in events_of(shop) if isinstance(event, contracts.ContractingEvent)]
    stranger = msgspec.structs.replace(noted[0], account_ref="nobody")

    def note(connection: Connection) -> None:
        contracts.note_event(connection, noted[1])
        contracts.note_event(connection, stranger)

    shop.till.database.write(note)
    assert [] == of(shop, REF)
