"""One run from its options to its report."""

import logging
import shutil
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pos_app.simulation import checks
from pos_app.simulation.chain import Chain
from pos_app.simulation.chance import seeded
from pos_app.simulation.facts import HqFacts, read_facts, read_lots
from pos_app.simulation.fuses import EndlessError, KilledError
from pos_app.simulation.options import DAY_MS, START_MS, SimulationOptions
from pos_app.simulation.report import SimulationReport, result_hash
from pos_app.simulation.troubles import Troubles
from pos_app.simulation.wire import DELAY_MAX_MS

_MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory, where there is one
_LOGGERS = ("pos_app", "hq", "storage")


def simulate(options: SimulationOptions) -> SimulationReport:
    """Run it and check; takes as long as it takes. Raises nothing of its own: what does not hold is in the report."""
    started_s = time.monotonic()
    with _folder(options) as folder, seeded(options.seed), _listening() as defects:
        chain = Chain(options, folder)
        troubles = Troubles(chain)
        try:
            rounds = _play(chain, troubles, defects)
            return _report(chain, troubles, rounds, defects, started_s)
        finally:
            chain.close()


def _play(chain: Chain, troubles: Troubles, defects: Counter[str]) -> int | None:
    """All days, then peace; gives the rounds that peace took."""
    try:
        for day in range(chain.options.days):
            midnight_ms = START_MS + day * DAY_MS
            chain.plan_day(midnight_ms)
            troubles.plan_day(midnight_ms)
            chain.agenda.run_until(midnight_ms + DAY_MS)
        return chain.make_peace(late_ms=DELAY_MAX_MS)
    except EndlessError:
        defects["HQ's second step did not end"] += 1
        return None


def _report(
    chain: Chain, troubles: Troubles, rounds: int | None, defects: Counter[str], started_s: float
) -> SimulationReport:
    facts = read_facts(chain.hq)
    problems = tuple(_problems(chain, facts, rounds, defects))
    lost = checks.lost(chain.promises, facts)
    faults = troubles.faults + chain.network.faults + chain.hq.faults
    overdraft = _overdraft_by_cause(facts)
    redeemed = sum(units for (_ref, _issuer, kind), units in facts.entries.items() if kind == "redeemed")
    issued = -sum(units for (_ref, _issuer, kind), units in facts.entries.items() if kind == "issued")
    sums = chain.promises.sums(facts.arrived, facts.unseen)
    digest = result_hash(
        sorted(chain.counts.items()),
        sorted(faults.items()),
        sorted((f"{who}/{issuer}", units) for (who, issuer), units in sums.issued_units.items()),
        sorted(facts.arrived),
        sorted(("/".join(key), units) for key, units in facts.entries.items()),
        problems,
    )
    options = chain.options
    return SimulationReport(
        command=options.command(),
        tills=options.tills,
        days=options.days,
        seed=options.seed,
        allowance=options.allowance.value,
        counts=dict(sorted((chain.counts + Counter({"appliers met": chain.hq.appliers_met})).items())),
        faults=dict(sorted(faults.items())),
        overdraft_units=overdraft,
        redeemed_units=redeemed,
        issued_units=issued,
        lost=lost,
        tasks=facts.tasks,
        rounds_to_peace=rounds,
        problems=problems,
        result_hash=digest,
        elapsed_ms=int((time.monotonic() - started_s) * 1000),
    )


def _problems(chain: Chain, facts: HqFacts, rounds: int | None, defects: Counter[str]) -> Iterator[str]:
    """Everything that does not hold."""
    if rounds is None:
        yield "Tills and headquarters never came to rest: something is sent or booked again and again."
    yield from (f"The product logged a defect {count} times: {text}" for text, count in sorted(defects.items()))
    yield from checks.ledger_problems(facts)
    yield from checks.arrival_problems(chain.promises, facts)
    yield from checks.balance_problems(chain.promises, facts, chain.shoppers.cards)
    yield from checks.unseen_problems(chain.promises, facts)
    households = chain.promises.sums(facts.arrived, facts.unseen).households
    debts = checks.debts_of(chain.promises, households, facts, chain.shoppers.cards)
    yield from chain.watch.problems(households, debts)
    yield from checks.debt_problems(facts)
    yield from checks.lease_problems(facts)
    yield from checks.time_problems(chain.promises, facts)
    yield from checks.task_problems(facts, anything_died=bool(checks.lost(chain.promises, facts)))
    lots = read_lots(chain.hq)
    yield from checks.hold_problems(hold.auth_id for hold in chain.hq.held())
    for post in chain.posts:
        yield from checks.view_problems(post.machine, facts, lots)
        yield from checks.doctor_problems(post.machine)


def _overdraft_by_cause(facts: HqFacts) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for causes in facts.overdrafts.values():
        for cause, units in causes.items():
            sums[cause] += units
    return dict(sorted(sums.items()))


@contextmanager
def _folder(options: SimulationOptions) -> Iterator[Path]:
    """Where the databases of the run are: in memory where that is possible, unless somebody wants to keep them."""
    if options.keep_folder:
        folder = Path(options.keep_folder)
        folder.mkdir(parents=True)
        yield folder
        return
    folder = Path(tempfile.mkdtemp(prefix="pos-app-chain-", dir=_MEMORY if _MEMORY.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _comes_of_death(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, KilledError | EndlessError):
        error = error.__cause__ or error.__context__
    return error is not None


class _Listener(logging.Handler):
    """Counts what the product logs with a trace: a defect, whatever became of it."""

    def __init__(self, defects: Counter[str]) -> None:
        super().__init__(logging.ERROR)
        self._defects = defects

    def emit(self, record: logging.LogRecord) -> None:
        """Look at one record."""
        error = record.exc_info[1] if record.exc_info else None
        # What a dead process logs on its way out, it never logged.
        if error is not None and not _comes_of_death(error):
            self._defects[f"{record.msg.split()[0]} {type(error).__name__}: {str(error).splitlines()[0]}"] += 1


@contextmanager
def _listening() -> Iterator[Counter[str]]:
    """The product's log goes to the run while it lasts: nobody reads thousands of lines about networks that are down."""
    defects: Counter[str] = Counter()
    listener = _Listener(defects)
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [(logger.propagate, logger.level) for logger in loggers]
    for logger in loggers:
        logger.propagate = False
        logger.addHandler(listener)
    try:
        yield defects
    finally:
        for logger, (propagate, level) in zip(loggers, before, strict=True):
            logger.propagate, logger.level = propagate, level
            logger.removeHandler(listener)
