"""The page of a comparison says all texts as texts."""

import re
from html import unescape
from pathlib import Path
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast.evaluation.comparison.alignment import Aligned, RunRows
from cryptoforecast.evaluation.comparison.board import compare_rows
from cryptoforecast.evaluation.comparison.report.page import page
from cryptoforecast.evaluation.comparison.report.variants import Variant
from tests.evaluation.helpers import many

ROWS = many(0, copies=1)
COMPARISON = compare_rows(ROWS, repetitions=100)
MARKUP = st.sampled_from(
    ["<img src=x onerror=alert(1)>", "</style><script>", "&amp;", "{{ 7 * 7 }}", "{% raw %}", "\"'>"]
)


@given(st.lists(MARKUP | st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=1, max_size=4))
def test_any_text_stands_in_the_page_as_it_is(parts: list[str]) -> None:
    text = "".join(parts)
    with patch(f"{page.__module__}._pictures", return_value={}):
        shown = page(
            COMPARISON._replace(by_series={}, claim=COMPARISON.claim._replace(model=f"1{text}1")),
            Aligned(ROWS, ["x"], [[f"2{text}2"]], {"x": 0}, 1),
            [RunRows(Path("x"), ROWS, f"3{text}3", False, "")],
            f"4{text}4",
            [Variant(f"5{text}5", f"6{text}6", failure=f"7{text}7")],
        )
    assert set(re.findall(r"<([^ >]+)", re.sub(r"<style>.*?</style>", "", shown, flags=re.DOTALL))) <= TAGS
    words = unescape(re.sub(r"<[^<>]*>", "", shown))
    for number in range(1, 8):
        assert f"{number}{text}{number}" in words


TAGS = {
    "!doctype",
    *[
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "p",
        "div",
        "table",
        "tr",
        "th",
        "td",
        "figure",
        "img",
        "figcaption",
        "code",
        "br",
        "a",
        "nav",
        "details",
        "summary",
    ],
}
TAGS |= {f"/{tag}" for tag in TAGS}
