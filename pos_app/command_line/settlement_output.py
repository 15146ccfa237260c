"""A settlement for people: what each partner owes, then each partner's points."""

from rich.markup import escape
from rich.table import Table

from hq.settlement import Settlement
from pos_app.command_line.output import console
from pos_app.model.money import text_from_minor

_NOBODY = "(no partner)"


def print_settlement(settlement: Settlement, *, points_exponent: int) -> None:
    """Two tables; money in minor units, since partners may reckon in any currency."""

    def points(units: int) -> str:
        return text_from_minor(units, exponent=points_exponent)

    owed = Table("owes", "to", "points", "minor units", title="Points that burned")
    for row in settlement.owed:
        owed.add_row(_name(row.giver), _name(row.taker), points(row.units), str(row.minor))
    console.print(owed)
    partners = Table("partner", "gave", "burned", "expired", "still out", title="Points of each partner")
    for partner in settlement.partners:
        figures = (partner.issued_units, partner.burned_units, partner.expired_units, partner.outstanding_units)
        partners.add_row(_name(partner.partner), *map(points, figures))
    console.print(partners)


def _name(partner: str) -> str:
    return escape(partner) if partner else _NOBODY
