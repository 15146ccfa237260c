"""``pos-app hq coupons``: batches of coupons for the tills that take their programmes from headquarters."""

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
from pos_app.command_line.hq_options import DatabaseOption
from pos_app.command_line.output import console, speaking
from pos_app.model.identifiers import TERMINAL_NUMBER_MAX

app = typer.Typer(help="Coupons of the whole chain.", no_args_is_help=True)
ShopOption = Annotated[str, typer.Option("--shop-name", help="The name of the shop on the paper.", show_default="none")]
LanguageOption = Annotated[str, typer.Option("--language", help="The language of the slips of a PDF: en, hr or ru.")]


@app.command()
def make(
    rule: RuleArgument,
    codes: CodesOption,
    out: OutOption,
    database: DatabaseOption,
    uses: UsesOption = 1,
    first_date: FromOption = "",
    last_date: UntilOption = "",
    member: MemberOption = "",
    till: Annotated[
        int,
        typer.Option(
            min=0,
            max=TERMINAL_NUMBER_MAX,
            help="The number of the only till that takes them, also while headquarters is away.",
            show_default="any till",
        ),
    ] = 0,
    shop_name: ShopOption = "",
    language: LanguageOption = "en",
    words: WordsOption = "",
) -> None:
    """Make coupons for a rule of a published programme, write their codes into a file and publish the batch to the tills.

    Example: `pos-app hq coupons make coupon/five-off --codes 5000 --until 2026-12-31 --out coupons.csv`.
    """
    from hq import coupon_batches, operate
    from pos_app.use_cases.coupon_making import check_file, write_codes

    with speaking(), operate.opened(database) as engine:
        check_file(out, codes=codes)
        wish = wish_of(rule, codes=codes, uses=uses, first_date=first_date, last_date=last_date, till_number=till)
        batch, name = coupon_batches.make_batch(engine, wish, member=member)
        write_codes(out, batch, name=words or name, shop_name=shop_name, language=language)
        print_made(batch.batch_id, codes=codes, out=out)


@app.command("print")
def print_codes(
    batch: BatchArgument,
    out: OutOption,
    database: DatabaseOption,
    shop_name: ShopOption = "",
    language: LanguageOption = "en",
    words: WordsOption = "",
) -> None:
    """Write the codes of a batch once more. Example: `pos-app hq coupons print 7KQ2M --out coupons.csv`."""
    from hq import coupon_batches, operate
    from pos_app.use_cases.coupon_making import check_file, write_codes

    with speaking(), operate.opened(database) as engine:
        made, name = coupon_batches.find_batch(engine, batch)
        check_file(out, codes=made.codes)
        write_codes(out, made, name=words or name, shop_name=shop_name, language=language)
        print_made(made.batch_id, codes=made.codes, out=out)


@app.command("list")
def list_them(database: DatabaseOption, as_json: JsonOption = False) -> None:
    """List the batches, and how many of their coupons were used. Example: `pos-app hq coupons list`."""
    from hq import coupon_batches, operate

    with speaking(as_json=as_json), operate.opened(database) as engine:
        print_batches(coupon_batches.list_batches(engine), as_json=as_json)


@app.command()
def withdraw(batch: BatchArgument, database: DatabaseOption) -> None:
    """Have no till take a coupon of this batch any more. Example: `pos-app hq coupons withdraw 7KQ2M`."""
    from hq import coupon_batches, operate

    with speaking(), operate.opened(database) as engine:
        coupon_batches.withdraw_batch(engine, batch)
        console.print(f"Batch {batch} is withdrawn; tills hear of it when they next ask.", markup=False)
