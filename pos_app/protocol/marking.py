"""What events make of a member's marks. Pure; till and headquarters go by the same."""

from pos_app.model import marks
from pos_app.model.marks import Mark
from pos_app.protocol.events import ActEvent, MarkEvent

MarkingEvent = MarkEvent | ActEvent


def marks_after(of_account: tuple[Mark, ...], event: MarkingEvent) -> tuple[Mark, ...]:
    """The marks of an account after an event of it: an act that counts once is remembered by its rule, everywhere."""
    date = event.moment.business_date
    if isinstance(event, MarkEvent):
        return marks.changed(of_account, Mark(event.name, event.value, date), on=event.on)
    for rule in event.rules if event.is_shared else ():
        of_account = marks.changed(of_account, Mark(f"{marks.DONE}{rule}", event.event_id, date), on=True)
    return of_account
