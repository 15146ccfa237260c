"""``pos-app hq tasks``, ``policy`` and what else administrators do about accounts."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pos_app.command_line.charity_commands import FromOption, UntilOption, first_day, last_day, print_causes
from pos_app.command_line.days import check_order
from pos_app.command_line.hq_options import DatabaseOption
from pos_app.command_line.output import console, print_json, speaking
from pos_app.model.policy import Allowance

if TYPE_CHECKING:
    from hq.looking_after import SetAside

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for another program.")]
Units = Annotated[int | None, typer.Option(min=0)]


def register(app: typer.Typer) -> None:
    """Add these commands to ``pos-app hq``."""
    app.command()(tasks)
    app.command("task-done")(task_done)
    app.command("settle-return")(settle_return)
    app.command()(policy)
    app.command()(leases)
    app.command("write-off-lease")(write_off_lease)
    app.command()(holds)
    app.command("void-hold")(void_hold)
    app.command()(reinstate)
    app.command()(claim)
    app.command()(settlement)
    app.command()(charity)
    app.command()(contracts)


def tasks(database: DatabaseOption, as_json: JsonOption = False) -> None:
    """List what a person should look at, with what to do. Example: `pos-app hq tasks`."""
    from rich.table import Table

    from hq import operate
    from hq.tasks import list_tasks

    with speaking(as_json=as_json), operate.opened(database) as engine:
        found = list_tasks(engine)
        if as_json:
            print_json(found)
            return
        if not found:
            console.print("There is nothing to look at.")
            return
        table = Table("task", "event", "what happened", "what to do")
        for task in found:
            table.add_row(str(task.task_id), task.event, task.what, task.todo)
        console.print(table)


def task_done(task: Annotated[int, typer.Argument(help="The task's number.")], database: DatabaseOption) -> None:
    """Say that somebody has looked at a task. Example: `pos-app hq task-done 12`."""
    from hq import operate
    from hq.tasks import mark_done

    with speaking(), operate.opened(database) as engine:
        mark_done(engine, task, now_ms=operate.now_ms())
        console.print(f"Task {task} is done.")


def settle_return(
    task: Annotated[int, typer.Argument(help="The number of a task `unseen_unclear`.")],
    database: DatabaseOption,
    sale: Annotated[str, typer.Option(help="The sale that the goods are of, as the list names it.")] = "",
    as_json: JsonOption = False,
) -> None:
    """List the sales that goods without a receipt may be of, or settle their points on one.

    Example: `pos-app hq settle-return 12 --sale 0198…`.
    """
    from rich.table import Table

    from hq import operate, settling

    with speaking(as_json=as_json), operate.opened(database) as engine:
        if sale:
            settling.decide_sale(engine, task, sale, now_ms=operate.now_ms())
            console.print(f"Task {task} is done: the points of this sale have gone back with the goods.")
            return
        found = settling.sales_to_choose_from(engine, task)
        if as_json:
            print_json(found)
            return
        table = Table("sale", "day", "store", "total", "account", "has all of them")
        for one in found:
            has_all = "yes" if one.has_all else ""
            table.add_row(one.event_id, one.business_date, one.store_id, str(one.total_minor), one.account_ref, has_all)
        console.print(table)


def policy(
    database: DatabaseOption,
    allowance: Annotated[
        Allowance | None, typer.Option(help="How offline burning is bounded: none, floor (1 to 50 stores) or lease.")
    ] = None,
    card_day: Annotated[
        int | None, typer.Option(min=0, help="Points that one till may burn offline of one card on one day (floor).")
    ] = None,
    till_budget: Annotated[
        int | None, typer.Option(min=0, help="Points that a till may burn from one contact to the next (floor).")
    ] = None,
    lease: Annotated[
        int | None, typer.Option(min=0, help="Points set aside for the till where a member shops (lease).")
    ] = None,
    step_up: Annotated[
        int | None, typer.Option(min=0, help="Above so many points an offline burn wants a manager.")
    ] = None,
    confirmed_hours: Annotated[
        int | None, typer.Option(min=1, max=720, help="How old headquarters' word on balances may be.")
    ] = None,
    poll_s: Annotated[
        int | None,
        typer.Option(
            "--poll-s",
            min=0,
            max=3600,
            help="Seconds that a till at least sleeps which has nothing to send; 0 leaves it to the tills.",
        ),
    ] = None,
    till_coupons: Annotated[
        int | None, typer.Option(min=0, help="Coupons that a till may take from one contact to the next (floor).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what tills may let burn while they are offline and how often they ask, or change it; points in their smallest unit.

    Example: `pos-app hq policy --allowance lease --lease 2000`.
    """
    from hq import operate
    from hq.policy import change_policy

    wanted = {
        "allowance": allowance,
        "card_day_units": card_day,
        "till_budget_units": till_budget,
        "lease_units": lease,
        "step_up_units": step_up,
        "confirmed_hours_max": confirmed_hours,
        "poll_s": poll_s,
        "till_coupons": till_coupons,
    }
    with speaking(as_json=as_json), operate.opened(database) as engine:
        now = change_policy(engine, {name: value for name, value in wanted.items() if value is not None})
        if as_json:
            print_json(now)
            return
        console.print(f"Offline burning: {now.allowance.value}.")
        console.print(f"A card and day at one till: {now.card_day_units}; a till's budget: {now.till_budget_units}.")
        console.print(f"Set aside where a member shops: {now.lease_units}.")
        console.print(
            f"With a manager above: {now.step_up_units}; balances at most {now.confirmed_hours_max} hours old."
        )
        console.print(f"Coupons that a till takes from one contact to the next: {now.till_coupons}.")
        asks = f"at most every {now.poll_s} s" if now.poll_s else "as often as its settings say"
        console.print(f"A till that has nothing to send asks {asks}.")


def leases(database: DatabaseOption, as_json: JsonOption = False) -> None:
    """List the points that are set aside for tills. Example: `pos-app hq leases`."""
    from hq import operate
    from hq.looking_after import list_leases

    with speaking(as_json=as_json), operate.opened(database) as engine:
        _print_set_aside(list_leases(engine), as_json=as_json)


def write_off_lease(
    lease: Annotated[str, typer.Argument(help="The lease, as `pos-app hq leases` names it.")], database: DatabaseOption
) -> None:
    """Give points back that are set aside for a till which is lost. Example: `pos-app hq write-off-lease 0198…`."""
    from hq import operate
    from hq.leases import write_off_lease as write_off

    with speaking(), operate.opened(database) as engine:
        console.print(f"{write_off(engine, lease, now_ms=operate.now_ms())} points are free again.")


def holds(database: DatabaseOption, as_json: JsonOption = False) -> None:
    """List the points that are held for sales under way. Example: `pos-app hq holds`."""
    from hq import operate
    from hq.looking_after import list_holds

    with speaking(as_json=as_json), operate.opened(database) as engine:
        _print_set_aside(list_holds(engine), as_json=as_json)


def void_hold(
    hold: Annotated[str, typer.Argument(help="The hold, as `pos-app hq holds` names it.")], database: DatabaseOption
) -> None:
    """End a hold whose till is lost. Example: `pos-app hq void-hold 0198…`."""
    from hq import operate
    from hq.holds import void_hold as void

    with speaking(), operate.opened(database) as engine:
        console.print(f"{void(engine, hold)} points are free again.")


def reinstate(
    holder: Annotated[str, typer.Argument(help="A card's number, or the account.")], database: DatabaseOption
) -> None:
    """Let an account that was overdrawn burn offline again. Example: `pos-app hq reinstate 2900000000018`."""
    from hq import looking_after, operate

    with speaking(), operate.opened(database) as engine:
        looking_after.reinstate(engine, holder)
        console.print("Tills may let this account burn offline again.")


def claim(
    code: Annotated[str, typer.Argument(help="The code on the receipt: POSC…")],
    holder: Annotated[str, typer.Argument(help="The member's card, or the account.")],
    database: DatabaseOption,
) -> None:
    """Book the points of a receipt whose till is lost. Example: `pos-app hq claim POSC043G… 2900000000018`."""
    from hq import looking_after, operate

    with speaking(), operate.opened(database) as engine:
        units = looking_after.take_claim(engine, code, holder, now_ms=operate.now_ms())
        console.print(f"{units} points are new to the member." if units else "The points were there all along.")


def _print_set_aside(found: tuple["SetAside", ...], *, as_json: bool) -> None:
    from rich.table import Table

    if as_json:
        print_json(found)
        return
    table = Table("name", "till", "account", "issuer", "points", "wanted back")
    for one in found:
        recalled = "yes" if one.recalled else ""
        table.add_row(one.name, str(one.terminal_number), one.account_ref, one.issuer, str(one.units), recalled)
    console.print(table)


def settlement(
    database: DatabaseOption,
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day, in UTC, as 2026-01-01.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day.")],
    points_exponent: Annotated[int, typer.Option(min=0, max=2, help="Decimals of the chain's points.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Say what the partners of a coalition owe each other for points that burned, by the time of their booking.

    Example: `pos-app hq settlement --since 2026-01-01 --until 2026-03-31`.
    """
    from hq import operate
    from hq.settlement import settlement as settle
    from pos_app.command_line.settlement_output import print_settlement

    with speaking(as_json=as_json), operate.opened(database) as engine:
        check_order(since, until, options="--since or --until")
        found = settle(
            engine,
            since_ms=_utc_ms(since),
            until_ms=_utc_ms(until + timedelta(days=1)),
            points_exponent=points_exponent,
        )
        if as_json:
            print_json(found)
        else:
            print_settlement(found, points_exponent=points_exponent)


def charity(
    database: DatabaseOption,
    since: FromOption = None,
    until: UntilOption = None,
    currency_exponent: Annotated[int, typer.Option(min=0, max=3, help="Decimals of the chain's currency.")] = 2,
    as_json: JsonOption = False,
) -> None:
    """Say what all tills collected for each cause: given by customers, given by the shops, taken back by returns.

    Example: `pos-app hq charity --from 2026-07-01 --until 2026-09-30`.
    """
    from hq import operate
    from hq.causes import causes_given

    with speaking(as_json=as_json), operate.opened(database) as engine:
        check_order(since, until)
        found = causes_given(engine, from_date=first_day(since), until_date=last_day(until))
        if as_json:
            print_json(found)
        else:
            print_causes(found, exponent=currency_exponent)


def contracts(
    database: DatabaseOption,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those with a part that is overdue.")] = False,
    overpaid: Annotated[bool, typer.Option("--overpaid", help="Those on which two tills took too much.")] = False,
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day to reckon by.", show_default="today")
    ] = None,
    currency_exponent: Annotated[int, typer.Option(min=0, max=3, help="Decimals of the chain's currency.")] = 2,
    as_json: JsonOption = False,
) -> None:
    """List sales that are paid in parts and still owe something, with what they come to.

    Examples: `pos-app hq contracts`, `pos-app hq contracts --overdue --on 2026-09-30`.
    """
    from hq import operate
    from hq.contracts import list_contracts, totals_of
    from pos_app.command_line.contract_output import print_contracts

    on_date = (on or datetime.now(UTC)).strftime("%Y-%m-%d")
    which: Literal["owing", "overdue", "overpaid"] = "overpaid" if overpaid else "overdue" if overdue else "owing"
    with speaking(as_json=as_json), operate.opened(database) as engine:
        found = list_contracts(engine, on_date=on_date, which=which)
        totals = totals_of(found, on_date=on_date)
        if as_json:
            print_json({"totals": totals, "contracts": found})
        else:
            print_contracts(found, totals, exponent=currency_exponent)


def _utc_ms(day: datetime) -> int:
    return int(day.replace(tzinfo=UTC).timestamp()) * 1000
