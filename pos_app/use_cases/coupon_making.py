"""Making coupons: a batch of codes for one rule, written into a file, and at a till its list, its end and a look at one code.

Codes are kept nowhere: they follow from the batch's secret, so a sheet that was lost can be written again.
"""

import csv
import secrets
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import InputError
from pos_app.loyalty.couponing import coupon_rules
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.model.coupons import CODES_MAX, USES_MAX, CouponBatch
from pos_app.model.staff import Permission
from pos_app.protocol import base32
from pos_app.protocol.coupons import BATCH_CHARACTERS, SECRET_BYTES, coupon_code, read_coupon
from pos_app.use_cases import staffing
from pos_app.use_cases.account_acts import find_holder
from pos_app.use_cases.auditing import write_audit
from storage import coupons
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

SHEET_CODES_MAX = 10_000
"""On paper; a file for a printer's shop has as many as a batch."""
COLUMNS = ("coupon", "code")
_BATCH_NAMES = 32**BATCH_CHARACTERS


class CouponWish(msgspec.Struct, frozen=True, kw_only=True):
    """Which coupons are wanted; what the fields mean is said at ``CouponBatch``."""

    rule: str
    codes: int
    uses: int = 1
    first_date: str = ""
    last_date: str = ""
    account_ref: str = ""
    till_number: int = 0


class BatchView(msgspec.Struct, frozen=True):
    """A batch for people, without what its codes are made of. ``used``: on how many receipts that are known here."""

    batch_id: str
    rule: str
    codes: int
    uses: int
    first_date: str
    last_date: str
    account_ref: str
    till_number: int
    withdrawn: bool
    used: int


class CodeView(msgspec.Struct, frozen=True):
    """What is known of one code. ``is_genuine`` is false for one that its batch did not make; ``batch`` is None for an unknown one."""

    coupon_id: str
    is_genuine: bool
    batch: BatchView | None
    used_here: int
    is_spent: bool


def new_batch(
    wish: CouponWish, programmes: ProgrammeSet, *, is_taken: Callable[[str], bool], is_own: bool = False
) -> CouponBatch:
    """A batch with a name that is not taken and a secret of its own; raises ``InputError`` for what cannot be wanted."""
    _check(wish, programmes)
    batch_id = next(name for name in _names() if not is_taken(name))
    return CouponBatch(
        batch_id=batch_id,
        rule=wish.rule,
        codes=wish.codes,
        uses=wish.uses,
        secret=secrets.token_bytes(SECRET_BYTES),
        first_date=wish.first_date,
        last_date=wish.last_date,
        account_ref=wish.account_ref,
        till_number=wish.till_number,
        is_own=is_own,
    )


def _names() -> Iterator[str]:
    while True:
        yield base32.encode(secrets.randbelow(_BATCH_NAMES), BATCH_CHARACTERS)


def _check(wish: CouponWish, programmes: ProgrammeSet) -> None:
    rules = coupon_rules(programmes)
    if wish.rule not in rules:
        known = ", ".join(sorted(rules)) or "none"
        raise _refused(
            f"{wish.rule!r} is no rule that takes coupons and gives something.",
            f"Rules that do: {known}. A rule takes coupons with `coupon = true` among its conditions.",
        )
    if not 1 <= wish.codes <= CODES_MAX:
        raise _refused(f"A batch has 1 to {CODES_MAX} codes.", "Make several batches.")
    if not 1 <= wish.uses <= USES_MAX:
        raise _refused(f"A code is good for 1 to {USES_MAX} receipts.", "Correct --uses.")
    days = [_day(text) for text in (wish.first_date, wish.last_date) if text]
    if days != sorted(days):
        raise _refused("The last day is before the first.", "Correct --from or --until.")


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise _refused(f"{text!r} is not a day.", "Write it like 2026-12-31.")
    return day


def codes_of(batch: CouponBatch) -> Iterator[tuple[str, str]]:
    """Every coupon of the batch with its code."""
    for serial in range(1, batch.codes + 1):
        code = coupon_code(batch.secret, batch.batch_id, serial)
        yield f"{batch.batch_id}-{serial}", code


def check_file(path: Path, *, codes: int) -> None:
    """Raise ``InputError`` where such a file cannot be written, before anything is made."""
    if path.suffix.lower() not in {".csv", ".pdf"}:
        raise _refused(f"{path.name} is neither a CSV nor a PDF.", "Name a file that ends with .csv or .pdf.")
    if path.suffix.lower() == ".pdf" and codes > SHEET_CODES_MAX:
        raise _refused(f"A PDF holds at most {SHEET_CODES_MAX} codes.", "Write a CSV file.")


def write_codes(path: Path, batch: CouponBatch, *, name: str, shop_name: str, language: str = "en") -> None:
    """Write the codes of a batch as a table or as sheets of barcodes; ``name`` is what the coupon is called on paper.

    Raises ``InputError`` where the file cannot be written, ``SettingsError`` for a language in which there are no receipts.
    """
    try:
        if path.suffix.lower() == ".pdf":
            from receipts.coupon_sheet import CouponFace, render_sheets

            face = CouponFace(name=name, shop_name=shop_name, until=batch.last_date, language=language)
            path.write_bytes(render_sheets(codes_of(batch), face))
            return
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(codes_of(batch))
    except OSError as error:
        raise InputError(
            "coupon.file",
            what=f"{path} could not be written ({error.strerror}).",
            safe=f"The batch {batch.batch_id} is made, and its codes can be written at any time.",
            todo="Name another file with `coupon print`.",
        ) from error


def paper_name(programmes: ProgrammeSet, rule: str) -> str:
    """What a rule's coupons are called on paper: its programme's name."""
    programme = coupon_rules(programmes).get(rule)
    return "" if programme is None else programme.name


def view_of(batch: CouponBatch, *, used: int) -> BatchView:
    """The batch for people."""
    values = {name: getattr(batch, name) for name in BatchView.__struct_fields__ if name != "used"}
    return BatchView(**values, used=used)


# At a till that keeps its own programmes.


def make(till: "Till", connection: Connection, wish: CouponWish, member: str = "") -> CouponBatch:
    """Make a batch that this till alone knows. Runs on the writer thread; raises ``InputError`` and ``NotAllowedError``.

    ``member`` is a card or an account, empty for anyone.
    """
    if till.settings.owners.programmes == "hq":
        raise InputError(
            "coupon.hq",
            what="Headquarters owns the programmes of this till, and so their coupons.",
            safe="Nothing was made.",
            todo="Make them there: `pos-app hq coupons make`.",
        )
    if member:
        wish = msgspec.structs.replace(wish, account_ref=find_holder(connection, member).account_ref)
    batch = new_batch(
        wish,
        till.terms.programmes,
        is_taken=lambda name: coupons.find_batch(connection, name) is not None,
        is_own=True,
    )
    approver_ref = staffing.check(till, Permission.ADJUST_POINTS)
    coupons.put_batches(connection, [batch])
    write_audit(
        till,
        connection,
        action="coupon_make",
        approver_ref=approver_ref,
        subject=batch.batch_id,
        values={"rule": batch.rule, "codes": batch.codes, "uses": batch.uses},
    )
    return batch


def withdraw(till: "Till", connection: Connection, batch_id: str) -> None:
    """No coupon of the batch is taken any more. Runs on the writer thread; raises ``InputError`` and ``NotAllowedError``."""
    batch = own_batch(connection, batch_id)
    approver_ref = staffing.check(till, Permission.ADJUST_POINTS)
    coupons.put_batches(connection, [msgspec.structs.replace(batch, withdrawn=True)])
    write_audit(till, connection, action="coupon_withdraw", approver_ref=approver_ref, subject=batch.batch_id)


def printed_again(till: "Till", connection: Connection, batch_id: str) -> CouponBatch:
    """A batch whose codes are to be written once more; the audit log notes it. Runs on the writer thread."""
    batch = own_batch(connection, batch_id)
    approver_ref = staffing.check(till, Permission.ADJUST_POINTS)
    write_audit(till, connection, action="coupon_print", approver_ref=approver_ref, subject=batch.batch_id)
    return batch


def own_batch(connection: Connection, batch_id: str) -> CouponBatch:
    """A batch that was made here; raises ``InputError`` for any other."""
    batch = coupons.find_batch(connection, base32.normalise(batch_id))
    if batch is None or not batch.is_own:
        raise no_batch(batch_id)
    return batch


def no_batch(batch_id: str) -> InputError:
    """There is no batch of this name to do something with."""
    return _refused(f"No batch {batch_id!r} was made here.", "`coupon list` names them.", code="coupon.no_batch")


def list_batches(connection: Connection) -> tuple[BatchView, ...]:
    """Every batch that the till knows, headquarters' too."""
    used = coupons.count_uses(connection)
    return tuple(view_of(batch, used=used.get(batch.batch_id, 0)) for batch in coupons.list_batches(connection))


def look_at(connection: Connection, text: str) -> CodeView:
    """What is known here of a code; raises ``InputError`` for one that was mistyped."""
    code = read_coupon(text)
    if code is None:
        raise _refused(
            "This is no coupon's code, or a character of it is wrong.", "Type it again.", code="coupon.mistyped"
        )
    batch = coupons.find_batch(connection, code.batch_id)
    used = coupons.count_uses(connection)
    is_genuine = batch is not None and 1 <= code.serial <= batch.codes and code.is_genuine(batch.secret)
    return CodeView(
        coupon_id=code.coupon_id,
        is_genuine=is_genuine,
        batch=None if batch is None else view_of(batch, used=used.get(batch.batch_id, 0)),
        used_here=coupons.uses_here(connection, code.coupon_id),
        is_spent=coupons.is_spent(connection, code.coupon_id),
    )


def _refused(what: str, todo: str, *, code: str = "coupon.make") -> InputError:
    return InputError(code, what=what, safe="Nothing was made or changed.", todo=todo)
