"""Every road to the closes to come that passes through a file is seen, and the one who takes it is named."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from cryptoforecast import LSTM, CloseDataModule, CsvSource
from cryptoforecast.audit.lookahead import LookAhead
from cryptoforecast.audit.readers import doubts_of, require_unread
from cryptoforecast.audit.run import audit
from cryptoforecast.audit.traces import Traces
from cryptoforecast.data.load_series import load_one
from cryptoforecast.user_code.opened_files import Opened, record_opened_files, recording_paused
from tests.audit.roads import (
    FILE,
    OF_A_HELPER,
    OF_THE_SOURCE,
    AtOnce,
    InForward,
    ReadingScaling,
    write_helpers,
)
from tests.helpers import Given, Run, random_walk, write_yahoo

BORDER = pd.Timestamp("2020-08-01", tz="UTC")
LENGTHS = {"context_length": 8, "horizon": 2}


@pytest.fixture(autouse=True)
def closes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A working folder with a file of closes, and files that were made from it."""
    monkeypatch.chdir(tmp_path)
    closes = random_walk(300)
    write_yahoo(Path(FILE), closes)
    write_helpers()
    return closes


def doubts(opened: list[Opened], closes: list[float]) -> list[str]:
    series = Given(closes).load()
    return doubts_of(opened, [Path(FILE)], [series], [BORDER], LSTM(hidden_size=3, **LENGTHS))


@pytest.mark.parametrize("road", OF_THE_SOURCE)
def test_whoever_reads_a_sources_file_is_named_by_whatever_road(road: str) -> None:
    with record_opened_files() as opened:
        AtOnce(OF_THE_SOURCE[road], hidden_size=3, **LENGTHS)
    name = "read_text" if road == "thread" else "AtOnce"
    with pytest.raises(LookAhead, match=rf"{name if road != 'thread' else ''}.*COIN-USD.csv.* itself") as found:
        require_unread(opened, [Path(FILE)], "training")
    assert found.value.stage == "training"


@pytest.mark.parametrize("name", OF_A_HELPER)
def test_a_file_that_was_made_from_the_closes_is_named_whatever_its_format(name: str, closes: list[float]) -> None:
    with record_opened_files() as opened:
        AtOnce(OF_A_HELPER[name], hidden_size=3, **LENGTHS)
    require_unread(opened, [Path(FILE)], "training")
    with pytest.raises(LookAhead, match=rf"{name}, which holds closes from 2020-08-01 on"):
        doubts(opened, closes)


def test_a_file_that_holds_none_of_them_is_a_doubt_and_no_finding(closes: list[float]) -> None:
    with record_opened_files() as opened:
        AtOnce(lambda: Path("settings.json").read_text(), hidden_size=3, **LENGTHS)
        AtOnce(lambda: Path("made.txt").write_text("mine") and Path("made.txt").read_text(), hidden_size=3, **LENGTHS)
    assert doubts(opened, closes) == ["AtOnce reads settings.json"]


def test_a_checkpoint_of_ours_is_known_by_whatever_road_it_is_read(fitted: Run, closes: list[float]) -> None:
    with record_opened_files() as opened:
        AtOnce(lambda: torch.load(fitted.checkpoint, weights_only=True), hidden_size=3, **LENGTHS)
    with pytest.raises(LookAhead, match="best.ckpt, which was fitted on closes up to 2020-08-27"):
        doubts(opened, closes)
    series = Given(closes).load()
    late = [pd.Timestamp(day, tz="UTC") for day in ("2020-08-28", "2020-09-27")]
    assert doubts_of(opened, [Path(FILE)], [series], late, LSTM(hidden_size=3, **LENGTHS)) == []


def test_neither_a_source_that_is_loaded_nor_the_framework_itself_is_suspected(closes: list[float]) -> None:
    with record_opened_files() as opened:
        load_one(CsvSource(FILE), ["High"])
        with recording_paused():
            Path(FILE).read_text()
        LSTM(hidden_size=3, **LENGTHS)
    assert opened
    assert all(one.in_load for one in opened)
    require_unread(opened, [Path(FILE)], "forecast")
    assert doubts(opened, closes) == []


def test_closes_in_the_environment_are_found(closes: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HINT", ",".join(map(repr, closes[-40:])))
    with pytest.raises(LookAhead, match="the environment variable HINT holds closes from 2020-08-01 on"):
        doubts([], closes)


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_a_file_of_other_numbers_holds_no_closes(kind: type, closes: list[float]) -> None:
    traces, random = Traces([Given(closes).load()], BORDER), np.random.default_rng(0)
    Path("others").write_bytes(random.normal(30_000, 9_000, 1 << 19).astype(kind).tobytes())
    assert not traces.in_file("others")
    Path("before").write_bytes(np.array(closes[:200], dtype=kind).tobytes())
    assert not traces.in_file("before"), "closes before the border may be known"


@pytest.mark.parametrize(
    ("model", "stage"),
    [
        (lambda: InForward(hidden_size=3, **LENGTHS), "training"),
        (lambda: LSTM(hidden_size=3, scaling=ReadingScaling(), **LENGTHS), "scaling"),
    ],
)
def test_from_python_too_whoever_reads_is_named(model: Callable[[], LSTM], stage: str) -> None:
    data = CloseDataModule(CsvSource(FILE), **LENGTHS)  # type: ignore[arg-type]
    with pytest.raises(LookAhead, match="reads COIN-USD.csv itself") as found:
        list(audit(model(), data, steps=1))
    assert found.value.stage == stage
