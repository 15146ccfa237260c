"""The breaker: two failures in a row open it for half a minute; one more opens it again."""

from hypothesis import given
from hypothesis import strategies as st

from pos_app.sync.breaker import FAILURES_MAX, OPEN_MS, Breaker


def test_that_two_failures_in_a_row_open_it_for_half_a_minute() -> None:
    once = Breaker().failed(now_ms=1_000)
    twice = once.failed(now_ms=2_000)
    assert (True, False, False, True) == (
        once.allows(now_ms=2_000),
        twice.allows(now_ms=2_000),
        twice.allows(now_ms=31_999),
        twice.allows(now_ms=32_000),
    )


def test_that_one_more_failure_after_that_opens_it_again_and_a_success_closes_it() -> None:
    tried = Breaker().failed(now_ms=0).failed(now_ms=0).failed(now_ms=OPEN_MS)
    assert (False, True) == (tried.allows(now_ms=OPEN_MS + 1), tried.allows(now_ms=2 * OPEN_MS))
    assert Breaker() == tried.succeeded()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 60_000))))
def test_that_it_is_open_only_after_so_many_failures_in_a_row(steps: list[tuple[bool, int]]) -> None:
    breaker, now_ms, in_a_row = Breaker(), 0, 0
    for is_failure, passed_ms in steps:
        now_ms += passed_ms
        assert breaker.allows(now_ms=now_ms) or in_a_row >= FAILURES_MAX
        breaker = breaker.failed(now_ms=now_ms) if is_failure else breaker.succeeded()
        in_a_row = in_a_row + 1 if is_failure else 0
        assert breaker.allows(now_ms=now_ms) == (in_a_row < FAILURES_MAX)
        assert breaker.allows(now_ms=now_ms + OPEN_MS)
