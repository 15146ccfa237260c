"""What may be a PIN, and how it is kept."""

import re

import pytest

from pos_app.errors import InputError
from pos_app.use_cases import pins
from tests.staff import PEPPER, PINS, RECOVERY_CODE, hashes

pytestmark = pytest.mark.usefixtures("own_hasher")


@pytest.mark.parametrize("pin", ["493817", "121212", "123457", "098761234567"])
def test_that_six_to_twelve_digits_can_be_a_pin(pin: str) -> None:
    pins.check_pin(pin)


@pytest.mark.parametrize("pin", ["", "49381", "4938175938172", "49381a", "49 817", "٤٩٣٨١٧", "+49381"])
def test_that_anything_else_cannot(pin: str) -> None:
    with pytest.raises(InputError, match="6 to 12 digits") as refusal:
        pins.check_pin(pin)
    assert "staff.pin_shape" == refusal.value.code


@pytest.mark.parametrize("pin", ["000000", "999999999999", "123456", "345678", "987654", "890123", "321098"])
def test_that_what_everybody_tries_first_is_refused(pin: str) -> None:
    with pytest.raises(InputError) as refusal:
        pins.check_pin(pin)
    assert "staff.pin_trivial" == refusal.value.code


def test_that_a_hash_fits_its_pin_and_its_pepper_only() -> None:
    pin_hash = pins.hash_pin(PINS["anna"], PEPPER)
    assert pin_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert pins.pin_is_right(pin_hash, PINS["anna"], PEPPER)
    assert not pins.pin_is_right(pin_hash, PINS["ben"], PEPPER)
    assert not pins.pin_is_right(pin_hash, PINS["anna"], bytes(32))
    assert not pins.pin_is_right("", PINS["anna"], PEPPER)
    assert not pins.pin_is_right("$argon2id$damaged", PINS["anna"], PEPPER)
    assert not pins.wants_new_hash(pin_hash)


def test_that_the_wait_doubles_up_to_five_minutes() -> None:
    assert [0, 0, 0, 1, 2, 4, 8, 16, 32, 64] == [pins.wait_ms(failures) // 1000 for failures in range(10)]
    assert 300_000 == pins.wait_ms(60)


def test_that_a_recovery_code_is_read_as_people_write_it() -> None:
    recovery_hash = pins.hash_recovery_code(RECOVERY_CODE)
    assert pins.recovery_code_is_right(recovery_hash, RECOVERY_CODE)
    assert pins.recovery_code_is_right(recovery_hash, "7k3m9qzx 4twb-oh5c")
    assert not pins.recovery_code_is_right(recovery_hash, "7K3M-9QZX-4TWB-0H5D")
    assert not pins.recovery_code_is_right("", RECOVERY_CODE)


def test_that_a_recovery_code_has_eighty_bits() -> None:
    codes = {pins.make_recovery_code() for _ in range(50)}
    assert 50 == len(codes)
    assert all(re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", code) for code in codes)


def test_that_the_mark_of_a_pepper_tells_it_from_others() -> None:
    assert pins.pepper_mark(PEPPER) == hashes()[1].pepper_mark != pins.pepper_mark(bytes(32))
