"""Why the sale gives what it gives, in the screen's words: the source text of each code of a reason."""

from pos_app.loyalty import reasons
from ui.noop import QT_TRANSLATE_NOOP

SENTENCES: dict[str, str] = {
    reasons.FIXED_CARD: QT_TRANSLATE_NOOP("Why", "{rate_bp} % for a card of class {card_class}."),
    reasons.PROGRESSIVE_RECEIPT: QT_TRANSLATE_NOOP("Why", "{rate_bp} % because the receipt comes to {sum_minor}."),
    reasons.PROGRESSIVE_ACCUMULATED: QT_TRANSLATE_NOOP("Why", "{rate_bp} % because {sum_minor} were bought before."),
    reasons.PHARMACY: QT_TRANSLATE_NOOP("Why", "{rate_bp} % as a bonus."),
    reasons.PERCENT: QT_TRANSLATE_NOOP("Why", "{rate_bp} % for these goods."),
    reasons.POINTS: QT_TRANSLATE_NOOP("Why", "Points for each {per_minor}: {points}."),
    reasons.BONUS: QT_TRANSLATE_NOOP("Why", "A bonus of so many points: {points}."),
    reasons.MULTIPLY: QT_TRANSLATE_NOOP("Why", "Raised to {multiplied_percent} %."),
    reasons.MEMBER_PRICE: QT_TRANSLATE_NOOP("Why", "The price for members."),
    reasons.FIXED_PRICE: QT_TRANSLATE_NOOP("Why", "A special price of {price_minor}."),
    reasons.AMOUNT_OFF: QT_TRANSLATE_NOOP("Why", "{off_minor} off."),
    reasons.REWARD: QT_TRANSLATE_NOOP("Why", "A reward for {cost} of {pool}, taken {times} time(s)."),
    reasons.COLLECT: QT_TRANSLATE_NOOP("Why", "Collected for {pool}."),
    reasons.CHANCE_LATER: QT_TRANSLATE_NOOP("Why", "Chance speaks when the sale is booked."),
    reasons.CHANCE_LOST: QT_TRANSLATE_NOOP("Why", "No win this time: chance said {roll}, it gives below {wins_below}."),
    reasons.DONATED: QT_TRANSLATE_NOOP("Why", "Given for {cause}."),
    reasons.ACT: QT_TRANSLATE_NOOP("Why", "{points} points for: {act}."),
    reasons.NO_MEMBER: QT_TRANSLATE_NOOP("Why", "There is no card: nothing is earned."),
    reasons.NOT_ACTIVE: QT_TRANSLATE_NOOP("Why", "The programme does not run today."),
    reasons.REGULATED: QT_TRANSLATE_NOOP("Why", "Regulated medicine never earns and never accepts points."),
    reasons.DONATION: QT_TRANSLATE_NOOP("Why", "It is money for a cause: it earns nothing."),
    reasons.EXCLUDED: QT_TRANSLATE_NOOP("Why", "The programme excludes these goods."),
    reasons.NOTHING_PAID: QT_TRANSLATE_NOOP("Why", "Nothing is paid by money."),
    reasons.RATE_ZERO: QT_TRANSLATE_NOOP("Why", "For this member and receipt the rate is 0."),
    reasons.WEIGHT_ZERO: QT_TRANSLATE_NOOP("Why", "The weight of these goods is 0."),
    reasons.LINE_MAX_ZERO: QT_TRANSLATE_NOOP("Why", "The limit for a line is 0."),
    reasons.BEATEN: QT_TRANSLATE_NOOP("Why", "Another rule gives as much or more: {by_rule}."),
    reasons.GROUP_BEATEN: QT_TRANSLATE_NOOP("Why", "Another rule of its group gives as much or more on this receipt."),
    reasons.NOT_NAMED: QT_TRANSLATE_NOOP("Why", "It is for other goods."),
    reasons.PRICED_BY_HAND: QT_TRANSLATE_NOOP("Why", "The price was set by hand."),
    reasons.NOTHING_TO_GIVE: QT_TRANSLATE_NOOP("Why", "There is nothing to give on these goods."),
    reasons.NOTHING_TO_MULTIPLY: QT_TRANSLATE_NOOP("Why", "There is nothing that it could raise."),
    reasons.GUARD: QT_TRANSLATE_NOOP("Why", "The guard leaves nothing for these goods."),
    reasons.ACT_UNKNOWN: QT_TRANSLATE_NOOP("Why", "No programme that runs gives anything for: {act}."),
    reasons.CAP_REACHED: QT_TRANSLATE_NOOP("Why", "Its limits leave nothing."),
    reasons.CAP_ACTS: QT_TRANSLATE_NOOP("Why", "It was given as often as it may be."),
    reasons.CAP_RECEIPTS: QT_TRANSLATE_NOOP("Why", "It gives on this many receipts at most: {receipts}."),
    reasons.WHEN_WEEKDAY: QT_TRANSLATE_NOOP("Why", "It does not apply on this weekday."),
    reasons.WHEN_HOURS: QT_TRANSLATE_NOOP("Why", "It does not apply at {time}."),
    reasons.WHEN_DATES: QT_TRANSLATE_NOOP("Why", "It does not apply today."),
    reasons.WHEN_HOLIDAYS: QT_TRANSLATE_NOOP("Why", "It applies on holidays."),
    reasons.WHEN_STORE: QT_TRANSLATE_NOOP("Why", "It does not apply in this store."),
    reasons.WHEN_RECEIPT_FROM: QT_TRANSLATE_NOOP("Why", "It applies from {from_minor} on; the receipt is {sum_minor}."),
    reasons.WHEN_RECEIPT_NUMBER: QT_TRANSLATE_NOOP(
        "Why", "It applies from purchase {from_receipt} on; this is purchase {receipt}."
    ),
    reasons.WHEN_CARD_CLASS: QT_TRANSLATE_NOOP("Why", "It does not apply to a card of this class."),
    reasons.WHEN_TIER: QT_TRANSLATE_NOOP("Why", "It does not apply to the member's tier."),
    reasons.WHEN_SEGMENT: QT_TRANSLATE_NOOP("Why", "It is for other members."),
    reasons.WHEN_COUPON: QT_TRANSLATE_NOOP("Why", "No coupon of it is presented."),
    reasons.WHEN_BIRTHDAY: QT_TRANSLATE_NOOP("Why", "It is not the member's birthday."),
    reasons.WHEN_BOUGHT: QT_TRANSLATE_NOOP("Why", "The member has not bought the goods that it asks for."),
    reasons.WHEN_HOLDS: QT_TRANSLATE_NOOP("Why", "The member has {has} of {pool}; {needed} are needed."),
    reasons.WHEN_CHOSEN: QT_TRANSLATE_NOOP("Why", "The member has chosen no such offer."),
    reasons.WHEN_VERIFIED: QT_TRANSLATE_NOOP("Why", "Nobody has checked who the member is."),
    reasons.REWARD_NOT_ASKED: QT_TRANSLATE_NOOP("Why", "The member has not asked for it: F4 F4."),
    reasons.REWARD_POOL: QT_TRANSLATE_NOOP("Why", "The member has {has} of {pool}; it costs {needed}."),
    reasons.REWARD_NO_GOODS: QT_TRANSLATE_NOOP("Why", "None of its goods is here."),
    reasons.BURN_NO_MEMBER: QT_TRANSLATE_NOOP("Why", "There is no card on this sale."),
    reasons.BURN_NO_PROGRAMME: QT_TRANSLATE_NOOP("Why", "No programme accepts points at present."),
    reasons.BURN_NOT_FROM_THIS_RECEIPT: QT_TRANSLATE_NOOP(
        "Why", "Points can be used from purchase {from_receipt} on; this is purchase {receipt}."
    ),
    reasons.BURN_MIN_BALANCE: QT_TRANSLATE_NOOP(
        "Why", "Points can be used from a balance of {minimum_units} on; it is {balance_units}."
    ),
    reasons.BURN_NO_ELIGIBLE_GOODS: QT_TRANSLATE_NOOP("Why", "There are no goods in the basket that accept points."),
    reasons.BURN_BALANCE: QT_TRANSLATE_NOOP("Why", "The balance allows no more."),
    reasons.BURN_CAP: QT_TRANSLATE_NOOP("Why", "Points pay at most {cap_bp} % of the goods that accept them."),
    reasons.BURN_MIN_PAID: QT_TRANSLATE_NOOP("Why", "At least {min_paid_minor} is always paid by money."),
    reasons.BURN_LOWERED: QT_TRANSLATE_NOOP("Why", "{requested_units} were asked for, {burned_units} can be used."),
    reasons.PAID_WITH_POINTS: QT_TRANSLATE_NOOP("Why", "Its share of the points that pay, worth {worth_minor}."),
    reasons.NOTICE: QT_TRANSLATE_NOOP("Why", "To be said to this member."),
}
"""A code that is not here, of a later version, is shown as it is."""

ADDED: dict[str, str] = {
    "weight_percent": QT_TRANSLATE_NOOP("Why", "These goods count {weight_percent} %."),
    "weighted": QT_TRANSLATE_NOOP("Why", "These goods count more or less than others."),
    "line_max_points": QT_TRANSLATE_NOOP("Why", "At most so many points a line: {line_max_points}."),
    "receipt_max_units": QT_TRANSLATE_NOOP("Why", "A limit left {receipt_max_units}."),
    "cap_minor": QT_TRANSLATE_NOOP("Why", "A limit left {cap_minor}."),
    "cap_units": QT_TRANSLATE_NOOP("Why", "A limit left {cap_units}."),
    reasons.WON_WITH: QT_TRANSLATE_NOOP("Why", "Won: chance said {won_with}, it gives below {wins_below}."),
    "until_receipt": QT_TRANSLATE_NOOP("Why", "The last one that it applies to is purchase {until_receipt}."),
    "lowered_by": QT_TRANSLATE_NOOP("Why", "Lowered so that rewards do not cost too much."),
}
"""What a value adds to the sentence."""

NO_CLASS = QT_TRANSLATE_NOOP("Why", "none")
WHOLE_RECEIPT = QT_TRANSLATE_NOOP("Why", "The whole receipt")
LOCKED = QT_TRANSLATE_NOOP("Why", "Not for this customer.")
NOT_GIVEN = QT_TRANSLATE_NOOP("Why", "Nothing.")
MARGIN = QT_TRANSLATE_NOOP("Why", "Margin from {percent} % on.")
