"""The bytes of a price file: found, unpacked, and in one encoding."""

import glob
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from io import BufferedIOBase
from pathlib import Path

from cryptoforecast.data.files.bytes import encodings
from cryptoforecast.data.files.bytes.encodings import UTF_8, Damaged, Misfit, Recoded
from cryptoforecast.data.files.bytes.json_tables import as_csv, is_json
from cryptoforecast.data.files.bytes.not_tables import refuse_other_files, refuse_pages
from cryptoforecast.data.files.bytes.packing import DAMAGED, PYTHONS_OWN, kind_of_packing, unpacked
from cryptoforecast.errors import UserError
from cryptoforecast.user_code.exception_origin import is_raised_by_user, passed_through
from cryptoforecast.user_folders import expand_home

HEAD = 1 << 16  # bytes by which a file is recognised
NO_TEXT = re.compile(r"[\0-\x08\x0e-\x1f\x7f]")  # characters that no text has
TO_LEAVE_OUT = "leave data.source.encoding out to have it found"
TO_SET = "set data.source.encoding, such as cp1252 or gb18030"


def find_files(path: str | list[str], folder: str | None) -> list[Path]:
    """The files that ``data.source.path`` names, in the order named; of a pattern, in the order of their names."""
    files: list[Path] = []
    for pattern in [path] if isinstance(path, str) else path:
        whole = expand_home(Path(folder or ".", pattern))
        matches = [whole] if whole.is_file() else [Path(match) for match in sorted(glob.glob(str(whole)))]
        if not matches:
            raise UserError(f"{whole}: no such file; data.source.path names the file to read.")
        files += matches
    if not files:
        raise UserError("data.source.path is empty; name at least one file.")
    return files


def packing(file: Path) -> str:
    """How a file is packed, told by its first bytes: ``gzip``, ``zip``, ``Parquet`` …, or empty if not at all."""
    with _complaining(file), file.open("rb") as content:
        return kind_of_packing(content.read(8))


def encoding_of(file: Path, encoding: str | None = None, whole: bool = False) -> str:
    """The encoding of a file's text, by Python's name of it.

    Args:
        file: the file.
        encoding: that of its text, where the user has said it.
        whole: whether to look at the whole of a file that begins as UTF-8. A large file is looked at while it is
            counted; see :class:`~cryptoforecast.data.files.bytes.encodings.OddBytes`.

    Raises:
        UserError: if there is no such encoding, or none that is known fits.
    """
    with _complaining(file), _unpacked(file) as content:
        start = content.read(HEAD)
        refuse_other_files(file, start, packed=bool(packing(file)))
        marked = encodings.marked(start)
        if encoding is not None:
            told = _as_told(file, encoding, marked)
            if told == UTF_8 and not encodings.is_utf_8(start):
                raise UserError(f"{file}: not a text in UTF-8; {TO_LEAVE_OUT}.")
            return told
        if marked not in (None, UTF_8) or (encodings.is_utf_8(start) and not whole):
            return marked or UTF_8
        content.seek(0)
        if marked and not all(map(encodings.is_utf_8, content)):
            raise UserError(f"{file}: its first bytes say UTF-8, and not all of it is; mend or download it again.")
        content.seek(0)
        found = None if NO_TEXT.search(start.decode("latin-1")) else encodings.found_out(content)
    if found is None:
        raise UserError(
            f"{file}: not a text file in UTF-8 or in another encoding that is tried; if it is one, "
            "set data.source.encoding to its name, such as mac_roman or cp850."
        )
    return found


def _as_told(file: Path, encoding: str, marked: str | None) -> str:
    told = encodings.codec_of(encoding)
    if told is None:
        raise UserError(f"data.source.encoding is {encoding!r}, which is no encoding such as cp1252 or gb18030.")
    if marked and not told.startswith(marked[:6]):
        raise UserError(
            f"{file}: its first bytes say {marked.upper()}, data.source.encoding says {told}; {TO_LEAVE_OUT}."
        )
    return marked if marked and "-" not in told.removeprefix(marked[:6]) else told


@contextmanager
def opened(file: Path, encoding: str | None = None) -> Iterator[BufferedIOBase]:
    """The file's text as bytes in UTF-8, unpacked, with line feeds at the ends of its lines.

    Args:
        file: the file.
        encoding: that of its text, where it is known.

    Raises:
        UserError: if it cannot be read, is damaged, or holds something else than one text.
    """
    settled = encoding_of(file, encoding)
    with _complaining(file), _unpacked(file) as content:
        start = content.read(HEAD)
        content.seek(0)
        if is_json(start.decode(settled, errors="ignore").lstrip("\ufeff")):
            state = file.stat()
            yield io.BytesIO(_json_as_csv(file, settled, state.st_size, state.st_mtime_ns, state.st_ino))
        elif settled != UTF_8 or (b"\r" in start and b"\n" not in start):
            yield io.BufferedReader(Recoded(content, settled), HEAD)
        else:
            yield content


@lru_cache(1)
def _json_as_csv(file: Path, encoding: str, *_state: int) -> bytes:
    """A JSON file as CSV: made once, for it is opened some times while it is read."""
    with _unpacked(file) as content:
        text = io.BufferedReader(Recoded(content, encoding)).read().decode("utf-8-sig")
    return as_csv(file, text)


def holds_json(file: Path, encoding: str | None = None) -> bool:
    """Whether a file is JSON, by its beginning."""
    with _complaining(file), _unpacked(file) as content:
        return is_json(content.read(HEAD).decode(encoding or UTF_8, errors="ignore").lstrip("\ufeff"))


def is_plain(content: BufferedIOBase) -> bool:
    """Whether an opened text is the file itself, byte for byte."""
    return isinstance(getattr(content, "raw", None), io.FileIO)


def head_of(file: Path, encoding: str | None = None) -> list[str]:
    """The first lines of a file, at most as many as fit in 64 KiB; a line that does not end there is left out."""
    with opened(file, encoding) as content:
        start = content.read(HEAD + 1)
    if len(start) > HEAD and b"\n" in start:
        start = start[: start.rindex(b"\n") + 1]
    text = start.decode("utf-8-sig", errors="ignore")
    if not text.strip():
        raise UserError(f"{file}: the file is empty.")
    refuse_pages(file, text)
    if NO_TEXT.search(text):
        raise UserError(f"{file}: not a text file.")
    return io.StringIO(text, newline="").readlines()


@contextmanager
def _unpacked(file: Path) -> Iterator[BufferedIOBase]:
    with unpacked(file, packing(file)) as content:
        yield content


@contextmanager
def _complaining(file: Path) -> Iterator[None]:
    """Word what opening, unpacking or reading a file meets; whatever else is raised meanwhile stays as it is."""
    try:
        yield
    except UserError:
        raise
    except Damaged as found:
        cell = found.cell.strip().decode("ascii", errors="backslashreplace")[:40]
        raise UserError(
            f"{file}, line {found.line}: {cell!r} is no text in UTF-8, which the rest of the file may be; "
            f"mend it, or {TO_SET}."
        ) from None
    except Misfit as found:
        raise UserError(f"{file}, line {found.line}: not a text in {found.encoding}; {TO_LEAVE_OUT}.") from None
    except Exception as problem:
        if isinstance(problem, DAMAGED) or passed_through(problem, PYTHONS_OWN):
            raise UserError(f"{file}: the packed file is damaged or cut off ({problem}).") from None
        if is_raised_by_user(problem) or not isinstance(problem, OSError):
            raise
        raise UserError(f"{file}: cannot be read ({problem.strerror or problem}).") from None
