"""HQ's public pages as HTML: no script, one style sheet, nothing from elsewhere. Everything that came from outside is escaped."""

from html import escape

from hq.nps import COMMENT_LENGTH_MAX, SCORE_MAX, Question, Step
from hq.words import Words

STYLE_PATH = "/static/nps.css"
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def question_page(question: Question, *, token: str, words: Words) -> str:
    """The page for where the question stands."""
    match question.step:
        case Step.SCORE:
            return _score_page(question, token=token, words=words)
        case Step.COMMENT:
            return _comment_page(question, token=token, words=words)
        case Step.DONE:
            return _page(words, _heading(words.thanks) + f"<p class='lead'>{escape(words.saved)}</p>", mark="♥")


def code_page(words: Words, *, typed: str = "", unknown: bool = False) -> str:
    """The page on which a customer types the code."""
    alert = f"<p class='alert' role='alert'>{escape(words.code_unknown)}</p>" if unknown else ""
    invalid = " aria-invalid='true'" if unknown else ""
    return _page(
        words,
        f"{_heading(words.code_title)}{alert}"
        "<form method='post' action='/n'>"
        f"<label for='code'>{escape(words.code_label)}</label>"
        f"<input id='code' name='code' value='{escape(typed[:20])}' required maxlength='20' autocomplete='off'"
        f" autocapitalize='characters' spellcheck='false' aria-describedby='hint'{invalid}>"
        f"<p class='hint' id='hint'>{escape(words.code_hint)}</p>"
        f"<button class='main'>{escape(words.code_next)}</button></form>",
    )


def broken_page(words: Words) -> str:
    """The page for a link that no till of ours made."""
    return _page(
        words,
        f"{_heading(words.broken)}<p class='lead'>{escape(words.broken_hint)}</p>"
        f"<a class='main' href='/n'>{escape(words.code_label)}</a>",
    )


def _score_page(question: Question, *, token: str, words: Words) -> str:
    ask = words.ask_shop.format(shop=question.shop) if question.shop else words.ask_us
    # All alike: a red 3 and a green 9 would ask for the 9.
    buttons = "".join(f"<button name='score' value='{score}'>{score}</button>" for score in range(SCORE_MAX + 1))
    return _page(
        words,
        f"<form method='post' action='/n/{escape(token)}'><h1 id='ask'>{escape(ask)}</h1>"
        f"<div class='ends' id='ends'><span>{escape(words.lowest)}</span>"
        f"<span>{escape(words.highest)}</span></div>"
        f"<div class='scores' role='group' aria-labelledby='ask' aria-describedby='ends'>{buttons}</div></form>",
    )


def _comment_page(question: Question, *, token: str, words: Words) -> str:
    why = words.why_ten if question.score == SCORE_MAX else words.why
    given = words.given.format(score=question.score)
    return _page(
        words,
        f"<p class='given'>{escape(given)}</p>"
        f"<form method='post' action='/n/{escape(token)}'>"
        f"<h1><label for='comment'>{escape(why)}</label></h1>"
        f"<textarea id='comment' name='comment' rows='5' maxlength='{COMMENT_LENGTH_MAX}'"
        " aria-describedby='hint'></textarea>"
        f"<p class='hint' id='hint'>{escape(words.comment_hint)}</p>"
        f"<button class='main'>{escape(words.send)}</button>"
        f"<button class='quiet' name='skip' value='1'>{escape(words.skip)}</button></form>",
    )


def _heading(text: str) -> str:
    return f"<h1>{escape(text)}</h1>"


def _page(words: Words, content: str, *, mark: str = "") -> str:
    head = f"<div class='mark' aria-hidden='true'>{mark}</div>" if mark else ""
    return (
        f"<!doctype html><html lang='{words.language}'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        "<meta name='color-scheme' content='light dark'>"
        f"<title>{escape(words.title)}</title><link rel='stylesheet' href='{STYLE_PATH}'></head>"
        f"<body><main>{head}{content}</main></body></html>"
    )
