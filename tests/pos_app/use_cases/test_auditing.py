"""The audit log: found by time, person, act, subject and text; in the chain, so that nobody can change it unseen."""

import pytest

from pos_app.errors import NotAllowedError
from pos_app.use_cases import auditing
from pos_app.use_cases.auditing import write_audit
from storage import audit
from storage.audit import AuditQuery, AuditRow
from storage.database import Connection
from tests.shop import NOON_MS, TEA, Shop
from tests.staff import enter, hire

HOUR_MS = 3_600_000
ACTS: tuple[tuple[str, str, str, str, dict[str, int | str]], ...] = (
    ("override_price", "done", "anna", "001-01-0000001", {"asked_minor": 500}),
    ("approve", "refused", "cid", "account-7", {"permission": "adjust_points"}),
    ("adjust_points", "done", "anna", "account-7", {"units": 50, "reason": "100%_goodwill"}),
)


@pytest.fixture
def logged(shop: Shop) -> Shop:
    """Three acts, an hour apart, the first at noon."""
    for action, outcome, approver_ref, subject, values in ACTS:

        def note(connection: Connection) -> None:
            write_audit(
                shop.till,
                connection,
                action=action,  # noqa: B023 - called at once
                outcome=outcome,  # noqa: B023
                approver_ref=approver_ref,  # noqa: B023
                subject=subject,  # noqa: B023
                values=values,  # noqa: B023
            )

        shop.till.database.write(note)
        shop.wait(HOUR_MS)
    return shop


def found(shop: Shop, query: AuditQuery) -> list[str]:
    return [row.action for row in auditing.search(shop.till, query)]


@pytest.mark.parametrize(
    ("query", "actions"),
    [
        (AuditQuery(), ["override_price", "approve", "adjust_points"]),
        (AuditQuery(since_ms=NOON_MS + HOUR_MS), ["approve", "adjust_points"]),
        (AuditQuery(until_ms=NOON_MS + HOUR_MS), ["override_price"]),
        (AuditQuery(since_ms=NOON_MS + 1, until_ms=NOON_MS + 2), []),
        (AuditQuery(staff_ref="anna"), ["override_price", "adjust_points"]),
        (AuditQuery(staff_ref="cashier-1"), ["override_price", "approve", "adjust_points"]),
        (AuditQuery(action="approve"), ["approve"]),
        (AuditQuery(action="appro"), []),
        (AuditQuery(subject="account"), ["approve", "adjust_points"]),
        (AuditQuery(subject="account_7"), []),
        (AuditQuery(text="GOODWILL"), ["adjust_points"]),
        (AuditQuery(text="0%_g"), ["adjust_points"]),
        (AuditQuery(text="0%g"), []),
        (AuditQuery(text="refused"), ["approve"]),
        (AuditQuery(limit=2), ["approve", "adjust_points"]),
        (AuditQuery(staff_ref="anna", subject="001"), ["override_price"]),
    ],
)
def test_that_an_entry_is_found(logged: Shop, query: AuditQuery, actions: list[str]) -> None:
    assert actions == found(logged, query)


def test_that_an_entry_says_what_its_event_says(logged: Shop) -> None:
    (row,) = auditing.search(logged.till, AuditQuery(action="adjust_points"))
    assert row == AuditRow(
        event_id=row.event_id,
        utc_ms=NOON_MS + 2 * HOUR_MS,
        staff_ref="cashier-1",
        approver_ref="anna",
        action="adjust_points",
        outcome="done",
        subject="account-7",
        details='{"reason":"100%_goodwill","units":50}',
    )


def test_that_the_events_stand_in_the_chain_behind_what_they_are_about(logged: Shop) -> None:
    logged.sell(TEA)
    kinds = [kind for (kind,) in logged.query("SELECT kind FROM event WHERE kind <> 'enrolment' ORDER BY seq")]
    assert ["audit", "audit", "audit", "sale"] == kinds
    assert {} == logged.bad_findings()
    assert 3 == logged.till.database.read(audit.count_rows)


def test_that_not_everybody_reads_it(logged: Shop) -> None:
    hire(logged.till)
    with pytest.raises(NotAllowedError):
        auditing.search(logged.till, AuditQuery())
    enter(logged.till, "ben")
    with pytest.raises(NotAllowedError, match="right to read audit"):
        auditing.search(logged.till, AuditQuery())
    enter(logged.till, "dora")
    assert 5 == len(auditing.search(logged.till, AuditQuery()))


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit SET approver_ref = 'ben' WHERE action = 'approve'",
        "UPDATE audit SET outcome = 'done' WHERE action = 'approve'",
        "UPDATE audit SET details = '{}' WHERE action = 'approve'",
        "UPDATE audit SET utc_ms = utc_ms + 1 WHERE action = 'approve'",
        "DELETE FROM audit WHERE action = 'approve'",
        "INSERT INTO audit SELECT event_id, 1, 'x', '', 'x', 'done', '', '' FROM event WHERE kind = 'enrolment' LIMIT 1",
        "UPDATE event SET body = x'00' WHERE event_id = (SELECT event_id FROM audit WHERE action = 'approve')",
    ],
)
def test_that_a_row_that_was_changed_removed_or_made_up_is_found(logged: Shop, tampering: str) -> None:
    assert [] == logged.till.database.read(audit.differences)
    logged.damage(tampering)
    assert 1 == len(logged.till.database.read(audit.differences))


def test_that_a_pruned_event_is_not_missed(logged: Shop) -> None:
    logged.damage("UPDATE event SET body = NULL WHERE kind = 'audit'")
    assert [] == logged.till.database.read(audit.differences)
