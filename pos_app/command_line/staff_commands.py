"""``pos-app staff`` and ``pos-app audit``: who works at this till, and what was done with it."""

from datetime import datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from pos_app.command_line.days import check_order
from pos_app.command_line.opening import opened
from pos_app.command_line.options import SettingsOption
from pos_app.command_line.output import console, print_json, speaking
from pos_app.command_line.staffing_options import ByOption, ask_new_pin, ask_secret, sign_in
from pos_app.errors import InputError
from pos_app.model.calendar import local_time
from pos_app.model.staff import Role
from pos_app.use_cases import auditing, staff_changes
from storage.audit import ROWS_MAX, AuditQuery, AuditRow

app = typer.Typer(help="Who works at this till: roles and PINs.", no_args_is_help=True)

PersonArgument = Annotated[str, typer.Argument(help="The staff reference, as receipts name it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for another program.")]


@app.command()
def add(
    staff_ref: PersonArgument,
    role: Annotated[Role, typer.Option(help="What they are at the till.")] = Role.CASHIER,
    name: Annotated[str, typer.Option(help="Their name, for the screens of this shop.", show_default="none")] = "",
    by: ByOption = "",
    settings: SettingsOption = None,
) -> None:
    """Add somebody and set their PIN. The first must be a manager, and gets the recovery code.

    Example: `pos-app staff add anna --role manager --name "Anna K."`.
    """
    with speaking(), opened(settings) as till:
        sign_in(till, by)
        code = staff_changes.add(till, staff_ref, name=name, role=role, pin=ask_new_pin(staff_ref))
        console.print(f"{staff_ref} works here as {role.value}.", markup=False)
        _show_code(code)


@app.command("list")
def list_people(settings: SettingsOption = None, as_json: JsonOption = False) -> None:
    """List everybody, also who has left. Example: `pos-app staff list --json`."""
    from rich.table import Table

    with speaking(as_json=as_json), opened(settings) as till:
        people = staff_changes.list_staff(till)
        if as_json:
            print_json(people)
            return
        table = Table("staff", "name", "role", "works here", "PIN")
        for one in people:
            pin = "locked" if one.is_locked else ("set" if one.has_pin else "none")
            table.add_row(one.staff_ref, one.name, one.role.value, "yes" if one.active else "no", pin)
        console.print(table)


@app.command("role")
def change_role(
    staff_ref: PersonArgument,
    role: Annotated[Role, typer.Argument(help="What they are from now on.")],
    by: ByOption = "",
    settings: SettingsOption = None,
) -> None:
    """Give somebody another role. Example: `pos-app staff role ben pharmacist --by anna`."""
    with speaking(), opened(settings) as till:
        sign_in(till, by)
        staff_changes.change_role(till, staff_ref, role)
        console.print(f"{staff_ref} is {role.value} now.", markup=False)


@app.command()
def deactivate(staff_ref: PersonArgument, by: ByOption = "", settings: SettingsOption = None) -> None:
    """Somebody leaves and can no longer sign in. Example: `pos-app staff deactivate ben --by anna`."""
    with speaking(), opened(settings) as till:
        sign_in(till, by)
        staff_changes.deactivate(till, staff_ref)
        console.print(f"{staff_ref} can no longer sign in.", markup=False)


@app.command("set-pin")
def set_pin(staff_ref: PersonArgument, by: ByOption = "", settings: SettingsOption = None) -> None:
    """Set a PIN: one's own, or as a manager anybody's. Example: `pos-app staff set-pin ben --by ben`."""
    with speaking(), opened(settings) as till:
        sign_in(till, by)
        code = staff_changes.set_pin(till, staff_ref, ask_new_pin(staff_ref))
        console.print(f"{staff_ref} has a new PIN.", markup=False)
        _show_code(code)


@app.command()
def reset(staff_ref: PersonArgument, by: ByOption = "", settings: SettingsOption = None) -> None:
    """Open a PIN that is locked after ten wrong tries; it stays the same. Example: `pos-app staff reset ben --by anna`."""
    with speaking(), opened(settings) as till:
        sign_in(till, by)
        staff_changes.reset(till, staff_ref)
        console.print(f"{staff_ref} can sign in again.", markup=False)


@app.command("reset-pepper")
def reset_pepper(staff_ref: PersonArgument, settings: SettingsOption = None) -> None:
    """Void every PIN with the recovery code, and give this manager a new one: when the keystore was lost, or a manager's PIN.

    Example: `pos-app staff reset-pepper anna`.
    """
    with speaking(), opened(settings) as till:
        recovery_code = ask_secret("Recovery code")
        pin = ask_new_pin(staff_ref)
        code = staff_changes.reset_pepper(till, staff_ref, recovery_code=recovery_code, pin=pin)
        console.print(f"Every PIN is void. {staff_ref} has a new one and can set those of the others.", markup=False)
        _show_code(code)


def audit(
    since: Annotated[str, typer.Option(help="From this day or time on: 2026-07-01, or 2026-07-01T14:30.")] = "",
    until: Annotated[str, typer.Option(help="Before this time, or to the end of this day.")] = "",
    staff: Annotated[str, typer.Option(help="Who did it or approved it.")] = "",
    action: Annotated[str, typer.Option(help="What was done: sign_in, approve, override_price and so on.")] = "",
    subject: Annotated[str, typer.Option(help="The beginning of what it was about: a receipt, an account.")] = "",
    text: Annotated[str, typer.Option(help="What stands anywhere in the entry.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=ROWS_MAX, help="The newest so many.")] = 200,
    by: ByOption = "",
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search the audit log: who did, or tried to do, what is not for everybody. It cannot be changed.

    Example: `pos-app audit --since 2026-07-01 --action override_price --by anna`.
    """
    with speaking(as_json=as_json), opened(settings) as till:
        sign_in(till, by)
        zone = till.settings.shop.zone
        since_ms, until_ms = _moment_ms(since, zone), _moment_ms(until, zone, is_end=True)
        # What is searched ends just before the second of them.
        check_order(since_ms, None if until_ms is None else until_ms - 1, options="--since or --until")
        query = AuditQuery(
            since_ms=since_ms,
            until_ms=until_ms,
            staff_ref=staff,
            action=action,
            subject=subject,
            text=text,
            limit=limit,
        )
        rows = auditing.search(till, query)
        if as_json:
            print_json(rows)
        else:
            _print_rows(rows, zone)


def _print_rows(rows: list[AuditRow], zone: str) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for heading in ("when", "who", "approved by", "what", "outcome", "about", "details"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        when = f"{local_time(utc_ms=row.utc_ms, zone_name=zone):%Y-%m-%d %H:%M:%S}"
        cells = (when, row.staff_ref, row.approver_ref, row.action, row.outcome, row.subject, row.details)
        table.add_row(*map(Text, cells))
    console.print(table)


def _moment_ms(text: str, zone: str, *, is_end: bool = False) -> int | None:
    """A day or a time in the shop's zone as UTC milliseconds; of a day its beginning, or as an end the next day's."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            "audit.time",
            what=f"{text!r} is not a day or a time.",
            safe="Nothing was changed.",
            todo="Write it like 2026-07-01 or 2026-07-01T14:30.",
        ) from error
    is_day = "T" not in text and " " not in text
    if is_day and is_end:
        moment = datetime.combine(moment.date(), time.max)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return int(moment.timestamp() * 1000) + int(is_day and is_end)


def _show_code(code: str) -> None:
    if code:
        console.print(f"Recovery code: {code}", style="bold")
        console.print(
            "Write it down and lock it away: it is shown this once. It voids every PIN where this computer loses the "
            "secret that belongs to them, or where no manager knows theirs."
        )
