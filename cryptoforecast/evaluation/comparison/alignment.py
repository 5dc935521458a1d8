"""The forecasts of several runs on the targets that all of them have."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.comparison.measures import is_baseline, with_baselines_named, with_label
from cryptoforecast.evaluation.comparison.odd_runs import ROUNDING, TARGET, nothing_in_common, require_equal
from cryptoforecast.evaluation.distribution.quantile_columns import QUANTILES, distribution_columns_in, has_distribution
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.quantity import common_quantity, note_quantity
from cryptoforecast.evaluation.rows import describe_target, read_rows
from cryptoforecast.evaluation.user_metrics import USERS
from cryptoforecast.user_folders import expand_home

FILE = "forecasts.csv"


class RunRows(NamedTuple):
    """One file of forecasts.

    ``split`` is ``val`` if the file's targets are those its models were chosen by, and ``simulated`` says that nobody
    ever traded at its prices; of another tool's file neither is known. ``sha256`` is the file's fingerprint.
    ``flattered_by`` says why its targets are no test of its model, if that has been trained on them.
    ``judged`` is the record of the user's metrics and baselines that stood beside the model.
    """

    path: Path
    rows: pd.DataFrame
    split: str | None
    simulated: bool
    sha256: str
    flattered_by: str = ""
    judged: Mapping[str, Any] = {}


class NoForecasts(UserError):
    """A run folder holds no forecasts (yet): nobody has tested it."""


class Aligned(NamedTuple):
    """Forecast rows of all models on the targets they have in common, the baselines last.

    ``labels`` names each run, ``of_run`` says which models came with it, ``left_out`` counts targets by run, and
    ``total`` those that any run has.
    """

    rows: pd.DataFrame
    labels: list[str]
    of_run: list[list[str]]
    left_out: dict[str, int]
    total: int


def read_run(given: str | Path) -> RunRows:
    """Read a run or backtest folder, or a file of forecast rows.

    Raises:
        UserError: if there is no such file, or it is not as it should be.
    """
    path = expand_home(given)
    if path.is_dir():
        if not (path / FILE).is_file():
            raise NoForecasts(f"{path}: holds no {FILE}; test --ckpt_path writes one into the run folder.")
        path = path / FILE
    if not path.is_file():
        raise UserError(f"{path}: no such file or folder.")
    rows = read_rows(path)
    scores = _scores_beside(path)
    simulated = _is_simulated(scores) or rows["series"].str.contains("SIMULATED").any()
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    judged = scores.get(USERS, {})
    rows = with_baselines_named(rows, judged)
    split = scores.get("split", "test" if "folds" in scores else None)  # a backtest's targets are test targets
    return RunRows(path, rows, split, bool(simulated), sha256, scores.get("flattered_by", ""), judged)


def align(runs: Sequence[RunRows]) -> Aligned:
    """Put the models of all runs side by side on the targets that all of them have.

    The random walk is made from the last closes, and stands once; its distribution is that of the first run that has
    one. Models of one name in several runs are told apart by their runs' folders; other baselines only where they
    forecast differently, those of equal forecasts under the first of their runs.

    Raises:
        UserError: if two runs hold different closes for one time, the random walk is not the last close, no last
            closes are known, or no target is common to all.
    """
    labels = labels_of([run.path for run in runs])
    rows = pd.concat([run.rows.assign(run=at) for at, run in enumerate(runs)], ignore_index=True)
    paths = [run.path for run in runs]
    require_equal(rows, "actual", ["series", "timestamp"], paths)
    require_equal(rows, "last", ["series", "origin"], paths)
    rows = rows.assign(last=_last_closes(rows))
    _require_persistence(rows, runs)
    if rows["last"].isna().all():
        raise UserError(
            f"{runs[0].path}: no close at any origin is known, so there is no random walk to compare with; "
            "add a column last, or a run that has one."
        )
    rows = _told_apart(rows, labels)
    targets = rows.drop_duplicates(TARGET)
    walk = _random_walk(rows, targets)
    models = rows[rows["model"] != RANDOM_WALK].dropna(subset="last")
    common = _common(models, runs)
    table = pd.concat([models, walk]).set_index(TARGET).sort_index()
    kept = table.loc[table.index.isin(common)].reset_index()
    kept = kept.assign(order=kept["model"].map(_order(models))).sort_values(["order", *TARGET], ignore_index=True)
    of_runs = [targets_of(run.rows) for run in runs]
    kept = kept.drop(columns=["run", "order"])
    note_quantity(kept, common_quantity([run.rows for run in runs], paths))
    return Aligned(
        rows=kept,
        labels=labels,
        of_run=[list(models.loc[models["run"] == at, "model"].unique()) for at in range(len(runs))],
        left_out={label: len(index.difference(common)) for label, index in zip(labels, of_runs, strict=True)},
        total=len(targets),
    )


def targets_of(rows: pd.DataFrame) -> pd.MultiIndex:
    """The targets that rows stand for, each once."""
    return pd.MultiIndex.from_frame(rows[TARGET].drop_duplicates())


def labels_of(paths: Sequence[Path]) -> list[str]:
    """Names for files: their folder's, with as many folders above as it takes to tell them apart.

    >>> labels_of([Path("runs/a/version_0/forecasts.csv"), Path("runs/b/version_0/forecasts.csv"), Path("nf.csv")])
    ['a/version_0', 'b/version_0', 'nf']
    """
    wholes = [path.resolve() for path in paths]
    parts = [(whole.parent if whole.name == FILE else whole.with_suffix("")).parts for whole in wholes]
    labels = []
    for names in parts:
        depths = range(1, len(names) + 1)
        depth = next(
            (n for n in depths if sum(candidate[-n:] == names[-n:] for candidate in parts) == 1),
            len(names),
        )
        labels.append("/".join(names[-depth:]))
    return labels


def _scores_beside(path: Path) -> dict[str, Any]:
    try:
        scores = json.loads((path.parent / "scores.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return scores if isinstance(scores, dict) and path.name == FILE else {}


def _is_simulated(scores: dict[str, Any]) -> bool:
    claim = scores.get("claim")
    if not isinstance(claim, dict):  # written before scores.json held a claim
        return "SIMULATED" in str(scores.get("verdict"))
    return bool(claim.get("simulated"))


def _last_closes(rows: pd.DataFrame) -> pd.Series:
    """The close at each row's origin, from any row that says it or has that time as its target."""
    known_closes = rows.dropna(subset="last").groupby(["series", "origin"])["last"].first()
    came = rows.groupby(["series", "timestamp"])["actual"].first().rename_axis(["series", "origin"])
    known = known_closes.combine_first(came)
    origins = pd.MultiIndex.from_frame(rows[["series", "origin"]])
    return pd.Series(known.reindex(origins).to_numpy(), index=rows.index)


def _require_persistence(rows: pd.DataFrame, runs: Sequence[RunRows]) -> None:
    walk = rows[rows["model"] == RANDOM_WALK]
    if (differs := (walk["forecast"] - walk["last"]).abs() > ROUNDING * walk["last"].abs()).any():
        row = walk[differs].iloc[0]
        raise UserError(
            f"{runs[row['run']].path}: {describe_target(row)}: RandomWalk forecasts {row['forecast']:.10g}, "
            f"and the last close is {row['last']:.10g}; give that model another name."
        )


def _random_walk(rows: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """The rows of the random walk on all targets, with the first distribution that there is of each."""
    walk, names = targets.assign(model=RANDOM_WALK, forecast=targets["last"]), distribution_columns_in(rows)
    if not names:
        return walk
    known = rows[(rows["model"] == RANDOM_WALK) & has_distribution(rows)].drop_duplicates(TARGET).set_index(TARGET)
    found = known[names].reindex(pd.MultiIndex.from_frame(walk[TARGET]))
    return walk.assign(**{name: found[name].to_numpy() for name in names})


def _told_apart(rows: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """The rows, in which a name that several runs have carries the run's label; equal baselines stand once."""
    for model, part in rows.groupby("model"):
        if model == RANDOM_WALK or part["run"].nunique() == 1:
            continue
        baseline = is_baseline(str(model))
        first = _first_equal_runs(part) if baseline else {at: at for at in part["run"].unique()}
        runs = part["run"].map(first)
        if len(set(first.values())) > 1:
            rows.loc[part.index, "model"] = [with_label(str(model), labels[at]) for at in runs]
        if baseline:
            rows = rows.drop(part.index[part.assign(run=runs).duplicated(["run", *TARGET])])
    return rows


def _first_equal_runs(rows: pd.DataFrame) -> dict[int, int]:
    """For each run, the first one whose forecasts differ from its own at none of the targets that both have."""
    by_run, first = dict(list(rows.groupby("run"))), dict[int, int]()
    for run, part in by_run.items():
        kept = [earlier for earlier in by_run if first.get(earlier) == earlier]
        equal = (earlier for earlier in kept if not _differ(pd.concat([by_run[earlier], part])))
        first[run] = next(equal, run)
    return first


def _differ(rows: pd.DataFrame) -> bool:
    numbers = rows[["forecast", *(QUANTILES if has_distribution(rows).any() else [])]]
    first = numbers.groupby([rows[name] for name in TARGET]).transform("first")
    return bool(((numbers - first).abs() > ROUNDING * first.abs()).any(axis=None))


def _common(models: pd.DataFrame, runs: Sequence[RunRows]) -> pd.MultiIndex:
    if models.empty:
        raise UserError(f"{runs[0].path}: holds no model beside the random walk; there is nothing to compare.")
    counts = models.groupby(TARGET)["model"].nunique()
    common = counts.index[counts == models["model"].nunique()]
    if not len(common):
        raise nothing_in_common([run.rows for run in runs], [run.path for run in runs])
    return pd.MultiIndex(levels=common.levels, codes=common.codes, names=TARGET)


def _order(models: pd.DataFrame) -> dict[str, int]:
    names = list(models["model"].unique())
    variants, baselines = ([name for name in names if is_baseline(name) == free] for free in (False, True))
    return {name: at for at, name in enumerate([*variants, RANDOM_WALK, *baselines])}
