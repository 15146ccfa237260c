"""The command line: ``pos-app`` opens the till; each command is thin over its use case and has ``--help`` with examples."""

from pathlib import Path
from typing import Annotated

import typer

from pos_app import __version__
from pos_app.command_line import (
    charity_commands,
    contract_commands,
    coupon_commands,
    draw_commands,
    hq_commands,
    import_commands,
    member_commands,
    programme_commands,
    simulation_commands,
    staff_commands,
    status_commands,
)
from pos_app.command_line.claim_command import claim
from pos_app.command_line.closing_command import closing_report
from pos_app.command_line.opening import opened
from pos_app.command_line.options import SettingsOption
from pos_app.command_line.output import EXIT_FAILED, console, print_json, speaking
from pos_app.command_line.profit_share_command import profit_share
from pos_app.command_line.sentinel_command import sentinel
from pos_app.command_line.staffing_options import ByOption, sign_in
from pos_app.command_line.what_if_command import what_if
from pos_app.errors import InputError
from pos_app.model.staff import Role

app = typer.Typer(
    name="pos-app",
    help="An offline point-of-sale loyalty terminal. Without a command it opens the till.",
    no_args_is_help=False,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
)
app.add_typer(import_commands.app, name="import")
app.add_typer(charity_commands.app, name="charity")
app.add_typer(contract_commands.app, name="contract")
app.command()(contract_commands.takings)
app.add_typer(hq_commands.app, name="hq")
app.add_typer(member_commands.app, name="member")
app.add_typer(programme_commands.app, name="programme")
app.add_typer(staff_commands.app, name="staff")
app.add_typer(coupon_commands.app, name="coupon")
app.command()(staff_commands.audit)
app.command()(claim)
app.command("what-if")(what_if)
app.command("profit-share")(profit_share)
app.add_typer(draw_commands.app, name="draw")
app.command()(sentinel)
app.command("closing-report")(closing_report)
status_commands.register(app)
app.command("simulate-chain")(simulation_commands.simulate_chain)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for another program.")]


def _version(value: bool) -> None:  # noqa: FBT001 - Typer calls it so
    if value:
        console.print(f"pos-app {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def till(
    context: typer.Context,
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            "-s",
            help="The till's settings file.",
            envvar="POS_APP_SETTINGS",
            show_default="the usual place",
        ),
    ] = None,
    version: Annotated[  # noqa: ARG001 - the callback prints it
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Open the till, or run one of the commands below.

    Examples: `pos-app`, `pos-app --settings shop.toml`, `pos-app demo`, `pos-app explain 001-01-0000042`.
    """
    context.obj = settings
    if context.invoked_subcommand is None:
        from pos_app.command_line.window import run_till

        with speaking():
            raise typer.Exit(run_till(settings))


@app.command()
def demo(
    folder: Annotated[
        Path, typer.Option(help="Where everything is put; what an earlier demo left there is removed.")
    ] = Path("build/demo"),
    sales: Annotated[
        int, typer.Option(min=1, max=5000, help="How many sales the shift has when there is no screen.")
    ] = 200,
    offscreen: Annotated[
        bool | None,
        typer.Option(
            "--offscreen/--screen",
            help="Play a shift without a screen, or open the window.",
            show_default="by the display",
        ),
    ] = None,
) -> None:
    """Show the till with a filled shop, a simulated scanner and printer, and a headquarters on this machine.

    Without a screen it plays a shift of real baskets through the serial port and checks that everything agrees.

    Examples: `pos-app demo`, `pos-app demo --offscreen --sales 500`.
    """
    from pos_app.command_line.demo import run_demo

    with speaking():
        raise typer.Exit(run_demo(folder, sales=sales, offscreen=offscreen))


@app.command()
def scenario(
    files: Annotated[list[Path], typer.Argument(help="Scenario files.", exists=True, dir_okay=False)],
    as_json: JsonOption = False,
) -> None:
    """Run scenario files: receipts and returns with dates, and what is expected of the programmes.

    Exits with 1 where an expectation fails. Example: `pos-app scenario docs/scenarios/*.toml`.
    """
    from pos_app.command_line.scenario_output import print_report
    from pos_app.use_cases.scenario import run_scenario

    with speaking(as_json=as_json):
        reports = [run_scenario(file) for file in files]
        if as_json:
            print_json(
                [{"file": report.file, "holds": report.holds, "outcomes": report.outcomes} for report in reports]
            )
        else:
            for report in reports:
                print_report(report)
        if not all(report.holds for report in reports):
            raise typer.Exit(EXIT_FAILED)


@app.command()
def explain(
    receipt: Annotated[str, typer.Argument(help="The number on the receipt.")],
    settings: SettingsOption = None,
    as_json: JsonOption = False,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", help="Write it into this PDF.", dir_okay=False, show_default="none")
    ] = None,
    on_paper: Annotated[
        bool, typer.Option("--print", help="Print it on the receipt printer, as a cashier may see it.")
    ] = False,
    by: ByOption = "",
) -> None:
    """Say why a receipt gave what it gave: for each line and rule what it gave or refused, and why.

    What would tell a margin is for managers and auditors: where staff sign in, `--by` says who asks.
    Exits with 1 where computing it again differs from what was booked.
    Examples: `pos-app explain 001-01-0000042`, `pos-app explain 001-01-0000042 --pdf why.pdf --by anna`.
    """
    from pos_app.command_line.explain_output import as_json as json_of
    from pos_app.command_line.explain_output import print_explanation, print_on_paper, write_pdf
    from pos_app.use_cases.explaining import explain_receipt, explained_to, role_asking

    with speaking(as_json=as_json), opened(settings) as opened_till:
        if by:
            sign_in(opened_till, by)
        explanation = explain_receipt(opened_till, receipt)
        explained = explained_to(explanation, role=role_asking(opened_till))
        if pdf is not None:
            write_pdf(opened_till, explained, pdf)
        if on_paper:
            print_on_paper(opened_till, explained_to(explanation, role=Role.CASHIER))
        if as_json:
            print_json(json_of(opened_till, explained))
        elif pdf is None and not on_paper:
            print_explanation(opened_till, explained)
        if not explanation.agrees:
            raise typer.Exit(EXIT_FAILED)


@app.command()
def doctor(
    settings: SettingsOption = None,
    as_json: JsonOption = False,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="First put right what follows from events and entries; says what was changed."),
    ] = False,
    settings_template: Annotated[
        bool, typer.Option("--settings-template", help="Print a commented default settings file and do nothing else.")
    ] = False,
    by: ByOption = "",
) -> None:
    """Check the till: the file, the event chain, the ledger, the receipts, the queue to headquarters, the key.

    Exits with 1 where something is bad. Examples: `pos-app doctor`, `pos-app doctor --repair`,
    `pos-app doctor --settings-template > settings.toml`.
    """
    if settings_template:
        from pos_app.use_cases.settings_files import settings_template as template

        typer.echo(template(), nl=False)
        return
    from pos_app.command_line.doctor_output import print_findings, print_repaired
    from pos_app.use_cases.checking import Verdict, examine
    from pos_app.use_cases.repairing import repair as repair_till

    with speaking(as_json=as_json), opened(settings) as opened_till:
        if repair:
            sign_in(opened_till, by)
        repaired = opened_till.book_act(repair_till).result() if repair else ()
        findings = examine(opened_till)
        if as_json:
            print_json({"repaired": repaired, "findings": findings} if repair else findings)
        else:
            if repair:
                print_repaired(repaired)
            print_findings(findings)
        if any(finding.verdict is Verdict.BAD for finding in findings):
            raise typer.Exit(EXIT_FAILED)


@app.command()
def join(
    code: Annotated[str, typer.Argument(help="The one-time code that headquarters made.")],
    settings: SettingsOption = None,
) -> None:
    """Join the headquarters of the settings with a one-time code (15 minutes).

    Example: `pos-app join 7K3M-9QZX-4TWB` after `pos-app hq enrol-code store-1` at headquarters.
    """
    from pos_app.use_cases.joining import join_hq

    with speaking(), opened(settings) as opened_till:
        answer = join_hq(opened_till, code)
        console.print(f"This till is number {answer.terminal_number} of {answer.store_id}.")


@app.command()
def card(
    number: Annotated[str, typer.Argument(help="The card's number.")],
    out: Annotated[Path, typer.Option(help="Where the PDF goes.", dir_okay=False)] = Path("card.pdf"),
    settings: SettingsOption = None,
) -> None:
    """Print a loyalty card as a PDF of its real size, with its barcode and, if the shop knows them, name and class.

    Example: `pos-app card 2990000000019 --out card.pdf`.
    """
    from pos_app.use_cases.card_printing import card_pdf
    from pos_app.use_cases.card_ranges import find_card_range

    with speaking(), opened(settings) as opened_till:
        if find_card_range(opened_till.settings, number) is None:
            raise InputError(
                "card.unknown",
                what=f"There is no such card: {number} is in none of this shop's card ranges.",
                safe="Nothing was changed.",
                todo="Correct the number, or add its range to [[cards]] of the settings.",
            )
        pdf = card_pdf(opened_till, number)
        try:
            out.write_bytes(pdf)
        except OSError as error:
            raise InputError(
                "card.not_written",
                what=f"{out} cannot be written ({error.strerror}).",
                safe="Nothing was changed.",
                todo="Name another place with --out.",
            ) from error
        console.print(f"The card is in {out}.")


@app.command()
def clock(
    settings: SettingsOption = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="The clock is right: go on burning and expiring.")] = False,
) -> None:
    """Say what the clock says and whether the till believes it; after a long pause a person must confirm it.

    While it is not believed the till sells and earns, but burns no points and lets none expire.
    Example: `pos-app clock --confirm`.
    """
    from pos_app.use_cases.checking import Verdict, examine_clock

    with speaking(), opened(settings) as opened_till:
        if confirm:
            opened_till.confirm_clock()
        finding = examine_clock(opened_till)
        console.print(finding.words, markup=False)
        if finding.verdict is Verdict.BAD:
            raise typer.Exit(EXIT_FAILED)


@app.command("accept-loss")
def accept_loss(settings: SettingsOption = None) -> None:
    """Go on although the till's newest events are gone for good, under a new incarnation.

    Put the deleted file or a newer copy back first, if there is one. A till with a headquarters must join it again afterwards.
    Example: `pos-app accept-loss`.
    """
    from pos_app.use_cases.losing import accept_loss as go_on

    with speaking(), opened(settings, accepts_loss=True) as opened_till:
        console.print(f"The till goes on as incarnation {go_on(opened_till)}. Check it with `pos-app doctor`.")
