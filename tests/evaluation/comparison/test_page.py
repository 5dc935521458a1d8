"""The page of a comparison says all texts as texts."""

import re
from html import unescape
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cryptoforecast.evaluation.comparison.alignment import Aligned, RunRows
from cryptoforecast.evaluation.comparison.board import compare_rows
from cryptoforecast.evaluation.comparison.report.page import page
from tests.evaluation.helpers import many

ROWS = many(0, copies=1)
COMPARISON = compare_rows(ROWS, repetitions=100)
MARKUP = st.sampled_from(
    ["<img src=x onerror=alert(1)>", "</style><script>", "&amp;", "{{ 7 * 7 }}", "{% raw %}", "\"'>"]
)


@settings(deadline=None, max_examples=60)
@given(st.lists(MARKUP | st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=1, max_size=4))
def test_any_text_stands_in_the_page_as_it_is(parts: list[str]) -> None:
    text = "".join(parts)
    shown = page(
        COMPARISON._replace(by_series={}, claim=COMPARISON.claim._replace(model=f"1{text}1")),
        Aligned(ROWS, ["x"], [[f"2{text}2"]], {"x": 0}, 1),
        [RunRows(Path("x"), ROWS, f"3{text}3", False, "")],
        f"4{text}4",
    )
    assert set(re.findall(r"<([^ >]+)", re.sub(r"<style>.*?</style>", "", shown, flags=re.DOTALL))) <= TAGS
    words = unescape(re.sub(r"<[^<>]*>", "", shown))
    for number in (1, 2, 3, 4):
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
    ],
}
TAGS |= {f"/{tag}" for tag in TAGS}
