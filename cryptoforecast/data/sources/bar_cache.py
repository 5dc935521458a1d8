"""The cache of a vendor's bars: a file for each symbol and interval, which is replaced atomically."""

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote

import pandas as pd

from cryptoforecast.atomic import write_atomically
from cryptoforecast.data.interval import Interval
from cryptoforecast.data.series import CLOSE
from cryptoforecast.data.times import say_duration, say_time
from cryptoforecast.user_folders import cache_folder

FILE_VERSION = 1  # of the format; files of another version are not read
LONGEST_NAME = 80  # letters of a file name
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"  # vendors count seconds
CHANGES_LISTED = 3  # changed bars named in a note
OVERLAP = 5  # last bars that are requested again each time
RECENT = 30  # last bars among which a missing one is requested again


class CachedBars(NamedTuple):
    """Bars of one symbol and interval that were over when they were fetched.

    ``bars`` has float64 columns on a unique increasing UTC index in nanoseconds. ``covered_from`` is the earliest time
    that was ever requested, which may be before the first bar; ``fetched_at`` is the time of the last request.
    """

    bars: pd.DataFrame
    covered_from: pd.Timestamp
    fetched_at: pd.Timestamp

    def say(self, now: pd.Timestamp) -> str:
        """Age and last bar in words."""
        return f"cached {say_age(now - self.fetched_at)}, up to {say_time(self.bars.index[-1])}"


class DamagedCache(Exception):
    """A cache file is not as it was written; the message names the file and says why."""


@dataclass(frozen=True)
class BarCache:
    """The file of a vendor's bars of one symbol and interval.

    Args:
        folder: of the vendor, inside the cache folder.
        symbol: as the vendor writes it.
        interval: as the vendor writes it.
        columns: names of the columns, Close among them.
        library: the package by which the vendor is asked; its version is written to the file.
    """

    folder: str
    symbol: str
    interval: str
    columns: tuple[str, ...]
    library: str

    def file(self) -> Path:
        """The path of the file; each symbol has another, whatever characters it has.

        Raises:
            OSError: if there is no folder for it.
        """
        return cache_folder(self.folder) / f"{_file_name(self.symbol)}_{self.interval}.csv"

    def symbols(self) -> list[str]:
        """The symbols with cached bars of this interval, except those with very long names."""
        try:
            files = sorted(self.file().parent.iterdir())
        except OSError:
            return []
        ending = f"_{self.interval}.csv"
        names = [file.name.removesuffix(ending) for file in files if file.name.endswith(ending)]
        return [unquote(name) for name in names if "~" not in name and not name.startswith(".")]

    def read(self) -> CachedBars | None:
        """The cached bars; None if there are none.

        Raises:
            DamagedCache: if the file is not as it was written.
            OSError: if there is a file that cannot be read, or no folder for it.
        """
        file = self.file()
        try:
            head, _, rows = file.read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
        try:
            facts = json.loads(head.removeprefix(b"# "))
            if facts["layout"] != FILE_VERSION:
                raise DamagedCache(f"{file} was written by another version")
            if facts["sha256"] != hashlib.sha256(rows).hexdigest():
                raise DamagedCache(f"{file} is damaged")
            bars = pd.read_csv(io.BytesIO(rows), index_col="time", dtype=dict.fromkeys(self.columns, "float64"))
            times = pd.to_datetime(bars.index, format=TIME_FORMAT, utc=True).as_unit("ns")
            covered_from, fetched_at = pd.Timestamp(facts["covered_from"]), pd.Timestamp(facts["fetched_at"])
        except (ValueError, LookupError, TypeError):
            raise DamagedCache(f"{file} is damaged") from None
        return CachedBars(bars[list(self.columns)].set_axis(times), covered_from, fetched_at)

    def write(self, cached: CachedBars) -> None:
        """Write the bars, replacing the file atomically.

        Raises:
            OSError: if the file cannot be written.
        """
        rows = cached.bars.to_csv(index_label="time", date_format=TIME_FORMAT, lineterminator="\n").encode()
        facts = {
            "layout": FILE_VERSION,
            "symbol": self.symbol,
            "interval": self.interval,
            "covered_from": cached.covered_from.isoformat(),
            "fetched_at": cached.fetched_at.isoformat(),
            "versions": {self.library: version(self.library), "pandas": version("pandas")},
            "sha256": hashlib.sha256(rows).hexdigest(),
        }
        write_atomically(self.file(), lambda file: file.write(f"# {json.dumps(facts)}\n".encode() + rows))


def _file_name(symbol: str) -> str:
    name = quote(symbol, safe="", errors="replace")
    if len(name) > LONGEST_NAME:
        name = f"{name[:LONGEST_NAME]}~{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return name


def merge(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Join old and new bars; old ones within the range of the new ones are dropped."""
    before, after = old[old.index < new.index[0]], old[old.index > new.index[-1]]
    return pd.concat([part for part in (before, new, after) if len(part)])


def first_to_ask_again(bars: pd.DataFrame, step: Interval) -> pd.Timestamp:
    """The time from which bars are requested: the last few again, and from the first recent bar that is missing."""
    recent = bars[CLOSE].iloc[-RECENT:]
    recent = recent.reindex(step.filled(pd.DatetimeIndex(recent.index)))
    return min([bars.index[-OVERLAP:][0], *recent.index[recent.isna()][:1]])


def is_rescaled(old: pd.DataFrame, new: pd.DataFrame, prices: Sequence[str]) -> bool:
    """Whether the oldest common bar differs, as after a split or dividend; then all bars before it may have changed."""
    both = old.index[old[CLOSE].notna()].intersection(new.index)
    return len(both) > 0 and not old.loc[both[0], [*prices]].equals(new.loc[both[0], [*prices]])


def say_changes(vendor: str, old: pd.DataFrame, new: pd.DataFrame, column: str) -> str:
    """A note on the closes that a vendor has changed, with their times; empty if there are none."""
    times = old.index.union(new.index)
    times = times[(times >= max(old.index[0], new.index[0])) & (times <= min(old.index[-1], new.index[-1]))]
    before, after = old[column].reindex(times), new[column].reindex(times)
    changed = times[(before != after) & (before.notna() | after.notna())]
    if not len(changed):
        return ""
    named = [
        f"{say_time(time)} from {_price(before[time])} to {_price(after[time])}" for time in changed[:CHANGES_LISTED]
    ]
    more = [f"and {len(changed) - CHANGES_LISTED:,} more"] if len(changed) > CHANGES_LISTED else []
    return (
        f"closes that {vendor} has changed since they were cached: {len(changed):,} ({', '.join([*named, *more])}); "
        "the new ones are used."
    )


def say_age(age: pd.Timedelta) -> str:
    """An age in one unit: ``3 days ago``."""
    rounded_down = (age.floor(unit) for unit in ("D", "h", "min"))
    return next((f"{say_duration(rounded)} ago" for rounded in rounded_down if rounded > pd.Timedelta(0)), "just now")


def _price(value: float) -> str:
    return "nothing" if pd.isna(value) else f"{value:.12g}"
