"""What columns are called."""

import re
from collections.abc import Sequence
from typing import NamedTuple

DATE, CLOSE, PRICE, ADJUSTED, TICKER = "date", "close", "price", "adjusted close", "ticker"
NAMES = {  # in order of preference; compared in lower case, without spaces and punctuation
    DATE: """date datetime dateutc timeopen opentime opentimestamp timestamp time snappedat start startdate timestart
        candletime datetimeutc timeutc unix unixtime unixtimestamp timestampunix timestampms epoch ts index""",
    CLOSE: "close closeprice closingprice pricelastclose closeusd closeusdt",
    PRICE: "price priceusd usdprice lastprice last value",
    ADJUSTED: "adjclose adjustedclose adjcloseprice",
    "Open": "open openprice openingprice priceopen",
    "High": "high highprice pricehigh max",
    "Low": "low lowprice pricelow min",
    "Volume": "volume vol volumebtc volumecrypto basevolume volumefrom totalvolume volumeusd volumeusdt",
    TICKER: "ticker symbol pair asset coin instrument",
}
KINDS = {kind: names.split() for kind, names in NAMES.items()}
CLOSES = (CLOSE, PRICE, ADJUSTED)
_KIND = "adj[. _]*close|adjusted[ _]*close|close|open|high|low|volume"
_SYMBOL_LAST = re.compile(rf"(?P<kind>{_KIND})[\s:_.|(]+(?P<symbol>.+?)\)?", re.IGNORECASE)
_SYMBOL_FIRST = re.compile(rf"(?P<symbol>.+?)[\s:_.|(]+(?P<kind>{_KIND})\)?", re.IGNORECASE)
_PAIR = re.compile(r"\('(.*)', '(.*)'\)")  # a column of two levels, as pandas writes it into one line
_NO_SYMBOLS = re.compile(
    r"(time|date|timestamp|adj|adjusted|prev|previous|next|price|avg|mean|change|return|usdt?|eur|gbp|jpy|krw|currency).*"
)


class Label(NamedTuple):
    """What a column is: its ``text`` in the header, its ``kind`` (empty if unknown), and whose it is, if it says so."""

    text: str
    kind: str
    symbol: str = ""


def plain(name: str) -> str:
    """A name as names are compared: lower case, letters and digits only."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def as_symbol(name: str) -> str:
    """A symbol as symbols are compared: BTC/USD is BTCUSD; of digits alone, 1.0 is not 10."""
    simple = plain(name)
    return simple if any(letter.isalpha() for letter in simple) else name.strip()


def label(cells: Sequence[str]) -> Label:
    """What the header's cells above one column say of it.

    >>> label(["Close"]), label(["Close", "BTC-USD"])
    (Label(text='Close', kind='close', symbol=''), Label(text='Close', kind='close', symbol='BTC-USD'))
    >>> label(["LTC-USD_Close"]), label(["close_time"]).kind
    (Label(text='LTC-USD_Close', kind='close', symbol='LTC-USD'), '')
    """
    if len(cells) == 1 and (pair := _PAIR.fullmatch(cells[0])):
        return label([part for part in pair.groups() if part])._replace(text=cells[0])
    kinds = {cell: kind for cell in cells if (kind := kind_of(cell))}
    if len(cells) > 1 and DATE in kinds.values():  # above a counter or the dates stand the names of the header's rows
        return Label(next(cell for cell, kind in kinds.items() if kind == DATE), DATE)
    if len(cells) > 1 and kinds:
        name, kind = next(iter(kinds.items()))
        symbols = [cell for cell in cells if cell != name]
        return Label(name, "" if TICKER in kinds.values() else kind, " ".join(symbols))
    text = " ".join(cells)
    if kinds:
        return Label(text, next(iter(kinds.values())))
    for form in (_SYMBOL_FIRST, _SYMBOL_LAST):
        if (found := form.fullmatch(text)) and not _NO_SYMBOLS.fullmatch(plain(found["symbol"])):
            return Label(text, kind_of(found["kind"]), found["symbol"].strip())
    return Label(text, "")


def kind_of(name: str) -> str:
    """The kind of a column with this name, or an empty text."""
    return next((kind for kind, names in KINDS.items() if plain(name) in names), "")


def rank(one: Label) -> int:
    """How far down a column's name stands in the order of preference of its kind; a symbol's own come after."""
    names = KINDS[one.kind]
    return names.index(plain(one.text)) if plain(one.text) in names else len(names)
