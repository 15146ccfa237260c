"""An explanation for people, for programs and for paper: each line of the receipt with what every rule gave or refused, and why."""

from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from pos_app.command_line.output import console
from pos_app.errors import InputError
from pos_app.loyalty.why import Because
from pos_app.model.evaluation import Reason
from pos_app.use_cases.explaining import Explained
from pos_app.use_cases.explanation_words import ExplanationWords, facts_of
from pos_app.use_cases.till import Till


def print_explanation(till: Till, explained: Explained) -> None:
    """A table a receipt, then the burning, the guard, and whether it agrees with what was booked."""
    words = ExplanationWords(explained, till.terms)
    table = Table("line", "product", "paid", "rule", "gives", "why", title=f"Receipt {explained.receipt_number}")
    for line in explained.lines:
        name = words.goods(line)
        for because in explained.of_line(line.line_no):
            _add_row(table, words, because, str(line.line_no), name, words.paid(line.payable_minor))
    for because in explained.of_line(0):
        _add_row(table, words, because, "", "the whole receipt", "")
    console.print(table)
    for sentence in words.foot():
        console.print(sentence, markup=False)


def _add_row(table: Table, words: ExplanationWords, because: Because, *place: str) -> None:
    cells = (*place, words.rule(because), words.gives(because), words.because(because))
    table.add_row(*map(Text, cells))


def as_json(till: Till, explained: Explained) -> dict[str, Any]:
    """The explanation for another program: codes and values, and the words beside them."""
    words = ExplanationWords(explained, till.terms)

    def reason(one: Reason) -> dict[str, Any]:
        return {"code": one.code, "values": one.values, "words": words.why(one)}

    def told(line_no: int) -> list[dict[str, Any]]:
        return [
            {
                "kind": one.kind,
                "programme": one.programme_id,
                "rule": one.rule_id,
                "amount": one.amount,
                "unit": one.unit,
                "text": one.text,
                "reason": reason(one.reason),
            }
            for one in explained.of_line(line_no)
        ]

    return {
        "receipt": explained.receipt_number,
        "business_date": explained.business_date,
        "semantics": explained.semantics,
        "programme_set": explained.programme_set_hash,
        "programmes": explained.names,
        "agrees": explained.agrees,
        "restricted": explained.is_restricted,
        "lines": [
            {
                "line": line.line_no,
                "product": line.product_code,
                "name": line.name,
                "quantity_milli": line.quantity_milli,
                "list_minor": line.list_minor,
                "amount_minor": line.amount_minor,
                "paid_minor": line.payable_minor,
                "margin_floor_percent": explained.margins_percent.get(line.line_no),
                "because": told(line.line_no),
            }
            for line in explained.lines
        ],
        "whole_receipt": told(0),
        "burn": {
            "units": explained.burn_units,
            "most_units": explained.burnable_units,
            "limit": reason(explained.burn_limit),
        },
        "guard": explained.guard,
    }


def write_pdf(till: Till, explained: Explained, file: Path) -> None:
    """Write the explanation as a PDF; raises ``InputError`` where the file cannot be written."""
    from receipts.explanation import lay_out_explanation
    from receipts.pdf import render_pdf

    pdf = render_pdf(lay_out_explanation(facts_of(explained, till.terms)))
    try:
        file.write_bytes(pdf)
    except OSError as error:
        raise InputError(
            "explain.not_written",
            what=f"{file} cannot be written ({error.strerror}).",
            safe="Nothing was changed.",
            todo="Name another place with --pdf.",
        ) from error


def print_on_paper(till: Till, explained: Explained) -> None:
    """Print the explanation on the receipt printer; raises ``InputError`` without one, ``DeviceError`` where it does not answer."""
    from pos_app.command_line.services import sender_of
    from receipts.escpos_bytes import render_escpos
    from receipts.explanation import lay_out_explanation

    send = sender_of(till.settings, till.database.path.parent)
    if send is None:
        raise InputError(
            "explain.no_printer",
            what="This till has no receipt printer.",
            safe="Nothing was changed.",
            todo="Name one in [printer] of the settings, or write a file with --pdf.",
        )
    send(render_escpos(lay_out_explanation(facts_of(explained, till.terms)), till.settings.printer))
