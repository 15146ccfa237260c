"""An explanation in English words, for the command line and for paper. The screen has words of its own."""

from collections.abc import Iterator

from pos_app.loyalty import reasons
from pos_app.loyalty.why import MINOR, POINTS, Because, Kind
from pos_app.model.evaluation import Reason
from pos_app.model.identifiers import pool_of
from pos_app.model.money import text_from_minor
from pos_app.model.receipts import SaleLine
from pos_app.use_cases.explaining import Explained
from pos_app.use_cases.quoting import Terms
from receipts.explanation import ExplainedPart, ExplainedRow, ExplanationFacts

_TAKES = frozenset({Kind.DISCOUNT, Kind.BURNED, Kind.TAKEN})
_ITSELF = "Every programme"
"""What no rule can change stands under this name on paper."""
_WITHOUT_AMOUNT = {Kind.NOTICE: "say", Kind.LOCKED: "locked"}


class ExplanationWords:
    """The words of an explanation in the units of a till."""

    def __init__(self, explained: Explained, terms: Terms) -> None:
        self._explained = explained
        self._money, self._points = terms.currency.exponent, terms.points_exponent

    def why(self, reason: Reason) -> str:
        """A reason as a sentence."""
        return reasons.words(reason, currency_exponent=self._money, points_exponent=self._points)

    def because(self, because: Because) -> str:
        """Why something happened, with the manager's own words where there are some."""
        why = self.why(because.reason)
        return f"{because.text}: {why}" if because.text else why

    def gives(self, because: Because) -> str:
        """What it gave: ``-1.00``, ``5 points``, ``1 burger``; a dash for a refusal."""
        if not because.unit:
            return _WITHOUT_AMOUNT.get(because.kind, "-")
        sign = "-" if because.kind in _TAKES else ""
        if because.unit == MINOR:
            return f"{sign}{text_from_minor(because.amount, exponent=self._money)}"
        if because.unit == POINTS:
            return f"{sign}{text_from_minor(because.amount, exponent=self._points)} points"
        return f"{sign}{because.amount} {pool_of(because.unit)}"

    def rule(self, because: Because) -> str:
        """Which rule it was: the programme's name and the rule's; empty for the engine itself."""
        programme = self._explained.names.get(because.programme_id, because.programme_id)
        return " / ".join(part for part in (programme, because.rule_id) if part)

    def goods(self, line: SaleLine) -> str:
        """What a line is, and the band of its margin where it may be shown and is known."""
        percent = self._explained.margins_percent.get(line.line_no)
        return line.name if percent is None else f"{line.name}, margin from {percent} %"

    def paid(self, payable_minor: int) -> str:
        """An amount of money."""
        return text_from_minor(payable_minor, exponent=self._money)

    def foot(self) -> Iterator[str]:
        """Burning, the guard, and whether it agrees with what was booked, a sentence each."""
        seen = self._explained
        burned = text_from_minor(seen.burn_units, exponent=self._points)
        most = text_from_minor(seen.burnable_units, exponent=self._points)
        yield f"Burned {burned} of at most {most} points: {self.why(seen.burn_limit)}"
        if seen.guard is not None:
            yield f"The guard: rewards cost at most {seen.guard.margin_percent} % of the margin of each {seen.guard.per}."
        if seen.agrees is not None:
            yield f"Recomputing {'agrees with' if seen.agrees else 'DIFFERS from'} what was booked."


def facts_of(explained: Explained, terms: Terms) -> ExplanationFacts:
    """What stands on paper."""
    words = ExplanationWords(explained, terms)
    parts = [
        ExplainedPart(
            f"{line.line_no}. {words.goods(line)}",
            words.paid(line.payable_minor),
            _rows(explained.of_line(line.line_no), words),
        )
        for line in explained.lines
    ]
    whole = _rows(explained.of_line(0), words)
    return ExplanationFacts(
        title=f"Receipt {explained.receipt_number}, explained",
        head=(f"Business date {explained.business_date}", f"Engine semantics {explained.semantics}"),
        parts=(*parts, *([ExplainedPart("The whole receipt", "", whole)] if whole else ())),
        foot=tuple(words.foot()),
    )


def _rows(found: tuple[Because, ...], words: ExplanationWords) -> tuple[ExplainedRow, ...]:
    return tuple(ExplainedRow(words.rule(one) or _ITSELF, words.gives(one), words.because(one)) for one in found)
