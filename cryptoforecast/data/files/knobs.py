"""What the user says of a file where the file does not tell."""

from typing import Any, Literal, NamedTuple, get_args

from cryptoforecast.data.argument_checks import require_choice, require_text

DecimalMark = Literal[".", ","]


class Knobs(NamedTuple):
    """Settings of ``CsvSource`` that decide how a file is read; ``others`` are further columns wanted, by name."""

    column: str | None = None
    symbol: str | None = None
    date_format: str | None = None
    date_column: str | None = None
    decimal: DecimalMark | None = None
    encoding: str | None = None
    others: tuple[str, ...] = ()


EXAMPLES = {
    "column": "Close",
    "symbol": "BTC-USD",
    "date_format": "%d/%m/%Y",
    "date_column": "Date",
    "encoding": "cp1252",
}
BY_NUMBER = ("column", "date_column")  # what a number may name, as a text: YAML has 5 for a number
KNOBS = tuple(name for name in Knobs._fields if name != "others")


def require_knobs(knobs: Knobs) -> None:
    """See that the knobs are texts, and the decimal mark one of two.

    Raises:
        UserError: naming the setting and its value.
    """
    for name, example in EXAMPLES.items():
        value = getattr(knobs, name)
        is_number = name in BY_NUMBER and isinstance(value, int) and not isinstance(value, bool)
        require_text(f"data.source.{name}", value, str(value) if is_number else example)
    if knobs.decimal is not None:
        require_choice("data.source.decimal", knobs.decimal, get_args(DecimalMark))


def knobs_of(source: Any, others: tuple[str, ...] = ()) -> Knobs:
    """The knobs that a source has as attributes; one that is no text, as in a source of the user's own, is none."""
    texts: dict[str, Any] = {name: value for name in KNOBS if isinstance(value := getattr(source, name, None), str)}
    return Knobs(**texts, others=others)
