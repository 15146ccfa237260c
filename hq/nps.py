"""The question of the receipt: one answer a code, also before the sale itself has arrived."""

from enum import Enum

import msgspec
from sqlalchemy import Connection, Engine, select, update

from hq import tables
from hq.statements import upsert_rows
from hq.terminals import find_by_number
from pos_app.protocol.nps import NpsToken, check, nps_token, parse_code, parse_token, terminal_nps_key

COMMENT_LENGTH_MAX = 1_000
SCORE_MAX = 10
_answer = tables.nps_answer.c


class Step(Enum):
    """What the customer is asked next."""

    SCORE = "score"
    COMMENT = "comment"
    DONE = "done"


class Question(msgspec.Struct, frozen=True):
    """Where one receipt's question stands. ``shop`` may be empty; ``score`` is None until it was given."""

    event_id: str
    terminal_id: str
    shop: str
    step: Step
    score: int | None = None


def find_question(engine: Engine, token: str) -> Question | None:
    """The question behind a link; None for a link that no till of ours made."""
    with engine.connect() as connection:
        return _find(connection, token)


def give_score(engine: Engine, token: str, score: int, *, language: str, now_ms: int) -> Question | None:
    """Keep the first score of a code; a second one changes nothing. Gives the question as it stands then."""
    assert 0 <= score <= SCORE_MAX
    with engine.begin() as connection:
        question = _find(connection, token)
        if question is None:
            return None
        row = {
            "event_id": question.event_id,
            "terminal_id": question.terminal_id,
            "score": score,
            "language": language,
            "answered_at_ms": now_ms,
        }
        upsert_rows(connection, tables.nps_answer, [row])
        return _find(connection, token)


def give_comment(engine: Engine, token: str, comment: str) -> Question | None:
    """Keep the first comment of a code that has a score (empty: skipped). Gives the question as it stands then."""
    kept = comment.replace("\0", "").strip()[:COMMENT_LENGTH_MAX]
    with engine.begin() as connection:
        question = _find(connection, token)
        if question is None:
            return None
        connection.execute(
            update(tables.nps_answer)
            .where(_answer.event_id == question.event_id, _answer.comment.is_(None))
            .values(comment=kept)
        )
        return _find(connection, token)


def find_token(engine: Engine, typed: str) -> str | None:
    """The link's token for a code typed from paper; None if no sale with it has arrived."""
    code = parse_code(typed)
    if code is None:
        return None
    sale, terminal = tables.sale.c, tables.terminal.c
    found = (
        select(sale.event_id, terminal.terminal_id, terminal.terminal_number, tables.headquarters.c.master_key)
        .select_from(
            tables.sale.join(tables.terminal, terminal.terminal_id == sale.terminal_id).join(
                tables.headquarters, tables.headquarters.c.id == 1
            )
        )
        .where(sale.nps_code == code)
    )
    with engine.connect() as connection:
        row = connection.execute(found).first()
    if row is None:
        return None
    key = terminal_nps_key(row.master_key, row.terminal_id)
    return nps_token(terminal_number=row.terminal_number, event_id=row.event_id, nps_key=key)


def _find(connection: Connection, token: str) -> Question | None:
    parsed = parse_token(token)
    terminal = find_by_number(connection, parsed.terminal_number) if parsed else None
    if parsed is None or terminal is None or not _is_ours(connection, terminal.terminal_id, parsed):
        return None
    shop: str = connection.execute(
        select(tables.store.c.name).where(tables.store.c.store_id == terminal.store_id)
    ).scalar_one()
    answer = connection.execute(
        select(_answer.score, _answer.comment).where(_answer.event_id == parsed.event_id)
    ).one_or_none()
    if answer is None:
        return Question(parsed.event_id, terminal.terminal_id, shop, Step.SCORE)
    step = Step.COMMENT if answer.comment is None else Step.DONE
    return Question(parsed.event_id, terminal.terminal_id, shop, step, answer.score)


def _is_ours(connection: Connection, terminal_id: str, parsed: NpsToken) -> bool:
    master_key: bytes = connection.execute(select(tables.headquarters.c.master_key)).scalar_one()
    return check(terminal_nps_key(master_key, terminal_id), parsed.event_id, parsed.code)
