"""The rows of one series, by the symbol in the header or by a column that names each row's series."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from cryptoforecast.data.files.columns.layout import Layout
from cryptoforecast.data.files.headings.coins import as_symbol, is_coin, is_currency, is_known, is_same_coin
from cryptoforecast.data.files.headings.vocabulary import place_of
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import join_names

NOT_SET = "leave data.source.symbol out to take them under their name"
SYMBOLS_LISTED = 8  # in an error
SURE_HEADINGS = 20  # first names of the vocabulary, such as symbol and coin; later ones may mean a market
CHUNK = 1 << 20  # rows

Texts = Callable[[int], pd.Series]  # returns a column of the file by its position, as texts


def keep_one_series(
    file: Path, frame: pd.DataFrame, layout: Layout, symbol: str | None, texts: Texts
) -> tuple[pd.DataFrame, str]:
    """The rows of one series, and its name in the file; empty if the file has none.

    BTC/USD and BTCUSD are taken for one symbol, unless a date has rows of both.

    Args:
        file: for errors.
        frame: the wanted columns of all rows.
        layout: of the file.
        symbol: of the series wanted, if the user has set it.
        texts: reads a further column, if the wanted ones do not tell the rows' series apart.

    Raises:
        UserError: if the file has several series and ``data.source.symbol`` names none of them, or if it has another
            one than this names.
    """
    chosen = layout.chosen
    name, heading = chosen.symbol, layout.names[chosen.close]
    header_symbol = name if is_known(name) else heading if is_coin(heading) else ""
    if header_symbol and symbol and not is_same_coin(header_symbol, symbol):
        raise UserError(
            f"{file}: has closes of {header_symbol}, in the column {heading}; {symbol} is none of them; {NOT_SET}."
        )
    if chosen.ticker is not None:
        frame, name = _of_column(file, frame, chosen.ticker, frame[chosen.ticker], layout, symbol, texts)
    if chosen.texts and _repeats(frame[chosen.stamps]) and (column := _telling(frame, layout, texts)) is not None:
        return _of_column(file, frame, column.name, column, layout, symbol, texts)
    return frame, name


def _of_column(
    file: Path, frame: pd.DataFrame, at: object, tickers: pd.Series, layout: Layout, symbol: str | None, texts: Texts
) -> tuple[pd.DataFrame, str]:
    """The rows of the symbol, by a column that names each row's series."""
    heading = layout.names[int(str(at))]
    tickers = tickers.astype("str").str.removeprefix("'")  # a mark for spreadsheets, before 000001
    names = [name for name in map(str, tickers.dropna().unique()) if name.strip()]
    keys = keys_of(names, tickers, frame[layout.chosen.stamps])
    if len(set(keys.values())) > 1:
        chosen = names_of_symbol(file, keys, symbol)
        return frame[tickers.isin(chosen)], symbol if symbol in chosen else chosen[0]
    if not names or is_currency(names[0]) or not (_is_sure(heading) or is_known(names[0])):
        return frame, layout.chosen.symbol
    if symbol and not any(is_same_coin(name, symbol) for name in (*names, *_further_names(layout, at, texts))):
        raise UserError(f"{file}: has rows of {names[0]}; {symbol} is none of them; {NOT_SET}.")
    return frame, names[0]


def names_of_symbol(file: Path, keys: dict[str, str], symbol: str | None) -> list[str]:
    """The names in the file that are the symbol, in any way of writing.

    Raises:
        UserError: if none is, or several different ones may be.
    """
    wanted = keys.get(symbol or "", as_symbol(symbol or ""))
    if chosen := [name for name, key in keys.items() if key == wanted]:
        return chosen
    alike = [name for name in keys if symbol and is_same_coin(name, symbol)]
    if len({keys[name] for name in alike}) == 1:
        return alike
    doubt = f"{symbol} may be {' or '.join(alike)}; " if alike else f"{symbol} is none of them; " if symbol else ""
    raise UserError(
        f"{file}: has rows of {join_names(keys, SYMBOLS_LISTED)}; {doubt}set data.source.symbol to one of them."
    )


def _is_sure(heading: str) -> bool:
    place = place_of(heading, "ticker")
    return place is None or place < SURE_HEADINGS


def _further_names(layout: Layout, at: object, texts: Texts) -> Iterable[str]:
    """The names of the series in other columns, such as its full name beside its symbol."""
    for column in layout.chosen.texts:
        if column != at and place_of(layout.names[column], "ticker") is not None:
            names = texts(column).dropna().unique()
            yield from map(str, names[:2] if len(names) == 1 else ())


def keys_of(names: list[str], tickers: pd.Series, stamps: pd.DataFrame) -> dict[str, str]:
    """The keys by which names differ: as symbols, or as written if one date has rows of several with one key."""
    keys = {name: as_symbol(name) for name in names}
    if len(set(keys.values())) < len(names):
        rows = stamps.assign(name=tickers, key=tickers.map(keys)).dropna().drop_duplicates()
        if rows.duplicated(["key", *stamps.columns]).any():
            return {name: name for name in names}
    return keys


def _repeats(stamps: pd.DataFrame) -> bool:
    """Whether some time is in several rows."""
    return not _is_sorted(stamps) and bool(stamps.dropna().duplicated().any())


def _is_sorted(stamps: pd.DataFrame) -> bool:
    """Whether stamps, as numbers or texts, increase strictly or decrease strictly."""
    up = down = True
    for start in range(0, len(stamps), CHUNK):
        chunk = stamps.iloc[start : start + CHUNK + 1]
        columns = [column if column.dtype.kind in "iuf" else column.astype("str") for _, column in chunk.items()]
        texts = columns[0] if len(columns) == 1 else columns[0].astype("str") + " " + columns[1].astype("str")
        values = texts.to_numpy() if texts.dtype.kind in "iuf" else texts.fillna("").to_numpy(dtype=object)
        up, down = up and bool((values[1:] > values[:-1]).all()), down and bool((values[1:] < values[:-1]).all())
        if not (up or down):
            return False
    return True


def _telling(frame: pd.DataFrame, layout: Layout, texts: Texts) -> pd.Series | None:
    """The column by whose texts each time with several closes is in one row per text; None if there is none."""
    chosen = layout.chosen
    closes = frame[[*chosen.stamps, chosen.close]].dropna(subset=chosen.stamps)
    repeated = closes.drop_duplicates().duplicated(chosen.stamps)
    if not repeated.any():
        return None
    for at in chosen.texts:
        column = texts(at).reindex(frame.index).rename(at)
        counts = column.value_counts()
        rows = frame[chosen.stamps].assign(name=column)
        if 1 < len(counts) <= len(frame) / 2 and not rows.dropna().duplicated().any():
            return column
    return None
