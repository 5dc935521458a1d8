"""``backtest``: walk forward through the closes, fitting from scratch on every fold and with every seed."""

import argparse
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd
import yaml
from rich.console import Console

from cryptoforecast.atomic import write_atomically
from cryptoforecast.backtest.fold_fit import Fit
from cryptoforecast.backtest.folds import FoldDates, closes_of_fold, cut_backtest
from cryptoforecast.backtest.record import begin_or_go_on, record_of
from cryptoforecast.backtest.scores import BacktestVerdict, join_rows, judge_backtest, skill_of
from cryptoforecast.backtest.table import show_backtest
from cryptoforecast.backtest.workers import UNFINISHED, carry_out, gpus_seen, rows_of
from cryptoforecast.data.series import CloseSeries, fingerprint
from cryptoforecast.data.times import say_time
from cryptoforecast.errors import UsageError, UserError
from cryptoforecast.evaluation.forecasts import to_csv
from cryptoforecast.evaluation.notices import warn_of_seen_targets
from cryptoforecast.evaluation.rows import read_written_rows
from cryptoforecast.formatting import format_number
from cryptoforecast.locks import alone_in
from cryptoforecast.training.commands import ForecastCLI
from cryptoforecast.training.commands import run as run_command
from cryptoforecast.training.ledger_entries import enter_backtest, place_of_backtest
from cryptoforecast.training.preflight import check_before_fit
from cryptoforecast.training.progress import describe_data
from cryptoforecast.training.settings.parser import to_yaml
from cryptoforecast.user_code.source_files import source_code_of
from cryptoforecast.user_folders import expand_home

DESCRIPTION = """Walk forward: cut the closes from data.test_from on into consecutive test parts, and for each of them
fit the model from scratch on the closes before it. All options of fit are options of backtest too. Run again after an
interruption, it keeps the fits that are finished, and goes on with the others."""


class BacktestCLI(ForecastCLI):
    """``fit``'s command line, of which everything is made and tried, and nothing is trained."""

    def _surroundings(self) -> dict[str, Any]:
        return {**super()._surroundings(), "logger": False}

    def before_fit(self) -> None:
        """See that all is in order before a folder is made."""
        if self.option("ckpt_path") is not None:
            raise UsageError("backtest takes no --ckpt_path: each fold is fitted from scratch.")
        self.datamodule.setup("fit")
        self.datamodule.setup("test")
        check_before_fit(self.model, self.datamodule, self.trainer)

    def fit(self, *_: Any, **__: Any) -> None:
        """Nothing: each fold is fitted by a process of its own."""

    def after_fit(self) -> None:
        """Nothing."""

    def settings(self) -> dict[str, Any]:
        """All options of ``fit``, as a file could hold them."""
        assert self.subcommand is not None
        parser = self.verb_parsers[self.subcommand]
        settings: dict[str, Any] = yaml.safe_load(to_yaml(parser, self.config[self.subcommand]))
        return settings

    def seed(self) -> int:
        """The first seed."""
        seed = self.option("seed_everything")
        return 0 if isinstance(seed, bool) or seed is None else int(seed)

    def folder(self) -> Path:
        """Where a backtest goes if nobody says where: beside the runs."""
        logger = self.settings()["trainer"]["logger"]
        named = logger.get("init_args", {}) if isinstance(logger, dict) else {}
        return Path(named.get("save_dir") or "runs", named.get("name") or "", "backtest")


def run(args: Sequence[str]) -> None:
    """Carry out ``backtest``.

    Raises:
        UserError: if the command, the data or the folder are not as they should be, or a fit fails.
    """
    options, words = _parser().parse_known_args(list(args))
    _require(options)
    cli = run_command(["fit", *words], BacktestCLI)
    assert isinstance(cli, BacktestCLI)
    data = cli.datamodule
    folds = cut_backtest(data, options.folds, options.window)
    chosen = {"--folds": options.folds, "--window": options.window, "--seeds": options.seeds}
    device = type(cli.trainer.accelerator).__name__
    folder = (expand_home(options.output_dir) if options.output_dir else cli.folder()).absolute()
    code = source_code_of(cli.model, data.source, cli.settings())
    record = record_of(chosen, cli.settings(), data, code, device, folds)
    folder.mkdir(parents=True, exist_ok=True)
    seeds = [cli.seed() + number for number in range(options.seeds)]
    with alone_in(folder, "another backtest is at work here; set another --output_dir."):
        begin_or_go_on(folder, record)
        refitted = f"{options.folds} folds, {options.window}"
        entry = enter_backtest(cli.model, data, cli.settings(), seeds, folder, code, refitted)
        flattered_by = warn_of_seen_targets(cli.model, data, "test")
        fits = [fit_of(fold, seed, words, data.series, folder, code.hashes) for fold in folds for seed in seeds]
        print("\n".join([*describe_data(data), f"folds    {len(folds)}, {options.window}, seeds {seeds}"]), flush=True)
        _carry_out(fits, options.workers, gpus_seen(device))
        rows = join_rows([(fit.seed, read_written_rows(rows_of(fit))) for fit in fits])
        tries, flattered_by = place_of_backtest(entry, rows, folder, flattered_by)
        _finish(judge_backtest(rows, data.simulated, tries, flattered_by), rows, folder, options.parquet)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see backtest --help.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m cryptoforecast backtest", description=DESCRIPTION, allow_abbrev=False)
    parser.add_argument("--folds", type=int, required=True, help="how many test parts; at least 1")
    parser.add_argument("--seeds", type=int, default=1, help="how many fits of each fold, from seed_everything on")
    parser.add_argument("--workers", type=int, default=1, help="how many fits at a time, each with one thread")
    parser.add_argument(
        "--window", choices=["expanding", "rolling"], default="expanding", help="train on all before, or the last of it"
    )
    parser.add_argument("--output_dir", metavar="FOLDER", help="where all goes; by default beside the runs")
    parser.add_argument("--parquet", action="store_true", help="write forecasts.parquet too; takes pyarrow")
    return parser


def _require(options: argparse.Namespace) -> None:
    for name in ("folds", "seeds", "workers"):
        if getattr(options, name) < 1:
            raise UsageError(f"--{name} is {getattr(options, name)}; it must be at least 1.")
    if options.parquet:
        try:
            import pyarrow  # noqa: F401
        except ImportError:
            raise UserError("--parquet takes pyarrow: pip install pyarrow.") from None


def fit_of(
    fold: FoldDates,
    seed: int,
    words: list[str],
    series: list[CloseSeries],
    folder: Path,
    code: dict[str, str] | None = None,
) -> Fit:
    """What a fold's fit with a seed is to do.

    Args:
        fold: the dates.
        seed: the seed.
        words: the options of ``fit``.
        series: all closes of the backtest.
        folder: the backtest's.
        code: the hashes of what it is written in, by file; None if that may change.
    """
    sha256 = [fingerprint(*closes_of_fold(fold, one)) for one in series]
    return Fit(fold, seed, words, sha256, folder / UNFINISHED / f"fold_{fold.number}_seed_{seed}", code)


def _carry_out(fits: list[Fit], workers: int, gpus: list[str]) -> None:
    """Do what is left to do, and say of each fit how it went."""
    left = [fit for fit in fits if not rows_of(fit).exists()]
    done = len(fits) - len(left)
    if done:
        print(f"kept     {done} of {len(fits)} fits, finished before")
    print(f"\n{'fit':>9}{'fold':>6}{'seed':>6}  {'test part':<26}{'skill':>9}{'seconds':>9}", flush=True)

    def report(fit: Fit, seconds: float) -> None:
        nonlocal done
        done += 1
        part = f"{say_time(fit.fold.test_from)} to {say_time(fit.fold.end)}"
        skill = format_number(skill_of(read_written_rows(rows_of(fit))), "+.4f")
        line = f"{f'{done}/{len(fits)}':>9}{fit.fold.number:>6}{fit.seed:>6}  {part:<26}{skill:>9}{seconds:>9.1f}"
        print(line, flush=True)

    try:
        carry_out(left, workers, gpus, report)
    except KeyboardInterrupt:
        print(f"\n{done} of {len(fits)} fits are kept; the same command goes on with the others.", file=sys.stderr)
        raise


def _finish(verdict: BacktestVerdict, rows: pd.DataFrame, folder: Path, parquet: bool) -> None:
    """Write the rows of all fits and their scores, and say what they come to."""
    text = to_csv(rows)
    assert text is not None
    write_atomically(folder / "forecasts.csv", lambda file: file.write(text.encode()))
    write_atomically(folder / "scores.json", lambda file: file.write(verdict.to_json().encode()))
    if parquet:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            write_atomically(folder / "forecasts.parquet", lambda file: rows.to_parquet(file, index=False))
    print()
    show_backtest(verdict, Console() if sys.stdout.isatty() else Console(width=100))
    print(f"\nwrote forecasts.csv, {'forecasts.parquet, ' if parquet else ''}scores.json into {folder}")
