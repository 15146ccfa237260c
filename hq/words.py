"""The words of HQ's public pages, in the languages of the receipts."""

import msgspec


class Words(msgspec.Struct, frozen=True):
    """One language. ``{shop}`` is the shop's name, ``{score}`` the number given."""

    language: str
    title: str
    ask_shop: str
    ask_us: str
    lowest: str
    highest: str
    given: str
    why: str
    why_ten: str
    comment_hint: str
    send: str
    skip: str
    thanks: str
    saved: str
    code_title: str
    code_label: str
    code_hint: str
    code_next: str
    code_unknown: str
    broken: str
    broken_hint: str


ENGLISH = Words(
    language="en",
    title="Your opinion",
    ask_shop="How likely are you to recommend {shop} to a friend?",
    ask_us="How likely are you to recommend us to a friend?",
    lowest="0 – not at all",
    highest="10 – for certain",
    given="You gave {score} out of 10",
    why="What should we change to earn a 10 next time?",
    why_ten="What do you like about us?",
    comment_hint="Please do not write names, phone numbers or anything about your health.",
    send="Send",
    skip="Skip",
    thanks="Thank you!",
    saved="Your answer is saved. It helps us to get better.",
    code_title="Tell us what you think",
    code_label="Code from your receipt",
    code_hint="Ten letters and digits, for example 7KQ2M-9XWTB",
    code_next="Continue",
    code_unknown="We do not know this code yet. If you have just paid, try again in a few minutes, "
    "or scan the QR code on the receipt: that works at once.",
    broken="This link does not work",
    broken_hint="Scan the QR code on the receipt again, or type the code that is printed below it.",
)

RUSSIAN = Words(
    language="ru",
    title="Ваше мнение",
    ask_shop="Насколько вероятно, что вы порекомендуете «{shop}» друзьям?",
    ask_us="Насколько вероятно, что вы порекомендуете нас друзьям?",
    lowest="0 – ни за что",
    highest="10 – обязательно",
    given="Ваша оценка: {score} из 10",
    why="Что нам изменить, чтобы в следующий раз вы поставили 10?",
    why_ten="Что вам у нас нравится?",
    comment_hint="Пожалуйста, не указывайте имена, телефоны и сведения о здоровье.",
    send="Отправить",
    skip="Пропустить",
    thanks="Спасибо!",
    saved="Ответ сохранён. Он помогает нам становиться лучше.",
    code_title="Расскажите, что вы думаете",
    code_label="Код с чека",
    code_hint="Десять букв и цифр, например 7KQ2M-9XWTB",
    code_next="Продолжить",
    code_unknown="Такого кода у нас пока нет. Если вы только что оплатили покупку, попробуйте через несколько минут "
    "или отсканируйте QR-код на чеке: он работает сразу.",
    broken="Эта ссылка не работает",
    broken_hint="Отсканируйте QR-код на чеке ещё раз или введите код, напечатанный под ним.",
)

CROATIAN = Words(
    language="hr",
    title="Vaše mišljenje",
    ask_shop="Koliko je vjerojatno da ćete „{shop}” preporučiti prijateljima?",
    ask_us="Koliko je vjerojatno da ćete nas preporučiti prijateljima?",
    lowest="0 – nipošto",
    highest="10 – sigurno",
    given="Vaša ocjena: {score} od 10",
    why="Što bismo trebali promijeniti da sljedeći put dobijemo 10?",
    why_ten="Što vam se kod nas sviđa?",
    comment_hint="Molimo ne upisujte imena, telefonske brojeve ni podatke o zdravlju.",
    send="Pošalji",
    skip="Preskoči",
    thanks="Hvala!",
    saved="Odgovor je spremljen. Pomaže nam da budemo bolji.",
    code_title="Recite nam što mislite",
    code_label="Kôd s računa",
    code_hint="Deset slova i znamenki, na primjer 7KQ2M-9XWTB",
    code_next="Nastavi",
    code_unknown="Taj kôd još ne poznajemo. Ako ste upravo platili, pokušajte ponovno za nekoliko minuta "
    "ili skenirajte QR kôd na računu: on radi odmah.",
    broken="Ova poveznica ne radi",
    broken_hint="Ponovno skenirajte QR kôd na računu ili upišite kôd otisnut ispod njega.",
)

_LANGUAGES = {"en": ENGLISH, "ru": RUSSIAN, "hr": CROATIAN, "bs": CROATIAN}
_TAGS_MAX = 20


def words_for(accept_language: str) -> Words:
    """The language that a browser likes best among ours; English if none is.

    >>> words_for("de-DE,de;q=0.9,hr;q=0.7,en;q=0.8").language
    'en'
    """
    liked: list[tuple[float, int, Words]] = []
    for position, part in enumerate(accept_language.split(",")[:_TAGS_MAX]):
        tag, _, quality = part.strip().partition(";q=")
        words = _LANGUAGES.get(tag.strip().lower().split("-")[0])
        if words is not None:
            liked.append((_quality(quality), -position, words))
    return max(liked, key=lambda choice: choice[:2])[2] if liked else ENGLISH


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
