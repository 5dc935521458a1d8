"""The audit of a model with a distribution: its rung, its head, and the High and Low that the ladder reads."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import cryptoforecast
from cryptoforecast import LSTM, CloseDataModule, CloseSeries, CsvSource, Source, StudentT
from cryptoforecast.audit.garbage import factors
from cryptoforecast.audit.lookahead import STAGES, LookAhead, same
from cryptoforecast.audit.run import audit
from cryptoforecast.data.bars import Bars
from cryptoforecast.models.heads.base import Base
from cryptoforecast.models.ladder.ewma import EwmaRung
from cryptoforecast.models.ladder.ladder import LADDER, fit_ladder, follow_all
from cryptoforecast.models.ladder.rungs import RUNGS
from cryptoforecast.quantiles import LEVELS
from tests.helpers import Given, bars, random_walk, some, write_yahoo

LENGTHS = {"context_length": 8, "horizon": 2}
COUNT, BORDER = 300, 240


def model_on(rung: str = "Ewma", **options: object) -> LSTM:
    head = StudentT(relative_to=rung)  # type: ignore[arg-type]
    return LSTM(hidden_size=3, **{**LENGTHS, "head": head, **options})  # type: ignore[arg-type]


def data_of(columns: dict[str, list[float]], **settings: object) -> CloseDataModule:
    source = Given(columns["Close"], others=columns)
    borders = {"val_from": BORDER, "test_from": BORDER + 10}
    return CloseDataModule(source, **{**LENGTHS, **borders, **settings})  # type: ignore[arg-type]


def altered(columns: dict[str, list[float]], how: str) -> dict[str, list[float]]:
    """Bars whose last ones, from the first validation target on, are others."""
    arrays = {name: np.array(values) for name, values in columns.items()}
    if how == "cut":
        return {name: values[: BORDER + 20].tolist() for name, values in arrays.items()}
    for name, values in arrays.items():
        later = values[BORDER:]
        if how == "garbage" and name != "Volume":
            later *= factors(COUNT - BORDER)
        elif how == "mirrored":
            later[:] = later[::-1].copy()
        elif how == "High" == name:
            later *= np.linspace(1.5, 9.0, len(later))
        elif how == "Low" == name:
            later /= np.linspace(1.5, 9.0, len(later))
    return {name: values.tolist() for name, values in arrays.items()}


@pytest.mark.parametrize("name", LADDER)
@pytest.mark.parametrize("how", ["garbage", "mirrored", "cut", "High", "Low"])
def test_what_comes_after_training_changes_no_parameter_state_or_quantile_of_a_rung(name: str, how: str) -> None:
    columns = bars(COUNT)
    answers = []
    for given in (columns, altered(columns, how)):
        data = data_of(given)
        data.setup("fit")
        ladder = fit_ladder(data.bars(), data.horizon, [name])
        states = follow_all(ladder.rungs[name], data.bars())[:BORDER]
        answers.append((ladder.rungs[name].learned(), states, ladder.rungs[name].quantiles(states, LEVELS)))
    assert same(*answers)


@pytest.mark.parametrize("rung", some(["Garch", "none"], many=[*RUNGS, "none"]))
def test_a_head_passes_on_each_rung_with_all_that_is_beside_it(rung: str) -> None:
    checked = {stage.stage: stage for stage in audit(model_on(rung), data_of(bars(COUNT)), steps=2)}
    assert tuple(checked) == STAGES
    for name in LADDER:
        assert name in checked["scaling"].compared
    assert (f"{rung} below StudentT" in checked["scaling"].compared) == (rung != "none")


@pytest.mark.parametrize("name", RUNGS)
def test_a_rung_as_a_model_passes(name: str) -> None:
    model = getattr(cryptoforecast, name)(**LENGTHS)
    assert audit(model, data_of(bars(COUNT)), steps=2).is_blind


def test_several_coins_of_which_one_has_no_high_and_low_pass() -> None:
    columns = bars(COUNT)
    with_range = Given(columns["Close"], others=columns, symbol="A-USD")
    without = Given(random_walk(COUNT, seed=1), symbol="B-USD")
    result = audit(model_on(), CloseDataModule([with_range, without], **LENGTHS), steps=2)  # type: ignore[arg-type]
    assert result.is_blind
    assert "no forecast that was tried depends on more than the bars up to its origin" in result.sentence


class OneBarAhead(EwmaRung):
    """After each bar it knows the variance that the next bar leads to."""

    def follow(self, bars: Bars) -> np.ndarray:
        states = super().follow(bars)
        return np.concatenate([states[1:], states[-1:]])


class LastBarAsWell(EwmaRung):
    """After each bar it knows the last one there is."""

    def follow(self, bars: Bars) -> np.ndarray:
        states = super().follow(bars)
        return states * (1 + 1e-9 * bars.closes[-1])


@pytest.mark.parametrize(
    ("rung", "sentence"),
    [
        (
            OneBarAhead,
            "the state of Ewma below StudentT after the bar of 2020-08-27 differs when closes from 2020-08-28",
        ),
        (LastBarAsWell, "what Ewma below StudentT has learned differs when closes from 2020-08-28 on change"),
    ],
)
def test_a_rung_that_sees_bars_to_come_is_named(
    rung: type[EwmaRung], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RUNGS, "Ewma", rung)
    with pytest.raises(LookAhead, match=sentence) as found:
        audit(model_on(), data_of(bars(COUNT)), steps=2)
    assert found.value.stage == "scaling"


class FittedOnAll(Base):
    """A rung that is fitted on the test range too."""

    def fit(self, bars: Sequence[Bars], horizon: int) -> None:
        super().fit([series._replace(trained=np.ones_like(series.trained)) for series in bars], horizon)


class Eager(StudentT):
    def __init__(self) -> None:
        super().__init__()
        self.base = FittedOnAll("Ewma")


def test_a_head_that_is_fitted_on_the_test_range_is_named() -> None:
    sentence = "what Ewma below Eager has learned differs when closes from 2020-08-28 on change"
    with pytest.raises(LookAhead, match=sentence) as found:
        audit(model_on(head=Eager()), data_of(bars(COUNT)), steps=2)
    assert found.value.stage == "scaling"


class Shifty(StudentT):
    """A head whose distribution is wider the more windows are asked for at once."""

    def forward(self, numbers, freedom):  # type: ignore[no-untyped-def]
        return super().forward(numbers + 0.01 * len(numbers), freedom)


def test_a_head_that_looks_at_the_whole_batch_is_named() -> None:
    with pytest.raises(LookAhead, match="LSTM forecasts .* in batches of 1 from .*its own window only") as found:
        audit(model_on(head=Shifty()), data_of(bars(COUNT)), steps=2)
    assert found.value.stage == "forecast"


class NextCloseInHigh(Source):
    """The High of a bar is never below the next close."""

    def __init__(self, path: str) -> None:
        self.path = path

    def load(self, columns: Sequence[str] = ()) -> CloseSeries:
        series = CsvSource(self.path, symbol="COIN-USD").load(["High", "Low"])
        assert series.others is not None
        high = np.fmax(series.others["High"], series.closes.shift(-1))
        others = series.others.assign(High=high)[list(columns)]
        return series._replace(others=others if columns else None)


def test_a_source_whose_high_knows_the_next_close_is_named_also_where_the_model_sees_closes_alone(
    tmp_path: Path,
) -> None:
    path = str(write_yahoo(tmp_path / "COIN-USD.csv", random_walk(COUNT)))
    data = CloseDataModule(NextCloseInHigh(path), **LENGTHS)  # type: ignore[arg-type]
    with pytest.raises(LookAhead, match="NextCloseInHigh: the high of 2020-.* is .* or .*, by what the rows") as found:
        audit(model_on(), data, steps=2)
    assert found.value.stage == "source"
    assert audit(LSTM(hidden_size=3, **LENGTHS), data, steps=2).is_blind  # type: ignore[arg-type]  # it reads no High
