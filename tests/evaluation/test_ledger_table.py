"""The ledger as a table."""

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cryptoforecast import UserError, runs
from cryptoforecast.cli.main import main
from cryptoforecast.evaluation.ledger import Kind, Targets, append_entry
from cryptoforecast.evaluation.ledger_table import VALIDATION

LEDGER = Path("runs", "ledger.jsonl")
TARGETS = [Targets("BTC-USD", "test", pd.Timestamp("2024-01-01"), pd.Timestamp("2024-03-01"), 60)]


def score(skill: float) -> dict[str, Any]:
    return {"LSTM": {"rmse": 1.0, "skill": skill}, "RandomWalk": {"rmse": 1.0, "skill": 0.0}}


def enter_run(number: int, kind: Kind = "fit", hidden_size: int = 8, seed: Any = 0, model: str = "LSTM",
              lr: float = 0.1, **more: Any) -> Path:  # fmt: skip
    """An entry of a run in a folder of its own."""
    folder = Path("runs", "btc", f"version_{number}")
    folder.mkdir(parents=True, exist_ok=True)
    optimizer = {"class_path": "torch.optim.Adam", "init_args": {"lr": lr}}
    variant = {
        "model": {"class_path": f"models.{model.lower()}.{model}", "init_args": {"hidden_size": hidden_size}},
        "data": {"horizon": 1, "series": ["BTC-USD"]},
        "training": {"max_epochs": 5, "optimizer": optimizer},
    }  # fmt: skip
    append_entry(LEDGER, kind, variant, TARGETS, **{"seeds": [seed], "folder": folder, **more})
    return folder


def test_a_run_has_a_row_with_what_differs_and_the_skill_of_its_files_and_of_its_test() -> None:
    first = enter_run(0)
    (first / VALIDATION).write_text(json.dumps({"split": "val", "scores": score(0.02)}))
    enter_run(1, hidden_size=16, seed=3)
    enter_run(0, kind="test", scores=score(-0.01))
    frame = runs()
    assert list(frame.columns) == [
        "name", "kind", "model", "seed", "val_skill", "test_skill", "time", "folder", "hidden_size"
    ]  # fmt: skip
    assert frame[["name", "kind", "model", "seed", "hidden_size", "folder"]].to_numpy().tolist() == [
        ["btc", "fit", "LSTM", 0, 8, "runs/btc/version_0"],
        ["btc", "fit", "LSTM", 3, 16, "runs/btc/version_1"],
    ]
    assert frame["val_skill"].tolist() == [0.02, pytest.approx(math.nan, nan_ok=True)]
    assert frame["test_skill"].tolist() == [-0.01, pytest.approx(math.nan, nan_ok=True)]


def test_a_fit_that_was_gone_on_with_is_one_run_and_a_test_elsewhere_is_of_its_fit() -> None:
    for _ in range(2):
        enter_run(0)
    enter_run(7, kind="test", scores=score(0.5))
    frame = runs()
    assert frame[["kind", "test_skill"]].to_numpy().tolist() == [["fit", 0.5]]
    enter_run(8, kind="test", hidden_size=99, scores=score(0.25))
    assert runs()["kind"].tolist() == ["fit", "test"], "its fit is in no ledger"


def test_the_skill_over_several_series_is_the_mean_of_theirs() -> None:
    folder = enter_run(0)
    enter_run(0, kind="test", scores={"BTC-USD": score(0.5), "ETH-USD": score(0.1)})
    (folder / VALIDATION).write_text(json.dumps({"all": score(0.75), "by_series": {}}))
    assert runs()[["val_skill", "test_skill"]].to_numpy().tolist() == [[0.75, pytest.approx(0.3)]]


def test_a_backtest_has_a_row_with_its_pooled_skill() -> None:
    folder = enter_run(0, kind="backtest", seeds=[0, 1, 2])
    (folder / "scores.json").write_text(json.dumps({"pooled": {"skill": {"mean": -0.125}}}))
    assert runs()[["kind", "seed", "test_skill"]].to_numpy().tolist() == [["backtest", "0 to 2", -0.125]]


def test_runs_are_filtered_and_sorted_by_columns_and_settings() -> None:
    for number, (hidden_size, model, val) in enumerate([(8, "LSTM", 0.1), (32, "GRU", 0.3), (16, "LSTM", 0.2)]):
        folder = enter_run(number, hidden_size=hidden_size, model=model, lr=10.0**-number)
        (folder / VALIDATION).write_text(json.dumps({"scores": score(val)}))

    def sizes(**options: Any) -> list[int]:
        return [runs(where="max_epochs=5", **options)["folder"].str[-1].astype(int).tolist()][0]

    assert sizes() == [0, 1, 2]
    assert sizes(sort="skill") == [1, 2, 0]
    assert sizes(sort="skill", reverse=True) == [0, 2, 1]
    assert sizes(sort="hidden_size") == [0, 2, 1]
    assert sizes(model="LSTM") == [0, 2]
    assert sizes(name="*version_1") == [1]
    for where, kept in {
        "hidden_size>=16": [1, 2],
        "hidden_size=8": [0],
        "optimizer.lr < 0.05": [2],
        "model!=GRU": [0, 2],
        "optimizer=Adam": [0, 1, 2],
        "val > 0.15": [1, 2],
        "time>2020-01-01": [0, 1, 2],
    }.items():
        assert runs(where=where)["folder"].str[-1].astype(int).tolist() == kept, where
    assert runs(where=["hidden_size>8", "model=LSTM"])["folder"].tolist() == ["runs/btc/version_2"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"folder": "nowhere"}, "nowhere/ledger.jsonl: there is no ledger; fit begins one in the folder of its runs."),
        ({"where": "hidden_sise=3"}, "no column or setting of a run is called hidden_sise; the nearest is hidden"),
        ({"sort": "lr"}, "no column or setting of a run is called lr"),
        ({"where": "hidden_size"}, "'hidden_size' is no condition such as hidden_size=32, lr<0.01 or model!=GRU."),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence(options: dict[str, Any], sentence: str) -> None:
    enter_run(0)
    with pytest.raises(UserError, match="^" + sentence.replace(".", r"\.")):
        runs(**options)


def test_a_setting_that_only_another_class_has_does_not_differ_and_the_table_fits_its_width(
    capsys: pytest.CaptureFixture[str],
) -> None:
    enter_run(0)
    append_entry(
        LEDGER,
        "fit",
        {"model": {"class_path": "my.Longer", "init_args": {"hidden_size": 16, "bidirectional_and_much_longer": True}}},
        TARGETS,
        folder=Path("runs", "a_name_that_does_not_fit_into_a_narrow_column", "version_0"),
    )
    assert "bidirectional_and_much_longer" not in runs().columns
    assert main(["runs"]) == 0
    printed = capsys.readouterr().out
    assert f"{pd.Timestamp.now(tz='UTC'):%Y-%m-%d}" in printed
    assert max(map(len, printed.splitlines())) <= 100


def density_score(skill: float, crps: float) -> dict[str, Any]:
    """As :func:`score`, of a model with a distribution."""
    both = score(0.0)
    return {"LSTM": {**both["LSTM"], "crps": crps, "density_skill": skill}, "RandomWalk": both["RandomWalk"]}


def test_runs_with_a_distribution_have_its_scores_and_no_run_has_them_where_none_does() -> None:
    first, second = enter_run(0), enter_run(1, hidden_size=16)
    (first / VALIDATION).write_text(json.dumps({"scores": score(0.1)}))
    assert not [name for name in runs() if "density" in name or "crps" in name]
    (second / VALIDATION).write_text(json.dumps({"scores": density_score(0.03, 1.9)}))
    enter_run(1, hidden_size=16, kind="test", scores={"A": density_score(0.04, 2.0), "B": density_score(0.02, 1.0)})
    names = ["val_density_skill", "test_density_skill", "val_crps", "test_crps"]
    assert runs()[names].to_numpy().tolist()[1] == [0.03, pytest.approx(0.03), 1.9, 1.5]
    assert runs()[names].iloc[0].isna().all()
    assert runs(sort="density_skill")["hidden_size"].tolist() == [16, 8]
    assert runs(where="val_crps<2")["folder"].tolist() == [second.as_posix()]


def test_runs_prints_the_density_skill_where_any_run_has_one(capsys: pytest.CaptureFixture[str]) -> None:
    (enter_run(0) / VALIDATION).write_text(json.dumps({"scores": score(0.1)}))
    main(["runs"])
    assert "density" not in capsys.readouterr().out
    (enter_run(1, hidden_size=16) / VALIDATION).write_text(json.dumps({"scores": density_score(0.0312, 1.9)}))
    main(["runs"])
    printed = capsys.readouterr().out
    assert printed.count("/ density") == 2
    assert "what differs" in printed
    assert "+0.0000 / +0.0312" in printed
    assert "+0.1000 / -" in printed
    assert max(map(len, printed.splitlines())) <= 100


def test_a_backtest_has_its_pooled_density_skill() -> None:
    folder = enter_run(0, kind="backtest", seeds=[0, 1])
    pooled = {"skill": {"mean": 0.0}, "density_skill": {"mean": 0.02}, "crps": {"mean": 1.9}}
    (folder / "scores.json").write_text(json.dumps({"pooled": pooled}))
    assert runs()[["test_density_skill", "test_crps"]].to_numpy().tolist() == [[0.02, 1.9]]
