"""The settings of the reader, by which a user tells what a file does not."""

from typing import Any, Literal, NamedTuple, get_args

from cryptoforecast.data.argument_checks import require_choice, require_text

DecimalMark = Literal[".", ","]


class Knobs(NamedTuple):
    """Settings of ``CsvSource`` that decide how a file is read; ``others`` are names of further columns wanted."""

    column: str | None = None
    symbol: str | None = None
    date_format: str | None = None
    date_column: str | None = None
    decimal: DecimalMark | None = None
    encoding: str | None = None
    others: tuple[str, ...] = ()


EXAMPLE_VALUES = {
    "column": "Close",
    "symbol": "BTC-USD",
    "date_format": "%d/%m/%Y",
    "date_column": "Date",
    "encoding": "cp1252",
}
BY_NUMBER = ("column", "date_column")  # settings that may be a number, which YAML does not read as a text
KNOBS = tuple(name for name in Knobs._fields if name != "others")


def require_knobs(knobs: Knobs) -> None:
    """Check that the settings are texts, and the decimal mark one of two.

    Raises:
        UserError: naming the setting and its value.
    """
    for name, example in EXAMPLE_VALUES.items():
        value = getattr(knobs, name)
        is_number = name in BY_NUMBER and isinstance(value, int) and not isinstance(value, bool)
        require_text(f"data.source.{name}", value, str(value) if is_number else example)
    if knobs.decimal is not None:
        require_choice("data.source.decimal", knobs.decimal, get_args(DecimalMark))


def knobs_of(source: Any, others: tuple[str, ...] = ()) -> Knobs:
    """The settings among the attributes of a source; values that are not texts are ignored, as of a user's source."""
    texts: dict[str, Any] = {name: value for name in KNOBS if isinstance(value := getattr(source, name, None), str)}
    return Knobs(**texts, others=others)
