"""The public names, used together as a newcomer in a notebook would use them."""

import ast
import inspect
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest

import cryptoforecast
from cryptoforecast import (
    CloseDataModule,
    Drift,
    Mean,
    RandomWalk,
    SimulatedSource,
    UserError,
    compare,
    forecast_rows,
    judge,
    next_closes,
    print_verdict,
    rows_beside_baselines,
)
from cryptoforecast.evaluation.forecasts import Split


@pytest.fixture
def data() -> CloseDataModule:
    return CloseDataModule(SimulatedSource(rows=300), context_length=20, horizon=2)


@pytest.fixture
def model() -> Drift:
    return Drift(context_length=20, horizon=2)


@pytest.mark.parametrize("name", cryptoforecast.__all__)
def test_every_name_has_an_example(name: str) -> None:
    if name != "Forecaster":  # its examples are LSTM and GRU
        assert ">>>" in (inspect.getdoc(getattr(cryptoforecast, name)) or "")


@pytest.mark.parametrize("split", ["val", "test"])
def test_rows_of_a_model_alone_are_judged_as_those_beside_the_baselines(
    data: CloseDataModule, model: Drift, split: str
) -> None:
    alone = judge(forecast_rows(model, data, split))  # type: ignore[arg-type]
    beside = judge(rows_beside_baselines(model, data, split), split, simulated=True)  # type: ignore[arg-type]
    assert alone.sentence == beside.sentence
    assert alone.split == split
    assert list(alone.by_series["SIMULATED"]) == ["Drift", "RandomWalk"]
    for name in ("Drift", "RandomWalk"):
        assert alone.scores[name] == pytest.approx(beside.scores[name])


def test_a_data_module_need_not_be_set_up(data: CloseDataModule, model: Drift) -> None:
    assert set(get_args(Split)) == {"train", "val", "test"}
    counts = {split: len(forecast_rows(model, data, split)) for split in get_args(Split)}
    assert counts == {name: 2 * len(members) for name, members in data.fold._asdict().items()}
    assert len(next_closes(model, data)) == 2


def test_names_of_any_type_are_judged(data: CloseDataModule, model: Drift, capsys: pytest.CaptureFixture[str]) -> None:
    rows = forecast_rows(model, data, "test")
    expected = judge(rows).scores["Drift"]
    for name, column in (("Drift", rows["model"].astype("category")), ("7", 7), ("True", True)):
        verdict = judge(rows.assign(model=column, series=rows["series"].astype("category")))
        assert verdict.scores[name] == pytest.approx(expected)
        print_verdict(verdict)
        assert name in capsys.readouterr().out


def test_models_are_compared_without_files(data: CloseDataModule, model: Drift) -> None:
    both = pd.concat([forecast_rows(one, data, "test") for one in (model, Mean(context_length=20, horizon=2))])
    comparison = compare(both, repetitions=100)
    assert set(comparison.pooled.standings) == {"Drift", "Mean", "RandomWalk"}


def test_what_cannot_be_judged_is_one_sentence(data: CloseDataModule, model: Drift) -> None:
    rows = forecast_rows(model, data, "test")
    other = forecast_rows(Mean(context_length=20, horizon=2), data, "val")
    walk = forecast_rows(RandomWalk(context_length=20, horizon=2), data, "test")
    for wrong, sentence in (
        (pd.concat([rows, rows]), "stands twice for Drift; give each model a name of its own"),
        (pd.concat([rows, other]), "targets have no forecast of each of Drift, Mean; models are judged on the same"),
        (pd.concat([rows, walk.iloc[4:]]), "4 of 58 targets have no forecast of each of Drift, RandomWalk"),
        (rows.assign(last=np.nan), "the last close is missing, of which the random walk is made"),
        (rows.drop(columns="actual"), "no column actual"),
        (rows.iloc[:0], "no forecast rows to judge"),
    ):
        for question in (judge, compare):
            with pytest.raises(UserError, match=sentence):
                question(wrong)  # type: ignore[operator]
    with pytest.raises(UserError, match="a table of forecast rows is wanted"):
        judge("forecasts.csv")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="split is 'train'; it is one of val, test"):
        judge(rows, "train")
    with pytest.raises(UserError, match="test is a set of a data module's windows"):
        forecast_rows(model, data.windows)


def test_scores_over_all_series_are_called_overall(data: CloseDataModule, model: Drift) -> None:
    verdict = judge(forecast_rows(model, data, "test"))
    with pytest.warns(DeprecationWarning, match="Verdict.overall"):
        assert verdict.all == verdict.overall


def test_the_former_name_of_a_function_warns_and_names_the_new_one() -> None:
    with pytest.warns(DeprecationWarning, match=r"cryptoforecast\.show is called cryptoforecast\.print_verdict now"):
        assert cryptoforecast.show is print_verdict
    assert "show" not in cryptoforecast.__all__


def test_the_names_that_type_checkers_see_are_those_that_can_be_imported() -> None:
    tree = ast.parse(Path(cryptoforecast.__file__).read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    assert {alias.asname: node.module for node in imports for alias in node.names} == cryptoforecast._HOMES
    assert cryptoforecast.__all__ == list(dict.fromkeys(cryptoforecast.__all__))
