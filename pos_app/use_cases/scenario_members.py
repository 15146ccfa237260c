"""What a scenario's steps do with members beside selling to them: they enrol, are verified, choose, and do what gives points."""

from collections.abc import Callable
from pathlib import Path

from pos_app.use_cases import acts, marking
from pos_app.use_cases.scenario_file import Scenario, Step, refused
from pos_app.use_cases.till import Till


def enrolled_later(scenario: Scenario) -> frozenset[str]:
    """The members that come only when a step enrols them."""
    return frozenset(step.enrol for step in scenario.steps if step.enrol)


def member_step(till: Till, step: Step, card_of: Callable[[str], str], path: Path) -> tuple[str, dict[str, str]] | None:
    """What a step did with its member and what came out; None for a step that is about something else."""
    if step.enrol:
        by = card_of(step.referred_by) if step.referred_by else ""
        till.enrol(card_of(step.enrol), referred_by=by).result()
        return f"enrolment of {step.enrol}", {}
    if step.act:
        done = till.book_act(acts.book_act, card_of(step.member), step.act).result()
        return f"act: {step.act}", {"earned": till.points_text(done.units)}
    if step.referred_by:
        till.book_act(marking.refer, card_of(step.member), card_of(step.referred_by)).result()
        return f"brought by {step.referred_by}", {}
    return _mark(till, step, card_of, path)


def _mark(till: Till, step: Step, card_of: Callable[[str], str], path: Path) -> tuple[str, dict[str, str]] | None:
    if step.verify:
        till.book_act(marking.verify, card_of(step.member)).result()
        return "verified", {}
    if step.segment:
        till.book_act(marking.put_in_segment, card_of(step.member), step.segment).result()
        return f"in segment {step.segment}", {}
    if step.choose:
        rule, equals, product = step.choose.partition("=")
        if not equals:
            raise refused(path, f"{step.choose!r} is no choice (programme/rule=product)")
        till.book_act(marking.choose, card_of(step.member), rule, product).result()
        return f"choice: {product}", {}
    return None
