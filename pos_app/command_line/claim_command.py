"""``pos-app claim``: the code of a receipt, typed or read by a scanner that types."""

from typing import Annotated

import typer

from pos_app.command_line.opening import opened
from pos_app.command_line.options import SettingsOption
from pos_app.command_line.output import console, speaking
from pos_app.command_line.staffing_options import ByOption, sign_in


def claim(
    code: Annotated[
        str, typer.Argument(help="What the small code at the end of the receipt says; it begins with POSC.")
    ],
    card: Annotated[str, typer.Option("--card", help="The member's card.")],
    by: ByOption = "",
    settings: SettingsOption = None,
) -> None:
    """Claim the points of a receipt whose sale may be lost with another till's disk. Headquarters checks the code and books it.

    Example: `pos-app claim POSC043G2YRY0000328ABPP9CXTBQK7B60G9KA05EBZCQ105VDXYE9CHJEWH68FS6 --card 2990000000019`.
    """
    with speaking(), opened(settings) as till:
        sign_in(till, by)
        claimed = till.claim(code, card).result()
        points = (
            f"{till.points_text(claimed.earned_units)} points earned, {till.points_text(claimed.burned_units)} used"
        )
        console.print(f"Claimed for card {card}: {points}. They appear when headquarters has checked the code.")
