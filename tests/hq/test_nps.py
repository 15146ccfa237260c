import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import select

from hq import tables
from hq.apply import apply_inbox
from hq.nps import COMMENT_LENGTH_MAX
from hq.operate import RunningHq
from hq.words import CROATIAN, ENGLISH, RUSSIAN, Words, words_for
from pos_app.protocol.nps import nps_token, nps_url, one_time_code, spaced
from tests.hq.conftest import Enrol
from tests.hq.journals import DAY_MS, START_MS, Journal, new_id, sale

EVENT = new_id()


def token_of(journal: Journal, event_id: str = EVENT) -> str:
    enrolled = journal.enrolled
    return nps_token(terminal_number=enrolled.terminal_number, event_id=event_id, nps_key=enrolled.nps_key)


def answers(hq: RunningHq) -> list[tuple[str, int, str | None, str]]:
    c = tables.nps_answer.c
    with hq.engine.connect() as connection:
        rows = connection.execute(select(c.event_id, c.score, c.comment, c.language))
        return [(event_id, score, comment, language) for event_id, score, comment, language in rows]


def heading(page: httpx.Response) -> str:
    match = re.search(r"<h1[^>]*>(?:<label[^>]*>)?([^<]*)<", page.text)
    assert match is not None
    return match[1]


class Customer:
    """Someone with a phone, who follows redirects and has no JavaScript."""

    def __init__(self, hq: RunningHq, journal: Journal, language: str = "en") -> None:
        self.url = f"{hq.url}/n/{token_of(journal)}"
        self.headers = {"Accept-Language": language}

    def look(self) -> httpx.Response:
        return httpx.get(self.url, headers=self.headers)

    def post(self, **form: str) -> httpx.Response:
        return httpx.post(self.url, data=form, headers=self.headers, follow_redirects=True)


def test_that_the_link_on_the_receipt_opens_the_question_before_the_sale_arrives(
    hq: RunningHq, journal: Journal
) -> None:
    enrolled = journal.enrolled
    link = nps_url(
        base=enrolled.nps_url_base,
        terminal_number=enrolled.terminal_number,
        event_id=EVENT,
        nps_key=enrolled.nps_key,
    )

    page = httpx.get(link)

    assert (200, ENGLISH.ask_us) == (page.status_code, heading(page))
    assert [str(score) for score in range(11)] == re.findall(r"<button name='score' value='(\d+)'>", page.text)


def test_that_a_score_then_a_word_are_kept(hq: RunningHq, journal: Journal) -> None:
    customer = Customer(hq, journal)

    asked = customer.post(score="7")
    thanked = customer.post(comment="  Longer hours, please <b>!</b> ")

    assert (ENGLISH.why, ENGLISH.thanks) == (heading(asked), heading(thanked))
    assert "You gave 7 out of 10" in asked.text
    assert [(EVENT, 7, "Longer hours, please <b>!</b>", "en")] == answers(hq)


def test_that_a_ten_is_asked_what_was_liked(hq: RunningHq, journal: Journal) -> None:
    assert ENGLISH.why_ten == heading(Customer(hq, journal).post(score="10"))


def test_that_a_code_counts_once(hq: RunningHq, journal: Journal) -> None:
    customer = Customer(hq, journal)
    for score in ("3", "9", "10"):
        customer.post(score=score)
    for comment in ("first", "second"):
        customer.post(comment=comment)
    customer.post(score="0")

    assert [(EVENT, 3, "first", "en")] == answers(hq)
    assert ENGLISH.thanks == heading(customer.look())


def test_that_a_code_counts_once_when_two_answer_at_once(hq: RunningHq, journal: Journal) -> None:
    customer = Customer(hq, journal)

    with ThreadPoolExecutor(8) as phones:
        pages = list(phones.map(lambda score: customer.post(score=str(score)), range(8)))

    assert {200} == {page.status_code for page in pages}
    assert 1 == len(answers(hq))


def test_that_the_word_may_be_skipped(hq: RunningHq, journal: Journal) -> None:
    customer = Customer(hq, journal)
    customer.post(score="5")

    assert ENGLISH.thanks == heading(customer.post(skip="1", comment="typed but skipped"))
    assert [(EVENT, 5, "", "en")] == answers(hq)


def test_that_a_word_without_a_score_asks_for_the_score(hq: RunningHq, journal: Journal) -> None:
    assert ENGLISH.ask_us == heading(Customer(hq, journal).post(comment="hello"))
    assert [] == answers(hq)


@pytest.mark.parametrize("score", ["11", "-1", "", "x", "1.0", "²", "0" * 5000])
def test_that_no_other_score_counts(hq: RunningHq, journal: Journal, score: str) -> None:
    assert ENGLISH.ask_us == heading(Customer(hq, journal).post(score=score))
    assert [] == answers(hq)


def test_that_a_long_word_is_cut_and_a_nul_dropped(hq: RunningHq, journal: Journal) -> None:
    customer = Customer(hq, journal)
    customer.post(score="5")
    customer.post(comment="\0" + "ш" * 2000)

    assert ["ш" * COMMENT_LENGTH_MAX] == [comment for _, _, comment, _ in answers(hq)]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ru-RU,ru;q=0.9,en;q=0.8", RUSSIAN),
        ("hr", CROATIAN),
        ("bs-BA", CROATIAN),
        ("de,fr;q=0.9", ENGLISH),
        ("en;q=0.5,hr;q=0.6", CROATIAN),
        ("hr;q=x,ru;q=0.1", RUSSIAN),
        ("", ENGLISH),
    ],
)
def test_that_the_page_speaks_the_customers_language(
    hq: RunningHq, journal: Journal, language: str, words: Words
) -> None:
    page = Customer(hq, journal, language).look()

    assert words.ask_us == heading(page)
    assert f"<html lang='{words.language}'>" in page.text
    assert words == words_for(language)


def test_that_the_shop_is_named_and_escaped(hq: RunningHq, journal: Journal) -> None:
    with hq.engine.begin() as connection:
        connection.execute(tables.store.update().values(name="<Šampon & Co>"))

    assert ENGLISH.ask_shop.format(shop="&lt;Šampon &amp; Co&gt;") == heading(Customer(hq, journal).look())


def test_that_the_page_needs_no_script_and_allows_none(hq: RunningHq, journal: Journal) -> None:
    page = Customer(hq, journal).look()

    assert "<script" not in page.text
    assert "style=" not in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; form-action 'self';")
    assert ("no-store", "no-referrer") == (page.headers["cache-control"], page.headers["referrer-policy"])
    style = httpx.get(hq.url + "/static/nps.css")
    assert (200, "text/css; charset=utf-8") == (style.status_code, style.headers["content-type"])


def test_that_a_link_of_another_till_or_event_does_not_open(hq: RunningHq, journal: Journal, enrol: Enrol) -> None:
    number, event, code = token_of(journal).split("-")
    other = enrol()
    other_event = token_of(journal, new_id()).split("-")[1]
    wrong_code = ("0" if code[0] != "0" else "1") + code[1:]

    for token in (
        f"{other.enrolled.terminal_number}-{event}-{code}",
        f"99-{event}-{code}",
        f"{number}-{other_event}-{code}",
        f"{number}-{event}-{wrong_code}",
        "x",
        "%00",
        "..%2f",
        "a" * 3000,
    ):
        for page in (
            httpx.get(f"{hq.url}/n/{token}"),
            httpx.post(f"{hq.url}/n/{token}", data={"score": "9"}),
            httpx.post(f"{hq.url}/n/{token}", data={"comment": "x"}),
        ):
            assert page.status_code == 404
    assert [] == answers(hq)


def test_that_a_link_that_does_not_work_leads_to_the_code(hq: RunningHq) -> None:
    page = httpx.get(f"{hq.url}/n/nonsense", headers={"Accept-Language": "hr"})

    assert CROATIAN.broken == heading(page)
    assert "href='/n'" in page.text


def test_that_a_code_typed_from_paper_opens_its_question(hq: RunningHq, journal: Journal) -> None:
    journal.upload(sale(event_id=EVENT, asks_nps=True))
    apply_inbox(hq.engine, now_ms=START_MS + DAY_MS)
    code = spaced(one_time_code(journal.enrolled.nps_key, EVENT))

    assert ENGLISH.code_title == heading(httpx.get(hq.url + "/n"))
    page = httpx.post(hq.url + "/n", data={"code": f" {code.lower()} "}, follow_redirects=True)
    assert (f"{hq.url}/n/{token_of(journal)}", ENGLISH.ask_us) == (str(page.url), heading(page))


def test_that_a_code_that_has_not_arrived_gets_a_kind_word(hq: RunningHq, journal: Journal) -> None:
    code = one_time_code(journal.enrolled.nps_key, EVENT)

    page = httpx.post(hq.url + "/n", data={"code": code})

    assert (404, ENGLISH.code_title) == (page.status_code, heading(page))
    assert ENGLISH.code_unknown in page.text
    assert f"value='{code}'" in page.text


def test_that_a_receipt_that_did_not_ask_has_no_code(hq: RunningHq, journal: Journal) -> None:
    journal.upload(sale(event_id=EVENT))
    apply_inbox(hq.engine, now_ms=START_MS + DAY_MS)

    code = one_time_code(journal.enrolled.nps_key, EVENT)
    assert 404 == httpx.post(hq.url + "/n", data={"code": code}).status_code


@pytest.mark.parametrize("content", [b"", b"code=", b"code=%00", b"\xff\xfe", b"code='><script>", b"a=1&" * 3000])
def test_that_a_form_of_rubbish_gets_a_kind_word(hq: RunningHq, content: bytes) -> None:
    page = httpx.post(hq.url + "/n", content=content)

    assert 404 == page.status_code
    assert "<script" not in page.text


def test_that_a_form_has_a_limit(hq: RunningHq) -> None:
    assert 413 == httpx.post(hq.url + "/n", content=b"code=" + b"x" * 20_000).status_code
