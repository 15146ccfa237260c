"""Forgetting who holds an account: names go, points and sums stay."""

from collections.abc import Mapping

from sqlalchemy import Connection, delete, select, update

from hq import tables
from hq.statements import change_number, upsert_rows


def forget_holders(connection: Connection, erased_at_ms: Mapping[str, int]) -> None:
    """Delete what is known of the holders of these accounts, and what they wrote in answer to the question on their receipts.

    Tills hear of it with the changes, and what they still send of these holders is not kept.
    """
    if not erased_at_ms:
        return
    refs = sorted(erased_at_ms)
    connection.execute(delete(tables.personal_field).where(tables.personal_field.c.account_ref.in_(refs)))
    number = change_number(connection)
    rows = [{"account_ref": ref, "change_no": number, "erased_at_ms": erased_at_ms[ref]} for ref in refs]
    upsert_rows(connection, tables.personal_change, rows, replace=("change_no", "erased_at_ms"))
    answer, sale = tables.nps_answer.c, tables.sale.c
    theirs = select(sale.event_id).where(sale.account_ref.in_(refs))
    written = update(tables.nps_answer).where(answer.event_id.in_(theirs), answer.comment.is_not(None))
    connection.execute(written.values(comment=""))
