"""``pos-app member``: find and show members, and the acts on their accounts, cards and personal data.

A member is named by one of their cards, or by the reference of the account.
"""

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from pos_app.command_line.opening import opened
from pos_app.command_line.options import SettingsOption
from pos_app.command_line.output import EXIT_FAILED, console, counted, print_json, speaking
from pos_app.command_line.staffing_options import ByOption, sign_in
from pos_app.errors import InputError
from pos_app.model.money import minor_from_text
from pos_app.protocol.events import AdjustmentReason
from pos_app.use_cases import account_acts, marking, personal_data

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

app = typer.Typer(help="Members: find, show, adjust, merge, cards, personal data.", no_args_is_help=True)

HolderArgument = Annotated[str, typer.Argument(help="A card of the member, or the account.", metavar="MEMBER")]
CardArgument = Annotated[str, typer.Argument(help="The card's number.")]
NewCardArgument = Annotated[str, typer.Argument(help="The number of the new card.")]
ReferenceOption = Annotated[
    str, typer.Option(help="The number of the paper behind it: capitals, digits, hyphens and slashes.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for another program.")]


@app.command()
def find(
    words: Annotated[
        list[str], typer.Argument(help="Parts of the name or the phone, one of them of 3 letters or more.")
    ],
    by: ByOption = "",
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find members by parts of their name or phone number; at most 50 are shown. Exits with 1 where nobody is found.

    Example: `pos-app member find petrova 0199`.
    """
    from pos_app.command_line.member_output import print_found

    with speaking(as_json=as_json), opened(settings) as till:
        sign_in(till, by)
        found = personal_data.find_members(till, " ".join(words))
        if as_json:
            print_json(found)
        elif found:
            print_found(found)
        else:
            console.print("Nobody was found.")
        if not found:
            raise typer.Exit(EXIT_FAILED)


@app.command()
def show(
    member: HolderArgument, by: ByOption = "", settings: SettingsOption = None, as_json: JsonOption = False
) -> None:
    """Show a member: cards, points, class, and what expires when. Example: `pos-app member show 2990000000019`."""
    from pos_app.command_line.member_output import print_member

    with speaking(as_json=as_json), opened(settings) as till:
        sign_in(till, by)
        view = personal_data.show_member(till, member)
        if as_json:
            print_json(view)
        else:
            print_member(till, view)


@app.command()
def forecast(
    member: HolderArgument, by: ByOption = "", settings: SettingsOption = None, as_json: JsonOption = False
) -> None:
    """Say which points expire when, if nobody burns them. Example: `pos-app member forecast 2990000000019`."""
    from pos_app.command_line.member_output import print_forecast

    with speaking(as_json=as_json), opened(settings) as till:
        sign_in(till, by)
        expiring = personal_data.show_member(till, member).expiring
        if as_json:
            print_json(expiring)
        elif expiring:
            print_forecast(till, expiring)
        else:
            console.print("No points of this member expire.")


@app.command()
def adjust(
    member: HolderArgument,
    give: Annotated[str, typer.Option(help="Points to give.")] = "",
    take: Annotated[str, typer.Option(help="Points to take away: no more than there are.")] = "",
    forgive: Annotated[str, typer.Option(help="Points that the member owes and need not give back.")] = "",
    reason: Annotated[AdjustmentReason, typer.Option(help="Why.")] = AdjustmentReason.CORRECTION,
    reference: ReferenceOption = "",
    expires: Annotated[str, typer.Option(help="The last day of given points: 2026-12-31.", show_default="never")] = "",
    by: ByOption = "",
    settings: SettingsOption = None,
) -> None:
    """Give points, take some away, or forgive a debt: exactly one of `--give`, `--take`, `--forgive`.

    Example: `pos-app member adjust 2990000000019 --give 50 --reason goodwill --reference CASE-7`.
    """
    from pos_app.command_line.member_output import print_balance

    with speaking(), opened(settings) as till:
        sign_in(till, by)
        units = _units(till, give=give, take=take, forgive=forgive)
        stands = till.book_act(
            account_acts.adjust,
            member,
            units,
            reason=AdjustmentReason.FORGIVEN_OVERDRAFT if forgive else reason,
            reference=reference,
            expires_at_ms=_end_of(expires, till.settings.shop.zone) if expires else None,
        ).result()
        print_balance(till, "Booked. The member now has:", stands)


@app.command()
def merge(
    survivor: Annotated[str, typer.Argument(help="A card or the account that goes on.")],
    merged: Annotated[str, typer.Argument(help="A card or the account whose points and cards go over.")],
    by: ByOption = "",
    settings: SettingsOption = None,
) -> None:
    """Two accounts are one person's: everything of the second goes to the first. It cannot be undone.

    Example: `pos-app member merge 2990000000019 2990000000026`.
    """
    from pos_app.command_line.member_output import print_balance

    with speaking(), opened(settings) as till:
        sign_in(till, by)
        stands = till.book_act(account_acts.merge, survivor, merged).result()
        print_balance(till, "Merged. The member now has:", stands)


@app.command("add-card")
def add_card(member: HolderArgument, card: NewCardArgument, by: ByOption = "", settings: SettingsOption = None) -> None:
    """Give a member one more card, as for a family. Example: `pos-app member add-card 2990000000019 2990000000040`."""
    with speaking(), opened(settings) as till:
        sign_in(till, by)
        till.book_act(account_acts.add_card, member, card).result()
        console.print(f"{card} is a card of this member.")


@app.command("replace-card")
def replace_card(card: CardArgument, new: NewCardArgument, by: ByOption = "", settings: SettingsOption = None) -> None:
    """Put a new card in place of a lost one, which still earns, but no longer burns.

    Example: `pos-app member replace-card 2990000000019 2990000000040`.
    """
    with speaking(), opened(settings) as till:
        sign_in(till, by)
        till.book_act(account_acts.replace_card, card, new).result()
        console.print(f"{new} is in place of {card}.")


@app.command()
def block(card: CardArgument, by: ByOption = "", settings: SettingsOption = None) -> None:
    """Block a card: nobody may use it. Its points stay. Example: `pos-app member block 2990000000019`."""
    with speaking(), opened(settings) as till:
        sign_in(till, by)
        till.book_act(account_acts.block_card, card).result()
        console.print(f"{card} is blocked.")


@app.command()
def unblock(card: CardArgument, by: ByOption = "", settings: SettingsOption = None) -> None:
    """Let a blocked card be used again. Example: `pos-app member unblock 2990000000019`."""
    with speaking(), opened(settings) as till:
        sign_in(till, by)
        till.book_act(account_acts.unblock_card, card).result()
        console.print(f"{card} may be used again.")


@app.command()
def freeze(
    member: HolderArgument, reference: ReferenceOption = "", by: ByOption = "", settings: SettingsOption = None
) -> None:
    """Freeze an account: it earns, and burns nothing until somebody has looked. Example: `pos-app member freeze 2990000000019`."""
    with speaking(), opened(settings) as till:
        sign_in(till, by)
        till.book_act(account_acts.freeze, member, reason=reference).result()
        console.print("The account is frozen: it earns, and burns nothing.")


@app.command()
def unfreeze(
    member: HolderArgument, reference: ReferenceOption = "", by: ByOption = "", settings: SettingsOption = None
) -> None:
    """Let a frozen account burn again. Example: `pos-app member unfreeze 2990000000019 --reference CASE-7`."""
    with speaking(), opened(settings) as till:
        sign_in(till, by)
        till.book_act(account_acts.unfreeze, member, reason=reference).result()
        console.print("The account may be used again.")


@app.command()
def verify(
    member: HolderArgument,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Nobody is sure any more.")] = False,
    by: ByOption = "",
    settings: SettingsOption = None,
) -> None:
    """Note that somebody has checked who the member is, for every till. Example: `pos-app member verify 2990000000019`."""
    with speaking(), opened(settings) as till:
        sign_in(till, by)
        till.book_act(marking.verify, member, withdraw=withdraw).result()
        console.print("The member is no longer verified." if withdraw else "The member is verified.")


@app.command()
def segment(
    member: HolderArgument,
    name: Annotated[str, typer.Argument(help="The segment's name, as programmes have it.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take the member out of it.")] = False,
    by: ByOption = "",
    settings: SettingsOption = None,
) -> None:
    """Put a member into a segment, for every till. Example: `pos-app member segment 2990000000019 staff`."""
    with speaking(), opened(settings) as till:
        sign_in(till, by)
        till.book_act(marking.put_in_segment, member, name, remove=remove).result()
        console.print(f"The member is {'no longer ' if remove else ''}in segment {name}.", markup=False)


@app.command()
def choose(
    member: HolderArgument,
    rule: Annotated[str, typer.Argument(help="The rule: programme/rule.")],
    product: Annotated[str, typer.Argument(help="The product's code.")],
    by: ByOption = "",
    settings: SettingsOption = None,
) -> None:
    """Note the product that a member chooses, where a programme offers a choice.

    Example: `pos-app member choose 2990000000019 personal-offer/favourite 4600000000017`.
    """
    with speaking(), opened(settings) as till:
        sign_in(till, by)
        stands = till.book_act(marking.choose, member, rule, product).result()
        console.print(f"Chosen: {', '.join(stands.chosen.get(rule, ()))}.", markup=False)


@app.command("referred-by")
def referred_by(
    member: HolderArgument,
    by_member: Annotated[str, typer.Argument(help="A card of the member who brought them, or the account.")],
    by: ByOption = "",
    settings: SettingsOption = None,
) -> None:
    """Note who brought a new member, before their first paid receipt.

    Example: `pos-app member referred-by 2990000000026 2990000000019`.
    """
    with speaking(), opened(settings) as till:
        sign_in(till, by)
        till.book_act(marking.refer, member, by_member).result()
        console.print("Noted. Both get their points with the first receipt that the new member pays.")


@app.command()
def act(
    member: HolderArgument,
    name: Annotated[str, typer.Argument(help="What the member did, as programmes name it; without it the names.")] = "",
    by: ByOption = "",
    settings: SettingsOption = None,
) -> None:
    """Book that a member did something that gives points: a survey, a review, a subscription.

    Example: `pos-app member act 2990000000019 review`.
    """
    from pos_app.command_line.member_output import print_balance
    from pos_app.use_cases import acts

    with speaking(), opened(settings) as till:
        sign_in(till, by)
        if not name:
            console.print(" ".join(acts.acts_now(till)) or "No programme that runs gives points for acts.")
            return
        done = till.book_act(acts.book_act, member, name).result()
        print_balance(till, f"Booked: {till.points_text(done.units)} points. The member now has:", done.member)


@app.command()
def export(member: HolderArgument, by: ByOption = "", settings: SettingsOption = None) -> None:
    """Print everything that is held of a person, as JSON: for themselves, when they ask.

    Example: `pos-app member export 2990000000019 > person.json`.
    """
    with speaking(as_json=True), opened(settings) as till:
        sign_in(till, by)
        print_json(till.book_act(personal_data.export, member).result())


@app.command()
def erase(
    member: HolderArgument,
    yes: Annotated[bool, typer.Option("--yes", help="I mean it.")] = False,
    by: ByOption = "",
    settings: SettingsOption = None,
) -> None:
    """Forget who holds an account: name, phone and birthday are gone everywhere, for good. Points, sums and receipts stay.

    Exits with 1 where the erased bytes still lie on the disk. Example: `pos-app member erase 2990000000019 --yes`.
    """
    with speaking(), opened(settings) as till:
        if not yes:
            raise InputError(
                "member.not_sure",
                what="Who is forgotten cannot be remembered again.",
                safe="Nothing was changed.",
                todo="Add --yes if that is what the member asked for.",
            )
        sign_in(till, by)
        erased = personal_data.erase_member(till, member)
        console.print(f"{counted(erased.fields, 'field')} erased. Points, sums and receipts stay.")
        if not erased.is_folded:
            console.print("Some of it still lies in the database's log: close every other program that reads it.")
            raise typer.Exit(EXIT_FAILED)


def _units(till: "Till", *, give: str, take: str, forgive: str) -> int:
    """The points as typed, in units; taken ones are below zero."""
    typed = [text for text in (give, take, forgive) if text]
    if len(typed) != 1:
        raise _refused("Exactly one of --give, --take and --forgive is needed.")
    try:
        units = minor_from_text(typed[0], exponent=till.terms.points_exponent)
    except ValueError as error:
        raise _refused(f"{typed[0]!r} is no number of points.") from error
    if units <= 0:
        raise _refused(f"{typed[0]!r} is no number of points to give, take or forgive.")
    return -units if take else units


def _end_of(day: str, zone: str) -> int:
    """The end of a day in the shop's zone, UTC milliseconds: points of that last day are gone then."""
    try:
        after = date.fromisoformat(day) + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise _refused(f"{day!r} is not a day. Write it like 2026-12-31.") from error
    return int(datetime.combine(after, time.min, ZoneInfo(zone)).timestamp() * 1000)


def _refused(sentence: str) -> InputError:
    return InputError("member.adjust", what=sentence, safe="Nothing was changed.", todo="Correct it.")
