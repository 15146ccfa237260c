"""What partners of a coalition owe each other, from what tills of both have sold."""

from typing import Any

import msgspec

from hq.operate import RunningHq
from hq.settlement import Owed, PartnerTotals, Settlement, settlement
from pos_app.loyalty.programme import parse_programme, programme_set
from pos_app.model.evaluation import LotGrant
from pos_app.programmes import preset_text
from pos_app.protocol.events import AdjustmentEvent, AdjustmentReason, BurnedLot, GrantedLot, MergeEvent, SaleEvent
from pos_app.use_cases.programmes import encode_programme_set
from tests.hq.journals import DAY_MS, START_MS, moment, new_id, sale, sale_return
from tests.hq.ledgers import assert_sound
from tests.hq.tills import Till, programmes_known

GROCER = parse_programme(preset_text("coalition"), source="coalition.toml")
FUEL = msgspec.structs.replace(GROCER, id="fuel", partner="fuel", stores=frozenset({"fuel-1"}))
DAY = 60 * 60 * 24 * 1000


def coalition(hq: RunningHq) -> tuple[Till, Till]:
    programmes = programme_set([GROCER, FUEL])
    programmes_known(hq.engine, programmes, encode_programme_set(programmes).decode())
    return Till(hq.engine, 1), Till(hq.engine, 2)


def sold(store: str, *, day: int = 0, earned: int = 0, burned: int = 0, by: str = "coalition") -> SaleEvent:
    event = sale(account_ref="a", card="299", earned=earned, burned=burned, utc_ms=START_MS + day * DAY_MS)
    lots = tuple(
        msgspec.structs.replace(one, grant=msgspec.structs.replace(one.grant, programme_id=by, issuer="coalition"))
        for one in event.granted_lots
    )
    awards = tuple(msgspec.structs.replace(award, programme_id=by) for award in event.awards)
    return msgspec.structs.replace(
        event,
        granted_lots=lots,
        awards=awards,
        issuer="coalition",
        moment=moment(event.moment.utc_ms, store_id=store),
        receipt_number=f"{event.event_id[-6:]}-01",
    )


def settled(hq: RunningHq, *, first_day: int = 0, days: int = 30, **options: Any) -> Settlement:
    since_ms = START_MS + first_day * DAY
    return settlement(hq.engine, since_ms=since_ms, until_ms=since_ms + days * DAY, **options)


def test_that_the_partner_that_gave_points_owes_for_them_where_they_burn(hq: RunningHq) -> None:
    grocer, fuel = coalition(hq)
    grocer.book(sold("grocer-1", earned=300), now_ms=START_MS)
    fuel.book(sold("fuel-1", day=1, earned=50, burned=200, by="fuel"), now_ms=START_MS + DAY)

    found = settled(hq)
    assert (Owed("grocer", "fuel", 200, 200),) == found.owed
    assert (PartnerTotals("fuel", 50, 0, 0, 50), PartnerTotals("grocer", 300, 200, 0, 100)) == found.partners
    assert_sound(hq)


def test_that_points_that_come_back_with_goods_are_owed_no_more(hq: RunningHq) -> None:
    grocer, fuel = coalition(hq)
    given, burning = sold("grocer-1", earned=300), sold("fuel-1", day=1, burned=200)
    lot_id = given.granted_lots[0].lot_id
    burning = msgspec.structs.replace(burning, burned_lots=(BurnedLot(lot_id, 200, programme_id="coalition"),))
    grocer.book(given, now_ms=START_MS)
    fuel.book(burning, now_ms=START_MS + DAY)
    lot = given.granted_lots[0].grant
    back = GrantedLot(new_id(), LotGrant("coalition", "coalition", 200, lot.starts_at_ms, None))
    # The goods go back to the grocer's; what is owed is owed where the points burned.
    returned = sale_return(burning, clawed_back={}, restored_lots=(back,), issuer="coalition")
    grocer.book(
        msgspec.structs.replace(returned, moment=moment(START_MS + 2 * DAY, store_id="grocer-1")),
        now_ms=START_MS + 2 * DAY,
    )

    assert () == settled(hq).owed
    assert (Owed("grocer", "fuel", 200, 200),) == settled(hq, days=2).owed
    assert (Owed("grocer", "fuel", -200, -200),) == settled(hq, first_day=2).owed


def test_that_what_nobody_gave_and_what_no_partner_took_is_said_apart(hq: RunningHq) -> None:
    grocer, kiosk = coalition(hq)
    gift = LotGrant("", "coalition", 70, START_MS, None)
    event_id = new_id()
    by_hand = AdjustmentEvent(
        event_id=event_id,
        moment=moment(),
        account_ref="a",
        units=70,
        reason=AdjustmentReason.GOODWILL,
        issuer="coalition",
        granted=sale(earned=70, account_ref="a", event_id=event_id).granted_lots[0],
    )
    by_hand = msgspec.structs.replace(by_hand, granted=GrantedLot(by_hand.granted.lot_id, gift))  # type: ignore[union-attr]
    grocer.book(by_hand, now_ms=START_MS)
    kiosk.book(sold("kiosk-9", burned=100), now_ms=START_MS + DAY)

    assert (Owed("", "", 100, 100),) == settled(hq).owed
    assert (PartnerTotals("", 70, 100, 0, 0),) == settled(hq).partners


def test_that_points_are_still_the_givers_after_accounts_were_merged(hq: RunningHq) -> None:
    grocer, fuel = coalition(hq)
    grocer.book(sold("grocer-1", earned=300), now_ms=START_MS)
    grocer.book(MergeEvent(event_id=new_id(), moment=moment(), account_ref="b", merged_ref="a"), now_ms=START_MS)
    fuel.book(sold("fuel-1", day=1, burned=200), now_ms=START_MS + DAY)

    assert (Owed("grocer", "fuel", 200, 200),) == settled(hq).owed
    assert PartnerTotals("grocer", 300, 200, 0, 100) in settled(hq).partners


def test_that_a_part_of_a_minor_unit_is_owed_to_nobody(hq: RunningHq) -> None:
    grocer, fuel = coalition(hq)
    grocer.book(sold("grocer-1", earned=300), now_ms=START_MS)
    fuel.book(sold("fuel-1", day=1, burned=155), now_ms=START_MS + DAY)

    assert (Owed("grocer", "fuel", 155, 15),) == settled(hq, points_exponent=1).owed


def test_that_a_chain_without_a_coalition_has_nothing_to_settle(hq: RunningHq) -> None:
    Till(hq.engine, 1).book(sale(account_ref="a", earned=5), now_ms=START_MS)
    assert () == settled(hq).owed
    assert (PartnerTotals("", 5, 0, 0, 5),) == settled(hq).partners
