"""``pos-app demo``: the till with a filled shop, a simulated scanner and printer, and a headquarters on this machine.

Without a screen it plays a shift of real baskets through the serial port and checks that till, ledger and headquarters agree.
"""

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from hq import reports
from pos_app import logs
from pos_app.command_line import demo_stage, demo_summary
from pos_app.command_line.demo_stage import BOUNCE_MS, Stage
from pos_app.command_line.demo_summary import Agreement
from pos_app.command_line.output import EXIT_FAILED, console
from pos_app.model.money import line_amount_minor
from pos_app.use_cases.complete_journey import Journey, ShiftBasket, load_journey
from storage import print_jobs
from storage.outbox import SqliteOutbox

if TYPE_CHECKING:
    from ui.demo.player import PlannedSale

_DRAIN_MS = 120_000
_SCREENSHOT_EVERY = 50
_CARDS_SHOWN = 20
_FRESH_CARD = "2999999000000"
_UNKNOWN_CODE = "4006381333931"


def run_demo(folder: Path, *, sales: int, offscreen: bool | None) -> int:
    """Run the demo; gives the exit code. ``offscreen`` None goes by whether there is a display."""
    if offscreen is None:
        offscreen = sys.platform.startswith("linux") and not (
            os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
        )
    if offscreen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    demo_stage.make_room(folder)
    logs.configure(folder=folder / "logs", to_terminal=False)
    with console.status("Reading the Complete Journey data ..."):
        journey = load_journey()
    console.print(
        f"{len(journey.products)} products, {len(journey.members)} members, {len(journey.baskets)} real baskets."
    )
    with console.status("Filling the shop and starting headquarters ..."), demo_stage.set_up(folder, journey) as stage:
        return _play(stage, journey, sales) if offscreen else _show(stage, journey)


def _show(stage: Stage, journey: Journey) -> int:
    """The window, and beside it a counter with a scanner to pull and a printer's paper to see."""
    from pos_app.command_line.window import wired_window
    from ui.application import make_application, run
    from ui.demo.counter import CounterWindow

    make_application(stage.till.settings.till.language)
    bought = {line.product_code for basket in journey.baskets[:12] for line in basket.lines}
    goods = [product for product in journey.products if product.code in bought]
    with wired_window(stage.till) as window:
        counter = CounterWindow(
            stage.scanner,
            stage.printer,
            goods=[(product.name, product.code) for product in goods],
            cards=[
                ("A fresh card", _FRESH_CARD),
                ("An unknown code", _UNKNOWN_CODE),
                *((member.name, member.card_number) for member in journey.members[:_CARDS_SHOWN]),
            ],
        )
        window.booked.connect(counter.count_paper)
        counter.show_beside(window)
        return run(window)


def _play(stage: Stage, journey: Journey, sales: int) -> int:
    """A shift on the same window without a screen."""
    from pos_app.command_line.window import wired_window
    from ui.application import make_application
    from ui.demo.player import ShiftPlayer, ShiftStoppedError

    make_application(stage.till.settings.till.language)
    shift = [_plan(stage, basket, number) for number, basket in enumerate(demo_stage.regulars(journey, sales))]
    shots = stage.folder / "screenshots"
    begin_s = time.monotonic()
    with wired_window(stage.till) as window, _progress() as progress:
        window.show()
        player = ShiftPlayer(window, stage.scanner, exponent=stage.till.terms.currency.exponent, bounce_ms=BOUNCE_MS)
        try:
            player.wait_for_scanner()
            for number, sale in enumerate(progress.track(shift, description="Selling")):
                player.fill(sale)
                if number % _SCREENSHOT_EVERY == 0:
                    window.grab_screenshot(shots / f"sale-{number:04d}-basket.png")
                player.pay(sale)
                if number % _SCREENSHOT_EVERY == 0:
                    player.wait_for_preview()
                    window.grab_screenshot(shots / f"sale-{number:04d}-done.png")
        except ShiftStoppedError:
            window.grab_screenshot(shots / "stopped.png")
            raise
        selling_s = time.monotonic() - begin_s
        player.wait(lambda: _is_drained(stage), "everything is printed and at headquarters", timeout_ms=_DRAIN_MS)
        figures = demo_summary.compare(stage)
        task = progress.add_task("Writing receipts", total=len(shift))
        receipts = demo_summary.write_receipts(stage, lambda: progress.advance(task))
    more = {
        "receipts_written": receipts,
        "receipts_printed": len(list((stage.folder / "receipts" / "escpos").iterdir())),
        "selling_s": round(selling_s, 1),
        "lines_left_out": journey.left_out,
    }
    return _report(stage, figures, more)


def _plan(stage: Stage, basket: ShiftBasket, number: int) -> "PlannedSale":
    """A real basket as a customer: every tenth forgot the card, and the ways to pay go round."""
    from ui.demo.player import Pay, PlannedLine, PlannedSale

    lines = []
    for line in basket.lines:
        product = stage.till.find_product(line.product_code)
        assert product is not None, "the shop has everything that was ever bought"
        list_minor = line_amount_minor(unit_price_minor=product.price_minor, quantity_milli=line.quantity_milli)
        lines.append(PlannedLine(line.product_code, line.quantity_milli, line.amount_minor, list_minor))
    forgot_card = number % 10 == 9  # noqa: PLR2004 - every tenth
    return PlannedSale(
        card="" if forgot_card else basket.card_number,
        lines=tuple(lines),
        pay=tuple(Pay)[number % len(Pay)],
        burns=number % 3 == 2,  # noqa: PLR2004 - every third
    )


def _is_drained(stage: Stage) -> bool:
    """Whether nothing waits for the printer, for headquarters, or there for the ledger."""
    figures = SqliteOutbox(stage.till.database).queue_figures()
    if figures.waiting_events or figures.waiting_personal:
        return False
    if print_jobs.next_job(stage.till.database.reader()) is not None:
        return False
    return reports.totals(stage.hq_engine).waiting_events == 0


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )


def _report(stage: Stage, figures: tuple[Agreement, ...], more: dict[str, Any]) -> int:
    """Print the figures side by side and where things are; exit code 0 only if all of them agree."""
    path = demo_summary.write_summary(stage, figures, more)
    table = Table("", "till", "ledger", "headquarters", "")
    for figure in figures:
        verdict = "[green]agrees[/green]" if figure.agrees else "[bold red]DIFFERS[/bold red]"
        ledger = "" if figure.ledger is None else str(figure.ledger)
        table.add_row(figure.what, str(figure.till), ledger, str(figure.hq), verdict)
    console.print(table)
    console.print(
        f"{more['receipts_written']} receipts in {stage.folder / 'receipts'} (text, pdf, escpos),", highlight=False
    )
    console.print(f"screenshots in {stage.folder / 'screenshots'}, the figures in {path}.")
    return 0 if all(figure.agrees for figure in figures) else EXIT_FAILED
