from io import BytesIO

import pypdfium2
import pytest
from PIL import Image

from pos_app.use_cases.what_if.asking import Question, what_if
from pos_app.use_cases.what_if.chart import picture_of
from pos_app.use_cases.what_if.figures import WhatIf
from pos_app.use_cases.what_if.picture import Box, Line, Words, pdf_of, png_of
from tests.pos_app.use_cases.what_if.histories import bought, history, line, programmes, random_history

GREEN = (0x0B, 0x62, 0x59)


@pytest.fixture(scope="module")
def answer() -> WhatIf:
    names = programmes("pharmacy"), programmes("fixed-card")
    return what_if(random_history(1, receipts=300), Question(*names, names[1], "2026-01-01"))


def test_that_the_picture_says_what_the_answer_says(answer: WhatIf) -> None:
    words = [shape.text for shape in picture_of(answer).shapes if isinstance(shape, Words)]
    cost = f"{answer.candidate.cost_minor // 100:,}.{answer.candidate.cost_minor % 100:02d}"
    assert {"What if: pharmacy", "now: fixed-card", f"{answer.members:,} members", cost} <= set(words)


def test_that_bars_are_as_high_as_their_months_cost(answer: WhatIf) -> None:
    shapes = picture_of(answer).shapes
    bars = [shape for shape in shapes if isinstance(shape, Box) and shape.y + shape.height == 348]
    costs = [month.tally.cost_minor for side in (answer.candidate, answer.current) for month in side.months]
    assert [(1000 * cost // max(costs)) for cost in costs] == pytest.approx(
        [1000 * bar.height / max(one.height for one in bars) for bar in bars], abs=1
    )


def test_that_png_and_pdf_show_the_same_picture(answer: WhatIf) -> None:
    picture = picture_of(answer)
    image = Image.open(BytesIO(png_of(picture)))
    page = pypdfium2.PdfDocument(pdf_of(picture))[0]
    assert (1920, 1192) == image.size
    assert (picture.width, picture.height) == page.get_size()
    bar = next(shape for shape in picture.shapes if isinstance(shape, Box) and shape.height > 20 and shape.width > 20)
    middle = (round(bar.x + bar.width / 2), round(bar.y + bar.height / 2))
    assert GREEN == image.getpixel((middle[0] * 2, middle[1] * 2))
    assert GREEN == page.render(scale=1).to_pil().getpixel(middle)
    assert "What if: pharmacy" in page.get_textpage().get_text_range()


def test_that_the_same_picture_is_the_same_file(answer: WhatIf) -> None:
    assert pdf_of(picture_of(answer)) == pdf_of(picture_of(answer))


def test_that_one_month_without_any_cost_can_be_drawn() -> None:
    nothing = programmes("none")
    told = history([bought(1, "2026-01-01", "", line(1, "tea", 1000))])
    picture = picture_of(what_if(told, Question(nothing, nothing, nothing, "2026-01-01")))
    assert png_of(picture).startswith(b"\x89PNG")
    assert not [shape for shape in picture.shapes if isinstance(shape, Line) and len(shape.points) > 2]
