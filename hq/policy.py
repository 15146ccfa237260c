"""What HQ lets tills burn on their own: one setting for the chain, kept in its own row."""

import msgspec
from sqlalchemy import Connection, Engine, select, update

from hq import tables
from hq.database import transact
from hq.leases import recall_all
from pos_app.errors import InputError
from pos_app.model.policy import Allowance, BurnPolicy

_headquarters = tables.headquarters.c
_POLICY = select(_headquarters.policy)


def read_policy(connection: Connection) -> BurnPolicy:
    """The policy in force; the default of a new HQ is ``BurnPolicy()``."""
    text = connection.execute(_POLICY).scalar_one()
    return msgspec.json.decode(text, type=BurnPolicy) if text else BurnPolicy()


def change_policy(engine: Engine, changes: dict[str, object]) -> BurnPolicy:
    """Set some fields and give the whole. Tills hear of it with their next page of changes.

    Where leases are no longer what tills go by, HQ asks for all of them back. Raises ``InputError`` for a value out of bounds.
    """
    policy = transact(engine, lambda connection: _change(connection, changes))
    if policy.allowance is not Allowance.LEASE:
        recall_all(engine)
    return policy


def _change(connection: Connection, changes: dict[str, object]) -> BurnPolicy:
    wanted = msgspec.structs.asdict(read_policy(connection)) | changes
    try:
        policy = msgspec.convert(wanted, BurnPolicy, strict=False)
    except msgspec.ValidationError as error:
        raise InputError(
            "hq.policy",
            what=f"The policy cannot be so ({error}).",
            safe="Nothing was changed.",
            todo="`pos-app hq policy --help` says what each value may be.",
        ) from error
    connection.execute(update(tables.headquarters).values(policy=msgspec.json.encode(policy).decode()))
    return policy
