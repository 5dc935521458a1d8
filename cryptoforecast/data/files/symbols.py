"""Names of coins and pairs, and when two of them name one coin."""

import re

_DOLLARS = "usd usdt usdc busd tusd fdusd usdp dai ust"
_FIAT = """eur gbp jpy cny cnh rmb krw inr try brl rub cad aud nzd chf sek nok dkk pln czk huf zar mxn sgd hkd twd thb
    idr vnd php ngn uah ils ars clp cop myr aed sar"""
DOLLARS, FIAT = frozenset(_DOLLARS.split()), frozenset(_FIAT.split())
CURRENCIES = DOLLARS | FIAT
COINS = {  # how else the best known are called
    **dict.fromkeys(("bitcoin", "xbt"), "btc"),
    **{"ethereum": "eth", "ether": "eth", "litecoin": "ltc", "ripple": "xrp", "dogecoin": "doge", "xdg": "doge"},
    **{"cardano": "ada", "solana": "sol", "binancecoin": "bnb", "polkadot": "dot", "tron": "trx", "monero": "xmr"},
    **{"stellar": "xlm", "chainlink": "link", "avalanche": "avax", "dash": "dash", "bitcoincash": "bch", "eos": "eos"},
}
CODES = frozenset(COINS.values())
_QUOTES = sorted(CURRENCIES | {"btc", "eth", "bnb"}, key=len, reverse=True)


def plain(name: str) -> str:
    """A name as names are compared: lower case, letters and digits only."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def as_symbol(name: str) -> str:
    """A symbol as symbols are compared: BTC/USD is BTCUSD; of digits alone, 1.0 is not 10."""
    simple = plain(name)
    return simple if any(letter.isalpha() for letter in simple) else name.strip()


def is_same_coin(first: str, second: str) -> bool:
    """Whether two symbols name one coin, in one currency or in one that only one of them names.

    >>> is_same_coin("BTC-USD", "BTCUSDT"), is_same_coin("Bitcoin", "BTC/USD"), is_same_coin("BTCUSD", "BTCEUR")
    (True, True, False)
    """
    if as_symbol(first) == as_symbol(second):
        return True
    (coin, quote), (other_coin, other_quote) = _pair(first), _pair(second)
    quotes = {quote, other_quote} - {""}
    return bool(coin) and coin == other_coin and (len(quotes) < 2 or quotes <= DOLLARS)


def _pair(symbol: str) -> tuple[str, str]:
    """The coin and the currency that it is quoted in, if that is said."""
    parts = [part for part in re.split(r"[\W_]+", symbol.lower()) if part]
    if len(parts) > 1 and parts[-1] in _QUOTES:
        return _coin("".join(parts[:-1])), parts[-1]
    simple = as_symbol(symbol)
    if simple in COINS or simple in CODES:
        return _coin(simple), ""
    quote = next((quote for quote in _QUOTES if simple.endswith(quote) and len(simple) - len(quote) > 1), "")
    return _coin(simple.removesuffix(quote)), quote


def _coin(name: str) -> str:
    return COINS.get(name, name)
