"""``pos-app contract``: sales that are paid in parts. ``pos-app takings``: what a day brought."""

from typing import TYPE_CHECKING, Annotated

import typer

from pos_app.command_line.charity_commands import FromOption, UntilOption, first_day, last_day
from pos_app.command_line.days import check_order
from pos_app.command_line.opening import opened
from pos_app.command_line.options import SettingsOption
from pos_app.command_line.output import console, folded, print_json, speaking
from pos_app.command_line.staffing_options import ByOption, sign_in
from pos_app.errors import InputError
from pos_app.model.money import minor_from_text

if TYPE_CHECKING:
    from pos_app.use_cases.contracts import ContractView
    from pos_app.use_cases.till import Till

app = typer.Typer(name="contract", help="Sales that are paid in parts.", no_args_is_help=True)
Number = Annotated[str, typer.Argument(help="The contract's number: that of the sale's receipt; or its id.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for another program.")]


@app.command("list")
def list_contracts(
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those with a part that is overdue.")] = False,
    by: ByOption = "",
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the contracts that still owe something, the earliest due first. Example: `pos-app contract list --overdue`."""
    from rich.table import Table

    from pos_app.use_cases import contracts

    with speaking(as_json=as_json), opened(settings) as opened_till:
        sign_in(opened_till, by)
        found = contracts.list_contracts(opened_till, only_overdue=overdue)
        if as_json:
            print_json(found)
            return
        table = Table("contract", folded("account"), "owed", "overdue", "next", "due on")
        for one in found:
            minors = (one.owed_minor, one.overdue_minor, one.due_minor)
            table.add_row(one.contract.number, one.account_ref, *map(opened_till.money_text, minors), one.next_due_on)
        console.print(table)


@app.command()
def show(number: Number, by: ByOption = "", settings: SettingsOption = None, as_json: JsonOption = False) -> None:
    """Show one contract: what was agreed, what was paid, what is left. Example: `pos-app contract show 001-01-0000042`."""
    from pos_app.use_cases import contracts

    with speaking(as_json=as_json), opened(settings) as opened_till:
        sign_in(opened_till, by)
        found = contracts.show_contract(opened_till, number)
        if as_json:
            print_json(found)
        else:
            _print(found, opened_till)


@app.command()
def pay(
    number: Number,
    amount: Annotated[str, typer.Option(help="How much is paid.", show_default="what is due, or the next part")] = "",
    card: Annotated[
        str, typer.Option("--card", help="The reference on the card terminal's slip; without it, cash.")
    ] = "",
    by: ByOption = "",
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a payment on a contract, in cash or by card, and print its receipt.

    Examples: `pos-app contract pay 001-01-0000042`, `pos-app contract pay 001-01-0000042 --amount 20.00 --card 4F7K-009812`.
    """
    from pos_app.model.receipts import PaymentKind
    from pos_app.use_cases import contracts
    from pos_app.use_cases.quoting import Tender

    with speaking(as_json=as_json), opened(settings) as opened_till:
        sign_in(opened_till, by)
        due_minor = contracts.show_contract(opened_till, number).due_minor
        amount_minor = _minor(amount, opened_till) if amount else due_minor
        tender = Tender(PaymentKind.CARD, amount_minor, card) if card else Tender(PaymentKind.CASH, 0)
        closed = opened_till.book_act(contracts.pay, number, amount_minor, tender).result()
        if as_json:
            print_json(closed)
            return
        paid, owed = map(opened_till.money_text, (closed.paid_minor, closed.contract.owed_minor))
        console.print(f"{paid} is booked as {closed.receipt_number}; {owed} is still to be paid.", markup=False)


def takings(
    since: FromOption = None,
    until: UntilOption = None,
    by: ByOption = "",
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what this till took, by the kind of payment: with sales, on contracts, less what was paid back.

    Example: `pos-app takings --from 2026-07-01 --until 2026-07-01`.
    """
    from rich.table import Table

    from storage.takings import takings_of

    with speaking(as_json=as_json), opened(settings) as opened_till:
        check_order(since, until)
        sign_in(opened_till, by)
        found = opened_till.database.read(
            lambda connection: takings_of(connection, from_date=first_day(since), until_date=last_day(until))
        )
        if as_json:
            print_json(found)
            return
        table = Table("payment", "sales", "on contracts", "paid back", "in all", "")
        for one in found:
            minors = (one.sold_minor, one.on_contracts_minor, one.returned_minor, one.total_minor)
            table.add_row(one.kind, *map(opened_till.money_text, minors), "" if one.is_money else "no money")
        money_minor = sum(one.total_minor for one in found if one.is_money)
        table.add_row("money", "", "", "", opened_till.money_text(money_minor), "")
        console.print(table)


def _print(found: "ContractView", till: "Till") -> None:
    contract = found.contract
    money = till.money_text
    console.print(f"Contract {contract.number} of {contract.opened_on}, account {found.account_ref}", markup=False)
    console.print(f"Agreed {money(contract.total_minor)}, paid {money(contract.paid_minor)}", markup=False)
    if contract.lowered_minor:
        console.print(f"Taken off for goods that came back: {money(contract.lowered_minor)}", markup=False)
    for part in contract.left:
        console.print(f"  until {part.due_on}  {money(part.amount_minor)}", markup=False)
    overdue = f", {money(found.overdue_minor)} of it overdue" if found.overdue_minor else ""
    console.print(f"Still to be paid: {money(found.owed_minor)}{overdue}", markup=False)


def _minor(text: str, till: "Till") -> int:
    try:
        return minor_from_text(text, exponent=till.terms.currency.exponent)
    except ValueError as error:
        raise InputError(
            "contract.amount", what=f"{text} is no amount.", safe="Nothing was booked.", todo="Type it as 20.00."
        ) from error
