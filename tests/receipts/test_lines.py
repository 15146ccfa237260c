import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipts.document import Align, Columns, Document, LineItem, Table, Text, Weight
from receipts.layout import lay_out
from receipts.lines import Line, plain, set_lines
from receipts.text import render_text
from tests.receipts import samples

COLUMNS = st.integers(24, 64)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=120)


def rows(block: Text | Columns | LineItem | Table, columns: int) -> list[str]:
    return render_text(Document((block,)), columns).splitlines()


@pytest.mark.parametrize("name", samples.everything())
@pytest.mark.parametrize("columns", [24, 32, 42, 48, 64])
def test_that_no_line_is_longer_than_the_paper_is_wide(name: str, columns: int) -> None:
    document = lay_out(samples.everything()[name])
    assert all(len(row) <= columns for row in render_text(document, columns).splitlines())
    for line in set_lines(document, columns=columns, doubles=True):
        assert not isinstance(line, Line) or len(line.text) <= (columns // 2 if line.is_wide else columns)


@given(name=NAMES, amount=st.integers(0, 10**12), columns=COLUMNS)
def test_that_an_amount_ends_at_the_right_edge_whatever_the_name(name: str, amount: int, columns: int) -> None:
    last = rows(LineItem(name, f"{amount:,}"), columns)[-1]
    assert len(last) == columns
    assert last.endswith(f"{amount:,}")


@given(name=NAMES, columns=COLUMNS)
def test_that_nothing_of_a_name_is_lost_but_white_space(name: str, columns: int) -> None:
    shown = "".join(rows(Text(name), columns))
    assert "".join(plain(name).split()) == "".join(shown.split())


@given(name=NAMES)
def test_that_no_name_can_carry_a_command_to_a_printer(name: str) -> None:
    shown = plain(f"\x1bp\x00{name}\r\n\x7f")
    assert all(character.isprintable() or character.isspace() for character in shown)
    assert not set(map(chr, (*range(32), *range(127, 160)))) & set(shown)


def test_that_an_amount_without_room_gets_a_line_of_its_own() -> None:
    assert rows(Columns("A long description", "123,456,789,012.345"), 24) == [
        "A long description",
        "     123,456,789,012.345",
    ]


def test_that_a_fixed_space_keeps_an_amount_together() -> None:
    assert rows(Text("Only 1\u202f234,50\u00a0₽ more"), 14) == ["Only", "1 234,50 ₽", "more"]


def test_that_a_centred_sentence_is_broken_into_even_lines() -> None:
    sentence = Text("How likely are you to recommend us, from 0 to 10?", align=Align.CENTRE)
    assert [row.strip() for row in rows(sentence, 42)] == ["How likely are you to", "recommend us, from 0 to 10?"]


def test_that_the_columns_of_a_table_stand_below_each_other() -> None:
    table = Table(("VAT", "Net", "Gross"), (("20%", "1.00", "1.20"), ("5.5%", "1,000.00", "1,055.00")))
    assert rows(table, 30) == [
        "VAT             Net      Gross",
        "20%            1.00       1.20",
        "5.5%       1,000.00   1,055.00",
    ]


def test_that_a_table_without_room_loses_no_digit() -> None:
    table = Table(("VAT", "Net", "Tax", "Gross"), (("10%", "1,122,334", "112,233", "1,234,567"),))
    assert rows(table, 24) == [
        "VAT                  10%",
        "  Net          1,122,334",
        "  Tax            112,233",
        "  Gross        1,234,567",
    ]


def test_that_a_heading_is_doubled_only_where_its_words_fit_on_two_lines() -> None:
    def is_wide(heading: str) -> bool:
        document = Document((Text(heading, weight=Weight.LARGE),))
        return all(isinstance(line, Line) and line.is_wide for line in set_lines(document, columns=24, doubles=True))

    assert is_wide("Bridge Pharmacy")
    assert not is_wide("Unbreakable-Pharmacy")
    assert not is_wide("One of the many shops of a chain with a long name")
