"""``runs``: the ledger as a table, a row for each run and backtest. It loads neither torch nor Lightning."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.ledger import LEDGER, RUNS, read_ledger
from cryptoforecast.evaluation.ledger_filters import matches, parse_condition, require_known
from cryptoforecast.evaluation.ledger_settings import differing_settings, settings_of
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.user_folders import expand_home

VALIDATION = "validation.json"  # in a run folder: what its best checkpoint came to on the validation targets
DENSITY_COLUMNS = ("val_density_skill", "test_density_skill", "val_crps", "test_crps")  # where any run has them
COLUMNS = ("name", "kind", "model", "seed", "val_skill", "test_skill", *DENSITY_COLUMNS, "time", "folder")
SHORT_NAMES = {"val": "val_skill", "test": "test_skill", "skill": "val_skill", "density_skill": "val_density_skill",
               "crps": "val_crps"}  # fmt: skip
BEST_FIRST = ("val_skill", "test_skill", *DENSITY_COLUMNS[:2])  # sorted from the highest on; else from the lowest on
SCORES = ("skill", "density_skill", "crps")


class _Row(NamedTuple):
    """A line of the table: its cells by column, and its settings by name."""

    cells: dict[str, Any]
    settings: dict[str, Any]


def runs(
    folder: str | Path | None = None,
    *,
    model: str | None = None,
    name: str | None = None,
    where: str | Sequence[str] = (),
    sort: str = "time",
    reverse: bool = False,
) -> pd.DataFrame:
    """The ledger of all that was tried as a frame, a row for each run and for each backtest.

    Args:
        folder: the folder with the ledger, or the ledger itself; by default ``runs`` in the working folder.
        model: only runs of this class, such as ``LSTM`` or ``my_models.Net``.
        name: only runs whose name or folder is like this pattern, such as ``btc*``.
        where: only runs that meet a condition, or each of several, such as ``hidden_size>=32`` or ``optimizer=Adam``;
            a column of the frame or any setting, with ``=``, ``!=``, ``<``, ``<=``, ``>`` or ``>=``.
        sort: the column, or the setting, to sort by; ``skill`` is the skill on the validation targets, by which models
            are chosen, and so are ``density_skill`` and ``crps``. Skills stand from the highest on, all else from the
            lowest on.
        reverse: the other way round.

    Returns:
        The columns ``name``, ``kind`` (fit, backtest, or test where its fit is in no ledger), ``model``, ``seed``,
        ``val_skill`` and ``test_skill`` (NaN where there is none), where any run has a distribution
        ``val_density_skill``, ``test_density_skill``, ``val_crps`` and ``test_crps`` (in percent of log change),
        ``time`` (UTC) and ``folder``; then a column for each setting that differs among the rows.

    Raises:
        UserError: if there is no ledger, or no such column or setting.

    >>> runs("runs", model="LSTM", sort="skill")  # doctest: +SKIP
    """
    rows = _rows_of(ledger_in(folder))
    known = [*COLUMNS, *SHORT_NAMES, *dict.fromkeys(setting for row in rows for setting in row.settings)]
    conditions = [parse_condition(text) for text in ([where] if isinstance(where, str) else where)]
    for wanted in (sort, *(condition.name for condition in conditions)):
        require_known(wanted, known)
    kept = [
        row
        for row in rows
        if (model is None or row.cells["class_path"] == model or row.cells["model"] == model)
        and (name is None or matches(name, row.cells["name"], row.cells["folder"]))
        and all(condition.holds(_value(row, condition.name)) for condition in conditions)
    ]
    differing = differing_settings([row.settings for row in kept], [row.cells["class_path"] for row in kept])
    lines = [[row.cells[name] for name in COLUMNS] + [row.settings.get(name) for name in differing] for row in kept]
    frame = pd.DataFrame(lines, columns=[*COLUMNS, *differing], dtype="object").infer_objects()
    frame = frame.drop(columns=[name for name in DENSITY_COLUMNS if not frame[name].notna().any()])
    return _sorted(frame, [_value(row, sort) for row in kept], (SHORT_NAMES.get(sort, sort) in BEST_FIRST) != reverse)


def ledger_in(folder: str | Path | None = None) -> Path:
    """The ledger in a folder, by default in ``runs`` of the working folder.

    Raises:
        UserError: if there is none.
    """
    place = Path(RUNS) if folder is None else expand_home(str(folder))
    candidates = [place] if place.is_file() else [place / LEDGER, place / RUNS / LEDGER]
    ledger = next((file for file in candidates if file.is_file()), None)
    if ledger is None:
        raise UserError(f"{candidates[0]}: there is no ledger; fit begins one in the folder of its runs.")
    return ledger


def _rows_of(ledger: Path) -> list[_Row]:
    """The rows, oldest first: several fits in one folder are one run that was gone on with."""
    entries = sorted(read_ledger(ledger), key=lambda entry: str(entry.get("time", "")))
    of_runs: dict[str, dict[str, Any]] = {}
    tests: list[tuple[str, dict[str, Any]]] = []
    for number, entry in enumerate(entries):
        if entry["kind"] == "test":
            tests.append((_run_of_test(entry, of_runs) or f"test {number}", entry))
        else:
            of_runs[f"{entry['kind']} {entry.get('folder') or number}"] = entry
    tested: dict[str, dict[str, float]] = {}
    for key, entry in tests:
        of_runs.setdefault(key, entry)
        tested[key] = {score: _score_of(entry.get("scores"), score) for score in SCORES}
    return [_row(entry, tested.get(key)) for key, entry in of_runs.items()]


def _run_of_test(test: Mapping[str, Any], of_runs: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The run that a test is of: the one in its folder, else the newest fit of the same variant with the same seed."""
    if (in_folder := f"fit {test.get('folder')}") in of_runs:
        return in_folder
    alike = [
        key
        for key, run in of_runs.items()
        if run["kind"] == "fit" and (run["arguments"], run["seeds"]) == (test["arguments"], test["seeds"])
    ]
    return alike[-1] if alike else None


def _row(entry: Mapping[str, Any], tested: Mapping[str, float] | None) -> _Row:
    model, folder = entry["variant"].get("model"), entry.get("folder")
    class_path = str(model.get("class_path", "")) if isinstance(model, Mapping) else str(model or "")
    val, test = _scores_in(folder, entry["kind"])
    test = test if tested is None else tested
    seeds = [None if isinstance(seed, bool) or str(seed).startswith(("weights ", "unseeded ")) else seed
             for seed in entry["seeds"]]  # fmt: skip
    cells = {
        "name": _name_of(folder),
        "kind": entry["kind"],
        "model": class_path.rsplit(".", 1)[-1],
        "class_path": class_path,
        "seed": seeds[0] if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}",
        **{f"val_{score}": val[score] for score in SCORES},
        **{f"test_{score}": test[score] for score in SCORES},
        "time": pd.Timestamp(entry["time"]),
        "folder": None if folder is None else _as_seen_from_here(Path(folder)),
    }
    return _Row(cells, settings_of(entry["variant"]))


def _scores_in(folder: str | None, kind: str) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """The scores on the validation and on the test targets that the files of a folder tell; NaN where they do not."""
    none = dict.fromkeys(SCORES, float("nan"))
    if folder is None:
        return none, none
    if kind == "backtest":
        pooled = _read(Path(folder, "scores.json")).get("pooled") or {}
        return none, {score: _number((pooled.get(score) or {}).get("mean")) for score in SCORES}
    record = _read(Path(folder, VALIDATION))
    return {score: _score_of(record.get("all") or record.get("scores"), score) for score in SCORES}, none


def _score_of(scores: Any, name: str) -> float:
    """A score of the model that stands first; of several series the mean of theirs."""
    if not isinstance(scores, Mapping) or not scores:
        return float("nan")
    first = next(iter(scores.values()))
    if isinstance(first, Mapping) and RANDOM_WALK in first:  # by series
        found = [_score_of(of_series, name) for of_series in scores.values()]
        return float(sum(found) / len(found))
    return _number(first.get(name)) if isinstance(first, Mapping) else float("nan")


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _name_of(folder: str | None) -> str:
    """The name of a run's folder: of ``runs/btc/version_0`` it is ``btc``."""
    if folder is None:
        return ""
    path = Path(folder)
    return path.parent.name if path.name.startswith("version_") or path.name == "backtest" else path.name


def _as_seen_from_here(folder: Path) -> str:
    return str(folder.relative_to(Path.cwd())) if folder.is_relative_to(Path.cwd()) else str(folder)


def _value(row: _Row, name: str) -> Any:
    column = SHORT_NAMES.get(name, name)
    return row.cells[column] if column in COLUMNS else row.settings.get(name)


def _sorted(frame: pd.DataFrame, by: Sequence[Any], highest_first: bool) -> pd.DataFrame:
    """A frame in the order of some values; numbers before texts, and rows without a value last."""
    known = [at for at, value in enumerate(by) if value is not None and value == value]
    unknown = [at for at in range(len(by)) if at not in set(known)]
    known.sort(key=lambda at: _order(by[at]), reverse=highest_first)
    return frame.iloc[[*known, *unknown]].reset_index(drop=True)


def _order(value: Any) -> tuple[bool, Any]:
    if isinstance(value, pd.Timestamp):
        return False, value.timestamp()
    number = isinstance(value, int | float)
    return (not number, value if number else str(value))
