"""Chance by a committed seed: the numbers, the winners, and what checking a published file finds."""

import hashlib
import hmac
from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.protocol.draws import (
    EXAMPLE_SEED,
    ROLLS,
    ChanceReport,
    LotteryReport,
    Report,
    Rolled,
    Tickets,
    decode_report,
    draw_winners,
    encode_report,
    hash_of,
    in_order,
    is_example,
    number_below,
    roll,
    verify,
)

SEED = hashlib.sha256(b"a seed of the tests").digest()
RULE = "prize-game/dessert"


def chance_report(**more: object) -> ChanceReport:
    numbers = [f"001-01-{number:07d}" for number in range(1, 9)]
    rolls = [(number, roll(SEED, receipt_number=number, rule=RULE)) for number in numbers]
    report = ChanceReport(
        programme="prize-game",
        name="Prizes",
        seed_hash=hash_of(SEED),
        seed=SEED.hex(),
        rolls=tuple(Rolled(number, RULE, one, 2500, one < 2500) for number, one in rolls),
    )
    return msgspec.structs.replace(report, **more)


def lottery_report(**more: object) -> LotteryReport:
    lots = (Tickets("a", "001-01-0000001", 3), Tickets("c", "002-01-0000009", 6), Tickets("b", "", 1))
    tickets = in_order(lots)
    prizes = ("Bicycle", "Mug", "Mug")
    report = LotteryReport(
        programme="lottery",
        name="Tickets",
        seed_hash=hash_of(SEED),
        seed=SEED.hex(),
        draw_on="2026-12-20",
        prizes=prizes,
        tickets=tickets,
        winners=draw_winners(SEED, prizes=prizes, tickets=tickets),
    )
    return msgspec.structs.replace(report, **more)


def codes(report: Report) -> list[str]:
    return [one.code for one in verify(report)]


def test_that_a_number_is_the_first_eight_bytes_of_the_hmac_modulo_the_bound() -> None:
    digest = hmac.new(SEED, b"001-01-0000007|p/r", "sha256").digest()
    expected = int.from_bytes(digest[:8], "big") % ROLLS
    assert expected == roll(SEED, receipt_number="001-01-0000007", rule="p/r")


def test_that_numbers_of_the_biased_rest_are_thrown_away() -> None:
    # Of 2^64 numbers only the first 2^63 + 1 are fair for this bound: every second one is tried again.
    bound = 2**63 + 1
    firsts = [int.from_bytes(hmac.digest(SEED, str(n).encode(), "sha256")[:8], "big") for n in range(64)]
    drawn = [number_below(bound, seed=SEED, message=str(n)) for n in range(64)]
    assert [first for first in firsts if first < bound] == [
        number for first, number in zip(firsts, drawn, strict=True) if first < bound
    ]
    (again, number) = next((n, one) for n, (one, first) in enumerate(zip(drawn, firsts, strict=True)) if first >= bound)
    retries = (int.from_bytes(hmac.digest(SEED, f"{again}#{k}".encode(), "sha256")[:8], "big") for k in range(1, 99))
    assert next(retry for retry in retries if retry < bound) == number


def test_that_the_share_of_wins_is_near_the_chance() -> None:
    rolls = [roll(SEED, receipt_number=f"001-01-{number:07d}", rule=RULE) for number in range(40_000)]
    # The standard deviation of 40 000 throws at 25 % is 87.
    assert 4 * 87 > abs(sum(one < 2500 for one in rolls) - 10_000)
    deciles = Counter(one // 1000 for one in rolls)
    assert 4 * 60 > max(abs(count - 4_000) for count in deciles.values())


def test_that_two_rules_of_one_receipt_have_rolls_of_their_own() -> None:
    rolls = {roll(SEED, receipt_number="001-01-0000001", rule=rule) for rule in ("p/a", "p/b", "p/c")}
    assert 3 == len(rolls)


def test_that_what_follows_from_the_seed_is_found_right() -> None:
    for report in (chance_report(), lottery_report()):
        assert ((), report) == (verify(report), decode_report(encode_report(report)))


def test_that_another_seed_is_found() -> None:
    report = chance_report(seed=EXAMPLE_SEED.hex())
    assert {"seed", "roll", "won"} == set(codes(report))
    assert "seed" == codes(lottery_report(seed=EXAMPLE_SEED.hex()))[0]


def test_that_a_roll_and_a_win_that_were_changed_are_found() -> None:
    report = chance_report()
    first = report.rolls[0]
    changed = (msgspec.structs.replace(first, roll=first.roll + 1), *report.rolls[1:])
    (difference,) = verify(msgspec.structs.replace(report, rolls=changed))
    assert ("roll", f"{first.receipt} {RULE}", str(first.roll)) == (
        difference.code,
        difference.where,
        difference.expected,
    )
    changed = (msgspec.structs.replace(first, won=not first.won), *report.rolls[1:])
    assert ["won"] == codes(msgspec.structs.replace(report, rolls=changed))


def test_that_tickets_out_of_order_or_twice_and_other_winners_are_found() -> None:
    report = lottery_report()
    assert ["order"] == codes(msgspec.structs.replace(report, tickets=report.tickets[::-1], winners=()))[:1]
    twice = msgspec.structs.replace(report, tickets=(report.tickets[0], *report.tickets))
    assert "order" in codes(twice)
    assert ["winners"] == codes(msgspec.structs.replace(report, winners=report.winners[:2]))
    other = (msgspec.structs.replace(report.winners[0], lot="z"), *report.winners[1:])
    assert ["winner"] == codes(msgspec.structs.replace(report, winners=other))


@pytest.mark.parametrize("raw", [b"{}", b'{"kind":"chance","seed":"x"}', b"nothing"])
def test_that_a_file_that_is_no_report_is_refused(raw: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_report(raw)


@given(st.binary(min_size=32, max_size=32), st.lists(st.integers(1, 20), max_size=8), st.integers(0, 30))
def test_that_every_ticket_wins_once_at_most(seed: bytes, counts: list[int], prizes: int) -> None:
    tickets = tuple(Tickets(f"{number:02d}", "", held) for number, held in enumerate(counts))
    winners = draw_winners(seed, prizes=("Mug",) * prizes, tickets=tickets)
    assert min(prizes, sum(counts)) == len(winners) == len({won.ticket for won in winners})
    starts = {one.lot: sum(counts[:index]) for index, one in enumerate(tickets)}
    assert all(0 <= won.ticket - starts[won.lot] < counts[int(won.lot)] for won in winners)


def test_that_each_ticket_is_as_likely_as_any_other() -> None:
    tickets = tuple(Tickets(str(number), "", 1) for number in range(5))
    seeds = (hashlib.sha256(str(number).encode()).digest() for number in range(5_000))
    first = Counter(draw_winners(seed, prizes=("Mug",) * 3, tickets=tickets)[2].ticket for seed in seeds)
    # The third prize of three: the standard deviation of 5 000 draws at a fifth is 28.
    assert 4 * 28 > max(abs(count - 1_000) for count in first.values())


def test_that_the_seed_of_the_examples_is_known_as_such() -> None:
    assert (True, False) == (is_example(hash_of(EXAMPLE_SEED)), is_example(hash_of(SEED)))
