"""What the sources of vendors share: the columns that they have, the present, and when their bars were fetched."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from cryptoforecast.data.cleaning.clean import RawRows, to_close_series
from cryptoforecast.data.series import FURTHER_COLUMNS, CloseSeries, Gaps
from cryptoforecast.errors import UserError

FIRST_BLOCK = pd.Timestamp("2009-01-03", tz="UTC")  # of Bitcoin: no vendor has older bars of a coin


def present() -> pd.Timestamp:
    """The present in UTC."""
    return pd.Timestamp.now("UTC")


def require_vendor_columns(vendor: str, columns: Sequence[str]) -> None:
    """Check that a vendor has the further columns wanted.

    Raises:
        UserError: naming the first column that it does not have.
    """
    for name in columns:
        if name not in FURTHER_COLUMNS:
            raise UserError(f"{vendor} has no {name}; data.columns takes {', '.join(FURTHER_COLUMNS)}.")


def to_vendor_series(raw: RawRows, gaps: Gaps, now: pd.Timestamp, fetched_at: pd.Timestamp) -> CloseSeries:
    """A close series of a vendor's bars, with the time at which they were fetched in its provenance.

    Args:
        raw: the bars.
        gaps: what missing bars mean; see :func:`~cryptoforecast.data.cleaning.clean.to_close_series`.
        now: the present.
        fetched_at: the time of the last request, which may be long ago.
    """
    series = to_close_series(raw, gaps, now)
    provenance = replace(series.provenance, retrieved_at=fetched_at.isoformat(timespec="seconds"))
    return series._replace(provenance=provenance)
