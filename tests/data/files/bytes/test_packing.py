"""Packed files: the table in them, whatever is beside it."""

import bz2
import io
import lzma
import pickle
import sqlite3
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from cryptoforecast import CsvSource, DataNotice, UserError
from cryptoforecast.data.series import fingerprint
from tests.data.sources.vendors import VENDORS, made_bars

BARS = made_bars()
TEXT = VENDORS["ccxt"](BARS).encode()
BESIDE = {
    "README.txt": b"read me",
    "__MACOSX/._BTC.csv": b"\0\x05\x16\x07",
    ".DS_Store": b"\0\0\0\x01Bud1",
    "data/.hidden.csv": b"1",
}


def sha256(path: Path) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        return CsvSource(str(path)).load().provenance.sha256


def zipped(members: dict[str, bytes]) -> bytes:
    with io.BytesIO() as packed:
        with zipfile.ZipFile(packed, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return packed.getvalue()


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress, lambda text: lzma.compress(text, lzma.FORMAT_ALONE)])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_bz2_and_xz_are_unpacked(pack: object, encoding: str, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes(pack(TEXT.decode().encode(encoding)))  # type: ignore[operator]
    assert sha256(tmp_path / "f.csv") == fingerprint(BARS["Close"])
    (tmp_path / "f.csv").write_bytes((tmp_path / "f.csv").read_bytes()[:-30])
    with pytest.raises(UserError, match="the packed file is damaged or cut off"):
        sha256(tmp_path / "f.csv")


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python unpacks it")
def test_zstd_is_named(tmp_path: Path) -> None:
    (tmp_path / "f.csv.zst").write_bytes(b"\x28\xb5\x2f\xfd\x24\x00")
    with pytest.raises(UserError, match="packed with zstd, which Python unpacks from 3.14 on; unpack it: unzstd"):
        sha256(tmp_path / "f.csv.zst")


def test_the_one_table_of_a_zip_is_read_and_of_several_none(tmp_path: Path) -> None:
    path = tmp_path / "f.zip"
    path.write_bytes(zipped({**BESIDE, "data/BTC.csv": TEXT}))
    assert sha256(path) == fingerprint(BARS["Close"])
    path.write_bytes(zipped({"BTC.csv": TEXT, "ETH.csv": TEXT, **BESIDE}))
    with pytest.raises(UserError, match=r"holds 2 tables \(BTC.csv, ETH.csv\); unpack the one to read"):
        sha256(path)
    path.write_bytes(zipped({".DS_Store": b""}))
    with pytest.raises(UserError, match="holds no file"):
        sha256(path)


def other_files(folder: Path) -> dict[str, bytes]:
    database = sqlite3.connect(folder / "bars.db")
    database.execute("create table bars (time, close)")
    database.commit()
    arrays = io.BytesIO()
    np.savez(arrays, close=np.ones(3))
    array = io.BytesIO()
    np.save(array, np.ones(3))
    return {
        "pickle, which runs the code in it": pickle.dumps({"close": [1.0, 2.0]}),
        "pickle, which runs": pickle.dumps({"close": [1.0, 2.0]}, protocol=0),
        "an SQLite database": (folder / "bars.db").read_bytes(),
        "arrays of NumPy": arrays.getvalue(),
        "an array of NumPy": array.getvalue(),
        "an HDF5 file": b"\x89HDF\r\n\x1a\n" + bytes(64),
        "an Excel workbook; save the sheet as CSV": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64),
        "an Excel workbook": zipped({"xl/workbook.xml": b"", "docProps/app.xml": b""}),
        "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        "a page of the web, 'Just a moment', not the": b"<html><head><title> Just a\nmoment</title></head></html>",
        "an XML file": b'<?xml version="1.0"?>\n<rows><row/></rows>',
        "a tar archive": bytes(257) + b"ustar\x0000" + bytes(200),
        "packed twice": bz2.compress(bz2.compress(TEXT)),
        "the file is empty": b"",
        "not a text file": bytes(range(256)),
    }


def test_what_is_no_table_is_named(tmp_path: Path) -> None:
    for sentence, content in other_files(tmp_path).items():
        (tmp_path / "BTC.csv").write_bytes(content)
        with pytest.raises(UserError, match=r"BTC\.csv: ") as refused:
            sha256(tmp_path / "BTC.csv")
        assert sentence in str(refused.value)


def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> object:
            return (Path.touch, (tmp_path / "sprung",))

    (tmp_path / "f.pkl").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(UserError, match="never read here"):
        sha256(tmp_path / "f.pkl")
    assert not (tmp_path / "sprung").exists()
