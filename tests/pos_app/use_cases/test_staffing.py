"""What each role may do, enforced where an act is booked, and people whom headquarters publishes."""

import msgspec
import pytest

from pos_app.errors import NotAllowedError
from pos_app.model.staff import PERMISSIONS, Permission, Role, StaffMember
from pos_app.protocol.events import AuditEvent, SaleEvent, decode_body
from pos_app.protocol.messages import Document, DocumentKind, StaffDocument
from pos_app.use_cases import overriding, signing_in, staff_changes, staffing
from pos_app.use_cases.views import BasketLine
from storage import staff
from tests.conftest import OpenShop
from tests.shop import ENOUGH, NOBODY, TEA, Shop
from tests.staff import ANNA, BEN, EVERYBODY, PINS, enter, hire

pytestmark = pytest.mark.usefixtures("no_keystore")
CHEAP_TEA = BasketLine(TEA, 1000, 500)


@pytest.fixture
def staffed(shop: Shop) -> Shop:
    hire(shop.till)
    return shop


# Roles


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("member", EVERYBODY, ids=lambda member: member.role.value)
def test_that_each_role_may_what_it_may_and_nothing_else(
    staffed: Shop, member: StaffMember, permission: Permission
) -> None:
    staffed.till.attendance.member = member
    allowed = permission in PERMISSIONS[member.role]
    assert allowed == staffing.may(staffed.till, permission)
    if not allowed:
        with pytest.raises(NotAllowedError, match=r"This needs the right to .*\. Nothing was changed\."):
            staffed.till.require(permission)


def test_that_a_manager_may_everything_and_an_auditor_reads_only() -> None:
    assert frozenset(Permission) == PERMISSIONS[Role.MANAGER]
    assert {Permission.READ_AUDIT, Permission.READ_COST} == PERMISSIONS[Role.AUDITOR]
    assert set(Role) == set(PERMISSIONS)


def test_that_a_till_without_pins_lets_everybody_do_everything(shop: Shop) -> None:
    assert [""] * len(Permission) == [staffing.check(shop.till, permission) for permission in Permission]
    sale = shop.sell(CHEAP_TEA)
    assert 500 == sale.quote.total_minor
    assert [] == shop.query("SELECT * FROM audit")


def test_that_an_auditor_neither_sells_nor_enrols(staffed: Shop) -> None:
    enter(staffed.till, "dora")
    with pytest.raises(NotAllowedError, match="right to sell"):
        staffed.sell(TEA)
    with pytest.raises(NotAllowedError, match="right to enrol"):
        staffed.till.enrol(NOBODY).result()
    assert [(0,)] == staffed.query("SELECT count(*) FROM sale")


def test_that_approvals_that_are_never_used_do_not_pile_up() -> None:
    attendance = staffing.Attendance()
    for number in range(300):
        approval = staffing.Approval(str(number), "anna", Permission.RETURN, str(number), 10)
        attendance.keep(approval)
        attendance.grant(approval)
    assert not attendance.use(staffing.Approval("0", "anna", Permission.RETURN, "0", 10), now_monotonic_ms=1)
    assert ("", "anna") == (
        attendance.granted_by(Permission.RETURN, "0"),
        attendance.granted_by(Permission.RETURN, "299"),
    )


# Prices


def test_that_a_cashier_cannot_sell_at_a_price_of_their_own(staffed: Shop) -> None:
    enter(staffed.till, "ben")
    with pytest.raises(NotAllowedError, match="right to override price"):
        staffed.sell(CHEAP_TEA)
    assert [(0,)] == staffed.query("SELECT count(*) FROM sale")


def test_that_an_approved_price_is_booked_with_who_approved_it(staffed: Shop) -> None:
    enter(staffed.till, "ben")
    till, basket = staffed.till, staffed.basket(CHEAP_TEA, TEA)
    subject = overriding.price_subject(basket.event_id, CHEAP_TEA)
    approval = till.approve(Permission.OVERRIDE_PRICE, staff_ref="cid", pin=PINS["cid"], subject=subject).result()
    staffing.grant(till, approval)
    assert overriding.may_set(till, basket.event_id, CHEAP_TEA)
    dearer = msgspec.structs.replace(CHEAP_TEA, quantity_milli=9000)
    assert not overriding.may_set(till, basket.event_id, dearer)
    with pytest.raises(NotAllowedError):
        till.close_sale(msgspec.structs.replace(basket, lines=(dearer,)), ENOUGH).result()
    sale = till.close_sale(basket, ENOUGH).result()
    event = decode_body(staffed.query("SELECT body FROM event WHERE event_id = ?", sale.event_id)[0][0])
    assert isinstance(event, SaleEvent)
    assert "cid" == event.approved_by
    assert [("ben", "cid", sale.receipt_number)] == staffed.query(
        "SELECT staff_ref, approver_ref, subject FROM audit WHERE action = 'override_price'"
    )
    body = staffed.query("SELECT body FROM event WHERE kind = 'audit' ORDER BY seq DESC")[0][0]
    audited = decode_body(body)
    assert isinstance(audited, AuditEvent)
    assert {"lines": 1, "list_minor": 1000, "asked_minor": 500} == audited.values


def test_that_a_pharmacist_sets_prices_and_it_is_in_the_audit_log(staffed: Shop) -> None:
    enter(staffed.till, "cid")
    sale = staffed.sell(CHEAP_TEA)
    assert [("cid", "", sale.receipt_number)] == staffed.query(
        "SELECT staff_ref, approver_ref, subject FROM audit WHERE action = 'override_price'"
    )
    assert {} == staffed.bad_findings()


def test_that_the_price_on_a_label_of_the_shops_own_scales_needs_nobody(staffed: Shop) -> None:
    enter(staffed.till, "ben")
    staffed.sell(BasketLine(TEA, 1000, 500, price_on_label=True))
    assert [] == staffed.query("SELECT * FROM audit WHERE action = 'override_price'")


# Headquarters


def published(staff_ref: str, role: str = "cashier", *, active: bool = True, name: str = "New") -> Document:
    body = msgspec.json.encode(StaffDocument(staff_ref, name, role, active)).decode()
    return Document(DocumentKind.STAFF, staff_ref, body)


def take(shop: Shop, document: Document) -> None:
    shop.till.database.write(lambda connection: staffing.take_published(connection, document, utc_ms=7))


def test_that_people_whom_headquarters_publishes_stop_no_till_before_a_manager_has_a_pin(shop: Shop) -> None:
    take(shop, published("eva", "manager"))
    take(shop, published("ben"))
    assert not staffing.is_wanted(shop.till)
    shop.sell(TEA)
    with pytest.raises(Exception, match="first PIN of a till must be a manager's"):
        staff_changes.set_pin(shop.till, "ben", "918273")
    assert staff_changes.set_pin(shop.till, "eva", "836152")
    assert staffing.is_wanted(shop.till)
    assert ["eva"] == [person.staff_ref for person in signing_in.people(shop.till)]


def test_that_a_published_change_keeps_the_pin(staffed: Shop) -> None:
    enter(staffed.till, "ben")
    take(staffed, published("ben", "pharmacist", name="Бен"))
    assert staffing.may(staffed.till, Permission.OVERRIDE_PRICE)
    assert Role.PHARMACIST is enter(staffed.till, "ben").role


@pytest.mark.expects_log("cannot read")
@pytest.mark.parametrize(
    "document",
    [
        Document(DocumentKind.STAFF, "ben", None),
        published("ben", active=False),
        published("ben", "astronaut"),
        Document(DocumentKind.STAFF, "ben", "{"),
    ],
)
def test_that_whom_headquarters_withdraws_or_we_cannot_read_may_do_nothing(staffed: Shop, document: Document) -> None:
    enter(staffed.till, "ben")
    take(staffed, document)
    assert not staffing.may(staffed.till, Permission.SELL)
    assert ANNA == enter(staffed.till, "anna")


def test_that_a_stranger_who_is_withdrawn_is_nobody(staffed: Shop) -> None:
    take(staffed, Document(DocumentKind.STAFF, "eva", None))
    assert None is staffed.till.database.read(lambda connection: staff.find_staff(connection, "eva"))
    assert BEN == enter(staffed.till, "ben")


def test_that_a_till_of_another_language_asks_the_same(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card", till={"staff_ref": "Касса-1"})
    hire(shop.till)
    assert "Касса-1" == shop.till.staff_ref()
