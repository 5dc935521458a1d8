"""Whose closes a table holds: what its header says, or a column of it, row by row."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from cryptoforecast.data.files.columns.layout import Layout
from cryptoforecast.data.files.headings.coins import as_symbol, is_coin, is_currency, is_known, is_same_coin
from cryptoforecast.data.files.headings.vocabulary import place_of
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import join_names

NOT_SET = "leave data.source.symbol out to take them under their name"
LISTED = 8  # symbols named in an error
SURE = 20  # names down the list of headings: a symbol, a coin or a code; a market or a currency may be anything
CHUNK = 1 << 20

Texts = Callable[[int], pd.Series]  # a column of the file by its position, as texts


def keep_one_series(
    file: Path, frame: pd.DataFrame, layout: Layout, symbol: str | None, texts: Texts
) -> tuple[pd.DataFrame, str]:
    """The rows of one series, and its name as the file has it; empty where the file does not say.

    A vendor may write BTC/USD in some rows and BTCUSD in others; both are one, unless a date has rows of both.

    Args:
        file: for errors.
        frame: the wanted columns of all rows.
        layout: where they stand.
        symbol: which series is wanted, if the user has said so.
        texts: gives a further column, where the wanted ones do not tell the rows' series apart.

    Raises:
        UserError: if rows of several series stand in the file and ``data.source.symbol`` names none of them, or if all
            are another's than it names.
    """
    chosen = layout.chosen
    name, heading = chosen.symbol, layout.names[chosen.close]
    owner = name if is_known(name) else heading if is_coin(heading) else ""
    if owner and symbol and not is_same_coin(owner, symbol):
        raise UserError(f"{file}: has closes of {owner}, in the column {heading}; {symbol} is none of them; {NOT_SET}.")
    if chosen.ticker is not None:
        frame, name = _of_column(file, frame, chosen.ticker, frame[chosen.ticker], layout, symbol, texts)
    if chosen.texts and _repeats(frame[chosen.stamps]) and (column := _telling(frame, layout, texts)) is not None:
        return _of_column(file, frame, column.name, column, layout, symbol, texts)
    return frame, name


def _of_column(
    file: Path, frame: pd.DataFrame, at: object, tickers: pd.Series, layout: Layout, symbol: str | None, texts: Texts
) -> tuple[pd.DataFrame, str]:
    """The rows of the symbol, by a column that names each row's."""
    heading = layout.names[int(str(at))]
    tickers = tickers.astype("str").str.removeprefix("'")  # 000001 is written so for spreadsheets
    names = [name for name in map(str, tickers.dropna().unique()) if name.strip()]
    keys = keys_of(names, tickers, frame[layout.chosen.stamps])
    if len(set(keys.values())) > 1:
        chosen = asked_for(file, keys, symbol)
        return frame[tickers.isin(chosen)], symbol if symbol in chosen else chosen[0]
    if not names or is_currency(names[0]) or not (_is_sure(heading) or is_known(names[0])):
        return frame, layout.chosen.symbol
    if symbol and not any(is_same_coin(name, symbol) for name in (*names, *_further_names(layout, at, texts))):
        raise UserError(f"{file}: has rows of {names[0]}; {symbol} is none of them; {NOT_SET}.")
    return frame, names[0]


def asked_for(file: Path, keys: dict[str, str], symbol: str | None) -> list[str]:
    """The names that are the symbol's, written in one way or another."""
    wanted = keys.get(symbol or "", as_symbol(symbol or ""))
    if chosen := [name for name, key in keys.items() if key == wanted]:
        return chosen
    alike = [name for name in keys if symbol and is_same_coin(name, symbol)]
    if len({keys[name] for name in alike}) == 1:
        return alike
    doubt = f"{symbol} may be {' or '.join(alike)}; " if alike else f"{symbol} is none of them; " if symbol else ""
    raise UserError(f"{file}: has rows of {join_names(keys, LISTED)}; {doubt}set data.source.symbol to one of them.")


def _is_sure(heading: str) -> bool:
    place = place_of(heading, "ticker")
    return place is None or place < SURE


def _further_names(layout: Layout, at: object, texts: Texts) -> Iterable[str]:
    """What the other columns that name the series call it: its name beside its symbol."""
    for column in layout.chosen.texts:
        if column != at and place_of(layout.names[column], "ticker") is not None:
            names = texts(column).dropna().unique()
            yield from map(str, names[:2] if len(names) == 1 else ())


def keys_of(names: list[str], tickers: pd.Series, stamps: pd.DataFrame) -> dict[str, str]:
    """By what the names are told apart: as symbols are, or as they are written where one date has rows of several."""
    keys = {name: as_symbol(name) for name in names}
    if len(set(keys.values())) < len(names):
        rows = stamps.assign(name=tickers, key=tickers.map(keys)).dropna().drop_duplicates()
        if rows.duplicated(["key", *stamps.columns]).any():
            return {name: name for name in names}
    return keys


def _repeats(stamps: pd.DataFrame) -> bool:
    """Whether some time stands in several rows; of sorted rows that is seen without a table of all."""
    return not _is_sorted(stamps) and bool(stamps.dropna().duplicated().any())


def _is_sorted(stamps: pd.DataFrame) -> bool:
    """Whether each row's stamp, as a number or as a text, is above the one before it, or each below it."""
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
    """The column by which times that stand in several rows, with several closes, stand in one each."""
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
