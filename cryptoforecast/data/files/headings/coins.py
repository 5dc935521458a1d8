"""Names of coins and pairs, and whether two of them name the same coin."""

import re

_DOLLARS = "usd usdt usdc busd tusd fdusd usdp dai ust"
_FIAT = """eur gbp jpy cny cnh rmb krw inr try brl rub cad aud nzd chf sek nok dkk pln czk huf zar mxn sgd hkd twd thb
    idr vnd php ngn uah ils ars clp cop myr aed sar"""
DOLLARS, FIAT = frozenset(_DOLLARS.split()), frozenset(_FIAT.split())
CURRENCIES = DOLLARS | FIAT
COINS = {  # code by name, of the best-known coins
    **dict.fromkeys(("bitcoin", "xbt"), "btc"),
    **{"ethereum": "eth", "ether": "eth", "litecoin": "ltc", "ripple": "xrp", "dogecoin": "doge", "xdg": "doge"},
    **{"cardano": "ada", "solana": "sol", "binancecoin": "bnb", "polkadot": "dot", "tron": "trx", "monero": "xmr"},
    **{"stellar": "xlm", "chainlink": "link", "avalanche": "avax", "dash": "dash", "bitcoincash": "bch", "eos": "eos"},
}
CODES = frozenset(COINS.values())
_QUOTES = sorted(CURRENCIES | {"btc", "eth", "bnb"}, key=lambda code: (code in ("tusd", "busd", "ust"), -len(code)))


def simplified(name: str) -> str:
    """A name in lower case with letters and digits only, for comparison."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def as_symbol(name: str) -> str:
    """A symbol for comparison: BTC/USD is the same as BTCUSD; a name without letters is left as it is."""
    simple = simplified(name)
    return simple if any(letter.isalpha() for letter in simple) else name.strip()


def is_same_coin(first: str, second: str) -> bool:
    """Whether two symbols name the same coin in the same currency; one of them may name no currency.

    >>> is_same_coin("BTC-USD", "BTCUSDT"), is_same_coin("Bitcoin", "BTC/USD"), is_same_coin("BTCUSD", "BTCEUR")
    (True, True, False)
    """
    if as_symbol(first) == as_symbol(second):
        return True
    (coin, quote), (other_coin, other_quote) = _pair(first), _pair(second)
    quotes = {quote, other_quote} - {""}
    return bool(coin) and coin == other_coin and (len(quotes) < 2 or quotes <= DOLLARS)


def is_known(symbol: str) -> bool:
    """Whether a name is surely that of a coin or a pair, and not some word."""
    return is_coin(symbol) or bool(_pair(symbol)[1])


def is_coin(symbol: str) -> bool:
    """Whether a name is that of a best-known coin, or of a pair with one."""
    return _pair(symbol)[0] in CODES


def is_currency(symbol: str) -> bool:
    """Whether a name is that of a currency."""
    return simplified(symbol) in CURRENCIES


def coin_of_file(name: str) -> str:
    """The coin or pair in the name of a file, such as BTC-USD of ``BTC-USD_2024.csv``; empty if there is none."""
    found = re.search(r"[A-Za-z]{2,}(?:[-_/]?(?:usdt?|usdc|eur|gbp|krw))?(?![A-Za-z])", name, re.IGNORECASE)
    return found.group() if found and _pair(found.group())[0] in CODES else ""


def _pair(symbol: str) -> tuple[str, str]:
    """The coin and its currency in a symbol; the currency is empty if there is none."""
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
