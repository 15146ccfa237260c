"""What the demo leaves behind: receipts on paper's formats, and the figures of till, ledger and headquarters side by side."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from hq import reports
from pos_app.command_line.demo_stage import Stage
from pos_app.use_cases.receipt_facts import receipt_facts
from storage import accounts, health, sales
from storage.journal import read_terminal


class Agreement(msgspec.Struct, frozen=True):
    """One figure as three books have it; ``ledger`` is None where the ledger does not know it."""

    what: str
    till: int
    ledger: int | None
    hq: int

    @property
    def agrees(self) -> bool:
        """Whether all of them are the same."""
        return self.till == self.hq and self.ledger in {None, self.till}


def compare(stage: Stage) -> tuple[Agreement, ...]:
    """The till's receipts, the till's ledger and headquarters, figure by figure, to the last unit."""
    connection = stage.till.database.reader()
    till = sales.till_totals(connection)
    issued_units, redeemed_units = accounts.ledger_totals(connection)
    hq = reports.totals(stage.hq_engine)
    terminal = hq.terminals[0]
    events = read_terminal(connection).last_seq
    return (
        Agreement("events", events, None, terminal.received_events),
        Agreement("sales", till.sales, None, terminal.sales),
        Agreement("takings, minor units", till.total_minor, None, terminal.sales_minor),
        Agreement("points earned", till.earned_units, issued_units, terminal.issued_units),
        Agreement("points burned", till.burned_units, redeemed_units, terminal.burned_units),
        Agreement("sum of the ledger", 0, till.ledger_sum_units, hq.ledger_sum_units),
        Agreement(
            "bookings out of balance", 0, len(health.unbalanced_events(connection)), int(hq.stored_balances_differ)
        ),
        Agreement("tasks for a person", 0, None, hq.open_tasks),
    )


def write_receipts(stage: Stage, on_progress: Callable[[], None]) -> int:
    """Every receipt as text and PDF, named by its number; gives how many. The printer's bytes lie beside them already."""
    from receipts.layout import lay_out
    from receipts.pdf import render_pdf
    from receipts.text import render_text

    connection = stage.till.database.reader()
    texts, pdfs = (stage.folder / "receipts" / kind for kind in ("text", "pdf"))
    for folder in (texts, pdfs):
        folder.mkdir(parents=True, exist_ok=True)
    event_ids = sales.event_ids(connection)
    for event_id in event_ids:
        facts = receipt_facts(stage.till, connection, event_id, is_copy=False)
        document = lay_out(facts)
        text = render_text(document, stage.till.settings.printer.columns)
        (texts / f"{facts.receipt_number}.txt").write_text(text, encoding="utf-8")
        (pdfs / f"{facts.receipt_number}.pdf").write_bytes(render_pdf(document))
        on_progress()
    return len(event_ids)


def write_summary(stage: Stage, figures: tuple[Agreement, ...], more: dict[str, Any]) -> Path:
    """``summary.json``: the figures, whether all agree, and where everything is."""
    summary = {
        "agrees": all(figure.agrees for figure in figures),
        "figures": [
            {"what": f.what, "till": f.till, "ledger": f.ledger, "hq": f.hq, "agrees": f.agrees} for f in figures
        ],
        "hq_database": stage.hq_database,
        "receipts": {"text": "receipts/text", "pdf": "receipts/pdf", "escpos": "receipts/escpos"},
        "screenshots": "screenshots",
        **more,
    }
    path = stage.folder / "summary.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(summary), indent=2))
    return path
