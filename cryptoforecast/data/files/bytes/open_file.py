"""Price files by path or pattern, and the bytes of each: unpacked, as text in UTF-8."""

import glob
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from io import BufferedIOBase
from pathlib import Path

from cryptoforecast.data.files.bytes import encodings
from cryptoforecast.data.files.bytes.encodings import UTF_8, DamagedText, Recoded, WrongEncoding
from cryptoforecast.data.files.bytes.json_tables import as_csv, is_json
from cryptoforecast.data.files.bytes.not_tables import refuse_other_files, refuse_pages
from cryptoforecast.data.files.bytes.packing import ERRORS_OF_DAMAGE, PYTHON_UNPACKERS, kind_of_packing, unpacked
from cryptoforecast.errors import UserError
from cryptoforecast.user_code.exception_origin import is_raised_by_user, passed_through
from cryptoforecast.user_folders import expand_home

HEAD = 1 << 16  # bytes at the beginning by which a file is recognised
CONTROL_CHARACTERS = re.compile(r"[\0-\x08\x0e-\x1f\x7f]")  # in no text
ADVICE_TO_UNSET_ENCODING = "leave data.source.encoding out to have it found"
ADVICE_TO_SET_ENCODING = "set data.source.encoding, such as cp1252 or gb18030"


def find_files(path: str | list[str], folder: str | None) -> list[Path]:
    """Find the files that ``data.source.path`` names, in its order; those of a pattern are sorted by name.

    Raises:
        UserError: if there is no such file.
    """
    files: list[Path] = []
    for pattern in [path] if isinstance(path, str) else path:
        full_path = expand_home(Path(folder or ".", pattern))
        matches = [full_path] if full_path.is_file() else [Path(match) for match in sorted(glob.glob(str(full_path)))]
        if not matches:
            raise UserError(f"{full_path}: no such file; data.source.path names the file to read.")
        files += matches
    if not files:
        raise UserError("data.source.path is empty; name at least one file.")
    return files


def packing(file: Path) -> str:
    """The packing of a file by its first bytes: ``gzip``, ``zip``, ``Parquet`` …; empty if it is not packed."""
    with _with_file_errors(file), file.open("rb") as content:
        return kind_of_packing(content.read(8))


def encoding_of(file: Path, encoding: str | None = None, search_all: bool = False) -> str:
    """Python's name of the encoding of a file's text.

    Args:
        file: the file.
        encoding: as the user has set it, if so.
        search_all: whether to look for bytes that are not UTF-8 behind the beginning of the file. By default that is
            done while rows are counted; see :class:`~cryptoforecast.data.files.bytes.encodings.OddBytes`.

    Raises:
        UserError: if there is no such encoding, or no known one fits.
    """
    with _with_file_errors(file), _unpacked(file) as content:
        start = content.read(HEAD)
        refuse_other_files(file, start, packed=bool(packing(file)))
        marked = encodings.declared_encoding(start)
        if encoding is not None:
            codec = _as_set(file, encoding, marked)
            if codec == UTF_8 and not encodings.is_utf_8(start):
                raise UserError(f"{file}: not a text in UTF-8; {ADVICE_TO_UNSET_ENCODING}.")
            return codec
        if marked not in (None, UTF_8) or (encodings.is_utf_8(start) and not search_all):
            return marked or UTF_8
        content.seek(0)
        if marked and not all(map(encodings.is_utf_8, content)):
            raise UserError(f"{file}: its first bytes say UTF-8, and not all of it is; mend or download it again.")
        content.seek(0)
        found = None if CONTROL_CHARACTERS.search(start.decode("latin-1")) else encodings.detect_encoding(content)
    if found is None:
        raise UserError(
            f"{file}: not a text file in UTF-8 or in another encoding that is tried; if it is one, "
            "set data.source.encoding to its name, such as mac_roman or cp850."
        )
    return found


def _as_set(file: Path, encoding: str, marked: str | None) -> str:
    codec = encodings.codec_of(encoding)
    if codec is None:
        raise UserError(f"data.source.encoding is {encoding!r}, which is not an encoding such as cp1252 or gb18030.")
    if marked and not codec.startswith(marked[:6]):
        raise UserError(
            f"{file}: its first bytes say {marked.upper()}, data.source.encoding says {codec}; "
            f"{ADVICE_TO_UNSET_ENCODING}."
        )
    return marked if marked and "-" not in codec.removeprefix(marked[:6]) else codec


@contextmanager
def opened(file: Path, encoding: str | None = None) -> Iterator[BufferedIOBase]:
    """Open a file and give its text as bytes: unpacked, in UTF-8, with line feeds at the ends of lines.

    Args:
        file: the file.
        encoding: that of its text, if known.

    Raises:
        UserError: if it cannot be read, is damaged, or holds something else than one text.
    """
    settled = encoding_of(file, encoding)
    with _with_file_errors(file), _unpacked(file) as content:
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
    """Convert a JSON file to CSV; cached, as a file is opened several times while it is read."""
    with _unpacked(file) as content:
        text = io.BufferedReader(Recoded(content, encoding)).read().decode("utf-8-sig")
    return as_csv(file, text)


def holds_json(file: Path, encoding: str | None = None) -> bool:
    """Whether a file begins as JSON does."""
    with _with_file_errors(file), _unpacked(file) as content:
        return is_json(content.read(HEAD).decode(encoding or UTF_8, errors="ignore").lstrip("\ufeff"))


def is_plain(content: BufferedIOBase) -> bool:
    """Whether an opened text is the file itself, neither unpacked nor recoded."""
    return isinstance(getattr(content, "raw", None), io.FileIO)


def head_of(file: Path, encoding: str | None = None) -> list[str]:
    """The first lines of a file, as many as end within its first 64 KiB.

    Raises:
        UserError: if the file is empty, a web page, or not a text.
    """
    with opened(file, encoding) as content:
        start = content.read(HEAD + 1)
    if len(start) > HEAD and b"\n" in start:
        start = start[: start.rindex(b"\n") + 1]
    text = start.decode("utf-8-sig", errors="ignore")
    if not text.strip():
        raise UserError(f"{file}: the file is empty.")
    refuse_pages(file, text)
    if CONTROL_CHARACTERS.search(text):
        raise UserError(f"{file}: not a text file.")
    return io.StringIO(text, newline="").readlines()


@contextmanager
def _unpacked(file: Path) -> Iterator[BufferedIOBase]:
    with unpacked(file, packing(file)) as content:
        yield content


@contextmanager
def _with_file_errors(file: Path) -> Iterator[None]:
    """Turn errors of opening, unpacking and decoding a file into a ``UserError``; other exceptions pass unchanged."""
    try:
        yield
    except UserError:
        raise
    except DamagedText as found:
        cell = found.cell.strip().decode("ascii", errors="backslashreplace")[:40]
        raise UserError(
            f"{file}, line {found.line}: {cell!r} is not text in UTF-8, which the rest of the file may be; "
            f"mend it, or {ADVICE_TO_SET_ENCODING}."
        ) from None
    except WrongEncoding as found:
        raise UserError(
            f"{file}, line {found.line}: not a text in {found.encoding}; {ADVICE_TO_UNSET_ENCODING}."
        ) from None
    except Exception as problem:
        if isinstance(problem, ERRORS_OF_DAMAGE) or passed_through(problem, PYTHON_UNPACKERS):
            raise UserError(f"{file}: the packed file is damaged or cut off ({problem}).") from None
        if is_raised_by_user(problem) or not isinstance(problem, OSError):
            raise
        raise UserError(f"{file}: cannot be read ({problem.strerror or problem}).") from None
