"""An explanation for people: each line of the receipt with what every rule gave or refused, and why."""

from rich.markup import escape
from rich.table import Table

from pos_app.command_line.output import console
from pos_app.loyalty.reasons import words
from pos_app.model.evaluation import Reason
from pos_app.model.money import text_from_minor
from pos_app.use_cases.explaining import Explanation
from pos_app.use_cases.till import Till


def print_explanation(till: Till, explanation: Explanation) -> None:
    """A table a receipt, then the burning, then whether it agrees with what was booked."""
    money, points = till.terms.currency.exponent, till.terms.points_exponent
    sale, result = explanation.sale, explanation.result

    def why(reason: Reason) -> str:
        return escape(words(reason, currency_exponent=money, points_exponent=points))

    table = Table("line", "product", "paid", "rule", "points", "why", title=f"Receipt {sale.receipt_number}")
    for line in sale.lines:
        paid = text_from_minor(line.payable_minor, exponent=money)
        for award in result.awards:
            if award.line_no == line.line_no:
                given = text_from_minor(award.units, exponent=points)
                table.add_row(str(line.line_no), escape(line.name), paid, award.rule_id, given, why(award.reason))
        for refusal in result.refusals:
            if refusal.line_no == line.line_no:
                table.add_row(str(line.line_no), escape(line.name), paid, refusal.rule_id, "-", why(refusal.reason))
    for refusal in result.refusals:
        if refusal.line_no == 0:
            table.add_row("", "the whole receipt", "", refusal.rule_id, "-", why(refusal.reason))
    console.print(table)
    burned = text_from_minor(result.burn_units, exponent=points)
    most = text_from_minor(result.burnable_units, exponent=points)
    console.print(f"Burned {burned} of at most {most} points: {why(result.burn_limit)}")
    agrees = "agrees with" if explanation.agrees else "DIFFERS from"
    console.print(f"Recomputing {agrees} what was booked.")
