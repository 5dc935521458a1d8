"""Checks of a data module: of its settings, and of the windows that there are."""

import warnings
from collections.abc import Mapping, Sequence

from cryptoforecast.data.argument_checks import require_count
from cryptoforecast.data.columns import require_columns
from cryptoforecast.data.folds import Cut, Fold, require_border
from cryptoforecast.data.last_windows import even_length
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.sources.source import require_source
from cryptoforecast.data.times import say_time, to_utc
from cryptoforecast.data.windows import WindowDataset
from cryptoforecast.errors import DataNotice, UserError

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


def require_contexts(series: Sequence[CloseSeries], context_length: int) -> None:
    """Check that the last bars of each series make up a context.

    Raises:
        UserError: naming the first series that has too few without a gap.
    """
    for member in series:
        count = even_length(member)
        if count < context_length:
            since = f" since {say_time(member.closes.index[-count])}" if count < len(member.closes) else ""
            raise UserError(
                f"{member.closes.name}: {count} closes{since} are too few to forecast from; "
                f"the model looks at {context_length} (data.context_length)."
            )


def require_windows(windows: WindowDataset, name: str, fold: Fold, cut: Cut, series: Sequence[CloseSeries]) -> None:
    """Refuse an empty set, and give a notice that names the series without a window in one, which scores leave out.

    Args:
        windows: of all series.
        name: of the set: ``train``, ``val`` or ``test``.
        fold: the windows of each set.
        cut: the lengths and borders, for the error.
        series: the series.

    Raises:
        UserError: if the set is empty.
    """
    members = getattr(fold, name)
    if not len(members):
        raise cut.no_windows(name, series)
    by_name = zip(windows.names, windows.by_series(members), strict=True)
    absent = [symbol for symbol, positions in by_name if not len(positions)]
    if absent:
        notice = f"{', '.join(absent)}: no {name} window between these borders; the other series have some."
        warnings.warn(notice, DataNotice, stacklevel=4)
