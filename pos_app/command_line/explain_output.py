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

    table = Table("line", "product", "paid", "rule", "gives", "why", title=f"Receipt {sale.receipt_number}")
    given: list[tuple[int, str, str, Reason]] = [
        *(
            (one.line_no, one.rule_id, f"-{text_from_minor(one.amount_minor, exponent=money)}", one.reason)
            for one in result.discounts
        ),
        *((one.line_no, one.rule_id, text_from_minor(one.units, exponent=points), one.reason) for one in result.awards),
        *((one.line_no, one.rule_id, "-", one.reason) for one in result.refusals),
    ]
    for line in sale.lines:
        paid = text_from_minor(line.payable_minor, exponent=money)
        for line_no, rule_id, gives, reason in given:
            if line_no == line.line_no:
                table.add_row(str(line_no), escape(line.name), paid, rule_id, gives, why(reason))
    for refusal in result.refusals:
        if refusal.line_no == 0:
            table.add_row("", "the whole receipt", "", refusal.rule_id, "-", why(refusal.reason))
    console.print(table)
    burned = text_from_minor(result.burn_units, exponent=points)
    most = text_from_minor(result.burnable_units, exponent=points)
    console.print(f"Burned {burned} of at most {most} points: {why(result.burn_limit)}")
    agrees = "agrees with" if explanation.agrees else "DIFFERS from"
    console.print(f"Recomputing {agrees} what was booked.")
