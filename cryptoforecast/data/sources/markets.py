"""The one symbol that a setting names, and the market of an exchange that it means."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cryptoforecast.data.argument_checks import require_text
from cryptoforecast.errors import UserError

NEAREST = 3  # names that are proposed


def one_symbol(symbol: str | list[str], example: str) -> str:
    """The symbol that a setting names.

    Args:
        symbol: as the user has it.
        example: who writes symbols how: ``as Yahoo does, such as BTC-USD``.

    Raises:
        UserError: if it names none, or several.
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
    """The names that are most like a mistyped one, in words; an empty text if none is.

    >>> nearest("binnance", ["binance", "binanceus", "kraken"])
    'binance or binanceus'
    """
    by_key = {key(known): known for known in reversed(names)}
    found = [by_key[match] for match in difflib.get_close_matches(key(name), by_key, NEAREST, 0.7)]
    return " or ".join(found)


def key(symbol: str) -> str:
    """What is left of a symbol where marks and case do not count: ``BTCUSDT`` of ``btc-usdt``."""
    return re.sub(r"[\W_]", "", symbol).upper()


def same_market(symbol: str, names: Sequence[str]) -> list[str]:
    """Those of an exchange's symbols that a user may mean by one, however it is written.

    A symbol that says nothing of how a contract is settled means the spot market, and the contracts only if there
    is none. Where a mark stands between coin and currency, it stands there in the exchange's symbol as well.

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
    """The symbol of the market that a user means, as ccxt writes it.

    Args:
        exchange: its name.
        symbol: as the user has it: ``BTC/USDT``, ``BTC-USDT``, ``BTCUSDT``, or the exchange's name of the market.
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
    more = f" or one of {len(names) - NEAREST:,} more" if len(names) > NEAREST else ""
    return " or ".join(names[:NEAREST]) + more
