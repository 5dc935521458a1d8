"""Texts in any encoding: the same closes as in UTF-8, the encoding found out or told."""

import warnings
from pathlib import Path

import pytest

from cryptoforecast import CsvSource, DataNotice, UserError
from cryptoforecast.data.files.bytes import open_file
from cryptoforecast.data.series import fingerprint
from tests.data.sources.vendors import VENDORS, made_bars

BARS = made_bars()
NOTES = {  # a heading and a cell in the letters of an encoding
    "gb18030": ("涨跌额", "上证指数"),
    "big5": ("漲跌價", "臺灣指數"),
    "cp932": ("銘柄コード", "ビットコイン"),
    "cp949": ("거래량 변동", "비트코인"),
    "cp1251": ("Изменение", "Биткойн"),
    "cp1252": ("Variação", "dernière clôture"),
    "cp1252 ": ("P = avg – 1", "plain"),
    "latin-1": ("Größe", "jährlich"),
}


def text_with(heading: str, cell: str, mark: str = ",") -> str:
    rows = [f"{day:%Y-%m-%d}{mark}{cell}{mark}{close}" for day, close in BARS["Close"].items()]
    return "\n".join([f"Date{mark}{heading}{mark}Close", *rows, ""])


def load(path: Path, **knobs: str) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        return CsvSource(str(path), **knobs).load()  # type: ignore[arg-type]


def right(path: Path, **knobs: str) -> str:
    series = load(path, **knobs)
    assert series.provenance.sha256 == fingerprint(BARS["Close"])  # type: ignore[attr-defined]
    return series.cleaning_report.text  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", NOTES)
def test_an_encoding_is_found_out_and_reported(encoding: str, mark: str, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes(text_with(*NOTES[encoding], mark).encode(encoding.strip()))
    found = right(tmp_path / "f.csv")
    assert found.startswith({"latin-1": "CP1252"}.get(encoding, encoding.strip().upper()) + ", cells between ")
    assert right(tmp_path / "f.csv", encoding=encoding.strip()).endswith("a point before decimals")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_two_and_four_bytes_a_letter_are_told_with_and_without_a_mark(encoding: str, end: str, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes(VENDORS["ccxt"](BARS).replace("\n", end).encode(encoding))
    right(tmp_path / "f.csv")
    right(tmp_path / "f.csv", encoding=encoding)


@pytest.mark.parametrize("large", [False, True])
def test_an_odd_letter_far_down_is_found_too(large: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_file, "HEAD", 256)
    monkeypatch.setattr("cryptoforecast.data.files.rows.parsing.LARGE", 1 if large else 1 << 24)
    text = text_with("Note", "daily").rsplit("daily", 1)
    (tmp_path / "f.csv").write_bytes("clôturé".join(text).encode("cp1252"))
    assert right(tmp_path / "f.csv").startswith("CP1252")


@pytest.mark.parametrize("byte", [b"\x80", b"\xff", b"\xe9"])
@pytest.mark.parametrize("place", ["2023-08-11", f"{BARS['Close'].iloc[20]}"])
def test_an_odd_byte_in_a_number_or_a_date_is_damage_and_no_letter(byte: bytes, place: str, tmp_path: Path) -> None:
    text = text_with("Note", "daily").encode()
    (tmp_path / "f.csv").write_bytes(text.replace(place.encode(), byte + place.encode()[1:]))
    with pytest.raises(UserError, match=r"f.csv, line \d+: '.*' is not text in UTF-8.*set data.source.encoding"):
        load(tmp_path / "f.csv")


def test_utf_8_with_one_odd_line_is_damaged(tmp_path: Path) -> None:
    lines = text_with("涨跌额", "上证指数").encode().split(b"\n")
    lines[9] = lines[9].replace("上".encode(), b"\xe4\xb8", 1)
    (tmp_path / "f.csv").write_bytes(b"\n".join(lines))
    with pytest.raises(UserError, match=r"f.csv, line 10: .* is not text in UTF-8"):
        load(tmp_path / "f.csv")


@pytest.mark.parametrize("name", ["utf-9", "base64", "", "zlib"])
def test_an_encoding_that_is_none_is_refused_with_examples(name: str, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text(VENDORS["ccxt"](BARS))
    with pytest.raises(UserError, match=r"data.source.encoding .*cp1252"):
        load(tmp_path / "f.csv", encoding=name)


def test_an_encoding_that_does_not_fit_is_refused_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes(text_with("涨跌额", "daily").encode("gb18030"))
    with pytest.raises(UserError, match=r"f.csv, line 1: not a text in ascii; leave data.source.encoding out"):
        load(tmp_path / "f.csv", encoding="ascii")
    (tmp_path / "f.csv").write_bytes(text_with("涨跌额", "daily").encode("utf-16"))
    with pytest.raises(UserError, match=r"f.csv: its first bytes say UTF-16, data.source.encoding says cp1252; leave"):
        load(tmp_path / "f.csv", encoding="cp1252")


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_mark_of_utf_8_before_other_bytes_is_refused(quote: str, tmp_path: Path) -> None:
    text = text_with("Note", f"{quote}daily{quote}").encode("utf-8-sig")
    (tmp_path / "f.csv").write_bytes(text.replace(b"daily", b"da\xe9\xe9ly", 1))
    with pytest.raises(UserError, match="f.csv: its first bytes say UTF-8, and not all of it is"):
        load(tmp_path / "f.csv")


def test_utf_8_said_of_another_text_is_refused_with_the_knob(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes(text_with("Note", "日本語").encode("cp932"))
    with pytest.raises(UserError, match=r"not a text in UTF-8; leave data\.source\.encoding out"):
        CsvSource(str(tmp_path / "f.csv"), encoding="utf-8").load()
    right(tmp_path / "f.csv")
