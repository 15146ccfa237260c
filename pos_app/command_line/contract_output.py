"""Contracts of all tills for people: a row each, and what they come to."""

from collections.abc import Iterable

from rich.table import Table

from hq.contracts import ContractTotals, KnownContract
from pos_app.command_line.output import console, counted
from pos_app.model.money import text_from_minor


def print_contracts(found: Iterable[KnownContract], totals: ContractTotals, *, exponent: int) -> None:
    """A table, and a sentence below it."""

    def money(minor: int) -> str:
        return text_from_minor(minor, exponent=exponent)

    table = Table("contract", "store", "account", "owed", "overdue", "due on", "too much")
    for one in found:
        over = money(one.overpaid_minor) if one.overpaid_minor else ""
        figures = (money(one.owed_minor), money(one.overdue_minor), one.next_due_on, over)
        table.add_row(one.contract.number, one.store_id, one.account_ref, *figures)
    console.print(table)
    console.print(
        f"{counted(totals.contracts, 'contract')} owe {money(totals.owed_minor)}; "
        f"{money(totals.overdue_minor)} of {counted(totals.overdue_contracts, 'contract')} is overdue on {totals.on_date}.",
        markup=False,
    )
