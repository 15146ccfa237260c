"""``pos-app sentinel``: what in a day of this till somebody should look at."""

from typing import Annotated

import typer

from pos_app.command_line.opening import opened
from pos_app.command_line.options import SettingsOption
from pos_app.command_line.output import console, counted, print_json, speaking
from pos_app.command_line.staffing_options import ByOption, sign_in
from pos_app.model.sentinel import FindingCode, Suspicion
from pos_app.use_cases.till import Till

_SENTENCES = {
    FindingCode.CARD_AGAIN: "{staff} put the card of {account} to {receipts} receipts within {window_minutes} minutes.",
    FindingCode.CARD_SHARE: "{staff} put the card of {account} to {receipts} receipts, {share_percent} % of what they sold to members.",
    FindingCode.CARD_WHILE_PAYING: "{staff} put a card to {receipts} receipts after the customer was asked to pay.",
    FindingCode.CARD_AFTER_GOODS: "{staff} put the card of {account} to {receipts} receipts after the last line.",
    FindingCode.BURN_RETURNED: (
        "{staff} took goods back that {account} had paid with points: {returned_units} points came back after {after_minutes} "
        "minutes, {burned_again_units} were burned again later that day."
    ),
    FindingCode.UNSEEN_RETURNS: "{staff} took goods back without a receipt {receipts} times.",
    FindingCode.ADJUSTMENTS: "{staff} changed the points of {account} by hand {adjustments} times, by {net_units} points in all.",
}


def sentinel(
    day: Annotated[str, typer.Option("--day", help="The business date: 2026-07-01.", show_default="today")] = "",
    by: ByOption = "",
    settings: SettingsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
) -> None:
    """Say what in a day of this till somebody should look at: one card again and again, late cards, burns that came back, and more.

    It counts and accuses nobody; the limits are settings. Example: `pos-app sentinel --day 2026-07-01 --by anna`.
    """
    from pos_app.use_cases.sentinel import look

    with speaking(as_json=as_json), opened(settings) as opened_till:
        sign_in(opened_till, by)
        looked_at, found = look(opened_till, day)
        if as_json:
            print_json({"day": looked_at, "findings": found})
            return
        if not found:
            console.print(f"Nothing stands out on {looked_at}.", markup=False)
        for one in found:
            console.print(sentence(one, opened_till), markup=False)


def sentence(one: Suspicion, till: Till) -> str:
    """A finding in words, with the receipts to look at."""
    units = {name: till.points_text(value) for name, value in one.values.items() if name.endswith("_units")}
    values = {**one.values, **units}
    text = _SENTENCES[one.code].format(staff=one.staff_ref, account=one.account_ref, **values)
    return f"{text} Receipts: {', '.join(one.receipts)}." if one.receipts else text


def count_sentence(count: int) -> str:
    """That there is something to look at today, for the status."""
    return f"The sentinel has {counted(count, 'finding')} today: see `pos-app sentinel`."
