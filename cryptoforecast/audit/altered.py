"""A source loaded again while its files hold garbage from a border on."""

import glob
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.audit.garbage import PriceFile, file_of
from cryptoforecast.data.columns import further_of
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.files.knobs import KNOBS
from cryptoforecast.data.files.parsed_cache import LARGE
from cryptoforecast.data.interval import Interval
from cryptoforecast.data.load_series import load_one
from cryptoforecast.data.series import HIGH, LOW, CloseSeries
from cryptoforecast.data.sources.source import Source
from cryptoforecast.errors import DataNotice, UserError
from cryptoforecast.recipe.write import argument_names
from cryptoforecast.user_code.opened_files import recording_paused
from cryptoforecast.user_folders import expand_home

NO_FILES = (
    "folder",
    "gaps",
    "columns",
    "known",
    "available_at",
    "max_age",
    *KNOBS,
)  # arguments that name no file, whatever lies about


class CachedSource(Source):
    """What another source has said.

    Args:
        source: the other one.
        series: all that it has.
        further: the columns that it was asked for beside the close.
    """

    def __init__(self, source: Source, series: CloseSeries, further: Sequence[str] = ()) -> None:
        self.source = self.stands_for = source
        self.series, self.further = series, tuple(further)

    def load(self, columns: Sequence[str] = ()) -> CloseSeries:
        """The same series again."""
        return self.series


def with_cached_sources(data: CloseDataModule, ranges: bool = False) -> CloseDataModule:
    """The same data, not set up yet, each source asked once and for all.

    Args:
        data: the data.
        ranges: whether High and Low are read too, as the ladder of baselines reads them, wherever a source has them.
    """
    sources = data.source if isinstance(data.source, list) else [data.source]
    return with_sources(
        data, [item if isinstance(item, CachedSource) else ask(item, data.loaded_columns, ranges) for item in sources]
    )


def ask(source: Source, columns: Sequence[str], ranges: bool) -> CachedSource:
    """What a source says, with the columns wanted and, if asked for and there, High and Low."""
    further = further_of(columns)
    if ranges:
        with_ranges = (*further, *(name for name in (HIGH, LOW) if name not in further))
        try:
            return CachedSource(source, load_one(source, with_ranges), with_ranges)
        except UserError:  # it has none, as its closes alone show
            pass
    return CachedSource(source, load_one(source, further), further)


def with_sources(data: CloseDataModule, sources: Sequence[Source], **settings: Any) -> CloseDataModule:
    """A data module of the same class with the same settings but these, over other sources."""
    rebuilt: CloseDataModule = _remade(data, source=list(sources), num_workers=0, **settings)
    return rebuilt


def _remade(instance: Any, **changed: Any) -> Any:
    """The object that its class makes of the arguments it has kept under their own names."""
    kept = {name: getattr(instance, name) for name in argument_names(type(instance)) if hasattr(instance, name)}
    return type(instance)(**{**kept, **changed})


class Alteration(NamedTuple):
    """What makes a counterfactual another one.

    From ``border`` on all is garbage; nothing is, if it is None. ``files`` are the sources whose files can be written
    so. Source by source, ``series`` are the closes as they then are, and ``asked`` says whether a source that is
    asked where its files are altered gives them. ``cut`` are the settings that keep the borders where they are,
    ``further`` the columns that each source is asked for beside the close.
    """

    border: pd.Timestamp | None
    files: list["AlteredSource"]
    series: list[CloseSeries]
    asked: list[bool]
    cut: dict[str, Any]
    further: list[tuple[str, ...]]


class AlteredSource:
    """A source whose files can be given another future.

    Args:
        source: any source; files are recognised among its arguments, and those of sources among them.

    Raises:
        UserError: if it has no files, or one whose rows cannot be told.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._files: dict[Path, PriceFile] = {}
        for owner, text in _texts_of(source):
            for file in _named(text, owner):
                with recording_paused():
                    self._files[file] = file_of(owner, file)
        if not self._files:
            raise UserError(f"{type(source).__name__} reads no file")

    def load(self, since: pd.Timestamp, further: Sequence[str]) -> CloseSeries:
        """All that the source has where each row dated ``since`` or later is garbage.

        Raises:
            UserError: if the source cannot read such files.
        """
        with tempfile.TemporaryDirectory() as folder, _quiet(folder if self.is_large else None):
            try:
                return load_one(self._again(self.source, since, Path(folder)), further)
            except UserError as problem:
                reason = str(problem).replace(folder, "").rstrip(".")
                raise UserError(f"its files were altered from {since} on, and then: {reason}") from None

    def holes(self, times: pd.DatetimeIndex, interval: Interval) -> list[pd.Timestamp]:
        """The first time with a row of its own behind each stretch of closes that stand in no file."""
        of_closes = [file for file in self._files.values() if not file.joined]
        held = np.unique(np.concatenate([file.times[file.held].asi8 for file in of_closes]))
        stamps = times.as_unit("ns").asi8
        following = np.append(held, np.iinfo(np.int64).max)[np.searchsorted(held, stamps)]
        made_up = (
            following >= interval.ends(times).as_unit("ns").asi8
        )  # a row is stamped with its bar's opening, or later within it
        ends = np.flatnonzero(made_up[:-1] & ~made_up[1:]) + 1
        return list(times[ends])

    @property
    def files(self) -> list[Path]:
        """The files themselves."""
        return list(self._files)

    def write(self, place: Callable[[Path], Path], since: pd.Timestamp | None) -> None:
        """Write copies of the files, each row dated ``since`` or later being garbage; as they are, if that is None.

        Args:
            place: where the copy of a file goes.
            since: from when on.
        """
        for file, content in self._files.items():
            with recording_paused():
                content.write(place(file), since or pd.Timestamp.max.tz_localize("UTC"))

    @property
    def is_large(self) -> bool:
        """Whether rows of its files are kept in the cache."""
        return any(file.stat().st_size >= LARGE for file in self._files)

    @property
    def names(self) -> str:
        """The files' names."""
        return ", ".join(file.name for file in self._files)

    def _again(self, source: Source, since: pd.Timestamp, folder: Path) -> Source:
        """A source like this one, with copies of files in the place of files."""
        names = [name for name in argument_names(type(source)) if hasattr(source, name) and name not in NO_FILES]
        rebuilt: Source = _remade(
            source, **{name: self._argument(getattr(source, name), source, since, folder) for name in names}
        )
        return rebuilt

    def _argument(self, value: Any, owner: Source, since: pd.Timestamp, folder: Path) -> Any:
        if isinstance(value, Source):
            return self._again(value, since, folder)
        if isinstance(value, list | tuple):
            return [self._argument(item, owner, since, folder) for item in value]
        files = _named(value, owner) if isinstance(value, str | Path) else []
        if not files:
            return value
        home = folder / str(len(list(folder.iterdir())))
        home.mkdir()
        for file in files:
            with recording_paused():
                self._files[file].write(home / file.name, since)
        return type(value)(home / Path(value).name) if isinstance(value, Path) else str(home / Path(value).name)


def files_of(source: Source) -> list[Path]:
    """The files that a source's arguments name."""
    return [file for owner, text in _texts_of(source) for file in _named(text, owner)]


def _texts_of(source: Source) -> Iterator[tuple[Source, str | Path]]:
    """Each text among a source's arguments, and whose argument it is."""
    left: list[Any] = [
        getattr(source, n) for n in argument_names(type(source)) if hasattr(source, n) and n not in NO_FILES
    ]
    while left:
        value = left.pop(0)
        if isinstance(value, Source):
            yield from _texts_of(value)
        elif isinstance(value, list | tuple):
            left = [*value, *left]
        elif isinstance(value, str | Path):
            yield source, value


def _named(text: str | Path, owner: Source) -> list[Path]:
    """The files that a text names, if it names any."""
    whole = expand_home(Path(getattr(owner, "folder", None) or ".", text))
    found = [whole] if whole.is_file() else sorted(map(Path, glob.glob(str(whole))))
    return [file for file in found if file.is_file()]


@contextmanager
def _quiet(cache: str | None) -> Iterator[None]:
    """Nothing is said a second time, and no garbage is kept in the user's cache."""
    before = os.environ.get("CRYPTOFORECAST_CACHE")
    if cache is not None:
        os.environ["CRYPTOFORECAST_CACHE"] = str(Path(cache, "cache"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataNotice)
            yield
    finally:
        if cache is not None:
            os.environ.pop("CRYPTOFORECAST_CACHE")
            os.environ |= {} if before is None else {"CRYPTOFORECAST_CACHE": before}
