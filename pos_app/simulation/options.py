"""What a run is made of; the same options give the same run."""

from typing import Annotated

import msgspec

from pos_app.model.policy import Allowance

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
START_MS = 1_782_864_000_000
"""2026-07-01 00:00 UTC: the virtual time at which every run begins."""


class FaultRates(msgspec.Struct, frozen=True):
    """How often things go wrong. ``_bp``: of 10,000 requests. ``_per_mille``: of 1,000 days of one till (of HQ where it says so)."""

    lost_request_bp: int = 150
    lost_answer_bp: int = 150
    doubled_bp: int = 100
    delayed_bp: int = 100
    truncated_bp: int = 50
    tampered_bp: int = 50
    tampered_answer_bp: int = 50
    stranger_bp: int = 50
    """A proxy or a hotel's login page answers in HQ's place."""
    away_per_mille: int = 400
    away_days_per_mille: int = 60
    sick_per_mille: int = 200
    kill_per_mille: int = 700
    clock_jump_per_mille: int = 80
    rolled_back_per_mille: int = 25
    cloned_per_mille: int = 12
    disk_lost_per_mille: int = 20
    hq_away_per_mille: int = 150
    hq_kill_per_mille: int = 600
    hq_restored_per_mille: int = 40

    def changed(self, **rates: int) -> "FaultRates":
        """The same with some other rates."""
        return msgspec.structs.replace(self, **rates)

    def words(self) -> list[str]:
        """What to type for these rates: whichever is shorter, from the usual ones or from none."""
        usual = _differing(self, FaultRates())
        from_none = ["--no-faults", *_differing(self, NO_FAULTS)]
        return usual if len(usual) < len(from_none) else from_none


def _differing(rates: FaultRates, base: FaultRates) -> list[str]:
    return [
        f"--rate {name}={rate}" for name, rate in msgspec.structs.asdict(rates).items() if rate != getattr(base, name)
    ]


NO_FAULTS = msgspec.convert(dict.fromkeys(FaultRates.__struct_fields__, 0), FaultRates)


class SimulationOptions(msgspec.Struct, frozen=True):
    """A run. ``sales_per_day`` is of one till. ``database_url`` names an empty PostgreSQL for HQ; empty: an SQLite in the folder.

    ``keep_folder``: where the databases stay afterwards; empty: they are removed.
    """

    tills: Annotated[int, msgspec.Meta(ge=1, le=50)] = 4
    days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 7
    seed: int = 1
    sales_per_day: Annotated[int, msgspec.Meta(ge=1, le=5_000)] = 200
    allowance: Allowance = Allowance.FLOOR
    database_url: str = ""
    keep_folder: str = ""
    faults: FaultRates = FaultRates()

    def command(self) -> str:
        """What to type to see this run again."""
        words = [
            "pos-app simulate-chain",
            f"--tills {self.tills} --days {self.days} --seed {self.seed}",
            f"--sales-per-day {self.sales_per_day} --allowance {self.allowance.value}",
        ]
        words += self.faults.words()
        if self.database_url:
            words.append("--database-url URL")
        return " ".join(words)
