"""The chain of a run: headquarters, tills, shoppers, and their days under a virtual clock."""

import shutil
from collections import Counter
from pathlib import Path

import msgspec

from pos_app.simulation.agenda import Agenda
from pos_app.simulation.bounds import BurnWatch
from pos_app.simulation.chance import stream
from pos_app.simulation.clocks import TillClock, World
from pos_app.simulation.counter import Visit, write_key
from pos_app.simulation.headquarters import PostgresStore, SimulatedHq, SqliteStore
from pos_app.simulation.machines import Machine
from pos_app.simulation.office import Office
from pos_app.simulation.options import DAY_MS, HOUR_MS, MINUTE_MS, START_MS, SimulationOptions
from pos_app.simulation.posts import Post
from pos_app.simulation.promises import Promises
from pos_app.simulation.shop import policy, programmes, settings
from pos_app.simulation.shoppers import Shoppers
from pos_app.simulation.wire import HQ_URL, HqDoor, Line, Network
from storage.database import open_database

OPENS_MS = 8 * HOUR_MS
CLOSES_MS = 22 * HOUR_MS
KILL_STATEMENTS_MAX = 60
_APPLY_EACH_MS = 15 * MINUTE_MS
_SYNC_EACH_MS = 20 * MINUTE_MS
_RETURN_PERCENT = 4
_RETURNABLE_MAX = 300
_ELSEWHERE_PERCENT = 40
_ACTS_PER_DAY = 3
_DIES_IN_SYNC_PERCENT = 50
_DRIFT_PPM_MAX = 60
_KEY_BYTES = 32
_ROUNDS_MAX = 40
_QUIET_ROUNDS = 3
_HUNDRED = 100


class Chain:
    """One run. Everything in it is real but time, chance, the network and the people."""

    def __init__(self, options: SimulationOptions, folder: Path) -> None:
        self.options = options
        self.folder = folder
        self.world = World(START_MS)
        self.agenda = Agenda(self.world)
        self.counts: Counter[str] = Counter()
        self.promises = Promises()
        self.watch = BurnWatch(policy(options), utc_ms=self.world.utc_ms)
        self.posts: list[Post] = []
        self.dying: set[str] = set()
        self.disks_gone_ms: dict[str, int] = {}
        """When a disk of a till, by its id at HQ, was last lost, put back or copied."""
        self.chance = stream(options.seed, "chain")
        self.shoppers = Shoppers(options, stream(options.seed, "shoppers"))
        self.office = Office(self.shoppers, stream(options.seed, "office"))
        self._door = HqDoor()
        self.network = Network(self.world, self._door, options.faults, stream(options.seed, "network"))
        store = PostgresStore(options.database_url) if options.database_url else SqliteStore(folder)
        self.hq = SimulatedHq(self.world, self._door, store, policy(options), stream(options.seed, "appliers"))
        # Making a database takes longer than an hour of sales.
        self.blank_disk = folder / "blank"
        open_database(self.blank_disk).close()
        for number in range(1, options.tills + 1):
            self.add_post(f"till-{number}", number, settings_number=number)

    def close(self) -> None:
        """Close every till, and HQ."""
        for post in self.posts:
            post.machine.close()
        self.hq.stop()
        self._door.close()

    def add_post(self, name: str, number: int, *, settings_number: int, clock: TillClock | None = None) -> Post:
        """A machine with what its folder holds; an empty folder is a new till."""
        folder = self.folder / name
        if not folder.exists():
            shutil.copytree(self.blank_disk, folder)
            write_key(folder, self.chance.randbytes(_KEY_BYTES))
        machine = Machine(
            name,
            folder,
            settings(settings_number, hq_url=HQ_URL, mirror=self.folder / f"{name}.mirror"),
            programmes(self.options.seed),
            clock=clock or TillClock(self.world, drift_ppm=self.chance.randint(-_DRIFT_PPM_MAX, _DRIFT_PPM_MAX)),
            line=Line(self.network),
            fraction=self.chance.random,
        )
        post = Post(machine, number, self.promises, self.watch, self.counts, self._is_restoring, self.posts)
        self.posts.append(post)
        return post

    def plan_day(self, midnight_ms: int) -> None:
        """Shoppers, rounds of the sync, and HQ's second step, for one day."""
        for index, post in enumerate(self.posts):
            self._plan_post(post, index % self.options.tills, midnight_ms)
        for at_ms in range(midnight_ms + OPENS_MS, midnight_ms + CLOSES_MS + HOUR_MS, _APPLY_EACH_MS):
            self.agenda.at(at_ms, self._apply)

    def moment(self, midnight_ms: int) -> int:
        """Some moment while the shops are open."""
        return midnight_ms + self.chance.randrange(OPENS_MS, CLOSES_MS)

    def plan_rest_of_day(self, post: Post) -> None:
        """A machine that began in the middle of a day: as busy as another for as long as shops are open."""
        now_ms = self.world.now_ms
        closes_ms = now_ms - (now_ms - START_MS) % DAY_MS + CLOSES_MS
        if now_ms < closes_ms:
            sales = -(-self.options.sales_per_day * (closes_ms - now_ms) // (CLOSES_MS - OPENS_MS))
            self._plan_work(
                post, self.posts.index(post) % self.options.tills, opens_ms=now_ms, closes_ms=closes_ms, sales=sales
            )

    def _plan_post(self, post: Post, index: int, midnight_ms: int) -> None:
        opens_ms = midnight_ms + OPENS_MS - self.chance.randrange(HOUR_MS)
        self.agenda.at(opens_ms, post.machine.restart)
        self._plan_work(
            post,
            index,
            opens_ms=opens_ms,
            closes_ms=midnight_ms + CLOSES_MS,
            sales=self.options.sales_per_day,
        )

    def _plan_work(self, post: Post, index: int, *, opens_ms: int, closes_ms: int, sales: int) -> None:
        """So many sales, some acts of a manager, and rounds of the sync."""
        for _sale in range(sales):
            self.agenda.at(self.chance.randrange(opens_ms, closes_ms), lambda: self._visit(post, index))
        for _act in range(_ACTS_PER_DAY):
            self.agenda.at(self.chance.randrange(opens_ms, closes_ms), lambda: self._manage(post))
        self.agenda.at(opens_ms, lambda: self._sync(post, closes_ms))
        # The last round of the day: nobody goes home with a queue if it can be helped.
        self.agenda.at(closes_ms + MINUTE_MS, lambda: self._sync(post, closes_ms))

    def _apply(self) -> None:
        self.network.deliver_late()
        self._look_for_burns()
        self.hq.apply()

    def _visit(self, post: Post, index: int) -> None:
        if self.chance.randrange(_HUNDRED) < _RETURN_PERCENT:
            self._take_back(post)
        self.serve(post, self.shoppers.visit(index, self.options.tills))

    def serve(self, post: Post, visit: Visit) -> None:
        """A shopper comes to the till, which may die of it."""
        post.cashier.serve(msgspec.structs.replace(visit, dies_after=self._dies_after(post, percent=_HUNDRED)))

    def _manage(self, post: Post) -> None:
        self.office.act(post.cashier, self._dies_after(post, percent=_HUNDRED))

    def _take_back(self, post: Post) -> None:
        seller = self.chance.choice(self.posts) if self.chance.randrange(_HUNDRED) < _ELSEWHERE_PERCENT else post
        receipts = seller.cashier.receipts[-_RETURNABLE_MAX:]
        if receipts:
            sold = self.chance.choice(receipts)
            pieces = {line_no: self.chance.randint(0, count) for line_no, (_index, count) in sold.goods.items()}
            brought = {line_no: count for line_no, count in pieces.items() if count}
            if brought:
                post.cashier.take_back(sold, brought, dies_after=self._dies_after(post, percent=_HUNDRED))

    def _sync(self, post: Post, closes_ms: int) -> None:
        post.sync(self.hq, dies_after=self._dies_after(post, percent=_DIES_IN_SYNC_PERCENT))
        self._look_for_burns()
        next_ms = self.world.now_ms + 1_000 + int(self.chance.expovariate(1 / _SYNC_EACH_MS))
        if next_ms < closes_ms:
            self.agenda.at(next_ms, lambda: self._sync(post, closes_ms))

    def _is_restoring(self) -> bool:
        return self.hq.is_restoring()

    def _look_for_burns(self) -> None:
        """Tell the watch which burns have come to headquarters."""
        waiting = self.watch.waiting_ids
        if waiting:
            self.watch.arrived(self.hq.arrived(waiting))

    def _dies_after(self, post: Post, *, percent: int) -> int | None:
        """After how many statements a machine that is to die does so; None where it lives on."""
        if post.machine.name not in self.dying or self.chance.randrange(_HUNDRED) >= percent:
            return None
        self.dying.discard(post.machine.name)
        return self.chance.randrange(KILL_STATEMENTS_MAX)

    def make_peace(self, *, late_ms: int) -> int | None:
        """Everything is healed and online; gives the rounds until nothing moves any more, None where that does not happen."""
        self.network.heal()
        self.world.now_ms += late_ms
        self.network.deliver_late()
        self.hq.come_back()
        for post in self.posts:
            post.machine.clock.set_right()
        before: object = None
        quiet = 0
        for number in range(1, _ROUNDS_MAX + 1):
            self.world.now_ms += MINUTE_MS
            now = self._peaceful_round()
            quiet = quiet + 1 if now is not None and now == before else 0
            before = now
            if quiet == _QUIET_ROUNDS:
                if not self._void_lost_holds() + self._say_whose_goods():
                    return number
                quiet = 0
        return None

    def _void_lost_holds(self) -> int:
        """What HQ's administrator does: what was held for sales of disks that are gone is given back; gives how many that was.

        Such a hold was asked for before its till's disk was lost, put back or copied, and no till knows it any more.
        """
        known = {auth_id for post in self.posts for auth_id in post.machine.open_holds()}
        gone = [
            hold
            for hold in self.hq.held()
            if hold.auth_id not in known and hold.created_at_ms <= self.disks_gone_ms.get(hold.terminal_id, -1)
        ]
        for hold in gone:
            self.hq.void(hold)
            self.counts["holds of lost disks ended at HQ"] += 1
        return len(gone)

    def _say_whose_goods(self) -> int:
        """What HQ's administrator does who has the paper in hand: goods that were not clear go back to their sale, or to none."""
        unclear = self.hq.unclear()
        for one in unclear:
            is_settled = self.hq.decide(one, self.promises.made[one.event_id].sale)
            self.counts["unclear goods settled by hand" if is_settled else "unclear goods left as they are"] += 1
        return len(unclear)

    def _peaceful_round(self) -> object:
        """One round of every till and of HQ; gives what shows that nothing moves, None while something does."""
        reports = [post.sync(self.hq) for post in self.posts]
        self.hq.do_what_is_due()
        self.hq.apply()
        self.hq.compute_receipts_again()
        if any(report is None or report.problem or report.waiting_events for report in reports):
            return None
        return self.hq.query("SELECT COUNT(*), SUM(applied_seq), SUM(replayed_seq) FROM terminal"), self.hq.query(
            "SELECT COUNT(*) FROM entry"
        )
