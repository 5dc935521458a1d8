"""How a file was read, in words for the report."""

from collections.abc import Sequence

from cryptoforecast.data.files.columns.layout import Layout
from cryptoforecast.data.files.dates.read_times import Times
from cryptoforecast.data.files.lines.head import SPACE, SPACES

DELIMITER_WORDS = {
    ",": "commas",
    ";": "semicolons",
    "\t": "tabs",
    "|": "bars",
    SPACE: "blanks",
    SPACES: "tabs or two blanks",
}
DECIMAL_WORDS = {".": "a point before decimals", ",": "a comma before decimals", "": "no decimals"}


def say_text(layout: Layout, structure: str, encoding: str) -> str:
    """Encoding, delimiter and decimal mark of a text, such as ``UTF-8, cells between commas, a point before decimals``.

    Args:
        layout: of the file.
        structure: ``cells``, ``JSON``, or a format of typed columns, for which the result is empty.
        encoding: of the text.
    """
    if structure not in ("cells", "JSON"):
        return ""
    between = DELIMITER_WORDS.get(layout.delimiter) or f"{DELIMITER_WORDS[layout.delimiter.strip()]} and blanks"
    parted = structure if structure == "JSON" else f"cells between {between}"
    return f"{encoding.upper()}, {parted}, {DECIMAL_WORDS[layout.decimal]}"


def say_columns(layout: Layout, times: Times, further: Sequence[str]) -> dict[str, str]:
    """The columns of times and values by use, with what spoke for them where there was a choice."""
    chosen, names = layout.chosen, layout.names
    time = names[chosen.date] + ("" if chosen.clock is None else f" and {names[chosen.clock]}")
    reasons = "; ".join(part for part in (times.style, chosen.why.get("time", "")) if part)
    close = names[chosen.close] + (f" ({why})" if (why := chosen.why.get("close")) else "")
    return {"time": f"{time} ({reasons})", "close": close} | {
        name.lower(): names[chosen.others[name]] for name in further
    }
