"""How the columns of a bar are scaled for a network: four ways, and which is usual for which column."""

from collections.abc import Mapping
from typing import get_args

from cryptoforecast.data.argument_checks import require_choice
from cryptoforecast.data.series import CLOSE, FURTHER_COLUMNS, VOLUME, ColumnScaling

OF_PRICES = ("price", "other_price")  # these take logarithms, so that the values must be positive
PRICES = tuple(name for name in (CLOSE, *FURTHER_COLUMNS) if name != VOLUME)  # of a bar


def usual_scaling(name: str, target: str = CLOSE) -> str:
    """How a column is scaled where neither its source nor the user says.

    Args:
        name: of the column.
        target: name of the column that is forecast.

    >>> usual_scaling("High"), usual_scaling("Volume"), usual_scaling("Funding"), usual_scaling("High", "Volatility")
    ('price', 'by_window', 'by_window', 'other_price')
    """
    if name not in PRICES:
        return "by_window"
    return "price" if target in PRICES else "other_price"


def require_scalings(setting: str, scalings: Mapping[str, object]) -> None:
    """Check the names of scalings by column.

    Raises:
        UserError: naming the column whose scaling does not exist.
    """
    for name, scaling in scalings.items():
        require_choice(f"{setting} of {name}", scaling, get_args(ColumnScaling))
