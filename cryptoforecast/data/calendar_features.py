"""What the calendar says of the times of bars, as numbers from -0.5 to 0.5: known beforehand for any time."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from cryptoforecast.data.interval import A_DAY
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import nearest_of

AN_HOUR, A_MINUTE = A_DAY // 24, A_DAY // 1440  # nanoseconds
DAYS_OF_400_YEARS = 146_097
TO_MARCH_0000 = 719_468  # days from 0000-03-01 to 1970-01-01


def calendar(times: Int64[Tensor, "*batch"], names: Sequence[str]) -> Float[Tensor, "*batch features"]:
    """Features of the calendar, one for each name, as float32 from -0.5 to 0.5.

    Each is linear in the number that it is named after: ``minute_of_hour`` is -0.5 at minute 0 and 0.5 at minute 59;
    ``hour_of_day`` at hours 0 and 23; ``day_of_week`` on Monday and Sunday; ``day_of_month`` on days 1 and 31;
    ``month`` in January and December. All are of UTC.

    Args:
        times: UTC nanoseconds since 1970, such as ``times`` of :meth:`Forecaster.forward`.
        names: of the features.

    Raises:
        UserError: if there is no feature of a name.

    References:
        The encodings are those of GluonTS (Alexandrov et al., 2020, JMLR 21(116), 1-6).

    >>> import pandas as pd
    >>> times = torch.tensor([pd.Timestamp("2024-01-01 00:00").value, pd.Timestamp("2024-12-31 23:00").value])
    >>> calendar(times, ["hour_of_day", "month", "day_of_month"]).tolist()
    [[-0.5, -0.5, -0.5], [0.5, 0.5, 0.5]]
    """
    for name in names:
        if name not in ENCODERS:
            raise UserError(f"the calendar has no {name}{nearest_of(name, ENCODERS)}.")
    encoded = [ENCODERS[name](times) - 0.5 for name in names]
    return torch.stack(encoded, dim=-1) if encoded else torch.empty(*times.shape, 0, device=times.device)


def _days(times: Tensor) -> Tensor:
    return times.div(A_DAY, rounding_mode="floor")


def _minute_of_hour(times: Tensor) -> Tensor:
    return times.remainder(AN_HOUR).div(A_MINUTE, rounding_mode="floor").float() / 59


def _hour_of_day(times: Tensor) -> Tensor:
    return times.remainder(A_DAY).div(AN_HOUR, rounding_mode="floor").float() / 23


def _day_of_week(times: Tensor) -> Tensor:
    return (_days(times) + 3).remainder(7).float() / 6  # 1970-01-01 was a Thursday


def _day_of_month(times: Tensor) -> Tensor:
    return _day_and_month(times)[0].float() / 30


def _month(times: Tensor) -> Tensor:
    return _day_and_month(times)[1].float() / 11


def _day_and_month(times: Tensor) -> tuple[Tensor, Tensor]:
    """Day of the month and month, both from 0, of the Gregorian calendar.

    Years are counted from March, so that the leap day is the last of a year; 153 days are five months from there on
    (E. G. Richards, 2013, in Explanatory Supplement to the Astronomical Almanac, chapter 15).
    """
    day = (_days(times) + TO_MARCH_0000).remainder(DAYS_OF_400_YEARS)
    leap_days = _over(day, 1460) - _over(day, 36_524) + _over(day, DAYS_OF_400_YEARS - 1)
    year = _over(day - leap_days, 365)
    day_of_year = day - (365 * year + _over(year, 4) - _over(year, 100))
    month = _over(5 * day_of_year + 2, 153)  # 0 is March
    return day_of_year - _over(153 * month + 2, 5), (month + 2).remainder(12)


def _over(numerator: Tensor, denominator: int) -> Tensor:
    return numerator.div(denominator, rounding_mode="floor")


ENCODERS: dict[str, Callable[[Tensor], Tensor]] = {
    "minute_of_hour": _minute_of_hour,
    "hour_of_day": _hour_of_day,
    "day_of_week": _day_of_week,
    "day_of_month": _day_of_month,
    "month": _month,
}
