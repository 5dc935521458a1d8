"""What a user says of a price file: as an option of ``data`` and of ``fit``, in a YAML file, and in a checkpoint."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from cryptoforecast import CcxtSource
from tests.cli.helpers import QUICK
from tests.data.sources.exchange_server import HOURS, NOON, LocalExchange
from tests.helpers import Said, some

TypeIn = Callable[..., Said]
DAYS = pd.date_range("2024-01-01", periods=110)
CLOSES = [round(100.5 + 7 * np.sin(at / 5), 2) for at in range(110)]


class Knob(NamedTuple):
    """A setting without which a file is refused, or read otherwise."""

    name: str
    value: str
    content: bytes
    closes: list[float] = CLOSES
    days: pd.DatetimeIndex = DAYS


def _lines(header: str, row: str, days: pd.DatetimeIndex = DAYS, closes: list[float] = CLOSES) -> str:
    """A line for each day, with its time ``t``, its close ``c`` and the time a month later ``l``."""
    rows = [
        row.format(t=day, c=close, l=day + pd.Timedelta(at % 3 + 30, "D"))
        for at, (day, close) in enumerate(zip(days, closes, strict=True))
    ]
    return "\n".join([header, *rows] if header else rows) + "\n"


OPEN_DAYS = pd.bdate_range("2024-01-01", periods=110)
IN_THOUSANDTHS = [1.0 + at % 7 / 1000 + 0.001 for at in range(110)]
KNOBS = [
    Knob("decimal", ",", _lines("Date;Close", "{t:%Y-%m-%d};{c:.3f}", closes=IN_THOUSANDTHS).replace(".", ",").encode(),
        IN_THOUSANDTHS),
    Knob("date_column", "first", _lines("first,second,Close", "{t:%Y-%m-%d},{l:%Y-%m-%d},{c}").encode()),
    Knob("encoding", "mac_roman", _lines("Jour,Note,Clôture", "{t:%Y-%m-%d},détaillé,{c}").encode("mac_roman")),
    Knob("gaps", "sessions", _lines("Date,Close", "{t:%Y-%m-%d},{c}", days=OPEN_DAYS).encode(), days=OPEN_DAYS),
    Knob("column", "3", _lines("", "{t:%Y-%m-%d},{t.day}.5,{c}").encode()),
    Knob("date_format", "%d_%m_%Y", _lines("Date,Close", "{t:%d_%m_%Y},{c}").encode()),
    Knob("symbol", "ETH", _lines("Date,BTC_close,ETH_close", "{t:%Y-%m-%d},7.5,{c}").encode()),
]  # fmt: skip


def _yaml(knob: Knob) -> str:
    settings = {"path": "prices.csv", knob.name: knob.value}
    return yaml.safe_dump({"data": {"source": {"class_path": "CsvSource", "init_args": settings}}})


def _fit(type_in: TypeIn, folder: str, *words: str) -> Said:
    return type_in("fit", *QUICK, "--seed_everything=0", f"--trainer.default_root_dir={folder}", *words)


FEW = [knob for knob in KNOBS if knob.name in ("decimal", "encoding", "gaps", "symbol")]


@pytest.mark.parametrize("knob", some(FEW, many=KNOBS), ids=lambda knob: knob.name)
def test_a_setting_of_the_reader_works_in_each_verb_in_yaml_and_from_a_checkpoint(type_in: TypeIn, knob: Knob) -> None:
    Path("prices.csv").write_bytes(knob.content)
    Path("mine.yaml").write_text(_yaml(knob))
    first = type_in("data", "prices.csv", "--output", "without.csv")
    assert first.status == 1, first.out
    assert f"--{knob.name}" in first.err
    assert type_in("data", "prices.csv", f"--{knob.name}", knob.value, "--output", "out.csv").status == 0
    assert type_in("data", "--config", "mine.yaml", "--output", "again.csv").status == 0
    written = pd.read_csv("out.csv")
    assert written["close"].tolist() == pytest.approx(knob.closes, rel=1e-12)
    assert written["timestamp"].str[:10].tolist() == [f"{day:%Y-%m-%d}" for day in knob.days]
    assert Path("again.csv").read_bytes() == Path("out.csv").read_bytes()

    source = ("--data.source=CsvSource", "--data.source.path=prices.csv")
    refused = _fit(type_in, "no", *source)
    assert refused.status == 1
    assert f"data.source.{knob.name}" in refused.err
    fitted = _fit(type_in, "options", *source, f"--data.source.{knob.name}={knob.value}")
    assert fitted.status == 0, fitted.err
    by_file = _fit(type_in, "file", "--config=mine.yaml")
    assert by_file.status == 0, by_file.err
    (one,), (other,) = (list(Path(folder).rglob("best.ckpt")) for folder in ("options", "file"))
    weights = [torch.load(path, weights_only=True)["state_dict"] for path in (one, other)]
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())
    predicted = type_in("predict", "--ckpt_path", one, "--output", "next.csv")
    assert predicted.status == 0, predicted.err
    assert pd.read_csv("next.csv")["last"].tolist() == pytest.approx([knob.closes[-1]], rel=1e-6)


@pytest.mark.parametrize(("name", "number"), [("column", "3"), ("date_column", "1")])
def test_a_number_in_yaml_is_refused_with_the_quotes_to_write(type_in: TypeIn, name: str, number: str) -> None:
    Path("prices.csv").write_text(_lines("", "{t:%Y-%m-%d},{t.day}.5,{c}"))
    other = {"column": "date_column: '1'", "date_column": "column: '3'"}[name]
    for value, status in ((number, 1), (f"'{number}'", 0)):
        init = f"{{path: prices.csv, {other}, {name}: {value}}}"
        Path("mine.yaml").write_text(f"data: {{source: {{class_path: CsvSource, init_args: {init}}}}}\n")
        for said in (type_in("data", "--config", "mine.yaml"), _fit(type_in, "fit", "--config=mine.yaml")):
            assert (said.status > 0) == (status > 0), said.err
            if status:
                advised = f"{name} is {number}, where a text is wanted; write it in quotes, as '{number}'"
                assert advised in said.err


def _fingerprint(said: Said) -> str:
    assert said.status == 0, said.err
    return said.out.split("SHA-256")[1].split()[0]


@pytest.mark.parametrize(
    ("days", "gaps"),
    [
        (pd.date_range("2016-01-31", periods=60, freq="ME"), "error"),
        (pd.date_range("2016-01-01", periods=60, freq="MS"), "error"),
        (pd.date_range("2014-01-01", periods=20, freq="QS"), "error"),
        (pd.bdate_range("2022-01-03", periods=110).delete([10, 60]), "sessions"),
    ],
    ids=["ends of months", "months", "quarters", "sessions"],
)
def test_what_data_writes_of_a_calendar_is_read_again_to_the_same_closes(
    type_in: TypeIn, days: pd.DatetimeIndex, gaps: str
) -> None:
    Path("prices.csv").write_text(_lines("Date,Close", "{t:%Y-%m-%d},{c}", days, CLOSES[: len(days)]))
    first = type_in("data", "prices.csv", "--gaps", gaps, "--output", "out.csv")
    assert _fingerprint(first) == _fingerprint(type_in("data", "out.csv", "--gaps", gaps))


def test_sessions_in_a_configuration_are_reported(type_in: TypeIn) -> None:
    Path("prices.csv").write_text(_lines("Date,Close", "{t:%Y-%m-%d},{c}", OPEN_DAYS))
    Path("mine.yaml").write_text(_yaml(Knob("gaps", "sessions", b"")))
    assert "closes          110, 1 trading day apart" in type_in("data", "--config", "mine.yaml").out


def test_candles_in_a_configuration_are_reported(type_in: TypeIn, monkeypatch: pytest.MonkeyPatch) -> None:
    ccxt = pytest.importorskip("ccxt", reason="ccxt, of the extra exchange, is not installed")
    monkeypatch.setattr(ccxt.Exchange, "throttle", lambda *_: None)
    monkeypatch.setattr("cryptoforecast.data.sources.vendor.present", lambda: NOON)
    load = CcxtSource.load
    init = {"exchange": "bitstamp", "symbol": "BTC/USD", "timeframe": "1h", "start": "2024-03-01"}
    source = {"class_path": "CcxtSource", "init_args": init}
    Path("mine.yaml").write_text(yaml.safe_dump({"data": {"source": source}}))
    with LocalExchange({hour: 100.0 + at for at, hour in enumerate(HOURS)}) as exchange:
        monkeypatch.setattr(CcxtSource, "load", lambda self, columns=(): load(self.at(exchange.address), columns))
        for knob in ((), ("--gaps", "sessions")):
            said = type_in("data", "--config", "mine.yaml", *knob)
            assert said.status == 0, said.err
            assert "source          CcxtSource" in said.out
            assert "last close      231 at 2024-03-06 11:00" in said.out
        refused = type_in("data", "--config", "mine.yaml", "--decimal", ",")
    assert (refused.status, refused.err) == (2, "error: --decimal: CcxtSource has no such setting.\n")


def test_help_is_one_screen_and_has_each_setting_of_the_reader(
    type_in: TypeIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit):
        type_in("data", "--help")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 30
    assert all(sum(line.startswith(f"  --{knob.name} ") for line in lines) == 1 for knob in KNOBS)
