"""The words on receipts: one TOML file a language beside this module. A missing or unknown key is an error when it is loaded."""

from functools import cache
from importlib import resources

import msgspec

from pos_app.errors import SettingsError

Plural = dict[str, str]
"""One sentence for each plural category that CLDR has for the language (``one``, ``few``, ``many``, ``other``)."""


class ClosingWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that a closing report may say. ``payments``, ``checks`` and ``findings`` go by the codes of what they name."""

    heading: str
    so_far: str
    date: str
    till: str
    made: str
    receipts: str
    sales: str
    returns: str
    unseen: str
    instalments: str
    numbers: str
    average: str
    coupons_used: str
    coupons_freed: str
    goods: str
    list_prices: str
    discounts: str
    by_hand: str
    by_points: str
    sold: str
    returned: str
    net: str
    rate_unknown: str
    takings: str
    with_sales: str
    on_contracts: str
    paid_back: str
    money: str
    drawer: str
    programmes: str
    money_off: str
    points_given: str
    causes: str
    by_customers: str
    by_shop: str
    members: str
    with_card: str
    served: str
    joined: str
    points: str
    points_of: str
    pool_of: str
    opening: str
    issued: str
    burned: str
    restored: str
    clawed_back: str
    expired: str
    adjusted: str
    written_off: str
    other: str
    closing: str
    forgiven: str
    ledger: str
    compared: str
    not_compared: str
    ties: str
    differs: str
    shown: str
    booked: str
    todo: str
    pruned: str
    look_at: str
    nothing_found: str
    not_for_you: str
    of_receipts: str
    hq: str
    no_hq: str
    not_joined: str
    not_believed: str
    waiting: str
    oldest: str
    last_contact: str
    never: str
    open: str
    nothing_open: str
    point_holds: str
    coupon_holds: str
    burned_alone: str
    coupons_alone: str
    unseen_open: str
    left_to_hq: str
    failed_prints: str
    payments: dict[str, str]
    checks: dict[str, str]
    findings: dict[str, str]


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that a receipt may say. ``{names}`` in braces are filled in; the English file explains each."""

    not_fiscal: str
    copy: str
    return_heading: str
    receipt: str
    cashier: str
    fiscal_receipt: str
    original_receipt: str
    points_later: str
    kilogram: str
    batch: str
    discount: str
    line_points: str
    items: Plural
    points: Plural
    points_burned: str
    total: str
    total_beside: str
    refund: str
    deduct_at_till: str
    cash: str
    card: str
    card_reference: str
    points_tender: str
    foreign: str
    change: str
    rounding: str
    cash_back: str
    card_back: str
    points_back: str
    tax_rate: str
    tax_net: str
    tax: str
    tax_gross: str
    saved: str
    coupon: str
    member: str
    earned: str
    burned: str
    clawed_back: str
    restored: str
    balance: str
    owed: str
    pending: str
    expiring: str
    until: str
    next_class: str
    next_class_with_rate: str
    next_rate: str
    next_receipt: str
    next_month: str
    gift: str
    won: str
    draw: str
    cause: str
    cause_given: str
    cause_by_shop: str
    cause_member: str
    cause_all: str
    instalment_heading: str
    instalment: str
    in_parts: str
    contract: str
    contract_due: str
    contract_owed: str
    contract_lowered: str
    nps_question: str
    nps_scan: str
    nps_code: str
    claim: str
    thanks: str
    thanks_beside: str
    closing: ClosingWords


def languages() -> tuple[str, ...]:
    """The languages that receipts can be written in, in alphabetical order."""
    return tuple(sorted(file.name.removesuffix(".toml") for file in _folder().iterdir() if file.name.endswith(".toml")))


@cache
def load_words(language: str) -> Words:
    """The words of ``language``; raises ``SettingsError`` for a language that has no file."""
    if language not in languages():
        raise SettingsError(
            "settings.language_unknown",
            what=f"There are no receipts in the language {language!r}.",
            safe="The sale is saved.",
            todo=f"Set shop.language to one of: {', '.join(languages())}.",
        )
    return msgspec.toml.decode(_folder().joinpath(f"{language}.toml").read_bytes(), type=Words)


def _folder() -> "resources.abc.Traversable":
    return resources.files(__name__)
