"""Members for people: what is on the screen when somebody asks for them. Names in it are personal, and go nowhere else."""

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from pos_app.command_line.output import console
from pos_app.model.accounts import BalanceView, Expiring, Member
from pos_app.model.calendar import local_time
from pos_app.model.identifiers import pool_of
from pos_app.model.marks import DONE, Mark
from pos_app.use_cases.personal_data import MemberView
from pos_app.use_cases.till import Till
from storage.people import FoundMember


def print_found(found: Sequence[FoundMember]) -> None:
    """One row a member."""
    table = Table()
    for heading in ("name", "phone", "cards", "account"):
        table.add_column(heading, overflow="fold")
    for one in found:
        table.add_row(escape(one.name), escape(one.phone), " ".join(one.cards), one.account_ref)
    console.print(table)


def print_member(till: Till, view: MemberView) -> None:
    """Everything of one member."""
    member = view.member
    rows = {
        "name": member.name,
        "phone": member.phone,
        "birthday": member.birthday,
        "account": f"{member.account_ref} ({member.account_status.value})",
        "class": member.card_class,
        "receipts": str(member.receipts_before),
        **{f"card {number}": status for number, status in view.cards.items()},
        **_balance(till, member),
        **{f"pool {pool_of(unit)}": _pool(view) for unit, view in member.pool_balances.items()},
        **_marks(view.marks),
    }
    table = Table(show_header=False)
    for what, value in rows.items():
        if value:
            table.add_row(what, escape(value))
    console.print(table)
    if view.expiring:
        print_forecast(till, view.expiring)


def print_forecast(till: Till, expiring: Sequence[Expiring]) -> None:
    """What expires when, soonest first."""
    table = Table("expires", "points")
    for one in expiring:
        table.add_row(_moment(till, one.expires_at_ms), till.points_text(one.units))
    console.print(table)


def print_balance(till: Till, done: str, member: Member) -> None:
    """What was done, and how the member stands then."""
    console.print(f"{done} {', '.join(f'{what} {value}' for what, value in _balance(till, member).items() if value)}.")


def _balance(till: Till, member: Member) -> dict[str, str]:
    balance = member.balance
    return {
        "available": till.points_text(balance.available_units),
        "pending": till.points_text(balance.pending_units) if balance.pending_units else "",
        "owed": till.points_text(balance.overdraft_units) if balance.overdraft_units else "",
    }


def _marks(of_member: Sequence[Mark]) -> dict[str, str]:
    """What every till knows of the member, one row a name: the values with the day since when."""
    rows: dict[str, str] = {}
    for mark in of_member:
        name = mark.name.replace("_", " ").replace(":", " ")
        # Of an act its event says nothing to people.
        value = "" if mark.name.startswith(DONE) else mark.value
        since = f"{value} since {mark.since_date}".strip()
        rows[name] = f"{rows[name]}, {since}" if name in rows else since
    return rows


def _pool(view: BalanceView) -> str:
    """A pool is counted in whole units: stamps, tickets."""
    parts = [str(view.available_units)]
    parts += [f"pending {view.pending_units}"] if view.pending_units else []
    parts += [f"owed {view.overdraft_units}"] if view.overdraft_units else []
    return ", ".join(parts)


def _moment(till: Till, utc_ms: int) -> str:
    return f"{local_time(utc_ms=utc_ms, zone_name=till.settings.shop.zone):%Y-%m-%d %H:%M}"
