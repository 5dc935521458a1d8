"""Several runs on the targets that all have."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cryptoforecast import UserError
from cryptoforecast.evaluation.comparison.alignment import Aligned, align, read_run
from cryptoforecast.evaluation.rows import to_csv

CLOSES = [100.0, 101.0, 103.0, 102.0, 106.0, 105.0]


def rows(model: str, first: int = 1, until: int = 6, shift: float = 0.5, series: str = "COIN-USD") -> pd.DataFrame:
    """Forecasts of the closes from one day to another: the last close and a little more."""
    times = pd.date_range("2024-01-01", periods=len(CLOSES), tz="UTC")
    return pd.DataFrame(
        {"series": series, "model": model, "fold": 0, "origin": times[first - 1 : until - 1], "step": 1,
         "timestamp": times[first:until], "last": CLOSES[first - 1 : until - 1],
         "forecast": [close + shift for close in CLOSES[first - 1 : until - 1]], "actual": CLOSES[first:until]}
    )  # fmt: skip


def run_of(folder: Path, *models: pd.DataFrame, name: str = "forecasts.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    to_csv(pd.concat(models), folder / name)
    return folder / name


def aligned(*paths: Path) -> Aligned:
    return align([read_run(path) for path in paths])


def test_the_targets_that_all_have_are_kept_and_the_others_counted(tmp_path: Path) -> None:
    found = aligned(
        run_of(tmp_path / "a", rows("LSTM", 1, 5)),
        run_of(tmp_path / "b", rows("GRU", 3, 6), rows("RandomWalk", 3, 6, 0)),
    )
    assert found.rows.groupby("model", sort=False)["actual"].apply(list).to_dict() == {
        model: [102.0, 106.0] for model in ("LSTM", "GRU", "RandomWalk")
    }
    assert found.left_out == {"a": 2, "b": 1}
    assert found.total == 5


def test_the_random_walk_is_made_from_the_last_closes_and_stands_once(tmp_path: Path) -> None:
    with_walk = run_of(tmp_path / "a", rows("LSTM"), rows("RandomWalk", shift=0))
    for path in (with_walk, run_of(tmp_path / "b", rows("LSTM"))):
        walk = aligned(path).rows.query("model == 'RandomWalk'")
        assert walk["forecast"].tolist() == CLOSES[:-1]
    both = aligned(with_walk, run_of(tmp_path / "c", rows("GRU"), rows("RandomWalk", shift=0)))
    assert (both.rows["model"] == "RandomWalk").sum() == 5


def test_models_of_one_name_carry_their_runs_folders(tmp_path: Path) -> None:
    paths = [run_of(tmp_path / "runs" / name, rows("LSTM"), rows("Drift", shift=1)) for name in ("v0", "v1")]
    found = aligned(*paths, run_of(tmp_path / "runs" / "v2", rows("GRU"), rows("Drift", shift=2)))
    drifts = ["Drift (v0)", "Drift (v2)"]  # that of v1 is the first one's; of another length of context it is another
    assert found.rows["model"].unique().tolist() == ["LSTM (v0)", "LSTM (v1)", "GRU", "RandomWalk", *drifts]
    assert aligned(*paths).rows["model"].unique().tolist() == ["LSTM (v0)", "LSTM (v1)", "RandomWalk", "Drift"]
    assert found.of_run == [["LSTM (v0)", "Drift (v0)"], ["LSTM (v1)"], ["GRU", "Drift (v2)"]]


def test_closes_that_two_runs_disagree_about_are_an_error_with_both(tmp_path: Path) -> None:
    other = rows("GRU")
    other.loc[2, "actual"] = 102.5
    paths = run_of(tmp_path / "a", rows("LSTM")), run_of(tmp_path / "b", other)
    with pytest.raises(UserError, match=r"COIN-USD, 2024-01-04 .*: the actual close is 102 in .*a.*, and 102.5 in .*b"):
        aligned(*paths)
    rounded = rows("GRU").assign(actual=rows("GRU")["actual"] * (1 + 1e-8))  # another tool's single precision
    assert len(aligned(paths[0], run_of(tmp_path / "c", rounded)).rows) == 15


def test_a_random_walk_that_is_not_the_last_close_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"RandomWalk forecasts 100.1, and the last close is 100; give that model"):
        aligned(run_of(tmp_path, rows("LSTM"), rows("RandomWalk", shift=0.1)))


def test_last_closes_are_found_among_the_actuals_and_else_there_is_one_sentence(tmp_path: Path) -> None:
    columns = {"series": "unique_id", "timestamp": "ds", "origin": "cutoff", "actual": "y", "forecast": "NHITS"}
    wide = rows("NHITS").rename(columns=columns)[list(columns.values())]
    theirs = run_of(tmp_path, wide, name="nixtla.csv")
    walk = aligned(theirs).rows.query("model == 'RandomWalk'")
    assert walk["forecast"].tolist() == CLOSES[1:-1]  # nobody says what the close of the first origin was
    assert aligned(theirs).total == 5
    with_ours = aligned(theirs, run_of(tmp_path / "ours", rows("LSTM"))).rows
    assert with_ours.query("model == 'RandomWalk'")["forecast"].tolist() == CLOSES[:-1]
    with pytest.raises(UserError, match="no close at any origin is known"):
        aligned(run_of(tmp_path, wide.head(1), name="one.csv"))


def test_runs_without_a_common_target_or_a_model_are_told_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no target is common to all models: .* from 2024-01-02 to 2024-01-03, .*"):
        aligned(run_of(tmp_path / "a", rows("LSTM", 1, 3)), run_of(tmp_path / "b", rows("GRU", 4, 6)))
    with pytest.raises(UserError, match="holds no model beside the random walk"):
        aligned(run_of(tmp_path / "c", rows("RandomWalk", shift=0)))


def test_a_folder_is_asked_for_its_forecasts_and_says_whose_targets_they_are(tmp_path: Path) -> None:
    run_of(tmp_path, rows("LSTM"))
    (tmp_path / "scores.json").write_text(json.dumps({"split": "val", "verdict": "SIMULATED closes"}))
    run = read_run(tmp_path)
    assert (run.path, run.split, run.simulated) == (tmp_path / "forecasts.csv", "val", True)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"holds no forecasts.csv; test --ckpt_path writes one"):
        read_run(tmp_path / "empty")
    with pytest.raises(UserError, match="no such file or folder"):
        read_run(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("scores", "split"), [({"split": "val"}, "val"), ({"folds": []}, "test"), ({"model": "of another tool"}, None)]
)
def test_the_targets_of_a_backtest_are_test_targets(tmp_path: Path, scores: dict[str, Any], split: str | None) -> None:
    (tmp_path / "scores.json").write_text(json.dumps(scores))
    assert read_run(run_of(tmp_path, rows("Model"))).split == split


def thirty(folder: Path, **odd: object) -> list[Path]:
    paths = [run_of(folder / f"v{at}", rows("LSTM", shift=0.1 + at / 100)) for at in range(30)]
    made = rows("GRU", **{"first": 1, "until": 6, **{k: v for k, v in odd.items() if k != "actual"}})  # type: ignore[arg-type]
    run_of(folder / "v17", made.assign(actual=made["actual"] * odd.get("actual", 1.0)))
    return paths


@pytest.mark.parametrize(
    ("odd", "sentence"),
    [
        ({"series": "ETH-USD"}, "v17/forecasts.csv, which has ETH-USD step 1 from 2024-01-02 to 2024-01-06"),
        ({"first": 9, "until": 9}, "v17/forecasts.csv: holds no forecast rows"),
        ({"actual": 1.01}, "102.01 in .*v17/forecasts.csv, and 101 in most others.* Leave out .*v17/forecasts.csv"),
    ],
)
def test_the_odd_one_of_thirty_is_named_with_what_is_odd_about_it(
    tmp_path: Path, odd: dict[str, object], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence) as raised:
        aligned(*thirty(tmp_path, **odd))
    assert len(str(raised.value).replace(str(tmp_path), "")) < 300
    assert "v16" not in str(raised.value)


def test_runs_that_share_nothing_at_all_are_told_so_briefly(tmp_path: Path) -> None:
    paths = [run_of(tmp_path / f"v{at}", rows("LSTM", series=f"C{at}-USD")) for at in range(30)]
    with pytest.raises(UserError, match="no target is common to all models: .* has C0-USD .* and 28 more") as raised:
        aligned(*paths)
    assert len(str(raised.value).replace(str(tmp_path), "")) < 300
