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
_QUOTES = sorted(CURRENCIES | {"btc", "eth", "bnb"}, key=lambda code: (code in ("tusd", "busd", "ust"), -len(code)))


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


def is_known(symbol: str) -> bool:
    """Whether a name is surely that of a coin or a pair, and not any word."""
    return is_coin(symbol) or bool(_pair(symbol)[1])


def is_coin(symbol: str) -> bool:
    """Whether a name is that of one of the best known coins, or of a pair of one."""
    return _pair(symbol)[0] in CODES


def is_currency(symbol: str) -> bool:
    """Whether a name is that of a currency, in which something is quoted."""
    return plain(symbol) in CURRENCIES


def coin_of_file(name: str) -> str:
    """The coin or pair that a file is named after, such as BTC-USD of ``BTC-USD_2024.csv``; empty if none is known."""
    found = re.search(r"[A-Za-z]{2,}(?:[-_/]?(?:usdt?|usdc|eur|gbp|krw))?(?![A-Za-z])", name, re.IGNORECASE)
    return found.group() if found and _pair(found.group())[0] in CODES else ""


def _pair(symbol: str) -> tuple[str, str]:
    """The coin and the currency that it is quoted in, if that is said."""
    parts = [part for part in re.split(r"[\W_]+", symbol.lower()) if part]
    if len(parts) > 1 and parts[-1] in _QUOTES:
        return _coin("".join(parts[:-1])), parts[-1]
    simple = as_symbol(symbol)
    if simple in COINS or simple in CODES:
        return _coin(simple), ""
    quotes = [quote for quote in _QUOTES if simple.endswith(quote) and len(simple) - len(quote) > 1]
    of_known = [quote for quote in quotes if _coin(simple.removesuffix(quote)) in CODES]
    quote = next(iter([*of_known, *quotes]), "")  # BNBUSD is BNB in USD, not BN in BUSD
    return _coin(simple.removesuffix(quote)), quote


def _coin(name: str) -> str:
    return COINS.get(name, name)
