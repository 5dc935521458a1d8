"""The bytes of a price file: found, unpacked, and in one encoding."""

import glob
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import cast

from cryptoforecast.data.cache import expand_home
from cryptoforecast.errors import UserError
from cryptoforecast.user_code import is_of_user, went_through

GZIP, ZIP, PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"PAR1"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
UNPACKERS = ("/gzip.py", "/_compression.py", "/compression/", "/zipfile.py", "/zipfile/")  # Python's own
HEAD = 1 << 16  # bytes by which a file is recognised


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
    """How a file is packed, told by its first bytes: ``gzip``, ``zip``, ``Parquet`` or not at all."""
    with _complaining(file), file.open("rb") as content:
        start = content.read(4)
    known = {GZIP: "gzip", ZIP: "zip", PARQUET: "Parquet"}
    return next((name for magic, name in known.items() if start.startswith(magic)), "")


@contextmanager
def opened(file: Path, encoding: str | None = None) -> Iterator[BufferedIOBase]:
    """The file's text as bytes in UTF-8, unpacked, with line feeds at the ends of its lines.

    Args:
        file: the file.
        encoding: that of its text, where the user has said it.

    Raises:
        UserError: if it cannot be read, is damaged, or holds something else than one text.
    """
    with _complaining(file), _unpacked(file) as content:
        start = content.read(HEAD)
        content.seek(0)
        if start.startswith(UTF_16):
            yield io.BytesIO(content.read().decode("utf-16").encode())
        elif b"\r" in start and b"\n" not in start:
            yield io.BytesIO(content.read().replace(b"\r", b"\n"))
        else:
            yield content


def is_plain(content: BufferedIOBase) -> bool:
    """Whether an opened text is the file itself, byte for byte."""
    return isinstance(getattr(content, "raw", None), io.FileIO)


def head_of(file: Path, encoding: str | None = None) -> list[str]:
    """The first lines of a file, at most as many as fit in 64 KiB; a line that does not end there is left out."""
    with opened(file, encoding) as content:
        start = content.read(HEAD + 1)
    if len(start) > HEAD and b"\n" in start:
        start = start[: start.rindex(b"\n") + 1]
    try:
        text = start.decode("utf-8-sig", errors="strict" if len(start) <= HEAD else "ignore")
    except UnicodeDecodeError:
        raise UserError(f"{file}: not a text file in UTF-8.") from None
    if not text.strip():
        raise UserError(f"{file}: the file is empty.")
    if "\0" in text:
        raise UserError(f"{file}: not a text file.")
    return text.splitlines(keepends=True)


@contextmanager
def _unpacked(file: Path) -> Iterator[BufferedIOBase]:
    kind = packing(file)
    if kind == "gzip":
        with gzip.open(file) as content:
            yield content
    elif kind == "zip":
        with zipfile.ZipFile(file) as archive, archive.open(_only_member(file, archive)) as content:
            yield cast(BufferedIOBase, content)
    else:
        with file.open("rb") as content:
            yield content


def _only_member(file: Path, archive: zipfile.ZipFile) -> str:
    members = [info.filename for info in archive.infolist() if not info.is_dir()]
    members = [name for name in members if not name.startswith("__MACOSX/")]
    if any(name.startswith("xl/") for name in members):
        raise UserError(f"{file}: an Excel workbook; save the sheet as CSV.")
    if len(members) != 1:
        holds = f"{len(members)} files ({', '.join(members[:5])})" if members else "no file"
        raise UserError(f"{file}: holds {holds}; unpack the one to read.")
    return members[0]


@contextmanager
def _complaining(file: Path) -> Iterator[None]:
    """Word what opening, unpacking or reading a file meets; whatever else is raised meanwhile stays as it is."""
    try:
        yield
    except UserError:
        raise
    except Exception as problem:
        if isinstance(problem, zlib.error | zipfile.BadZipFile | gzip.BadGzipFile) or went_through(problem, UNPACKERS):
            raise UserError(f"{file}: the packed file is damaged or cut off ({problem}).") from None
        if is_of_user(problem) or not isinstance(problem, OSError | UnicodeDecodeError):
            raise
        if isinstance(problem, UnicodeDecodeError):
            raise UserError(f"{file}: not a text file in UTF-8.") from None
        raise UserError(f"{file}: cannot be read ({problem.strerror or problem}).") from None
