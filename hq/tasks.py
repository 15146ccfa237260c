"""What a person should look at, in words: what happened, and what to do."""

import msgspec
from sqlalchemy import Connection, Engine, select, tuple_, update

from hq import tables
from hq.coupons import TWICE, other_receipts
from hq.returns import SALE_MISSING, UNCLEAR
from pos_app.errors import InputError
from pos_app.model.identifiers import receipt_number

TASKS_MAX = 1_000
BY_ITSELF = frozenset({"deferred", "apply_failed", "due_failed", SALE_MISSING})
"""What headquarters does by itself once it can; nobody can call it done."""
_LOOK = "Look at the event, and at the till that wrote it: it has a defect, or somebody changed its database."
_WORDS: dict[str, tuple[str, str]] = {
    "unreadable": ("An event cannot be read.", _LOOK),
    "invalid": ("An event is not one.", _LOOK),
    "event_id_taken": ("Two different events claim to be one.", "Find out whether the till's disk was copied."),
    "lot_id": ("An event names points that cannot be its own.", _LOOK),
    "range": ("An event names amounts that cannot be.", _LOOK),
    "lines": ("An event names lines that cannot be.", _LOOK),
    "awards": ("A sale gives points that no programme of it gave.", _LOOK),
    "discounts": ("A sale takes more off its goods than they cost.", _LOOK),
    "pools": ("A sale gives stamps or tickets that its lines did not collect.", _LOOK),
    "taken": ("A sale does not say which lots its rewards took.", _LOOK),
    "date": ("An event names a day that cannot be.", _LOOK),
    "ref": ("An event names an account, card or programme that cannot be.", _LOOK),
    "text": ("An event holds words that cannot be kept.", _LOOK),
    "coupons": ("A sale or return names coupons that cannot be its own.", _LOOK),
    TWICE: (
        "A coupon was used once more than it may be: two tills took it while headquarters could not be asked.",
        "Nothing, what was sold stays sold. Every till knows now that the coupon is used up.",
    ),
    "mark": ("An event notes something of a member that cannot be noted.", _LOOK),
    "act": ("An event gives points for something that it does not say.", _LOOK),
    "status": ("An event gives an account a status that there is not.", _LOOK),
    "not_a_sale": (
        "A return names something that is no sale, or whose details are past their retention.",
        "Compare the receipts, and correct the points by hand if needed.",
    ),
    "unknown_account": (
        "An event is about a member that headquarters has never met.",
        "Wait for the till that enrolled the member, then correct the points by hand.",
    ),
    "card_taken": ("A card was given to two members.", "Ask whose it is, and merge the accounts or replace the card."),
    "lease": ("A till gives back points that were set aside for another.", _LOOK),
    "deferred": ("A kind of event is newer than headquarters.", "Update headquarters: it is booked by itself then."),
    "apply_failed": (
        "Headquarters has a defect; its log has the trace.",
        "Report it: the event is booked by itself at the first start after the mend.",
    ),
    "due_failed": (
        "Points of a member could neither begin nor end, by a defect of headquarters; its log has the trace.",
        "Report it. The event gave the points; they are tried again every minute, and it is done by itself after the mend.",
    ),
    SALE_MISSING: (
        "Goods came back before their sale did.",
        "Nothing, as long as a till is offline: it is settled by itself when the sale comes.",
    ),
    "returned_too_much": (
        "More came back of a sale than was bought. The points moved only once.",
        "Compare the receipts of both tills: money was paid back twice.",
    ),
    UNCLEAR: (
        "Goods came back without a receipt. Of its number no sale has all of them, or more than one has. No points moved.",
        "`pos-app hq settle-return TASK` lists those sales and settles one. `pos-app hq task-done TASK`: no points move.",
    ),
    "return_differs": ("A till took other points back than its programmes say.", _LOOK),
    "contract": ("An event names parts of a contract that cannot be.", _LOOK),
    "donated": ("An event names gifts to a cause that cannot be.", _LOOK),
    "contract_overpaid": (
        "More was paid on a contract, or taken off it, than it owed: two tills did so at once.",
        "`pos-app hq contracts --overpaid` says how much. Give it back to the customer.",
    ),
    "overdraft_again": (
        "A member burned the same points at two tills, not for the first time.",
        "Talk to the member. `pos-app hq reinstate` lets the account burn offline again.",
    ),
    "claim_refused": (
        "The code of a receipt was not made by a till of ours, or is another member's.",
        "Ask to see the paper: it was mistyped, or made up.",
    ),
    "claim_differs": (
        "A sale came after its points were claimed, with other points than its code said.",
        "Correct the points by hand.",
    ),
    "replay_differs": (
        "A receipt comes out otherwise when it is computed again.",
        "Report it: a till or headquarters has a defect. What was promised stays.",
    ),
    "roll_wrong": (
        "A receipt says that chance gave or refused something, and that does not follow from the seed of the draw.",
        "Look at the event and at the till that wrote it: it has a defect, or somebody changed it. What was promised stays.",
    ),
    "replay_unknown": (
        "A receipt was made by rules of evaluation that are newer than headquarters.",
        "Update headquarters: it is computed again by itself then.",
    ),
    "replay_set_missing": (
        "The programmes of a receipt never came, so it cannot be computed again.",
        "Look whether the till is healthy; nothing is lost but this check, which is made when they come.",
    ),
}
_task = tables.task.c


class TaskInWords(msgspec.Struct, frozen=True):
    """An open task. ``event`` is where its event stands, as receipts are numbered; ``by_itself``: nobody needs to do it."""

    task_id: int
    code: str
    what: str
    todo: str
    event: str
    terminal_id: str
    created_at_ms: int
    by_itself: bool


def list_tasks(engine: Engine) -> tuple[TaskInWords, ...]:
    """The open tasks, the oldest first, at most so many."""
    terminal = tables.terminal.c
    found = (
        select(
            _task.task_id,
            _task.code,
            terminal.terminal_number,
            _task.incarnation,
            _task.seq,
            _task.terminal_id,
            _task.created_at_ms,
        )
        .join(tables.terminal, terminal.terminal_id == _task.terminal_id)
        .where(_task.done_at_ms.is_(None))
        .order_by(_task.task_id)
        .limit(TASKS_MAX)
    )
    with engine.connect() as connection:
        rows = connection.execute(found).all()
        return tuple(_with_details(connection, _in_words(*row), row.incarnation, row.seq) for row in rows)


def mark_done(engine: Engine, task_id: int, *, now_ms: int) -> None:
    """Somebody has looked at it. Raises ``InputError`` for a task that is not open, or that headquarters does by itself."""
    open_one = (_task.task_id == task_id) & _task.done_at_ms.is_(None)
    with engine.begin() as connection:
        code = connection.execute(select(_task.code).where(open_one)).scalar_one_or_none()
        if code is None:
            raise _refused(f"There is no open task {task_id}.", "`pos-app hq tasks` lists them.")
        if code in BY_ITSELF:
            raise _refused(f"Task {task_id} is done by itself.", _WORDS[code][1])
        if code == UNCLEAR:
            _let_go(connection, task_id, now_ms=now_ms)
        connection.execute(update(tables.task).where(open_one).values(done_at_ms=now_ms))


def _let_go(connection: Connection, task_id: int, *, now_ms: int) -> None:
    """Somebody has decided that no points go back with these goods: nor do they when another sale of their number comes."""
    unseen = tables.unseen_return.c
    place = select(_task.terminal_id, _task.incarnation, _task.seq).where(_task.task_id == task_id)
    is_it = tuple_(unseen.terminal_id, unseen.incarnation, unseen.seq).in_(place) & unseen.settled_at_ms.is_(None)
    connection.execute(update(tables.unseen_return).where(is_it).values(settled_at_ms=now_ms))


def _in_words(
    task_id: int, code: str, number: int, incarnation: int, seq: int, terminal_id: str, created_at_ms: int
) -> TaskInWords:
    what, todo = _WORDS.get(code, (f"Something of the kind {code} happened.", "Read the notes of this version."))
    return TaskInWords(
        task_id=task_id,
        code=code,
        what=what,
        todo=todo,
        event=receipt_number(terminal_number=number, incarnation=incarnation, seq=seq),
        terminal_id=terminal_id,
        created_at_ms=created_at_ms,
        by_itself=code in BY_ITSELF,
    )


def _with_details(connection: Connection, task: TaskInWords, incarnation: int, seq: int) -> TaskInWords:
    """A coupon that was used too often is named, with the other receipts that used it."""
    if task.code != TWICE:
        return task
    others = other_receipts(connection, task.terminal_id, incarnation, seq)
    named = " ".join(f"{coupon_id} was used on {receipt} too." for coupon_id, receipt in others)
    return msgspec.structs.replace(task, what=f"{task.what} {named}".strip())


def _refused(what: str, todo: str) -> InputError:
    return InputError("hq.task", what=what, safe="Nothing was changed.", todo=todo)
