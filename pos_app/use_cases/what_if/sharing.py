"""Which accounts can be replayed apart: those that no merge connects. Each share is one core's work."""

from collections.abc import Sequence

from pos_app.use_cases.what_if.history import Bought, Happening, Merged


def shares(happenings: Sequence[Happening], *, parts: int) -> list[list[Happening]]:
    """The happenings in so many shares of about the same work, each in the order of time; no account is in two of them.

    Receipts without a card go where the least work is. The same happenings give the same shares.
    """
    if parts == 1:
        return [list(happenings)]
    home = _homes(happenings)
    share_of = _balanced(happenings, home, parts)
    found: list[list[Happening]] = [[] for _ in range(parts)]
    strangers: dict[str, int] = {}
    turn = 0
    for one in happenings:
        if one.account_ref:
            found[share_of[home.get(one.account_ref, one.account_ref)]].append(one)
            continue
        # Goods of a stranger's receipt come back where it was sold.
        sale_id = one.receipt_id if isinstance(one, Bought) else getattr(one, "sale_id", "")
        if sale_id not in strangers:
            strangers[sale_id] = turn = (turn + 1) % parts
        found[strangers[sale_id]].append(one)
    return found


def _homes(happenings: Sequence[Happening]) -> dict[str, str]:
    """Accounts that are merged anywhere, and the account that stands for all that hang together with it."""
    home: dict[str, str] = {}

    def root(ref: str) -> str:
        while ref in home and home[ref] != ref:
            ref = home[ref]
        return ref

    for one in happenings:
        if isinstance(one, Merged):
            ends = sorted((root(one.account_ref), root(one.merged_ref)))
            home.setdefault(ends[0], ends[0])
            home[ends[1]] = ends[0]
    return {ref: root(ref) for ref in home}


def _balanced(happenings: Sequence[Happening], home: dict[str, str], parts: int) -> dict[str, int]:
    """The share of each group of accounts: the largest first, each to the share with the least work."""
    work: dict[str, int] = {}
    for one in happenings:
        if one.account_ref:
            ref = home.get(one.account_ref, one.account_ref)
            work[ref] = work.get(ref, 0) + (3 + len(one.lines) if isinstance(one, Bought) else 3)
    loads = [0] * parts
    share_of = {}
    for ref, units in sorted(work.items(), key=lambda item: (-item[1], item[0])):
        share_of[ref] = part = loads.index(min(loads))
        loads[part] += units
    return share_of
