"""Checks of a data module's settings that need no closes."""

from collections.abc import Mapping, Sequence

from cryptoforecast.data.argument_checks import require_count
from cryptoforecast.data.folds import require_border
from cryptoforecast.data.load_series import require_columns
from cryptoforecast.data.sources.source import require_source
from cryptoforecast.data.times import to_utc

MOST_WORKERS = 1024  # processes; a machine would not survive more


def require_settings(
    source: object,
    counts: Mapping[str, object],
    dates: Mapping[str, str | None],
    borders: Mapping[str, object],
    columns: Sequence[str],
    num_workers: object,
) -> None:
    """Check the settings of a data module.

    Args:
        source: a source, or a list of sources.
        counts: whole numbers of at least 1, by name.
        dates: first and last day by name, each None if not set.
        borders: of the validation and the test set, by name.
        columns: names of the columns that a model sees.
        num_workers: count of processes that gather batches.

    Raises:
        UserError: naming the first setting that cannot be used, and its value.
    """
    for member in source if isinstance(source, list) else [source]:
        require_source("data.source", member)
    for name, count in counts.items():
        require_count(f"data.{name}", count)
    require_count("data.num_workers", num_workers, least=0, most=MOST_WORKERS)
    for name, date in dates.items():
        if date is not None:
            to_utc(date, f"data.{name}")
    for name, border in borders.items():
        require_border(f"data.{name}", border)
    require_columns(columns)
