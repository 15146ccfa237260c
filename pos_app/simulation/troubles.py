"""What goes wrong in a run, and when: seeded faults at tills and at headquarters."""

import shutil
from collections import Counter
from collections.abc import Callable
from functools import partial

from pos_app.simulation.chain import Chain
from pos_app.simulation.counter import Sold, write_key
from pos_app.simulation.options import DAY_MS, HOUR_MS, MINUTE_MS
from pos_app.simulation.posts import Post
from pos_app.simulation.shop import price_list, programme_texts

_PER_MILLE = 1_000
_KEY_BYTES = 32
_HQ_KILL_STATEMENTS_MAX = 250
_RAID_PERCENT = 80
_RECEIPTS_CLAIMED_MAX = 10
_CLAIMED_PERCENT = 20
_PUBLISHED_PER_MILLE = 400
_CLONES_MAX = 3
_JUMPS_MS = (-400 * DAY_MS, -2 * DAY_MS, -3 * HOUR_MS, 2 * HOUR_MS, 3 * DAY_MS, 40 * DAY_MS, 900 * DAY_MS)


class Troubles:
    """Plans the faults of each day. ``faults`` counts them by kind."""

    def __init__(self, chain: Chain) -> None:
        self.faults: Counter[str] = Counter()
        self._chain = chain
        self._chance = chain.chance
        self._rates = chain.options.faults
        self._clones = 0
        self._published = 0

    def plan_day(self, midnight_ms: int) -> None:
        """Draw what happens today."""
        rates = self._rates
        for post in tuple(self._chain.posts):
            self._maybe(rates.away_per_mille, midnight_ms, partial(self._go_away, post, 5 * HOUR_MS))
            self._maybe(rates.away_days_per_mille, midnight_ms, partial(self._go_away, post, 4 * DAY_MS))
            self._maybe(rates.sick_per_mille, midnight_ms, partial(self._fall_sick, post))
            self._maybe(rates.kill_per_mille, midnight_ms, partial(self._will_die, post))
            self._maybe(rates.clock_jump_per_mille, midnight_ms, partial(self._jump, post))
            self._maybe(rates.rolled_back_per_mille, midnight_ms, partial(self._image, post))
            self._maybe(rates.cloned_per_mille, midnight_ms, partial(self._clone, post))
            self._maybe(rates.disk_lost_per_mille, midnight_ms, partial(self._lose_disk, post))
        self._maybe(rates.hq_away_per_mille, midnight_ms, self._hq_away)
        self._maybe(rates.hq_kill_per_mille, midnight_ms, self._hq_will_die)
        self._maybe(rates.hq_restored_per_mille, midnight_ms, self._restore_hq)
        self._chain.agenda.at(midnight_ms + 3 * HOUR_MS, self._back_up)
        self._maybe(_PUBLISHED_PER_MILLE, midnight_ms, self._publish)

    def _maybe(self, per_mille: int, midnight_ms: int, trouble: Callable[[], None]) -> None:
        if self._chance.randrange(_PER_MILLE) < per_mille:
            self._chain.agenda.at(self._chain.moment(midnight_ms), trouble)

    # At a till

    def _go_away(self, post: Post, longest_ms: int) -> None:
        self.faults["till offline"] += 1
        now_ms = self._chain.world.now_ms
        post.machine.line.away_until_ms = now_ms + self._chance.randrange(5 * MINUTE_MS, longest_ms)
        self._chain.agenda.at(now_ms + HOUR_MS, partial(self._plan_claims, post, within_ms=longest_ms))
        for shopper in self._chain.shoppers.greedy:
            if self._chance.randrange(100) < _RAID_PERCENT:
                self._chain.agenda.at(now_ms + self._chance.randrange(HOUR_MS), partial(self._raid, shopper))

    def _raid(self, shopper: int) -> None:
        """The worst case: everything is burned at every till that is offline, and then once more at one that is not."""
        chain = self._chain
        online: list[Post] = []
        for post in tuple(chain.posts):
            if post.machine.line.is_up(chain.world.now_ms):
                online.append(post)
            else:
                self.faults["raid"] += 1
                chain.serve(post, chain.shoppers.raid(shopper))
        if online:
            chain.serve(self._chance.choice(online), chain.shoppers.raid(shopper))

    def _fall_sick(self, post: Post) -> None:
        self.faults["sick network"] += 1
        post.machine.line.sick_until_ms = self._chain.world.now_ms + self._chance.randrange(HOUR_MS, 6 * HOUR_MS)

    def _will_die(self, post: Post) -> None:
        self._chain.dying.add(post.machine.name)

    def _jump(self, post: Post) -> None:
        self.faults["clock jump"] += 1
        post.machine.clock.jump(self._chance.choice(_JUMPS_MS))
        back_ms = self._chain.world.now_ms + self._chance.randrange(HOUR_MS, DAY_MS)
        self._chain.agenda.at(back_ms, post.machine.clock.set_right)

    def _image(self, post: Post) -> None:
        """Somebody takes an image of the disk, and puts it back hours later."""
        image = self._chain.folder / f"{post.machine.name}-image"
        post.machine.copy_disk(image)
        back_ms = self._chain.world.now_ms + self._chance.randrange(HOUR_MS, 20 * HOUR_MS)
        self._chain.agenda.at(back_ms, lambda: self._roll_back(post))

    def _roll_back(self, post: Post) -> None:
        image = self._chain.folder / f"{post.machine.name}-image"
        if image.exists():
            self.faults["disk rolled back"] += 1
            before = post.machine.event_ids()
            post.machine.has_twin = True
            self._note_gone(post)
            post.machine.replace_disk(image, keeps_mark=self._chance.randrange(2) == 0)
            mirrored = post.machine.mirrored_ids()
            post.has_mirror_to_restore = bool(mirrored - post.machine.event_ids())
            self._risk(before - mirrored, "the disk was rolled back")
            self._plan_claims(post, within_ms=DAY_MS)

    def _clone(self, post: Post) -> None:
        """A copy of the disk runs on another machine, and nobody tells headquarters."""
        if self._clones >= _CLONES_MAX:
            return
        self._clones += 1
        self._note_gone(post)
        self.faults["disk cloned"] += 1
        name = f"{post.machine.name}-copy-{self._clones}"
        post.machine.copy_disk(self._chain.folder / name)
        clock = post.machine.clock.copy()
        clone = self._chain.add_post(name, 0, settings_number=post.machine.settings.till.number, clock=clock)
        clone.has_joined = post.has_joined
        post.machine.has_twin = clone.machine.has_twin = True
        clone.cashier.receipts.extend(post.cashier.receipts)
        self._chain.plan_rest_of_day(clone)

    def _lose_disk(self, post: Post) -> None:
        """A new disk, with nothing on it, under the same number."""
        self.faults["disk lost"] += 1
        self._note_gone(post)
        before = post.machine.event_ids()
        blank = self._chain.folder / f"{post.machine.name}-blank"
        shutil.copytree(self._chain.blank_disk, blank)
        write_key(blank, self._chance.randbytes(_KEY_BYTES))
        shutil.rmtree(self._chain.folder / f"{post.machine.name}-image", ignore_errors=True)
        post.machine.replace_disk(blank)
        shutil.rmtree(blank)
        mirrored = post.machine.mirrored_ids()
        post.has_mirror_to_restore = bool(mirrored)
        self._risk(before - mirrored, "the disk was lost")
        self._plan_claims(post, within_ms=DAY_MS)
        post.cashier.receipts.clear()
        post.has_joined = False

    def _note_gone(self, post: Post) -> None:
        self._chain.disks_gone_ms[post.machine.terminal_id()] = self._chain.world.now_ms

    def _risk(self, event_ids: set[str], reason: str) -> None:
        """These were on a disk that is no more; what neither HQ nor another disk has may be gone for good."""
        on_disks = set[str]().union(*(post.machine.event_ids() for post in self._chain.posts))
        self._chain.promises.risk(event_ids - on_disks - self._chain.hq.event_ids(), reason)

    # Members who miss their points

    def _plan_claims(self, post: Post, *, within_ms: int) -> None:
        """Of the newest receipts of a till that is cut off or lost, some are shown at other tills."""
        for sold in post.cashier.receipts[-_RECEIPTS_CLAIMED_MAX:]:
            if sold.claim_code and self._chance.randrange(100) < _CLAIMED_PERCENT:
                at_ms = self._chain.world.now_ms + self._chance.randrange(MINUTE_MS, within_ms)
                self._chain.agenda.at(at_ms, partial(self._claim, sold, post))

    def _claim(self, sold: Sold, seller: Post) -> None:
        others = [post for post in self._chain.posts if post is not seller]
        if others:
            self._chance.choice(others).cashier.claim(sold, self._chain.shoppers.card_of(sold.shopper))

    # At headquarters

    def _hq_away(self) -> None:
        hq = self._chain.hq
        if hq.is_up:
            self.faults["HQ away"] += 1
            hq.go_away()
            longest_ms = self._chance.choice((HOUR_MS, 30 * HOUR_MS))
            back_ms = self._chain.world.now_ms + self._chance.randrange(10 * MINUTE_MS, longest_ms)
            self._chain.agenda.at(back_ms, hq.come_back)

    def _hq_will_die(self) -> None:
        self._chain.hq.light_fuse(self._chance.randrange(_HQ_KILL_STATEMENTS_MAX))

    def _publish(self) -> None:
        """Other rates and other prices; a till takes the prices at its next round, and the programmes when it starts."""
        self._published += 1
        own, partner = programme_texts(self._chain.options.seed, version=self._published + 1)
        folder = self._chain.folder / "published"
        self._chain.hq.publish(folder, own=own, partner=partner, products=price_list(self._published))
        self._chain.counts["published at HQ"] += 1

    def _back_up(self) -> None:
        self._chain.hq.back_up()

    def _restore_hq(self) -> None:
        hq = self._chain.hq
        before = hq.event_ids()
        hq.restore()
        on_disks = set[str]().union(*(post.machine.event_ids() for post in self._chain.posts))
        self._chain.promises.risk(before - hq.event_ids() - on_disks, "HQ was restored after the disk was lost")
