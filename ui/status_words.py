"""What works now, in the words of the screen: codes of the core become sentences here."""

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from pos_app.loyalty.allowance import BurnLimit
from pos_app.use_cases.views import SyncStatus
from pos_app.use_cases.working import Burning, Returns, ToDo, WorksNow
from ui.formats import Formats

_CONTEXT = "Working"
_WHY_NOT: dict[BurnLimit, object] = {
    BurnLimit.CLOCK: QT_TRANSLATE_NOOP("Working", "Points cannot be spent: the clock cannot be right."),
    BurnLimit.STOPPED: QT_TRANSLATE_NOOP(
        "Working", "Points cannot be spent: headquarters does not take this till's word."
    ),
    BurnLimit.POLICY: QT_TRANSLATE_NOOP(
        "Working", "Points cannot be spent: headquarters must be asked, and does not answer."
    ),
    BurnLimit.NEVER_HEARD: QT_TRANSLATE_NOOP("Working", "Points cannot be spent: headquarters was never heard."),
    BurnLimit.STALE: QT_TRANSLATE_NOOP("Working", "Points cannot be spent: headquarters has been away for too long."),
    BurnLimit.TILL_BUDGET: QT_TRANSLATE_NOOP(
        "Working", "Points cannot be spent: this till's limit is used up until headquarters answers."
    ),
    BurnLimit.LEASES: QT_TRANSLATE_NOOP(
        "Working", "Points cannot be spent: headquarters has set none aside for this till, and does not answer."
    ),
}
_PROBLEMS: dict[str, object] = {
    "unreachable": QT_TRANSLATE_NOOP("Working", "Headquarters cannot be reached. Sales are kept here and sent later."),
    "slow": QT_TRANSLATE_NOOP("Working", "Headquarters answers too slowly. Sales are kept here and sent later."),
    "rubbish": QT_TRANSLATE_NOOP(
        "Working", "Something else than headquarters answers at its address. Sales are kept here."
    ),
    "hq_error": QT_TRANSLATE_NOOP(
        "Working", "Headquarters has an error of its own. Sales are kept here and sent later."
    ),
    "busy": QT_TRANSLATE_NOOP("Working", "Headquarters is busy. Sales are kept here and sent in a moment."),
    "unknown_till": QT_TRANSLATE_NOOP("Working", "Headquarters does not know this till. Sales are kept here."),
    "upgrade": QT_TRANSLATE_NOOP("Working", "Headquarters wants a newer version of this program. Sales are kept here."),
    "event_too_large": QT_TRANSLATE_NOOP("Working", "Headquarters refuses a receipt for its size. It is kept here."),
    "fork": QT_TRANSLATE_NOOP("Working", "Another till writes under this till's name. Sales are kept here."),
    "fenced": QT_TRANSLATE_NOOP("Working", "This till was enrolled on another computer. Sales are kept here."),
    "revoked": QT_TRANSLATE_NOOP("Working", "Headquarters has shut this till out. Sales are kept here."),
    "own_error": QT_TRANSLATE_NOOP("Working", "Sending failed by an error of this program. Sales are kept here."),
    "unsigned": QT_TRANSLATE_NOOP(
        "Working", "What answers as headquarters does not sign with its key. Nothing was taken from it."
    ),
    "rewound_too_far": QT_TRANSLATE_NOOP(
        "Working", "Headquarters wants events back that it had called safe. Sales are kept here."
    ),
}
_NOT = QT_TRANSLATE_NOOP("Working", "Points cannot be spent at the moment.")
_TODO: dict[ToDo, object] = {
    ToDo.WAIT: QT_TRANSLATE_NOOP("Working", "Nothing is to be done: it goes on by itself."),
    ToDo.JOIN: QT_TRANSLATE_NOOP("Working", "To do: make a code at headquarters and join with it."),
    ToDo.ENROL_AGAIN: QT_TRANSLATE_NOOP(
        "Working", "To do: make a code for this till's number at headquarters and join with it."
    ),
    ToDo.CALL_SUPPORT: QT_TRANSLATE_NOOP("Working", "To do: call support."),
    ToDo.CHECK_ADDRESS: QT_TRANSLATE_NOOP("Working", "To do: check the address of headquarters in the settings."),
    ToDo.UPDATE: QT_TRANSLATE_NOOP("Working", "To do: install the newer version of this program."),
    ToDo.SET_CLOCK: QT_TRANSLATE_NOOP("Working", "To do: set the clock right."),
    ToDo.MEND_MIRROR: QT_TRANSLATE_NOOP("Working", "To do: put the disk with the second copy of the journal back."),
}


def status_sentences(status: SyncStatus, formats: Formats) -> list[str]:
    """One sentence a fact, the most wanted first."""
    works = status.works
    if works is None:
        return []
    said = [_tr(_PROBLEMS[status.problem_code])] if status.problem_code in _PROBLEMS else []
    said += [
        _tr(QT_TRANSLATE_NOOP("Working", "Selling works. Points are earned.")),
        _burning(works, formats),
        _returns(works),
    ]
    if status.snapshot_accounts is not None:
        said.append(
            _tr(QT_TRANSLATE_NOOP("Working", "Members are being fetched from headquarters: {count} so far.")).format(
                count=status.snapshot_accounts
            )
        )
    if works.names_forgotten:
        said.append(
            _tr(
                QT_TRANSLATE_NOOP(
                    "Working",
                    "Headquarters was away for too long: names that it has were forgotten here. They come back with it.",
                )
            )
        )
    said += _mirror(status)
    if works.todo in _TODO:
        said.append(_tr(_TODO[works.todo]))
    return said


def _burning(works: WorksNow, formats: Formats) -> str:
    match works.burning:
        case Burning.LOCAL:
            return _tr(QT_TRANSLATE_NOOP("Working", "Points can be spent."))
        case Burning.ONLINE:
            return _tr(QT_TRANSLATE_NOOP("Working", "Points can be spent: headquarters is asked."))
        case Burning.OFFLINE:
            sentence = QT_TRANSLATE_NOOP(
                "Working",
                "Points can be spent without headquarters: up to {most} a card, above {step} with a manager.",
            )
            most, step = formats.points(works.burn_units_max or 0), formats.points(works.burn_step_up_units or 0)
            return _tr(sentence).format(most=most, step=step)
        case _:
            return _tr(_NOT if works.why is None else _WHY_NOT.get(works.why, _NOT))


def _returns(works: WorksNow) -> str:
    if works.returns is Returns.EVERY_RECEIPT:
        return _tr(QT_TRANSLATE_NOOP("Working", "Goods can come back, with receipts of other tills too."))
    return _tr(
        QT_TRANSLATE_NOOP("Working", "Goods can come back with this till's receipts; with others a manager decides.")
    )


def _mirror(status: SyncStatus) -> list[str]:
    if status.mirror_problem:
        return [
            _tr(
                QT_TRANSLATE_NOOP(
                    "Working", "The second copy of the journal cannot be written. Sales are booked as always."
                )
            )
        ]
    if status.mirror_lag_events:
        sentence = QT_TRANSLATE_NOOP("Working", "The second copy of the journal is {count} events behind.")
        return [_tr(sentence).format(count=status.mirror_lag_events)]
    return []


def _tr(text: object) -> str:
    return QCoreApplication.translate(_CONTEXT, str(text))
