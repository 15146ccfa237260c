"""``pos-app coupon``: make coupons at a till that keeps its own programmes, list and end them, look at a code."""

from typing import Annotated

import typer

from pos_app.command_line.coupon_options import (
    BatchArgument,
    CodesOption,
    FromOption,
    JsonOption,
    MemberOption,
    OutOption,
    RuleArgument,
    UntilOption,
    UsesOption,
    WordsOption,
    print_batches,
    print_made,
    wish_of,
)
from pos_app.command_line.opening import opened
from pos_app.command_line.options import SettingsOption
from pos_app.command_line.output import EXIT_FAILED, console, print_json, speaking
from pos_app.command_line.staffing_options import ByOption, sign_in
from pos_app.use_cases import coupon_making

app = typer.Typer(help="Coupons: make codes in bulk, list and withdraw them, look at one.", no_args_is_help=True)


@app.command()
def make(
    rule: RuleArgument,
    codes: CodesOption,
    out: OutOption,
    uses: UsesOption = 1,
    first_date: FromOption = "",
    last_date: UntilOption = "",
    member: MemberOption = "",
    words: WordsOption = "",
    by: ByOption = "",
    settings: SettingsOption = None,
) -> None:
    """Make coupons for a rule that wants one, good at this till alone, and write their codes into a file.

    Example: `pos-app coupon make coupon/five-off --codes 200 --until 2026-12-31 --words "5 € off from 20 €" --out coupons.pdf`.
    """
    with speaking(), opened(settings) as till:
        sign_in(till, by)
        coupon_making.check_file(out, codes=codes)
        wish = wish_of(rule, codes=codes, uses=uses, first_date=first_date, last_date=last_date)
        batch = till.book_act(coupon_making.make, wish, member).result()
        name = coupon_making.paper_name(till.terms.programmes, rule)
        shop = till.settings.shop
        coupon_making.write_codes(out, batch, name=words or name, shop_name=shop.name, language=shop.language)
        print_made(batch.batch_id, codes=codes, out=out)


@app.command("print")
def print_codes(
    batch: BatchArgument, out: OutOption, words: WordsOption = "", by: ByOption = "", settings: SettingsOption = None
) -> None:
    """Write the codes of a batch that was made here once more. Example: `pos-app coupon print 7KQ2M --out coupons.csv`."""
    with speaking(), opened(settings) as till:
        sign_in(till, by)
        made = till.book_act(coupon_making.printed_again, batch).result()
        coupon_making.check_file(out, codes=made.codes)
        name = coupon_making.paper_name(till.terms.programmes, made.rule)
        shop = till.settings.shop
        coupon_making.write_codes(out, made, name=words or name, shop_name=shop.name, language=shop.language)
        print_made(made.batch_id, codes=made.codes, out=out)


@app.command("list")
def list_them(settings: SettingsOption = None, as_json: JsonOption = False) -> None:
    """List the batches that this till knows, and how many of their coupons were used here. Example: `pos-app coupon list`."""
    with speaking(as_json=as_json), opened(settings) as till:
        print_batches(till.database.read(coupon_making.list_batches), as_json=as_json)


@app.command()
def withdraw(batch: BatchArgument, by: ByOption = "", settings: SettingsOption = None) -> None:
    """Take no coupon of a batch any more that was made here. Example: `pos-app coupon withdraw 7KQ2M`."""
    with speaking(), opened(settings) as till:
        sign_in(till, by)
        till.book_act(coupon_making.withdraw, batch).result()
        console.print(f"Batch {batch} is withdrawn.", markup=False)


@app.command()
def check(
    code: Annotated[str, typer.Argument(help="The code below the bars; it begins with POSK.")],
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what this till knows of a coupon. Exits with 1 for one that is unknown or made up.

    Example: `pos-app coupon check POSK7KQ2M001AX4Z39BQ5AC`.
    """
    with speaking(as_json=as_json), opened(settings) as till:
        seen = till.database.read(lambda connection: coupon_making.look_at(connection, code))
        if as_json:
            print_json(seen)
        elif seen.is_genuine and seen.batch is not None:
            spent = ", used up by headquarters' word" if seen.is_spent else ""
            console.print(
                f"Coupon {seen.coupon_id} for {seen.batch.rule}: used {seen.used_here} of {seen.batch.uses} times here{spent}.",
                markup=False,
            )
            print_batches([seen.batch], as_json=False)
        else:
            why = "no batch here has it" if seen.batch is None else "its batch did not make it"
            console.print(f"Coupon {seen.coupon_id} is not one of ours: {why}.", markup=False)
        if not seen.is_genuine:
            raise typer.Exit(EXIT_FAILED)
