"""A headquarters in memory that speaks the real messages over a real socket: what a till must be able to count on, and no more."""

from urllib.parse import parse_qs, urlsplit

import msgspec

from pos_app.model.accounts import Lot
from pos_app.model.policy import BurnPolicy
from pos_app.protocol.messages import (
    AccountState,
    BatchAnswer,
    CardState,
    ChangesPage,
    ErrorAnswer,
    PersonalAnswer,
    PersonalRecord,
    SnapshotPage,
    VersionedField,
    decode_batch,
)
from pos_app.protocol.signing import public_key_of
from tests.pos_app.sync.servers import Reply, Request, Script, answer, signed

NOW_MS = 1_800_000_000_000
HQ_KEY = bytes(reversed(range(32)))


def account(number: int, *, units: int = 100, includes_seq: int = 0) -> AccountState:
    """An account with one card and one lot."""
    ref = f"ref-{number:06d}"
    lot = Lot(f"lot-{number:06d}", ref, "shop", "fixed-card", 1, None, units, units, matured=True)
    cards = (CardState(f"card-{number:06d}", "active"),)
    return AccountState(ref, "active", "", cards, (lot,) if units else (), {}, {}, 1, 1, includes_seq)


class SmallHq:
    """Accounts in the order of their references, and a list of what changed. ``gen`` grows when it is restored.

    ``applied_seq`` is how far it has booked the till's events. ``page_accounts`` go on one page.
    """

    def __init__(self, *accounts: AccountState, page_accounts: int = 3) -> None:
        self.accounts = {one.account_ref: one for one in accounts}
        self.changed: list[str] = []
        self.gen = 1
        self.acked_seq = 0
        self.applied_seq = 0
        self.page_accounts = page_accounts
        self.has_snapshots = True
        self.key = HQ_KEY
        self.paths: list[str] = []

    public_key = public_key_of(HQ_KEY)

    @property
    def reply(self) -> Reply:
        """The script of a server."""
        return Reply(self._answer)

    def put(self, state: AccountState) -> None:
        """An account changes."""
        self.accounts[state.account_ref] = state
        self.changed.append(state.account_ref)

    def restore(self, *accounts: AccountState, acked_seq: int = 0) -> None:
        """A backup takes the place of everything."""
        self.accounts = {one.account_ref: one for one in accounts}
        self.changed = []
        self.acked_seq = self.applied_seq = acked_seq
        self.gen += 1

    def _answer(self, request: Request) -> Script:
        parts = urlsplit(request.path)
        call = parts.path.split("/")[-1]
        cursor = parse_qs(parts.query, keep_blank_values=True).get("cursor", [""])[0]
        self.paths.append(f"{call} {cursor}".strip())
        match call:
            case "batches":
                return self._take(request)
            case "personal-records":
                return self._sign(PersonalAnswer(1, self.gen, NOW_MS), request)
            case "snapshot" if self.has_snapshots:
                return self._sign(self._snapshot(cursor), request)
            case "changes":
                return self._sign(self._changes(cursor), request)
        return answer(404, ErrorAnswer("NOT_FOUND"))

    def _sign(self, message: msgspec.Struct, request: Request) -> Script:
        return signed(message, self.key).to(request) if self.has_snapshots else answer(200, message)

    def _take(self, request: Request) -> Script:
        batch = decode_batch(request.body)
        if batch.first_seq > self.acked_seq + 1:
            return answer(409, ErrorAnswer("GAP", expected_seq=self.acked_seq + 1))
        self.acked_seq = batch.last_seq
        return self._sign(BatchAnswer(batch.last_seq, 0, self.gen, NOW_MS), request)

    def _state(self, ref: str) -> AccountState:
        return msgspec.structs.replace(self.accounts[ref], includes_seq=self.applied_seq)

    def _personal(self, ref: str) -> PersonalRecord:
        return PersonalRecord(ref, {"name": VersionedField(f"Name {ref}", 1, 5)})

    def _snapshot(self, cursor: str) -> SnapshotPage:
        gen, _, after = cursor.partition("/")
        known = gen == str(self.gen)
        position, after = after.split("/") if known else (str(len(self.changed)), "")
        refs = [ref for ref in sorted(self.accounts) if ref > after]
        some = refs[: self.page_accounts]
        return SnapshotPage(
            accounts=tuple(self._state(ref) for ref in some),
            personal=tuple(self._personal(ref) for ref in some),
            next_cursor=f"{self.gen}/{position}/{some[-1] if some else after}",
            changes_cursor=f"{self.gen}.{position}",
            hq_gen=self.gen,
            more=len(refs) > len(some),
            restart=cursor != "" and not known,
            hq_time_ms=NOW_MS,
            policy=BurnPolicy(card_day_units=77),
        )

    def _changes(self, cursor: str) -> ChangesPage:
        gen, _, position = cursor.partition(".")
        known = gen == str(self.gen)
        start = int(position) if known else 0
        refs = dict.fromkeys(self.changed[start:] if known else sorted(self.accounts))
        return ChangesPage(
            accounts=tuple(self._state(ref) for ref in refs),
            personal=(),
            next_cursor=f"{self.gen}.{len(self.changed)}",
            hq_gen=self.gen,
            more=False,
            restart=cursor != "" and not known,
            hq_time_ms=NOW_MS,
            policy=BurnPolicy(card_day_units=77) if self.has_snapshots else None,
        )
