"""Choosing a reward: the list of what the member could take now, and putting it on the sale or off it."""

import msgspec

from pos_app.model.accounts import Member
from pos_app.use_cases.deeds import Deed, deeds_now, has_acts
from pos_app.use_cases.views import BurnAnswer
from ui.sale.desk import Desk
from ui.sale.screen import Notice, NoticeCode, RewardsPanel


def open_panel(desk: Desk) -> None:
    """Show what could be taken and what could be noted of the member, or say that there is nothing."""
    rewards = desk.till.rewards(desk.basket)
    deeds = deeds_now(desk.till, desk.basket)
    if rewards or deeds:
        desk.panel = RewardsPanel(rewards, deeds=deeds)
    else:
        desk.say(NoticeCode.NO_REWARDS)


def is_first(desk: Desk) -> bool:
    """Whether there are no goods yet to burn points on, and still something may be noted of the member."""
    return desk.panel is None and not desk.basket.lines and desk.basket.member is not None and has_acts(desk.till)


def mark(desk: Desk, panel: RewardsPanel, row: int) -> None:
    """Mark another one; a row that is not there marks none."""
    if 0 <= row < panel.count:
        desk.panel = msgspec.structs.replace(panel, marked=row)


def deed_at(panel: RewardsPanel) -> Deed | None:
    """What would be noted of the member by the marked row; None where it is a reward."""
    number = panel.marked - len(panel.rewards)
    return panel.deeds[number] if number >= 0 else None


def tell_done(desk: Desk, deed: Deed, member: Member) -> None:
    """It is noted: the member on the counter is as they are now."""
    desk.put_member(member)
    if deed.act:
        desk.inform(NoticeCode.DEED_BOOKED, {"act": deed.act, "given_units": deed.units})
    else:
        desk.inform(NoticeCode.DEED_CHOSEN, {"product": deed.product_name})


def choose(desk: Desk, panel: RewardsPanel) -> int:
    """Put the marked reward on the sale, or off it. Gives the points that must be asked for first, 0 where nobody need be asked."""
    choice = panel.rewards[panel.marked]
    basket = desk.basket
    if choice.is_taken:
        takes = tuple(key for key in basket.takes if key != choice.key)
        desk.change(msgspec.structs.replace(basket, takes=takes))
        desk.inform(NoticeCode.REWARD_LEFT)
        return 0
    if choice.unit == desk.issuer() and desk.needs_right():
        units = basket.burn_units + desk.reward_units() + choice.units
        authorisation = basket.authorisation
        if authorisation is None or authorisation.units < units:
            return units
    _take(desk, choice.key)
    return 0


def take_answer(desk: Desk, answer: BurnAnswer) -> None:
    """The points for the marked reward may be taken, or may not."""
    panel = desk.panel
    assert isinstance(panel, RewardsPanel), "it stays open while somebody is asked"
    if answer.authorisation is None:
        desk.tell(Notice(NoticeCode.REWARD_REFUSED, error_code=answer.refusal))
        return
    desk.basket = msgspec.structs.replace(desk.basket, authorisation=answer.authorisation)
    _take(desk, panel.rewards[panel.marked].key)


def _take(desk: Desk, key: str) -> None:
    takes = (*(one for one in desk.basket.takes if one != key), key)
    desk.panel = None
    desk.change(msgspec.structs.replace(desk.basket, takes=takes))
    if desk.notice is None:
        desk.inform(NoticeCode.REWARD_TAKEN)
