"""The pages of the question, which anybody on the internet can open."""

import re
from urllib.parse import quote

import httpx

from hq import pages
from hq.enrolment import create_enrolment_code
from hq.operate import RunningHq
from hq.words import ENGLISH
from tests.hq.abuse.digests import without_effect
from tests.hq.abuse.wire import do_everything
from tests.hq.journals import Journal, new_id, sale
from tests.hq.test_nps import answers, token_of

HOSTILE = "</textarea><script>alert(1)</script><img src=x onerror=alert(1)>'\"&amp;{{7*7}}${7*7}\u202e\x1b[2J\r\nSet-Cookie: a=b"


TOKENS = (
    "%00",
    "..%2F..%2Fv1%2Fopenapi.json",
    "1-0-0",
    "0-" + "0" * 26 + "-" + "0" * 10,
    "-1-" + "0" * 26 + "-" + "0" * 10,
    "1-" + "Z" * 26 + "-" + "Z" * 10,
    "99999999999-x-y",
    "1" * 60_000,
    "%ff%fe",
    "<script>",
    "%3Cscript%3E",
    "%0d%0aX: y",
    "²-x-y",
)
FORMS = (
    *(b"", b"score", b"score=", b"score=-1", b"score=11", b"score=1e1", b"score=%39%00", b"score=9.0", b"score[]=9"),
    *(b"score=%EF%BC%99", b"score=5&score=6&" * 20, b"comment=x", b"skip=1", b"\xff\xfe=\xff", b"=&=&=", b"%"),
    *(b'{"score":9}', b"\0" * 16_000),
)


def test_that_a_link_that_no_till_made_leads_nowhere(hq: RunningHq, journal: Journal) -> None:
    with httpx.Client(base_url=hq.url) as client, without_effect(hq.engine):
        for token in TOKENS:
            address = f"/n/{quote(token, safe='%')}"
            found = [client.get(address), client.post(address, data={"score": "9"}), client.post(address)]
            assert {answer.status_code for answer in found} <= {400, 404}, token
            assert not any("<script>" in answer.text or "X" in answer.headers for answer in found), token


def test_that_a_token_changed_by_one_letter_leads_nowhere(hq: RunningHq, journal: Journal) -> None:
    token = token_of(journal)
    others = {token[:at] + ("1" if token[at] == "0" else "0") + token[at + 1 :] for at in range(len(token))} - {token}
    with httpx.Client(base_url=hq.url) as client, without_effect(hq.engine):
        assert {404} == {client.post(f"/n/{quote(other)}", data={"score": "9"}).status_code for other in others}


def test_that_a_form_that_says_nothing_changes_nothing(hq: RunningHq, journal: Journal) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    with httpx.Client(base_url=hq.url) as client, without_effect(hq.engine):
        for form in FORMS:
            assert 303 == client.post(f"/n/{token_of(journal)}", content=form, headers=headers).status_code, form


def test_that_what_a_customer_writes_is_text_everywhere(hq: RunningHq, journal: Journal) -> None:
    address = f"{hq.url}/n/{token_of(journal)}"
    with httpx.Client(follow_redirects=True) as client:
        shown = [client.post(address, data=form).text for form in ({"score": "3"}, {"comment": HOSTILE})]
        typed = client.post(hq.url + "/n", data={"code": HOSTILE}).text
        language = client.get(hq.url + "/n", headers={"Accept-Language": "<script>, '\"><b>;q=x"}).text
    assert [] == [found for page in (*shown, typed, language) for found in re.findall(r"<script|<img", page)]
    assert [HOSTILE.strip()] == [comment for _, _, comment, _ in answers(hq)]


def test_that_a_shop_with_a_hostile_name_is_text_too(hq: RunningHq, journal: Journal) -> None:
    create_enrolment_code(hq.engine, "store-1", now_ms=0, store_name=HOSTILE)

    page = httpx.get(f"{hq.url}/n/{token_of(journal)}").text

    assert ("&lt;script&gt;" in page, "<script" in page) == (True, False)


def test_that_a_very_long_answer_is_cut_or_refused(hq: RunningHq, journal: Journal) -> None:
    address = f"{hq.url}/n/{token_of(journal)}"
    with httpx.Client() as client:
        client.post(address, data={"score": "3"})
        assert 413 == client.post(address, data={"comment": "x" * 20_000}).status_code
        assert 303 == client.post(address, data={"comment": "я" * 2_000}).status_code
    assert ["я" * 1_000] == [comment for _, _, comment, _ in answers(hq)]


def test_that_every_page_tells_the_browser_what_it_must_not_do(hq: RunningHq, journal: Journal) -> None:
    journal.upload(sale(event_id=new_id()))
    do_everything(hq)
    address = f"/n/{token_of(journal)}"
    with httpx.Client(base_url=hq.url) as client:
        found = [client.get("/n"), client.get(address), client.get("/n/x"), client.post("/n", data={"code": "x"}),
                 client.post(address, data={"score": "1"})]  # fmt: skip
    for answer in found:
        assert pages.PAGE_HEADERS.items() <= {name: answer.headers.get(name) for name in pages.PAGE_HEADERS}.items()
        assert ("set-cookie" in answer.headers, "server" in answer.headers) == (False, False)
    policy = pages.PAGE_HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert ENGLISH.title in found[0].text
