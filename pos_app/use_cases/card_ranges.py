"""Which numbers are cards of this shop."""

from devices.barcodes import card_check_is_right
from pos_app.errors import InputError
from pos_app.settings import CardRange, Settings


def find_card_range(settings: Settings, code: str) -> CardRange | None:
    """The range of the settings that makes this code a card, or None."""
    for cards in settings.cards:
        is_inside = len(code) == len(cards.first) and cards.first <= code <= cards.last
        if is_inside and code.isascii() and code.isdigit():
            return cards
    return None


def card_range_of(settings: Settings, card_number: str) -> CardRange:
    """The range of the settings that the number is in; raises ``InputError`` where it is in none."""
    cards = find_card_range(settings, card_number)
    if cards is None:
        raise _refused("no_card", "The number is in none of this shop's card ranges.")
    if not card_check_is_right(card_number, cards):
        raise _refused("check_digit", "The check digit of the card's number is wrong.")
    return cards


def _refused(code: str, sentence: str) -> InputError:
    return InputError(f"enrol.{code}", what=sentence, safe="Nobody was enrolled.", todo="Correct it, or press Esc.")
