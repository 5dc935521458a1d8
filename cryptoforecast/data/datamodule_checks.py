"""What the settings of a data module may be, whatever the closes are."""

from collections.abc import Mapping, Sequence

from cryptoforecast.data.argument_checks import require_count
from cryptoforecast.data.folds import require_border
from cryptoforecast.data.load_series import require_columns
from cryptoforecast.data.sources.source import require_source
from cryptoforecast.data.times import to_utc

MOST_WORKERS = 1024  # processes; more would bring any machine down


def require_settings(
    source: object,
    counts: Mapping[str, object],
    dates: Mapping[str, str | None],
    borders: Mapping[str, object],
    columns: Sequence[str],
    num_workers: object,
) -> None:
    """See that a data module can be made of its settings, which are given by name.

    Args:
        source: one, or a list of several.
        counts: those that are at least 1.
        dates: the first and the last day, where they are set.
        borders: of the validation and the test set.
        columns: what is seen of each bar.
        num_workers: how many processes gather batches.

    Raises:
        UserError: naming the first setting that cannot be, and its value.
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
