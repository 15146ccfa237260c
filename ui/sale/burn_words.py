"""Why points may not be used now, where headquarters or the till's own bounds say so: the source text of each code."""

from pos_app.loyalty.allowance import BurnLimit
from ui.noop import QT_TRANSLATE_NOOP

REFUSALS: dict[str, str] = {
    BurnLimit.BALANCE: QT_TRANSLATE_NOOP("Burning", "Headquarters is away, and no more points are sure to be there."),
    BurnLimit.CARD_BLOCKED: QT_TRANSLATE_NOOP("Burning", "This card is blocked."),
    BurnLimit.CARD_REPLACED: QT_TRANSLATE_NOOP("Burning", "This card was replaced: points are used with the new one."),
    BurnLimit.ACCOUNT: QT_TRANSLATE_NOOP("Burning", "The points of this account are locked."),
    BurnLimit.CLOCK: QT_TRANSLATE_NOOP("Burning", "Headquarters is away, and the till's clock cannot be right."),
    BurnLimit.STOPPED: QT_TRANSLATE_NOOP("Burning", "Headquarters has stopped this till from spending points."),
    BurnLimit.NEVER_HEARD: QT_TRANSLATE_NOOP("Burning", "Headquarters is away and was never heard from yet."),
    BurnLimit.STALE: QT_TRANSLATE_NOOP("Burning", "Headquarters has been away for too long."),
    BurnLimit.ASK: QT_TRANSLATE_NOOP("Burning", "Headquarters is away, and this account must be asked for there."),
    BurnLimit.POLICY: QT_TRANSLATE_NOOP("Burning", "Headquarters is away, and without it no points are used."),
    BurnLimit.CARD_DAY: QT_TRANSLATE_NOOP("Burning", "Headquarters is away: there is a limit for each card and day."),
    BurnLimit.TILL_BUDGET: QT_TRANSLATE_NOOP("Burning", "Headquarters is away, and this till's limit is used up."),
    BurnLimit.LEASES: QT_TRANSLATE_NOOP("Burning", "Headquarters is away and has set no more aside for this till."),
    "burn.hq.balance": QT_TRANSLATE_NOOP("Burning", "Headquarters says that there are fewer points."),
    "burn.hq.unknown_account": QT_TRANSLATE_NOOP("Burning", "Headquarters does not know this card yet."),
    "burn.hq.frozen": QT_TRANSLATE_NOOP("Burning", "The points of this account are locked."),
}

OTHERWISE = QT_TRANSLATE_NOOP("Burning", "Headquarters does not allow it.")
