"""The audit from Python: data of one's own, sources without files, several coins; and what it leaves alone."""

import gzip
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
import torch

from cryptoforecast import LSTM, CloseDataModule, CloseSeries, CsvSource, DataNotice, FirstAvailable, Window
from cryptoforecast.audit.altered import AlteredSource
from cryptoforecast.audit.garbage import factors, garbled_cell, with_garbage
from cryptoforecast.audit.lookahead import STAGES, LookAhead, StageResult, same
from cryptoforecast.audit.run import audit
from cryptoforecast.data.sources import Source, SourceUnavailable
from tests.data.sources.vendors import VENDORS, made_bars, write_vendor
from tests.helpers import Given, bars, random_walk, write_yahoo

LENGTHS = {"context_length": 8, "horizon": 2}


def audited(data: CloseDataModule, **options: object) -> dict[str, StageResult]:
    model = LSTM(hidden_size=3, **LENGTHS, columns=data.columns)
    return {checked.stage: checked for checked in audit(model, data, steps=2, **options)}  # type: ignore[arg-type]


class Shifted(CloseDataModule):
    """Each target is the close one later than it should be."""

    by = 1

    def setup(self, stage: str) -> None:
        super().setup(stage)
        if stage == "fit":
            context, channels = self.context_length, self.windows.prices.shape[1]
            shape = (len(self.windows.prices) - self.windows.span + 1 - max(self.by, 0), self.horizon)
            self.windows._targets = self.windows.prices.as_strided(
                shape, (channels, channels), (context + self.by) * channels
            )
            self.fold = self.fold._replace(test=self.fold.test[:-1])


class ShiftedBack(Shifted):
    """Each target is the close one earlier: the model learns to say what it has just seen."""

    by = -1


class Smoothed(CloseDataModule):
    """Closes are smoothed over days to come, after they have been read as they should be."""

    def setup(self, stage: str) -> None:
        super().setup(stage)
        for at, one in enumerate(self._series):
            mean = one.closes.rolling(3, center=True, min_periods=1).mean()
            self._series[at] = one._replace(closes=mean)


class AllCloses(CloseDataModule):
    """A scaling is given all closes there are."""

    def train_closes(self) -> torch.Tensor:
        return self.windows.prices[:, 0]


class Leaning(CloseDataModule):
    """The order of training windows depends on the last close."""

    def train_dataloader(self):  # type: ignore[no-untyped-def]
        torch.manual_seed(int(self.windows.prices[-1, 0]))
        return super().train_dataloader()


@pytest.mark.parametrize(
    ("kind", "stage", "sentence"),
    [
        (Smoothed, "series", "the close of 2020-06-08 is"),
        (Shifted, "windows", "the target in training batch"),
        (ShiftedBack, "windows", "the target of step 1 of the window from .* is not the close of its time"),
        (Leaning, "windows", "the context in training batch 0 of epoch 0 differs when closes from 2020-"),
        (AllCloses, "scaling", "the closes that RelativeLog is fitted on differ when closes from 2020-06-09 on change"),
    ],
)
def test_data_of_ones_own_that_leak_are_named(kind: type[CloseDataModule], stage: str, sentence: str) -> None:
    with pytest.raises(LookAhead, match=sentence) as found:
        audited(kind(Given(random_walk(200)), **LENGTHS))  # type: ignore[arg-type]
    assert found.value.stage == stage


def test_of_a_source_without_files_the_series_is_altered_and_the_source_not_checked() -> None:
    checked = audited(CloseDataModule(Given(random_walk(200)), **LENGTHS))  # type: ignore[arg-type]
    assert tuple(checked) == STAGES
    assert checked["source"] == StageResult("source", "", "COIN-USD: Given reads no file")


def test_several_coins_with_gaps_and_columns_pass() -> None:
    columns = bars(200)
    early = Given(columns["Close"], others=columns, without=[60, 61, 150], gaps="split", symbol="EARLY-USD")
    late = Given(columns["Close"][40:], "2020-02-10", "LATE-USD", {k: v[40:] for k, v in columns.items()})
    settings = {"val_from": "2020-05-20", "test_from": "2020-06-20", "columns": ["Close", "High", "Volume"]}
    checked = audited(CloseDataModule([early, late], **LENGTHS, **settings))  # type: ignore[arg-type]
    assert tuple(checked) == STAGES


class Unreachable(Source):
    def load(self, columns: Sequence[str] = ()) -> CloseSeries:
        raise SourceUnavailable("Nobody answers.")


@pytest.mark.filterwarnings("ignore:Nobody answers")
def test_files_are_found_among_the_sources_of_a_source(tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(200))
    first = FirstAvailable([Unreachable(), CsvSource("*-USD.csv", folder=str(tmp_path))])
    checked = audited(CloseDataModule(first, **LENGTHS))  # type: ignore[arg-type]
    assert checked["source"].compared.startswith("200 closes of COIN-USD")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["COIN-USD.csv"]


def test_a_source_that_reads_elsewhere_is_not_said_to_be_checked(tmp_path: Path) -> None:
    class Elsewhere(Given):
        def __init__(self, closes: list[float], path: str) -> None:
            super().__init__(closes)
            self.path = path

    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(200))
    checked = audited(CloseDataModule(Elsewhere(random_walk(200), str(tmp_path / "COIN-USD.csv")), **LENGTHS))  # type: ignore[arg-type]
    assert checked["source"].unchecked == (
        "COIN-USD: garbage in COIN-USD.csv changes no close, so they come from elsewhere"
    )


def test_a_model_and_its_data_stay_as_they_are() -> None:
    data, model = CloseDataModule(Given(random_walk(200)), **LENGTHS), LSTM(hidden_size=3, **LENGTHS)  # type: ignore[arg-type]
    data.setup("fit")
    weights, prices, fold = (
        {name: value.clone() for name, value in model.state_dict().items()}, data.windows.prices.clone(), data.fold
    )  # fmt: skip
    generator, threads = torch.get_rng_state(), torch.get_num_threads()
    assert len(list(audit(model, data, steps=2))) == len(STAGES)
    assert same(weights, dict(model.state_dict()))
    assert same(prices, data.windows.prices)
    assert all(same(one, other) for one, other in zip(fold, data.fold, strict=True))
    assert same(generator, torch.get_rng_state())
    assert threads == torch.get_num_threads()


@pytest.mark.parametrize("packed", ["plain", "gzip", "zip"])
def test_a_file_with_garbage_is_the_same_before_its_border_and_nowhere_behind_it(packed: str, tmp_path: Path) -> None:
    path = write_yahoo(tmp_path / "COIN-USD.csv", random_walk(100))
    if packed == "gzip":
        path = tmp_path / "COIN-USD.csv.gz"
        path.write_bytes(gzip.compress((tmp_path / "COIN-USD.csv").read_bytes()))
    if packed == "zip":
        path = tmp_path / "COIN-USD.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(tmp_path / "COIN-USD.csv", "COIN-USD.csv")
    os.utime(path, (1.5e9, 1.5e9))
    source = CsvSource(str(path), symbol="COIN-USD")
    border = pd.Timestamp("2020-02-20", tz="UTC")
    known, other = (
        source.load(["High", "Low", "Volume"]), AlteredSource(source).load(border, ["High", "Low", "Volume"])
    )  # fmt: skip
    before = known.closes.index < border
    assert (known.closes[before] == other.closes[before]).all()
    assert (known.closes[~before] != other.closes[~before]).all()
    assert known.others is not None
    assert other.others is not None
    assert (known.others[before] == other.others[before]).all(axis=None)
    assert (known.others[~before] != other.others[~before]).all(axis=None)
    assert (other.others["High"] > other.others["Low"]).all()


def test_garbage_is_far_off_on_either_side_and_written_as_what_it_replaces() -> None:
    series = Given(random_walk(50)).load()
    other = with_garbage(series, series.closes.index[20])
    assert (other.closes[:20] == series.closes[:20]).all()
    ratio = other.closes[20:] / series.closes[20:]
    assert set((ratio > 1).tolist()) == {True, False}
    assert ((ratio > 2.7) | (ratio < 0.37)).all()
    assert (factors(9) == factors(20)[:9]).all()
    texts = ["1234", "0.00000012", "1,234.5", "$28", "1.5K", "+0.31%", "", "null", "BTC-USD", "0"]
    written = [garbled_cell(text, 0.1) for text in texts]
    assert written == ["123", "0.000000012", "7,918.2", "$95", "7.2K", "+0.17%", "", "null", "BTC-USD", "0"]


def test_bits_are_compared_and_not_numbers() -> None:
    nan, zero = torch.tensor([float("nan")]), torch.tensor(0.0)
    assert same({"a": [nan, 1.0]}, {"a": [nan.clone(), 1.0]})
    assert not same(zero, -zero)
    assert not same(zero, zero.double())
    assert not same(zero, torch.zeros(1))
    assert not same({"a": 1.0}, {"b": 1.0})
    assert same(Window(nan, nan, nan, nan), Window(nan, nan, nan, nan))


@pytest.mark.filterwarnings("ignore::cryptoforecast.DataNotice")
@pytest.mark.parametrize("vendor", VENDORS)
def test_garbage_reaches_every_close_behind_the_border_of_every_vendors_file(vendor: str, tmp_path: Path) -> None:
    source = CsvSource(write_vendor(tmp_path, vendor, made_bars()))
    known = source.load().closes
    border = known.index[25]
    other = AlteredSource(source).load(border, []).closes
    assert (known.index == other.index).all()
    assert (known[:25] == other[:25]).all()
    assert (known[25:] != other[25:]).all()


@pytest.mark.filterwarnings("ignore::cryptoforecast.DataNotice")
def test_a_row_stamped_late_in_a_bar_is_that_bars(tmp_path: Path) -> None:
    days = pd.date_range("2020-01-01", periods=60).strftime("%Y-%m-%d %H:%M:%S").tolist()
    days[30] = days[30].replace("00:00:00", "23:29:55")
    rows = [f"{day},{close}" for day, close in zip(days, random_walk(60), strict=True)]
    (tmp_path / "late.csv").write_text("\n".join(["date,close", *rows]) + "\n")
    source = CsvSource(str(tmp_path / "late.csv"))
    known, altered = source.load(), AlteredSource(source)
    assert altered.holes(known.closes.index, known.interval) == []
    other = altered.load(known.closes.index[31], [])
    assert (known.closes[:31] == other.closes[:31]).all()
    assert (known.closes[31:] != other.closes[31:]).all()


def test_closes_that_stand_in_no_file_are_found(tmp_path: Path) -> None:
    lines = write_yahoo(tmp_path / "gaps.csv", random_walk(60)).read_text().splitlines()
    lines[11:13] = []
    lines[28] = ",".join([lines[28].split(",")[0], *["null"] * 6])
    (tmp_path / "gaps.csv").write_text("\n".join(lines) + "\n")
    source = CsvSource(str(tmp_path / "gaps.csv"), gaps="ffill")
    with pytest.warns(DataNotice, match="filled"):
        known = source.load()
    holes = AlteredSource(source).holes(known.closes.index, known.interval)
    assert [f"{hole:%m-%d}" for hole in holes] == ["01-13", "01-31"]
