"""A number is the type that it was written as, whatever was imported before."""

from typing import Any, Optional, Union

import pytest

from cryptoforecast.training.settings.parser import ForecastParser


@pytest.mark.parametrize("kind", [Optional[Union[float, int]], Optional[Union[int, float]], Union[float, None, int]])  # noqa: UP007, UP045
@pytest.mark.parametrize(("word", "value"), [("1", 1), ("1.0", 1.0), ("0.5", 0.5), ("2", 2), ("null", None)])
def test_a_whole_number_is_no_fraction(kind: Any, word: str, value: Any) -> None:
    parser = ForecastParser()
    parser.add_argument("--limit", type=kind)
    parsed = parser.parse_args([f"--limit={word}"]).limit
    assert (parsed, type(parsed)) == (value, type(value))
