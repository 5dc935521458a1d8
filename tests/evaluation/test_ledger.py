"""The ledger of all that was tried."""

import json
import multiprocessing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cryptoforecast import DataNotice
from cryptoforecast.evaluation.ledger import Targets, append_entry, ledgers_near, read_ledger
from cryptoforecast.evaluation.tries import Given, Tried, count_tried

FIRST, LAST = pd.Timestamp("2024-01-01", tz="UTC"), pd.Timestamp("2024-03-31", tz="UTC")
EXTENTS = {"COIN-USD": (FIRST, LAST)}


def targets(series: str = "COIN-USD", first: pd.Timestamp = FIRST, last: pd.Timestamp = LAST) -> list[Targets]:
    return [Targets(series, "test", first, last, 91)]


def entered(ledger: Path, hidden_size: int = 8, seed: int = 0, kind: Any = "fit", **others: Any) -> None:
    of = others.pop("targets", targets())
    append_entry(ledger, kind, {"model": "LSTM", "hidden_size": hidden_size}, of, seeds=[seed], **others)


def tried(ledger: Path, *given: Given) -> Tried:
    return count_tried(read_ledger(ledger), EXTENTS, given)


def test_an_entry_says_what_was_tried_on_which_closes(tmp_path: Path) -> None:
    ledger = tmp_path / "runs" / "ledger.jsonl"
    known = {"fingerprints": {"COIN-USD": "ab"}, "scores": {"rmse": 1.0}}
    entered(ledger, folder=tmp_path, forecasts="cd", **known)
    (entry,) = read_ledger(ledger)
    assert (entry["kind"], entry["seeds"], entry["folder"]) == ("fit", [0], str(tmp_path))
    assert entry["variant"] == {"model": "LSTM", "hidden_size": 8}
    assert entry["targets"] == [
        {"series": "COIN-USD", "split": "test", "first": FIRST.isoformat(), "last": LAST.isoformat(), "count": 91}
    ]
    assert entry["fingerprints"] == {"COIN-USD": "ab"}
    assert (entry["forecasts"], len(entry["arguments"])) == ("cd", 64)
    assert {"time", "cryptoforecast", "scores"} <= set(entry)


def test_a_variant_is_counted_once_however_often_it_was_fitted_and_tested(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    for hidden_size, seed, kind in ((8, 0, "fit"), (8, 0, "test"), (8, 1, "fit"), (16, 0, "fit"), (16, 0, "backtest")):
        entered(ledger, hidden_size, seed, kind)
    assert tried(ledger) == Tried(variants=2, fits=3)
    assert tried(ledger).in_words == "2 variants (3 with their seeds)"


def test_what_was_tried_on_other_closes_or_other_days_does_not_count(tmp_path: Path) -> None:
    ledger, day = tmp_path / "ledger.jsonl", pd.Timedelta("1D")
    entered(ledger, 1, targets=targets("OTHER-USD"))
    entered(ledger, 2, targets=targets(first=LAST + day, last=LAST + 9 * day))
    entered(ledger, 3, targets=targets(first=FIRST - 9 * day, last=FIRST - day))
    assert tried(ledger) == Tried(0, 0)
    entered(ledger, 4, targets=targets(first=FIRST - 9 * day, last=FIRST))
    assert tried(ledger) == Tried(1, 1)


def test_forecasts_that_the_ledger_has_not_seen_count_beside_those_it_has(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    entered(ledger, folder=tmp_path / "version_0")
    here, copied = Given("ab", str(tmp_path / "version_0"), 1), Given("cd", str(tmp_path / "elsewhere"), 2)
    assert tried(ledger, here) == Tried(1, 1)
    assert tried(ledger, here, copied) == Tried(3, 3)
    assert tried(tmp_path / "none.jsonl", copied) == Tried(2, 2)


def test_a_torn_line_is_left_out_with_a_notice_and_the_next_one_is_whole(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    entered(ledger, 1)
    ledger.write_bytes(ledger.read_bytes() + b'{"time":"2024-01-01T00:00')
    entered(ledger, 2)
    with pytest.warns(DataNotice, match=r"ledger.jsonl: line 2 is no entry"):
        assert [entry["variant"]["hidden_size"] for entry in read_ledger(ledger)] == [1, 2]


def enter_many(ledger: str, number: int) -> None:
    for at in range(10):
        entered(Path(ledger), hidden_size=100 * number + at, scores={"padding": "x" * 5000 * (number % 2)})


def test_ten_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    ledger, spawn = tmp_path / "runs" / "ledger.jsonl", multiprocessing.get_context("fork")
    processes = [spawn.Process(target=enter_many, args=(str(ledger), number)) for number in range(10)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert {line["variant"]["hidden_size"] for line in lines} == {100 * n + at for n in range(10) for at in range(10)}
    assert len(lines) == 100


def test_ledgers_are_found_above_a_run_and_beside_its_folder(tmp_path: Path) -> None:
    ledger = tmp_path / "runs" / "ledger.jsonl"
    entered(ledger)
    for file in (tmp_path / "runs" / "btc" / "version_0" / "forecasts.csv", tmp_path / "out" / "forecasts.csv"):
        assert ledger in ledgers_near([file])
