"""Checks whether a file, in whatever format, holds closes of given series."""

import bz2
import gzip
import io
import lzma
import os
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from importlib.util import source_from_cache
from pathlib import Path

import numpy as np
import pandas as pd

from cryptoforecast.data.series import CloseSeries

MOST = 2000  # closes that are looked for
LARGEST = 1 << 24  # bytes that are looked through
FEWEST = 5  # closes that are found by chance in no file
SHARE = 0.5  # of the closes in single precision, which coincide by chance where a file has millions of numbers
NUMBER = re.compile(rb"\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
DIGITS = 5  # a number of fewer says nothing: 100 stands in many files


class Traces:
    """What closes from a border on look like: as numbers, as their logarithms and as their changes.

    Args:
        series: the series.
        border: time of the first close looked for.
    """

    def __init__(self, series: Sequence[CloseSeries], border: pd.Timestamp) -> None:
        self._single: list[np.ndarray] = []
        texts, doubles = [], []
        for item in series:
            closes = item.closes[item.closes.index >= border].to_numpy()[:MOST]
            distinct = _with_digits(closes, DIGITS)
            texts.append(distinct)
            with np.errstate(all="ignore"):
                logs, ratios = np.log(closes), closes[1:] / closes[:-1]
                forms = [distinct, logs, np.diff(logs), ratios, ratios - 1, np.diff(closes)]
            doubles += [_with_digits(form, 2 * DIGITS) if form is not distinct else form for form in forms]
            self._single += [np.unique(form.astype(np.float32)) for form in (distinct, logs, np.diff(logs))]
        self._doubles = np.unique(np.concatenate([np.empty(0), *doubles]))
        self._texts = np.unique(np.concatenate([np.empty(0), *texts]))

    def in_file(self, path: str) -> bool:
        """Whether a file holds at least some of them; one that is larger than 16 MiB is looked into that far."""
        try:
            file = Path(source_from_cache(path) if path.endswith(".pyc") else path)
            with file.open("rb") as content:
                return any(self._in_bytes(part) for part in _unpacked(content.read(LARGEST)))
        except (OSError, ValueError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError):
            return False

    def in_environment(self) -> str | None:
        """The name of an environment variable that holds some of them."""
        return next((name for name, text in os.environ.items() if self._in_bytes(os.fsencode(text))), None)

    def _in_bytes(self, content: bytes) -> bool:
        return self._as_text(content) or self._as_doubles(content) or self._as_singles(content)

    def _as_text(self, content: bytes) -> bool:
        if b"\0" in content[:1024]:
            return False
        found = np.array([float(number) for number in NUMBER.findall(content) if len(number) > DIGITS])
        return len(np.intersect1d(found, self._texts)) >= FEWEST

    def _as_doubles(self, content: bytes) -> bool:
        return any(len(_common(part, self._doubles)) >= FEWEST for part in _as_numbers(content, "f8"))

    def _as_singles(self, content: bytes) -> bool:
        parts = list(_as_numbers(content, "f4"))
        return any(
            len(values) >= FEWEST and len(_common(part, values)) >= SHARE * len(values)
            for values in self._single
            for part in parts
        )


def _with_digits(numbers: np.ndarray, count: int) -> np.ndarray:
    """The numbers that have at least so many digits."""
    digits = (f"{abs(value):.15g}".replace(".", "").strip("0") for value in numbers.tolist())
    return np.array([value for value, text in zip(numbers.tolist(), digits, strict=True) if len(text) >= count])


def _as_numbers(content: bytes, kind: str) -> Iterator[np.ndarray]:
    """The bytes read as numbers of a kind, in either order, whole: the numbers may begin anywhere."""
    size = np.dtype(kind).itemsize
    for order in "<>":
        parts = []
        for first in range(size):
            count = max(len(content) - first, 0) // size
            parts.append(np.frombuffer(content, dtype=f"{order}{kind}", count=count, offset=min(first, len(content))))
        yield np.concatenate(parts).astype(kind)


def _common(numbers: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The wanted numbers, in rising order, that are among others."""
    if not len(wanted):
        return wanted
    with np.errstate(invalid="ignore"):
        numbers = numbers[(numbers >= wanted[0]) & (numbers <= wanted[-1])]
    return wanted[np.isin(wanted, numbers)]


def _unpacked(content: bytes) -> Iterator[bytes]:
    """The bytes, and what is packed in them."""
    yield content
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield archive.read(member)[:LARGEST]
    for magic, unpack in ((b"\x1f\x8b", gzip.decompress), (b"BZh", bz2.decompress), (b"\xfd7zXZ", lzma.decompress)):
        if content.startswith(magic):
            yield unpack(content)[:LARGEST]
