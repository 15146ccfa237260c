import msgspec
import pytest

from pos_app.protocol.events import EnrolmentEvent, ReturnEvent, SaleEvent, decode_body, encode_body
from tests.hq.journals import enrolment, sale, sale_return

SOLD = sale(account_ref="a", card="299", earned=5, burned=2)


@pytest.mark.parametrize("event", [SOLD, sale(), sale_return(SOLD, clawed_back={"x": 5}), enrolment("a", "299")])
def test_that_an_event_survives_its_bytes(event: SaleEvent | ReturnEvent | EnrolmentEvent) -> None:
    assert event == decode_body(encode_body(event))


def test_that_the_same_event_has_the_same_bytes() -> None:
    assert encode_body(SOLD) == encode_body(decode_body(encode_body(SOLD)))


def test_that_the_kind_of_an_event_is_in_its_bytes() -> None:
    assert ["sale", "return", "enrolment"] == [
        msgspec.json.decode(encode_body(event))["kind"]
        for event in (SOLD, sale_return(SOLD, clawed_back={}), enrolment("a", "299"))
    ]


def test_that_a_newer_till_may_add_fields() -> None:
    newer = encode_body(SOLD).replace(b'"kind":"sale"', b'"kind":"sale","added_later":{"x":[1]}')

    assert SOLD == decode_body(newer)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"kind":"sale"}', b'{"kind":"gift","event_id":"x"}', b"\xff"])
def test_that_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        decode_body(body)
