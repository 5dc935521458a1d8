"""Packed files: the kind of packing, and the bytes of the table in a file."""

import bz2
import gzip
import importlib
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import Any, cast

from cryptoforecast.errors import UserError
from cryptoforecast.formatting import join_names

ZSTD = "zstd"
MAGIC = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"BZh": "bz2",
    b"\xfd7zXZ\x00": "xz",
    b"\x5d\x00\x00": "xz",  # the older format, .lzma
    b"\x28\xb5\x2f\xfd": ZSTD,
    b"PAR1": "Parquet",
    b"ARROW1": "Feather",
}
PACKINGS = ("gzip", "zip", "bz2", "xz", ZSTD)
COLUMNAR = ("Parquet", "Feather")
PYTHON_UNPACKERS = ("/gzip.py", "/bz2.py", "/lzma.py", "/_compression.py", "/compression/", "/zipfile.py", "/zipfile/")
ERRORS_OF_DAMAGE = (zlib.error, zipfile.BadZipFile, gzip.BadGzipFile, lzma.LZMAError)
TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".tab", ".dat", ".psv", "")
NAMES_OF_NO_TABLES = ("readme", "license", "licence", "changelog", "notice", "about", "checksum", "sha256", "md5")


def kind_of_packing(start: bytes) -> str:
    """The kind of packing by the first bytes: one of ``PACKINGS`` or ``COLUMNAR``; empty if there is none."""
    return next((name for magic, name in MAGIC.items() if start.startswith(magic)), "")


@contextmanager
def unpacked(file: Path, kind: str) -> Iterator[BufferedIOBase]:
    """Open a file and give its bytes unpacked.

    Args:
        file: the file.
        kind: its packing, as :func:`kind_of_packing` returns it.

    Raises:
        UserError: if the file has no table or several, or this Python cannot unpack it.
    """
    if kind == "zip":
        with zipfile.ZipFile(file) as archive, archive.open(only_table(file, archive)) as content:
            yield cast(BufferedIOBase, content)
        return
    with file.open("rb") as packed:
        if kind == "gzip":
            with gzip.open(packed) as content:
                yield cast(BufferedIOBase, content)
        elif kind == "bz2":
            with bz2.open(packed) as content:
                yield cast(BufferedIOBase, content)
        elif kind == "xz":
            with lzma.open(packed) as content:
                yield cast(BufferedIOBase, content)
        elif kind == ZSTD:
            with _zstd(file).open(packed) as content:
                yield content
        else:
            yield packed


def pack(content: bytes, kind: str, name: str = "table.csv") -> bytes:
    """Pack bytes as :func:`unpacked` unpacks them; ``name`` is that of the table in a zip."""
    if kind == "zip":
        with io.BytesIO() as packed:
            with zipfile.ZipFile(packed, "w") as archive:
                archive.writestr(name, content)
            return packed.getvalue()
    if kind == ZSTD:
        return bytes(_zstd(Path(name)).compress(content))
    packers = {"gzip": lambda: gzip.compress(content, 1), "bz2": lambda: bz2.compress(content, 1)}
    packers["xz"] = lambda: lzma.compress(content, preset=0)
    return packers[kind]() if kind in packers else content


def only_table(file: Path, archive: zipfile.ZipFile) -> str:
    """The name of the only table in an archive; other files such as a README are ignored.

    Raises:
        UserError: naming the content, if there is no table or several.
    """
    members = [info.filename for info in archive.infolist() if not info.is_dir()]
    _refuse_documents(file, members)
    members = [name for name in members if not name.startswith("__MACOSX/") and not _name(name).startswith(".")]
    tables = [name for name in members if Path(name).suffix.lower() in TABLE_SUFFIXES and not _is_beside(name)]
    tables = [name for name in tables if name.lower().endswith(".csv")] or tables or members
    if len(tables) != 1:
        holds = f"{len(tables)} tables ({join_names(tables)})" if tables else "no file"
        raise UserError(f"{file}: holds {holds}; unpack the one to read.")
    if archive.getinfo(tables[0]).flag_bits & 1:
        raise UserError(f"{file}: {tables[0]} is encrypted; unpack it with its password.")
    return tables[0]


def _name(member: str) -> str:
    return member.rsplit("/", 1)[-1]


def _is_beside(member: str) -> bool:
    return _name(member).lower().startswith(NAMES_OF_NO_TABLES)


def _refuse_documents(file: Path, members: list[str]) -> None:
    if any(name.startswith("xl/") for name in members):
        raise UserError(f"{file}: an Excel workbook; save the sheet as CSV.")
    if "content.xml" in members:
        raise UserError(f"{file}: an OpenDocument file; save the sheet as CSV.")
    if members and all(name.endswith(".npy") for name in members):
        raise UserError(
            f"{file}: arrays of NumPy ({join_names(members)}), which have no names of columns; save times and closes "
            "as CSV, with a first line that names them."
        )


def _zstd(file: Path) -> Any:
    try:
        return importlib.import_module("compression.zstd")
    except ImportError:
        raise UserError(f"{file}: packed with zstd, which Python unpacks from 3.14 on; unpack it: unzstd.") from None
