"""Metrics and baselines of the user's beside the framework's: in tables, records and comparisons."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cryptoforecast as cf
from tests.helpers import coins, walk_and_model

CODE = '''
import numpy as np
from cryptoforecast import Forecaster

def hits(rows):
    first = rows[rows.step == 1]
    return float((np.sign(first.forecast - first["last"]) == np.sign(first.actual - first["last"])).mean())

def broken(rows):
    return rows["no such column"].mean()

class Momentum(Forecaster):
    """The last change goes on."""

    def __init__(self, share: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        self.share = share

    def forecast(self, context):
        last, before = context[:, -1:, 0], context[:, -2:-1, 0]
        return (last + self.share * (last - before)).expand(-1, self.horizon)
'''


def hits(rows: pd.DataFrame) -> float:
    right = np.sign(rows["forecast"] - rows["last"]) == np.sign(rows["actual"] - rows["last"])
    return float(right.mean())


def test_a_metric_stands_among_the_scores_of_each_model_and_series() -> None:
    model, walk = coins(2, seed=0, knows=0.5)
    seen: list[tuple[str, str]] = []

    def share(rows: pd.DataFrame) -> float | None:
        ((series, name),) = set(zip(rows["series"], rows["model"], strict=True))
        seen.append((series, name))
        return None if name == "RandomWalk" else hits(rows)

    verdict = cf.judge(pd.concat([model, walk]), metrics=[share])
    names = [(series, name) for series in ("COIN0-USD", "COIN1-USD") for name in ("Model", "RandomWalk")]
    assert sorted(seen) == names
    expected = {str(series): hits(part) for series, part in model.groupby("series")}
    table = verdict.table().set_index(["model", "series"])["share"]
    assert table["Model"].to_dict() == expected
    assert table["RandomWalk"].isna().all()
    content = json.loads(verdict.to_json())
    assert content["by_series"]["COIN0-USD"]["Model"]["share"] == expected["COIN0-USD"]
    assert content["by_series"]["COIN0-USD"]["RandomWalk"]["share"] is None
    assert content["all"]["Model"]["share"] == pytest.approx(np.mean(list(expected.values())))
    assert list(content["judge"]["metrics"]) == ["share"]
    assert "mean share" in repr(verdict)
    assert re.search(r"skill +share +targets", repr(verdict))


@pytest.mark.parametrize(
    ("value", "shown"), [("abc", "'abc'"), (float("nan"), "nan"), (np.inf, "inf"), (True, "True"), ([1.0], r"\[1.0\]")]
)
def test_a_metric_that_gives_no_number_is_refused_in_a_sentence(value: Any, shown: str) -> None:
    def odd(rows: pd.DataFrame) -> Any:
        return value

    with pytest.raises(
        cf.UserError, match=rf"odd gave {shown} for Model on COIN-USD; a metric returns a finite number"
    ) as bad:
        cf.judge(pd.concat(walk_and_model(0, 1.0)), metrics=[odd])
    assert "\n" not in str(bad.value)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("no_such_module.hits", "judge.metrics: there is no module no_such_module"),
        ("math.pi", "judge.metrics: math.pi is no function"),
        (3, "judge.metrics: 3 is no function"),
        (lambda rows: 1.0, "no column can be called <lambda>"),
    ],
)
def test_what_is_no_metric_is_refused(given: Any, sentence: str) -> None:
    with pytest.raises(cf.UserError, match=sentence):
        cf.judge(pd.concat(walk_and_model(0, 1.0)), metrics=[given])


def test_a_metric_cannot_take_the_name_of_a_column() -> None:
    def rmse(rows: pd.DataFrame) -> float:
        return 1.0

    with pytest.raises(cf.UserError, match="no column can be called rmse; rename the function"):
        cf.judge(pd.concat(walk_and_model(0, 1.0)), metrics=[rmse])


def test_an_exception_of_a_metric_keeps_its_type_and_place() -> None:
    def broken(rows: pd.DataFrame) -> float:
        return rows["no such column"].mean()

    with pytest.raises(KeyError, match="no such column"):
        cf.judge(pd.concat(walk_and_model(0, 1.0)), metrics=[broken])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.fixture
def module(folder: Path, request: pytest.FixtureRequest) -> str:
    name = f"judged_{abs(hash(request.node.nodeid))}"
    (folder / f"{name}.py").write_text(CODE)
    return name


DATA = {"source": cf.SimulatedSource(rows=200), "context_length": 10}


def verdict_of(module: str, **options: Any) -> Any:
    return cf.test(model=cf.Drift, metrics=[f"{module}.hits"], **DATA, **options)


def test_a_baseline_of_the_users_stands_beside_the_model_everywhere(module: str, folder: Path) -> None:
    baseline = {"class_path": f"{module}.Momentum", "init_args": {"share": 0.5}}
    verdict = verdict_of(module, baselines=[baseline], output_dir="out")
    assert list(verdict.scores) == ["Drift", "RandomWalk", "Mean", "Momentum"]
    rows = verdict.rows[verdict.rows["model"] == "Momentum"]
    change = rows["last"] - rows["last"].shift()
    assert np.allclose((rows["forecast"] - rows["last"])[1:], 0.5 * change[1:])
    content = json.loads((folder / "out" / "scores.json").read_text())
    assert content["scores"]["Momentum"]["hits"] == verdict.scores["Momentum"]["hits"]
    record = content["judge"]
    assert record["baselines"]["Momentum"]["class_path"] == f"{module}.Momentum"
    assert record["metrics"]["hits"]["path"] == f"{module}.hits"
    hashes = [record[kind][name]["code"] for kind, name in (("metrics", "hits"), ("baselines", "Momentum"))]
    assert hashes[0] == hashes[1]
    assert list(hashes[0]) == [f"{module}.py"]
    assert (folder / "out" / "code" / f"{module}.py").read_text() == CODE


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("no_such_module.Momentum", "judge.baselines: there is no module no_such_module"),
        (
            cf.LSTM,
            "judge.baselines takes models that need no training, or have a fit.x, y.: LSTM has weights to be",
        ),
        ({"class_path": "Drift", "init_args": {"shares": 1}}, "judge.baselines: Drift has no option shares"),
        (pd.DataFrame, "is no class of a Forecaster"),
    ],
)
def test_what_is_no_baseline_is_refused(given: Any, sentence: str, folder: Path) -> None:
    with pytest.raises(cf.UserError, match=sentence):
        cf.test(model=cf.Mean, baselines=[given], **DATA)


def test_a_baseline_cannot_take_the_name_of_another_model(folder: Path) -> None:
    kind: Callable[..., Any] = type("Mean", (cf.Drift,), {"__module__": __name__})
    with pytest.raises(cf.UserError, match="has the name of another model"):
        cf.test(model=cf.Drift, baselines=[kind], **DATA)


def test_compare_computes_a_metric_anew_and_counts_no_baseline_of_the_users_as_a_variant(
    module: str, folder: Path
) -> None:
    for name, model in (("a", cf.Drift), ("b", cf.Mean)):
        cf.test(model=model, metrics=[f"{module}.hits"], baselines=[f"{module}.Momentum"], output_dir=name, **DATA)
    scores = json.loads((folder / "a" / "scores.json").read_text())["scores"]
    found = cf.compare("a", "b", repetitions=50)
    table = found.table().set_index("model")
    assert sorted(table.index) == ["Drift", "Mean", "Momentum (baseline)", "RandomWalk"]
    assert {name: table.loc[name, "hits"] for name in ("Drift", "RandomWalk")} == pytest.approx(
        {name: scores[name]["hits"] for name in ("Drift", "RandomWalk")}
    )
    assert table.loc["Momentum (baseline)", "hits"] == pytest.approx(scores["Momentum"]["hits"])
    assert found.claim.model != "Momentum (baseline)" or found.tried.variants == 0
    assert "hits" in repr(found)
    found.write("out")
    assert list(json.loads((folder / "out" / "comparison.json").read_text())["judge"]["metrics"]) == ["hits"]


def test_compare_tells_that_a_run_was_judged_by_other_code(module: str, folder: Path) -> None:
    cf.test(model=cf.Drift, metrics=[f"{module}.hits"], output_dir="a", **DATA)
    path = folder / "a" / "scores.json"
    content = json.loads(path.read_text())
    content["judge"]["metrics"]["hits"]["code"] = {f"{module}.py": "0" * 64}
    path.write_text(json.dumps(content))
    with pytest.warns(cf.DataNotice, match="its hits was computed by other code; here it is computed anew for all"):
        table = cf.compare("a", repetitions=50).table().set_index("model")
    assert table.loc["Drift", "hits"] == content["scores"]["Drift"]["hits"]
