"""The symbol in a setting, and the market of an exchange with that symbol."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cryptoforecast.data.argument_checks import require_text
from cryptoforecast.errors import UserError

NAMES_PROPOSED = 3


def one_symbol(symbol: str | list[str], example: str) -> str:
    """The one symbol in ``data.source.symbol``.

    Args:
        symbol: the value of the setting.
        example: for errors, such as ``as Yahoo does, such as BTC-USD``.

    Raises:
        UserError: if it has none, or several.
    """
    for text in symbol if isinstance(symbol, list) else [symbol]:
        if text is None:
            raise UserError(f"data.source.symbol is empty; name one {example}.")
        require_text("data.source.symbol", text, example.split()[-1])
    names = re.split(r"[\s,;]+", symbol.strip(" \t\n,;[]")) if isinstance(symbol, str) else symbol
    if len(names) > 1:
        raise UserError(
            f"data.source.symbol names several symbols, {' and '.join(names)}; data.source takes a list of sources, "
            "one per coin."
        )
    if not names or not names[0].strip():
        raise UserError(f"data.source.symbol is empty; name one {example}.")
    return names[0].strip()


def nearest(name: str, names: Sequence[str]) -> str:
    """The names most similar to a mistyped one, joined by ``or``; empty if none is similar.

    >>> nearest("binnance", ["binance", "binanceus", "kraken"])
    'binance or binanceus'
    """
    by_key = {key(known): known for known in reversed(names)}
    found = [by_key[match] for match in difflib.get_close_matches(key(name), by_key, NAMES_PROPOSED, 0.7)]
    return " or ".join(found)


def key(symbol: str) -> str:
    """A symbol in upper case and without marks, for comparison: ``BTCUSDT`` of ``btc-usdt``."""
    return re.sub(r"[\W_]", "", symbol).upper()


def same_market(symbol: str, names: Sequence[str]) -> list[str]:
    """The symbols of an exchange that a user's symbol may mean, whatever its marks and case.

    A symbol without a settlement currency means the spot market, and contracts only if there is none. Where the user's
    symbol has a mark between coin and currency, the exchange's symbol must have one there.

    >>> same_market("btc-usdt", ["BTC/USDC", "BTC/USDT", "BTC/USDT:USDT"])
    ['BTC/USDT']
    """
    if symbol in names:
        return [symbol]
    parts = _parts(symbol)
    alike = [name for name in names if len(parts) == 1 or _parts(name)[: len(parts)] == parts]
    exact = [name for name in alike if key(name) == key(symbol)]
    return exact or [name for name in alike if key(name.split(":")[0]) == key(symbol)]


def _parts(symbol: str) -> list[str]:
    return [part for part in re.split(r"[\W_]+", symbol.upper()) if part]


def find_market(exchange: str, symbol: str, markets: Mapping[str, Any]) -> str:
    """The symbol of a market as ccxt writes it.

    Args:
        exchange: its name.
        symbol: as the user writes it: ``BTC/USDT``, ``BTC-USDT``, ``BTCUSDT``, or the exchange's name of the market.
        markets: of the exchange, by symbol.

    Raises:
        UserError: if the exchange has no such market, or several.
    """
    by_name = [name for name, market in markets.items() if key(str(market.get("id"))) == key(symbol)]
    found = same_market(symbol, list(markets)) or by_name
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(f"{symbol}: {exchange} has several such markets; data.source.symbol is {_or(found)}.")
    base = key(symbol.split("/")[0])
    proposed = nearest(symbol, list(markets)) or _or([name for name in markets if key(name.split("/")[0]) == base])
    advice = (
        f"the nearest are {proposed}" if proposed else f"it has {len(markets):,} others, such as {next(iter(markets))}"
    )
    raise UserError(f"{symbol}: {exchange} has no such market; {advice}; set data.source.symbol.")


def _or(names: Sequence[str]) -> str:
    more = f" or one of {len(names) - NAMES_PROPOSED:,} more" if len(names) > NAMES_PROPOSED else ""
    return " or ".join(names[:NAMES_PROPOSED]) + more
