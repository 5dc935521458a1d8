"""``compare``: many runs on the targets they have in common. It loads neither torch nor Lightning."""

import argparse
import json
import shlex
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from cryptoforecast.errors import DataNotice, UsageError, UserError
from cryptoforecast.formatting import join_names
from cryptoforecast.user_folders import expand_home

if TYPE_CHECKING:
    from rich.console import Console

    from cryptoforecast.evaluation.comparison.alignment import Aligned, Run
    from cryptoforecast.evaluation.comparison.board import Board, Comparison

FILES = "comparison.json and comparison.html"
DESCRIPTION = """Rank the forecasts of many runs, or of other tools, on the targets that all have in common, beside the
random walk; and say whether the best of all that were tried is better than luck."""


def run(args: Sequence[str]) -> None:
    """Carry out ``compare``.

    Raises:
        UserError: if there are no such runs, or they cannot be compared.
    """
    options = _parser().parse_args(list(args)[1:])
    folder = expand_home(options.output_dir)
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is no folder; --output_dir names one.")

    from cryptoforecast.evaluation.comparison.alignment import align
    from cryptoforecast.evaluation.comparison.board import compare

    runs = _read_runs(options.runs)
    paths = [one.path.resolve() for one in runs]
    if again := [one for at, one in enumerate(paths) if one in paths[:at]]:
        raise UsageError(f"{again[0]} is given twice.")
    aligned = align(runs)
    entries = _entries_near(runs)
    comparison = compare(
        aligned.rows,
        _tried(aligned, runs, entries),
        chosen_on=any(one.split == "val" for one in runs),
        simulated=any(one.simulated for one in runs),
        flattered_by=_seen(runs, aligned.labels, entries),
    )
    _show(comparison, aligned)
    _write(folder, comparison, aligned, runs, shlex.join(["python", "-m", "cryptoforecast", *args]))


def _read_runs(paths: Sequence[str]) -> list["Run"]:
    """The runs that have forecasts; those of many that have none, as a pattern may find them, are named and skipped."""
    from cryptoforecast.evaluation.comparison.alignment import FILE, NoForecasts, read_run

    runs, without = [], []
    for path in paths:
        try:
            runs.append(read_run(path))
        except NoForecasts:
            if len(paths) == 1:
                raise
            without.append(path)
    remedy = "test --ckpt_path writes one into a run folder."
    if not runs:
        raise UserError(f"none of these {len(paths)} folders holds {FILE}: {join_names(without)}; {remedy}")
    if without:
        notice = f"skipped, for they hold no {FILE}: {join_names(without)}; {remedy}"
        warnings.warn(notice, DataNotice, stacklevel=2)
    return runs


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see compare --help.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m cryptoforecast compare", description=DESCRIPTION, allow_abbrev=False)
    parser.add_argument(
        "runs", nargs="+", metavar="RUN", help="a run or backtest folder, or a file of forecast rows of any tool"
    )
    parser.add_argument("--output_dir", default="comparison", metavar="D", help=f"folder for {FILES}; ./%(default)s")
    return parser


def _entries_near(runs: Sequence["Run"]) -> list[dict[str, Any]]:
    """What stands in the ledgers near these runs."""
    from cryptoforecast.evaluation.ledger import ledgers_near, read_ledger

    return [entry for ledger in ledgers_near([run.path for run in runs]) for entry in read_ledger(ledger)]


def _seen(runs: Sequence["Run"], labels: Sequence[str], entries: Sequence[dict[str, Any]]) -> str:
    """Which run's model has been trained on its targets, in words; a file that was copied is known by its content."""
    noted = {entry["forecasts"]: entry.get("flattered_by", "") for entry in entries if entry.get("forecasts")}
    told = [(label, run.flattered_by or noted.get(run.sha256, "")) for label, run in zip(labels, runs, strict=True)]
    return "; and ".join(f"of {label}, {flattered_by}" for label, flattered_by in told if flattered_by)


def _tried(aligned: "Aligned", runs: Sequence["Run"], entries: Sequence[dict[str, Any]]) -> Any:
    """How many variants the ledgers near these runs know of, on these targets."""
    from cryptoforecast.evaluation.comparison.alignment import is_baseline
    from cryptoforecast.evaluation.tries import Given, count_tried

    extents = {str(series): (times.min(), times.max()) for series, times in aligned.rows.groupby("series")["timestamp"]}
    own = [sum(not is_baseline(model) for model in models) for models in aligned.of_run]
    given = [Given(one.sha256, str(one.path.resolve().parent), n) for one, n in zip(runs, own, strict=True)]
    return count_tried(entries, extents, given)


def _show(comparison: "Comparison", aligned: "Aligned") -> None:
    from rich.console import Console

    console = Console() if sys.stdout.isatty() else Console(width=100)
    common = comparison.pooled.targets
    print(f"{common:,} targets in common, {aligned.total - common:,} left out")
    for label, count in aligned.left_out.items():
        if count:
            print(f"  {label}: {count:,} of its own left out")
    print()
    for series, board in comparison.by_series.items():
        _print_board(f"{series}: {board.targets:,} targets", board, console)
    if len(comparison.by_series) > 1:
        _print_board("all series, each counting the same", comparison.pooled, console)
    print(comparison.sentence)


def _print_board(title: str, board: "Board", console: "Console") -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from cryptoforecast.evaluation.comparison.page import cells, say_spa

    table = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD)
    pooled = all(own["rmse"] is None for own in board.standings.values())
    heads = [*([] if pooled else ["RMSE", "MAE"]), "rel. RMSE", "rel. MAE", "DM p", "in MCS", "better"]
    table.add_column("model", overflow="fold")
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    for model, own in board.standings.items():
        table.add_row(Text(model), *cells(own)[-len(heads) :])
    console.print(table)
    if board.spa_p is not None:
        print(f"  {say_spa(board)}\n")


def _write(folder: Path, comparison: "Comparison", aligned: "Aligned", runs: Sequence["Run"], command: str) -> None:
    from cryptoforecast.atomic import write_atomically
    from cryptoforecast.evaluation.comparison.page import page

    content = json.dumps(_record(comparison, aligned, runs), indent=2, allow_nan=False) + "\n"
    report = page(comparison, aligned, runs, command)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "comparison.json", lambda file: file.write(content.encode()))
    write_atomically(folder / "comparison.html", lambda file: file.write(report.encode()))
    print(f"\nwrote {FILES} into {folder}")


def _record(comparison: "Comparison", aligned: "Aligned", runs: Sequence["Run"]) -> dict[str, Any]:
    from cryptoforecast.evaluation.comparison.superiority import CONFIDENCE, REPETITIONS
    from cryptoforecast.evaluation.significance import SIGNIFICANCE_LEVEL

    return {
        "winner": comparison.winner,
        "sentence": comparison.sentence,
        "claim": comparison.claim.to_record(),
        "targets": comparison.pooled.targets,
        "left_out": aligned.total - comparison.pooled.targets,
        "left_out_by_run": aligned.left_out,
        "tried": comparison.tried._asdict(),
        "runs": [
            {"label": label, "forecasts": str(run.path), "sha256": run.sha256, "split": run.split, "models": models}
            for run, label, models in zip(runs, aligned.labels, aligned.of_run, strict=True)
        ],
        "by_series": {series: _of_board(board) for series, board in comparison.by_series.items()},
        "pooled": _of_board(comparison.pooled),
        "settings": {"level": SIGNIFICANCE_LEVEL, "confidence": CONFIDENCE, "repetitions": REPETITIONS},
    }


def _of_board(board: "Board") -> dict[str, Any]:
    standings = {
        model: {name: None if value == float("inf") else value for name, value in own.items()}
        for model, own in board.standings.items()
    }
    return {**board._asdict(), "standings": standings}
