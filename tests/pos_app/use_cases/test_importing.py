"""Products and members from a file: every bad row named, nothing half imported."""

from pathlib import Path

import pytest

from pos_app.errors import InputError
from pos_app.model.products import Product, ProductClass
from pos_app.protocol.events import EnrolmentEvent, decode_body
from pos_app.use_cases import importing
from pos_app.use_cases.importing import import_members, import_products
from tests.conftest import OpenShop
from tests.shop import BOB, NOBODY, Shop

HEADER = "code,name,price,tax_rate"
EAN = "4006381333931"


def file_with(tmp_path: Path, text: str, *, encoding: str = "utf-8") -> Path:
    file = tmp_path / "goods.csv"
    file.write_bytes(text.encode(encoding))
    return file


def refusal(shop: Shop, file: Path, *, members: bool = False) -> str:
    """Why a file is refused; nothing of it is imported."""
    rows = "SELECT (SELECT count(*) FROM product), (SELECT count(*) FROM product_cost), (SELECT count(*) FROM account),"
    rows += " (SELECT count(*) FROM event)"
    before = shop.query(rows)
    with pytest.raises(InputError) as refused:
        (import_members if members else import_products)(shop.till, file)
    assert "import.refused" == refused.value.code
    assert before == shop.query(rows)
    return refused.value.what


# Products.


def test_that_products_are_read_with_everything_that_they_have(shop: Shop, tmp_path: Path) -> None:
    file = file_with(
        tmp_path,
        "code,name,price,tax_rate,class,band,department,category,cost,sold_by_weight\n"
        f"{EAN},Šampon,12.50,20 %,high_margin,3,DRUG,HAIR,7.25,no\n"
        'own1," Хлеб,\n белый ",1,10%,,,,,,yes\n',
    )
    assert 2 == import_products(shop.till, file)
    expected = Product(
        EAN, "Šampon", 1250, 2000, ProductClass.HIGH_MARGIN, "3", "DRUG", "HAIR", margin_floor_percent=30
    )
    assert expected == shop.till.find_product(EAN)
    assert Product("own1", "Хлеб, белый", 100, 1000, sold_by_weight=True) == shop.till.find_product("own1")
    assert [(EAN, 725)] == shop.query("SELECT code, cost_minor FROM product_cost")


def test_that_a_second_price_and_the_band_of_the_margin_are_read(shop: Shop, tmp_path: Path) -> None:
    header = f"{HEADER},cost,member_price"
    import_products(
        shop.till, file_with(tmp_path, f"{header}\na,A,12.00,20,6.10,9.99\nb,B,12.00,20,10.01,\nc,C,12,20,,\n")
    )
    found = [shop.product(code) for code in "abc"]
    assert [(999, 30), (None, 0), (None, None)] == [(one.member_price_minor, one.margin_floor_percent) for one in found]


def test_that_the_band_follows_the_price_by_the_cost_that_is_known(shop: Shop, tmp_path: Path) -> None:
    import_products(shop.till, file_with(tmp_path, f"{HEADER},cost\na,A,12.00,20,6.10\n"))
    import_products(shop.till, file_with(tmp_path, f"{HEADER}\na,A,24.00,20\n"))
    assert 60 == shop.product("a").margin_floor_percent


def test_that_bands_are_the_settings(open_shop: OpenShop, tmp_path: Path) -> None:
    shop = open_shop(margins={"bands_percent": (5, 25, 50)})
    import_products(shop.till, file_with(tmp_path, f"{HEADER},cost\na,A,12.00,20,6.10\nb,B,12,20,9.60\n"))
    assert [25, 0] == [shop.product(code).margin_floor_percent for code in "ab"]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("code,name,price,tax_rate\nx,Чай,1.50,20\n", "utf-8"),
        ("code;name;price;tax_rate\nx;Чай;1,50;20\n", "utf-8"),
        ("code\tname\tprice\ttax_rate\nx\tЧай\t1.50\t20\n", "utf-8"),
        ("code,name,price,tax_rate\r\nx,Чай,1.50,20\r\n", "utf-8-sig"),
        (' code , name ,price,tax_rate\n\n x , Чай ,"1,50", 20\n\n', "utf-8-sig"),
        ("tax_rate,price,code,name\n20,1.50,x,Чай", "utf-8"),
        ("code,name,price,tax_rate,band\nx,Чай,1.50,20\n", "utf-8"),
    ],
    ids=["comma", "semicolon", "tab", "BOM and CRLF", "spaces, quotes and empty lines", "other order", "short row"],
)
def test_that_the_usual_kinds_of_csv_are_read(shop: Shop, tmp_path: Path, text: str, encoding: str) -> None:
    assert 1 == import_products(shop.till, file_with(tmp_path, text, encoding=encoding))
    assert Product("x", "Чай", 150, 2000) == shop.till.find_product("x")


def test_that_a_product_is_replaced_by_its_code(shop: Shop, tmp_path: Path) -> None:
    import_products(shop.till, file_with(tmp_path, f"{HEADER}\ntea,Tea,11,20\n"))
    assert 1100 == shop.product("tea").price_minor


@pytest.mark.parametrize(("exponent", "price", "minor"), [(0, "1500", 1500), (2, "15,5", 1550), (3, "1.505", 1505)])
def test_that_prices_are_in_the_shops_currency(
    open_shop: OpenShop, tmp_path: Path, exponent: int, price: str, minor: int
) -> None:
    shop = open_shop(currency={"exponent": exponent})
    import_products(shop.till, file_with(tmp_path, f'code;name;price;tax_rate\nx;X;"{price}";0\n'))
    assert minor == shop.product("x").price_minor


def test_that_a_upc_is_found_as_a_scan_of_it_is_read(shop: Shop, tmp_path: Path) -> None:
    import_products(shop.till, file_with(tmp_path, f"{HEADER}\n036000291452,Tissues,1,20\n"))
    assert None is not shop.till.find_product("0036000291452")


def test_that_every_bad_row_is_named_by_its_line(shop: Shop, tmp_path: Path) -> None:
    rows = [
        "good,Good,1.00,20",
        ",No code,1.00,20",
        "dash-ed,Dash,1.00,20",
        f"{'9' * 21},Long,1.00,20",
        "4006381333932,Wrong check digit,1.00,20",
        "2990000000040,A card,1.00,20",
        "n1,,1.00,20",
        f"n2,{'n' * 201},1.00,20",
        "n3,\x07,1.00,20",
        "p1,Price,1.005,20",
        "p2,Price,-1,20",
        "p3,Price,9999999999999,20",
        'p4,Price,"1,000.00",20',
        "t1,Tax,1.00,101",
        "t2,Tax,1.00,x",
        "",
        "good,Again,1.00,20",
        "c1,Shifted,1,00,20",
    ]
    what = refusal(shop, file_with(tmp_path, "\n".join([HEADER, *rows])))
    expected = [
        "line 3: code: up to 20 letters and digits are needed",
        "line 4: code: up to 20",
        "line 5: code: up to 20",
        "line 6: code: the check digit is wrong",
        "line 7: code: it is in a range of card numbers",
        "line 8: name: up to 200 printable characters are needed",
        "line 9: name: ",
        "line 10: name: ",
        "line 11: price: '1.005' has more than 2 decimals",
        "line 12: price: '-1' is out of range",
        "line 13: price: '9999999999999' is out of range",
        "line 14: price: '1,000.00' is not an amount",
        "line 15: tax_rate: '101' is out of range",
        "line 16: tax_rate: 'x' is not an amount",
        "line 18: the same as in line 2",
        "line 19: 5 values for 4 columns",
    ]
    assert [] == [one for one in expected if one not in what]
    assert len(expected) == what.count("line ") - what.count("in line ")


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("class", "drug", "class: one of regulated, medicine, high_margin, general is needed"),
        ("cost", "-1", "cost: '-1' is out of range"),
        ("member_price", "1.01", "member_price: it is above the price"),
        ("member_price", "x", "member_price: 'x' is not an amount"),
        ("sold_by_weight", "maybe", "sold_by_weight: yes or no is needed"),
        ("band", "b" * 201, "band: up to 200"),
    ],
)
def test_that_a_bad_optional_value_is_named(shop: Shop, tmp_path: Path, column: str, value: str, why: str) -> None:
    assert f"line 2: {why}" in refusal(shop, file_with(tmp_path, f"{HEADER},{column}\nx,X,1,20,{value}\n"))


def test_that_very_many_bad_rows_are_counted(shop: Shop, tmp_path: Path) -> None:
    what = refusal(shop, file_with(tmp_path, "\n".join([HEADER, *["x y,Bad,1,20"] * 50])))
    assert 20 == what.count("line ")
    assert "; and 30 more." in what


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "missing column 'code'; missing column 'name'"),
        ("code,name,price\n", "missing column 'tax_rate'"),
        (f"{HEADER},colour\nx,X,1,20,red\n", "unknown column 'colour'; the columns are code, name"),
        (f"{HEADER},name\nx,X,1,20,Y\n", "column 'name' is there twice"),
        (f"{HEADER}\n", "there are no rows in it"),
        (f'{HEADER}\nx,"X,1,20\n', "line 2: unexpected end of data"),
        ('code,"name\n', "unexpected end of data"),
        (f"{HEADER}\nx,{'y' * 200_000},1,20\n", "line 2: field larger than field limit"),
    ],
    ids=["empty", "missing", "unknown", "twice", "no rows", "open quote", "open quote in the header", "huge field"],
)
def test_that_a_file_of_another_shape_is_refused(shop: Shop, tmp_path: Path, text: str, why: str) -> None:
    assert why in refusal(shop, file_with(tmp_path, text))


def test_that_a_file_that_is_not_utf8_is_refused(shop: Shop, tmp_path: Path) -> None:
    assert "not text in UTF-8" in refusal(shop, file_with(tmp_path, f"{HEADER}\nx,Чай,1,20\n", encoding="cp1251"))


def test_that_a_file_that_cannot_be_read_is_refused(shop: Shop, tmp_path: Path) -> None:
    assert "goods.csv was not imported: the file cannot be read (No such file" in refusal(shop, tmp_path / "goods.csv")
    assert "(Is a directory)" in refusal(shop, tmp_path)


def test_that_a_file_beyond_all_measure_is_not_read_at_all(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "FILE_BYTES_MAX", 10)
    assert "larger than" in refusal(shop, file_with(tmp_path, f"{HEADER}\nx,X,1,20\n"))


# Members.


def test_that_members_are_read_and_their_cards_go_up_to_hq(shop: Shop, tmp_path: Path) -> None:
    text = "card_number,name,phone,birthday,card_class\n"
    text += f"{NOBODY},Мария Петрова,+381 60 1,1980-02-29,gold\n2990000000057,,,12-24,\n"
    assert 2 == import_members(shop.till, file_with(tmp_path, text))
    maria, other = shop.member(NOBODY), shop.member("2990000000057")
    assert ("Мария Петрова", "02-29", "gold") == (maria.name, maria.birthday, maria.card_class)
    assert ("", "12-24", "") == (other.name, other.birthday, other.card_class)
    told = [decode_body(body) for (body,) in shop.query("SELECT body FROM event ORDER BY seq DESC LIMIT 2")]
    assert all(isinstance(event, EnrolmentEvent) for event in told)
    assert {NOBODY, "2990000000057"} == {event.card_number for event in told if isinstance(event, EnrolmentEvent)}
    assert {} == shop.bad_findings()


def test_that_every_bad_member_is_named_without_what_is_personal(shop: Shop, tmp_path: Path) -> None:
    rows = [
        "2990000000041,Wrong check digit,,",
        "4006381333931,No card,,",
        "29900000000x0,No number,,",
        f"{NOBODY},Secret\x07Name,,",
        "2990000000064,Born,,31.12.1980",
        "2990000000071,Born,,02-30",
    ]
    what = refusal(shop, file_with(tmp_path, "\n".join(["card_number,name,phone,birthday", *rows])), members=True)
    expected = [
        "line 2: card_number: the check digit is wrong",
        "line 3: card_number: it is in none of the card ranges",
        "line 4: card_number: it is in none of the card ranges",
        "line 5: name: ",
        "line 6: birthday: YYYY-MM-DD or MM-DD is needed",
        "line 7: birthday: ",
    ]
    assert [] == [one for one in expected if one not in what]
    assert "Secret" not in what


def test_that_a_taken_card_is_named_by_its_end(shop: Shop, tmp_path: Path) -> None:
    what = refusal(shop, file_with(tmp_path, f"card_number\n{NOBODY}\n{BOB}\n"), members=True)
    assert "card ending in 0026: it belongs to a member already" in what


def test_that_a_card_that_is_there_twice_is_refused(shop: Shop, tmp_path: Path) -> None:
    what = refusal(shop, file_with(tmp_path, f"card_number\n{NOBODY}\n{NOBODY}\n"), members=True)
    assert "line 3: the same as in line 2" in what


@pytest.mark.parametrize(("check_digit", "good", "bad"), [("none", "700", ""), ("luhn", "79927398713", "79927398714")])
def test_that_other_cards_have_other_check_digits(
    open_shop: OpenShop, tmp_path: Path, check_digit: str, good: str, bad: str
) -> None:
    cards = {"first": "0" * len(good), "last": "9" * len(good), "card_class": "silver", "check_digit": check_digit}
    shop = open_shop(cards=[{"first": "2990000000000", "last": "2999999999999"}, cards])
    assert 1 == import_members(shop.till, file_with(tmp_path, f"card_number\n{good}\n"))
    assert "silver" == shop.member(good).card_class
    if bad:
        assert "check digit" in refusal(shop, file_with(tmp_path, f"card_number\n{bad}\n"), members=True)
