"""People for tests: a till where a manager, a pharmacist, a cashier and an auditor have PINs. Hashed once a process."""

import base64
from functools import cache

from pos_app.model.staff import Role, StaffMember
from pos_app.use_cases import pins
from pos_app.use_cases.clock import ManualClock
from pos_app.use_cases.till import Till
from storage import key_store, staff
from storage.database import Connection
from storage.staff import Secrets

PINS = {"anna": "493817", "cid": "582046", "ben": "771204", "dora": "660915"}
WRONG = "118822"
ANNA = StaffMember("anna", "Anna Kovač", Role.MANAGER)
CID = StaffMember("cid", "Cid", Role.PHARMACIST)
BEN = StaffMember("ben", "Бен", Role.CASHIER)
DORA = StaffMember("dora", "", Role.AUDITOR)
EVERYBODY = (ANNA, CID, BEN, DORA)
RECOVERY_CODE = "7K3M-9QZX-4TWB-0H5C"
PEPPER = bytes(range(32))


class MachineClock(ManualClock):
    """A machine's clock: the wall can be set while the time since boot goes on, and it can be booted again."""

    def __init__(self, utc_ms: int) -> None:
        super().__init__(utc_ms)
        self.since_boot_ms = 5_000
        self.boot = "boot-1"

    def monotonic_ms(self) -> int:
        return self.since_boot_ms

    def boot_id(self) -> str:
        return self.boot


@cache
def hashes() -> tuple[dict[str, str], Secrets]:
    """The PINs' hashes and what is kept beside them."""
    secrets = Secrets(pins.hash_recovery_code(RECOVERY_CODE), pins.pepper_mark(PEPPER))
    return {name: pins.hash_pin(pin, PEPPER) for name, pin in PINS.items()}, secrets


def hire(till: Till, *members: StaffMember) -> None:
    """Let these people (everybody) work here, as if they had been added."""
    pin_hashes, secrets = hashes()
    (till.database.path.parent / key_store.PEPPER.file_name).write_bytes(base64.b64encode(PEPPER))

    def put(connection: Connection) -> None:
        for member in members or EVERYBODY:
            staff.put_staff(connection, member, utc_ms=1)
            staff.put_pin_hash(connection, member.staff_ref, pin_hashes[member.staff_ref], utc_ms=1)
        staff.put_secrets(connection, secrets)

    till.database.write(put)


def enter(till: Till, staff_ref: str) -> StaffMember:
    """Sign somebody in."""
    return till.sign_in(staff_ref, PINS[staff_ref]).result()
