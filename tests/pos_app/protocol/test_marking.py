"""What events make of marks."""

from pos_app.model.evaluation import Award, EngineInput, MemberContext, Reason
from pos_app.model.identifiers import derived_id, is_derived
from pos_app.model.marks import Mark
from pos_app.protocol.events import ActEvent, MarkEvent
from pos_app.protocol.marking import marks_after
from tests.hq.journals import moment, new_id


def act(event_id: str, units: int = 5) -> ActEvent:
    member = MemberContext("a", "", {}, 0, 0)
    given = EngineInput(2, "x", 2, 0, 0, "UTC", "2026-01-01", (), member, act="review")
    award = Award(0, "p", "r", units, Reason("act", {}))
    return ActEvent(
        event_id=event_id,
        moment=moment(),
        account_ref="a",
        act="review",
        engine_input=given,
        awards=(award,),
        granted_lots=(),
    )


def test_that_a_mark_is_made_and_taken_back() -> None:
    on = MarkEvent(event_id=new_id(), moment=moment(), account_ref="a", name="segment", value="vip")
    off = MarkEvent(event_id=new_id(), moment=moment(), account_ref="a", name="segment", value="vip", on=False)
    made = marks_after((), on)
    assert (Mark("segment", "vip", "2026-01-01"),) == made
    assert () == marks_after(made, off)


def test_that_an_act_that_counts_once_leaves_a_mark_and_another_none() -> None:
    shared = derived_id(new_id(), "x")
    assert (True, False) == (is_derived(shared), is_derived(new_id()))
    assert (Mark("done:p/r", shared, "2026-01-01"),) == marks_after((), act(shared))
    assert () == marks_after((), act(shared, units=0))
    assert () == marks_after((), act(new_id()))
