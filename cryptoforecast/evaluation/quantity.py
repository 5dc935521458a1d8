"""What forecast rows are forecasts of: prices, or the volatilities or ratios that their ``attrs`` or a column note."""

from collections.abc import Sequence
from typing import get_args

import pandas as pd

from cryptoforecast.data.series import Quantity
from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.row_files import is_missing, to_numbers

QUANTITY = "quantity"  # the key in the attrs of forecast rows, and the column of a file; without it, prices
PRICE, VOLATILITY = "price", "volatility"


def quantity_of(rows: pd.DataFrame) -> str:
    """What forecast rows are forecasts of, as their ``attrs`` note."""
    return str(rows.attrs.get(QUANTITY, PRICE))


def note_quantity(rows: pd.DataFrame, quantity: str) -> None:
    """Keep in the ``attrs`` of forecast rows what was forecast; of prices nothing is kept."""
    rows.attrs.pop(QUANTITY, None)
    if quantity != PRICE:
        rows.attrs[QUANTITY] = quantity


def is_of_volatility(rows: pd.DataFrame) -> bool:
    """Whether forecast rows are of volatilities and not of prices, as their ``attrs`` note."""
    return quantity_of(rows) == VOLATILITY


def is_of_prices(rows: pd.DataFrame) -> bool:
    """Whether forecast rows are of prices, as their ``attrs`` note: only those are bought, sold and held."""
    return quantity_of(rows) == PRICE


def common_quantity(tables: Sequence[pd.DataFrame], names: Sequence[object]) -> str:
    """What all tables of forecasts are of; those that do not note it are taken to be of what the others are.

    Args:
        tables: forecast rows.
        names: where each table is from, for errors.

    Raises:
        UserError: naming two that note different quantities.
    """
    noted = {quantity_of(rows): name for rows, name in zip(tables, names, strict=True) if not is_of_prices(rows)}
    if len(noted) > 1:
        (first, name), (second, further) = list(noted.items())[:2]
        raise UserError(f"{name} forecasts a {first}, and {further} a {second}; compare runs of one quantity.")
    return next(iter(noted), PRICE)


def noun_of(rows: pd.DataFrame) -> str:
    """What figures call a value of forecast rows: ``close``, ``volatility`` or ``ratio``."""
    return "close" if is_of_prices(rows) else quantity_of(rows)


def with_quantity_column(rows: pd.DataFrame) -> pd.DataFrame:
    """Forecast rows as a file has them: with a column ``quantity`` where they are no prices.

    >>> rows = pd.DataFrame({"forecast": [0.02]})
    >>> note_quantity(rows, "volatility")
    >>> with_quantity_column(rows).to_dict("records"), with_quantity_column(pd.DataFrame({"forecast": [2.0]})).shape
    ([{'forecast': 0.02, 'quantity': 'volatility'}], (1, 1))
    """
    return rows if is_of_prices(rows) else rows.assign(**{QUANTITY: quantity_of(rows)})


def without_quantity_column(table: pd.DataFrame, source: str) -> pd.DataFrame:
    """A table whose ``attrs`` note what its column ``quantity`` says, without that column.

    A column of that name with numbers, such as traded quantities, is none of ours, and stays.

    Args:
        table: of forecasts.
        source: where it is from, which errors begin with.

    Raises:
        UserError: if the column says something else than ``price``, ``volatility`` or ``ratio``, or not the same in
            each row.
    """
    if QUANTITY not in table or to_numbers(table[QUANTITY]).notna().all():
        return table
    column, choices = table[QUANTITY].mask(is_missing(table[QUANTITY]), PRICE).astype("str"), get_args(Quantity)
    if (odd := ~column.isin(choices)).any():
        raise UserError(f"{source}: a {QUANTITY} is {column[odd].iloc[0]!r}; it is one of {', '.join(choices)}.")
    found = list(column.unique())
    if len(found) > 1:
        raise UserError(f"{source}: the column {QUANTITY} says {' and '.join(found)}; judge each in rows of its own.")
    rows = table.drop(columns=QUANTITY)
    note_quantity(rows, found[0])
    return rows


def problem_of_quantity(rows: pd.DataFrame) -> tuple[int, str] | None:
    """The first row of volatilities that cannot be, and what is wrong with it, as words after the model's name.

    Args:
        rows: forecast rows, ``actual`` and ``last`` as numbers.
    """
    for name in ("actual", "last") if is_of_volatility(rows) else ():
        if (wrong := (rows[name] <= 0).to_numpy()).any():
            place = int(wrong.argmax())
            return place, f"has {rows[name].iloc[place]:g} as {name}; a volatility is above zero"
    return None
