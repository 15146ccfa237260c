"""What ``pos-app coupon`` and ``pos-app hq coupons`` have in common."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pos_app.command_line.output import console, counted, folded, print_json
from pos_app.use_cases.coupon_making import BatchView, CouponWish

RuleArgument = Annotated[str, typer.Argument(help="The rule, as programme/rule: coupon/five-off.")]
CodesOption = Annotated[int, typer.Option("--codes", min=1, help="How many coupons.")]
OutOption = Annotated[
    Path, typer.Option("--out", help="The file for the codes: .csv, or .pdf for sheets of barcodes.", dir_okay=False)
]
WordsOption = Annotated[
    str,
    typer.Option(
        "--words", help="What the slips of a PDF say in bold: '5 € off from 20 €'.", show_default="the programme's name"
    ),
]
UsesOption = Annotated[int, typer.Option("--uses", min=1, help="For how many receipts each coupon is good.")]
FromOption = Annotated[str, typer.Option("--from", help="The first day: 2026-12-01.", show_default="at once")]
UntilOption = Annotated[str, typer.Option("--until", help="The last day: 2026-12-31.", show_default="for ever")]
MemberOption = Annotated[
    str, typer.Option("--member", help="A card or an account: for that member only.", show_default="anyone")
]
BatchArgument = Annotated[str, typer.Argument(help="The batch: the five characters in front of a coupon's number.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for another program.")]


def wish_of(rule: str, *, codes: int, uses: int, first_date: str, last_date: str, till_number: int = 0) -> CouponWish:
    """What was typed as a wish."""
    return CouponWish(
        rule=rule, codes=codes, uses=uses, first_date=first_date, last_date=last_date, till_number=till_number
    )


def print_made(batch_id: str, *, codes: int, out: Path) -> None:
    """Say what was made and where it lies."""
    console.print(f"Batch {batch_id}: {counted(codes, 'coupon')} in {out}.", markup=False, soft_wrap=True)
    console.print("Whoever has the file can use them: guard it like money.")


def print_batches(batches: Iterable[BatchView], *, as_json: bool) -> None:
    """A table of batches."""
    if as_json:
        print_json(tuple(batches))
        return
    table = Table("batch", folded("rule"), "codes", "uses each", "from", "until", folded("for"), "used")
    for batch in batches:
        table.add_row(
            batch.batch_id,
            batch.rule,
            str(batch.codes),
            str(batch.uses),
            batch.first_date,
            "withdrawn" if batch.withdrawn else batch.last_date,
            _whom(batch),
            str(batch.used),
        )
    console.print(table)


def _whom(batch: BatchView) -> str:
    till = f"till {batch.till_number}" if batch.till_number else ""
    return " ".join(filter(None, (batch.account_ref, till))) or "anyone"
