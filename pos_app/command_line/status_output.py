"""What works now, in sentences for people."""

from collections.abc import Iterator, Sequence

from pos_app.command_line.output import counted
from pos_app.loyalty.allowance import BurnLimit
from pos_app.model.calendar import local_time
from pos_app.use_cases.till import Till
from pos_app.use_cases.views import SyncStatus
from pos_app.use_cases.working import Burning, Returns, ToDo, WorksNow

_WHY = {
    BurnLimit.CLOCK: "the clock cannot be right",
    BurnLimit.STOPPED: "headquarters does not take this till's word",
    BurnLimit.POLICY: "headquarters lets nothing be burned without it",
    BurnLimit.NEVER_HEARD: "headquarters was never heard",
    BurnLimit.STALE: "headquarters' last word is too old",
    BurnLimit.CARD_DAY: "the limit for a card and day",
    BurnLimit.TILL_BUDGET: "what is left of this till's budget until headquarters is met again",
    BurnLimit.LEASES: "what headquarters has set aside for this till",
}
NO_TODO = frozenset({ToDo.NOTHING, ToDo.WAIT})
"""Where nobody has to do anything about the till itself."""
_TODO = {
    ToDo.NOTHING: "Nothing is to be done.",
    ToDo.WAIT: "Nothing is to be done: it goes on by itself.",
    ToDo.JOIN: "Make a code at headquarters and run `pos-app join CODE`.",
    ToDo.ENROL_AGAIN: "Make a code with `pos-app hq enrol-code STORE --till-number NUMBER` and run `pos-app join CODE`.",
    ToDo.CALL_SUPPORT: "Call support.",
    ToDo.CHECK_ADDRESS: "Check hq.url in the settings, and who answers there.",
    ToDo.UPDATE: "Install the newer version of this program.",
    ToDo.SET_CLOCK: "Set the clock right, or run `pos-app clock --confirm` if it is.",
    ToDo.MEND_MIRROR: "Put the mirror's disk back, or name another file as storage.mirror.",
}


def sentences(status: SyncStatus, till: Till, *, to_do: Sequence[str] = ()) -> Iterator[str]:
    """One line a fact, and at the end what is to be done; ``to_do`` are more things of that kind."""
    works = status.works
    assert works is not None, "it was asked for"
    yield "Selling works. Earning works."
    yield _burning(works, till)
    yield _returns(works, has_hq=bool(till.settings.hq.url))
    if till.settings.hq.url:
        yield from _queue(status, till)
    if works.names_forgotten:
        yield "Headquarters was out of touch for too long: the names that it has were forgotten here. They come back with it."
    if status.mirror_problem:
        yield status.mirror_problem
    elif status.mirror_lag_events is not None:
        yield f"The mirror lacks {counted(status.mirror_lag_events, 'event')}."
    if status.problem:
        yield status.problem
    if works.todo not in NO_TODO or not to_do:
        yield _TODO[works.todo]
    yield from to_do


def _burning(works: WorksNow, till: Till) -> str:
    match works.burning:
        case Burning.LOCAL:
            return "Burning works: this till decides about points."
        case Burning.ONLINE:
            return "Burning works: headquarters is asked."
        case Burning.OFFLINE:
            assert works.burn_units_max is not None, "offline there is a bound"
            up_to = till.points_text(works.burn_units_max)
            step_up = till.points_text(works.burn_step_up_units or 0)
            return f"Burning works without headquarters: up to {up_to} points ({_why(works)}); above {step_up} with a manager."
        case _:
            return f"Burning does not work: {_why(works)}."


def _why(works: WorksNow) -> str:
    return "" if works.why is None else _WHY.get(works.why, works.why.value)


def _returns(works: WorksNow, *, has_hq: bool) -> str:
    if works.returns is Returns.EVERY_RECEIPT:
        return "Returns work, with receipts of other tills too."
    if has_hq:
        return "Returns work with this till's receipts; with others only by a manager, until headquarters answers."
    return "Returns work with this till's receipts."


def _queue(status: SyncStatus, till: Till) -> Iterator[str]:
    waiting = counted(status.waiting_events, "event")
    age_minutes = (status.oldest_waiting_ms or 0) // 60_000
    yield (
        f"{waiting} to send, the oldest {counted(age_minutes, 'minute')} old."
        if status.waiting_events
        else "Nothing to send."
    )
    if status.last_contact_ms is None:
        yield "Headquarters was never heard."
    else:
        when = local_time(utc_ms=status.last_contact_ms, zone_name=till.settings.shop.zone)
        yield f"Headquarters was last heard at {when:%Y-%m-%d %H:%M}."
    if status.snapshot_accounts is not None:
        yield f"Accounts are being fetched: {status.snapshot_accounts} so far."
