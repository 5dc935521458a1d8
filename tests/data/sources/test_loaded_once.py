"""Closes that are loaded once, and given to other processes."""

import pickle
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from cryptoforecast import CloseDataModule, CloseSeries, CsvSource, UserError
from cryptoforecast.data.sources.loaded_once import loaded_once
from cryptoforecast.data.sources.source import SourceUnavailable, load_one
from tests.helpers import Given, bars, not_none, random_walk, write_yahoo


class Counted(Given):
    """Closes that count how often they are loaded."""

    loads = 0

    def load(self, columns: Sequence[str] = ()) -> CloseSeries:
        type(self).loads += 1
        return super().load(columns)


class Unreachable(Given):
    """A source that is reached the second time."""

    tries = 0

    def load(self, columns: Sequence[str] = ()) -> CloseSeries:
        type(self).tries += 1
        if type(self).tries == 1:
            raise SourceUnavailable("nobody answers.")
        return super().load(columns)


class Nameless(Given):
    """A source that does not keep its argument."""

    def __init__(self, count: int) -> None:
        super().__init__(random_walk(count))


def test_a_source_is_loaded_once_for_the_same_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counted, "loads", 0)
    closes = random_walk(100)
    with loaded_once():
        for length in (5, 10):
            CloseDataModule(Counted(closes), context_length=length).setup("fit")
    assert Counted.loads == 1
    CloseDataModule(Counted(closes), context_length=5).setup("fit")
    assert Counted.loads == 2, "without the context, a source is asked each time"


def test_another_argument_or_column_makes_another_series() -> None:
    with loaded_once() as loaded:
        first, second = (load_one(Given(random_walk(50, seed)), ()) for seed in (0, 1))
        whole = bars(50)
        ranges = load_one(Given(whole["Close"], others=whole), ("High",))
    assert first.provenance.sha256 != second.provenance.sha256
    assert list(not_none(ranges.others)) == ["High"]
    assert len(loaded) == 3


def test_a_process_that_is_given_the_closes_reads_no_file_and_has_the_same_windows_and_bars(tmp_path: Path) -> None:
    file = write_yahoo(tmp_path / "COIN-USD.csv", random_walk(100))
    with loaded_once() as loaded:
        before = CloseDataModule(CsvSource(str(file)), context_length=5)
        before.setup("fit")
        before.bars()
    sent = pickle.dumps(loaded)
    file.unlink()
    with loaded_once(pickle.loads(sent)):
        after = CloseDataModule(CsvSource(str(file)), context_length=5)
        after.setup("fit")
        assert not_none(after.bars()[0].highs).tolist() == not_none(before.bars()[0].highs).tolist()
    assert after.record() == before.record()
    assert torch.equal(after.windows[after.fold.train].target, before.windows[before.fold.train].target)


def test_a_column_that_a_source_lacks_is_refused_again_without_asking_the_source(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Counted, "loads", 0)
    with loaded_once():
        for _ in range(2):
            with pytest.raises(UserError, match="gives closes only; leave Volume out"):
                load_one(Counted(random_walk(50)), ("Volume",))
    assert Counted.loads == 1


def test_closes_with_a_gap_are_refused_in_another_process_too() -> None:
    source = Given(random_walk(50), without=[20])
    with loaded_once() as loaded, pytest.raises(UserError, match="COIN-USD"):
        load_one(source, ())
    with loaded_once(pickle.loads(pickle.dumps(loaded))), pytest.raises(UserError, match="COIN-USD"):
        load_one(source, ())


def test_a_source_that_could_not_be_reached_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Unreachable, "tries", 0)
    source = Unreachable(random_walk(50))
    with loaded_once():
        with pytest.raises(SourceUnavailable):
            load_one(source, ())
        assert len(load_one(source, ()).closes) == 50


def test_a_source_that_does_not_keep_its_arguments_is_loaded_each_time() -> None:
    with loaded_once() as loaded:
        assert len(load_one(Nameless(50), ()).closes) == 50
    assert loaded == {}
