"""A walk forward: the fits of one model on every fold and with every seed, and the result of their forecasts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from cryptoforecast.errors import UsageError, UserError
from cryptoforecast.evaluation.distribution.adaptive import ADAPTIVE_STEP, require_adaptable, with_adaptive
from cryptoforecast.evaluation.notices import warn_of_seen_targets
from cryptoforecast.evaluation.quantity import note_quantity
from cryptoforecast.evaluation.rows import read_written_rows
from cryptoforecast.evaluation.user_baselines import make_baselines, record_of_baselines
from cryptoforecast.evaluation.user_metrics import note
from cryptoforecast.evaluation.walk_forward.ensemble import require_name_not_of_ensemble
from cryptoforecast.evaluation.walk_forward.joined_rows import join_rows
from cryptoforecast.evaluation.walk_forward.result import BacktestResult
from cryptoforecast.evaluation.walk_forward.scores import judge_backtest
from cryptoforecast.models.contract.answers import says_distribution
from cryptoforecast.study.beside import Beside
from cryptoforecast.study.command import BacktestCommandLine
from cryptoforecast.study.fit import Fit, fit_of, rows_of
from cryptoforecast.study.folds import FoldDates, WindowKind, cut_backtest
from cryptoforecast.study.parsed import parsed_options
from cryptoforecast.study.record import begin_or_go_on, record_of
from cryptoforecast.training.ledger_entries import enter_backtest, place_of_backtest
from cryptoforecast.user_code.source_files import SourceCode, copy_source_files, source_code_of

WINDOWS = ("expanding", "rolling")


class WalkOptions(NamedTuple):
    """How to walk forward, and how to judge the forecasts; see :func:`~cryptoforecast.backtest`."""

    folds: int
    seeds: int = 1
    window: WindowKind = "expanding"
    parquet: bool = False
    ensemble: bool | None = None
    adaptive: bool = False
    adaptive_step: float = ADAPTIVE_STEP

    def check(self) -> None:
        """Refuse options that no walk can have.

        Raises:
            UserError: naming the option.
        """
        for name in ("folds", "seeds"):
            require_count(name, getattr(self, name))
        if self.window not in WINDOWS:
            raise UsageError(f"--window is {self.window!r}; it is one of {', '.join(WINDOWS)}.")
        if self.parquet:
            try:
                import pyarrow  # noqa: F401
            except ImportError:
                raise UserError("--parquet takes pyarrow: pip install pyarrow.") from None


def require_count(name: str, count: int) -> None:
    """Refuse a count below one.

    Raises:
        UsageError: naming the option.
    """
    if count < 1:
        raise UsageError(f"--{name} is {count}; it must be at least 1.")


class Found(NamedTuple):
    """What a search has found best in a fold: by the names of options, as words of ``fit``, and what these make."""

    parameters: dict[str, Any]
    words: list[str]
    made: BacktestCommandLine


@dataclass
class Walk:
    """The walk forward of one model. Nothing is written before :meth:`begin`.

    Args:
        made: model, data and trainer, set up.
        words: the options of ``fit`` that ask for them.
        folder: where all goes.
        options: how to walk, and how to judge.
        beside: the user's metrics and baselines.
        variant: its name in a study; empty in a backtest.
        searched: what a search inside each fold depends on; empty where there is none.

    Attributes:
        found: what a search has found best, by the number of the fold.

    Raises:
        UserError: if the data cannot be cut into so many folds, or the model cannot be judged as the options ask for.
    """

    made: BacktestCommandLine
    words: Sequence[str]
    folder: Path
    options: WalkOptions
    beside: Beside
    variant: str = ""
    searched: Mapping[str, Any] = field(default_factory=dict)
    found: dict[int, Found] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name, options = type(self.made.model).__name__, self.options
        if options.adaptive:
            says_quantiles = says_distribution(self.made.model) is not False
            require_adaptable(name, says_quantiles, options.adaptive_step)
        if options.seeds > 1:
            require_name_not_of_ensemble(name)
        self.folds: list[FoldDates] = cut_backtest(self.made.datamodule, options.folds, options.window)
        self._baselines: Mapping[str, Any] = record_of_baselines(
            make_baselines(self.beside.baselines, self.made.datamodule)
        )
        self._entry: dict[str, Any] | None = None  # in the ledger
        self._flattered_by = ""

    @property
    def seeds(self) -> list[int]:
        """The seeds of the fits of each fold."""
        return [self.made.seed + number for number in range(self.options.seeds)]

    @cached_property
    def code(self) -> SourceCode:
        """What the model, its data and its callbacks are written in."""
        return source_code_of(
            self.made.model, self.made.datamodule.source, type(self.made.datamodule), self.made.settings
        )

    @cached_property
    def fits(self) -> list[Fit]:
        """The fits, fold by fold."""
        fits = [fit for fold in self.folds for fit in self._fits_of(fold)]
        return [fit._replace(baselines=self.beside.baselines, variant=self.variant) for fit in fits]

    @cached_property
    def _parsed(self) -> bytes | None:
        return parsed_options(self.made)

    def _fits_of(self, fold: FoldDates) -> list[Fit]:
        """The fits of a fold, with what a search has found best in it."""
        made, words, code, parsed = self.made, list(self.words), self.code, self._parsed
        if (found := self.found.get(fold.number)) is not None:
            made, words = found.made, [*words, *found.words]
            code = source_code_of(made.model, made.datamodule.source, made.settings)
            parsed = parsed_options(made)
        fits = [
            fit_of(fold, seed, words, made.datamodule.series, self.folder, code.hashes, made.text)
            for seed in self.seeds
        ]
        return [fit._replace(parsed=parsed) for fit in fits]

    @property
    def record(self) -> dict[str, Any]:
        """All that the forecasts depend on."""
        options = {f"--{name}": getattr(self.options, name) for name in ("folds", "window", "seeds")}
        device = type(self.made.trainer.accelerator).__name__
        code = self.beside.with_code(self.code)
        return record_of(
            {**options, **self.searched, **self.beside.options},
            self.made.settings,
            self.made.datamodule,
            code,
            device,
            self.folds,
        )

    def begin(self) -> None:
        """Write the record into the folder, and enter the walk in the ledger; called again, it is the same try.

        Raises:
            UserError: if the folder holds another walk.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        begin_or_go_on(self.folder, self.record)
        model, data = self.made.model, self.made.datamodule
        self._flattered_by = warn_of_seen_targets(model, data, "test")
        refitted = f"{self.options.folds} folds, {self.options.window}"
        refitted += "".join(f", {name} {value}" for name, value in self.searched.items())
        self._entry = enter_backtest(
            model, data, self.made.settings, self.seeds, self.folder, self.code, refitted, self._flattered_by
        )
        copy_source_files(self.beside.code.files, self.folder)

    def finish(self) -> BacktestResult:
        """The forecast rows of the finished fits, judged; rows and scores are written into the folder."""
        data = self.made.datamodule
        rows = join_rows([(fit.seed, read_written_rows(rows_of(fit))) for fit in self.fits], self.options.ensemble)
        rows = with_adaptive(rows, self.options.adaptive_step) if self.options.adaptive else rows
        note_quantity(rows, data.series[0].quantity)
        if self._baselines:
            note(rows, "baselines", self._baselines)
        tries, flattered_by = place_of_backtest(self._entry, rows, self.folder, self._flattered_by)
        verdict = judge_backtest(rows, data.simulated, tries, flattered_by, self.beside.metrics)
        found = {str(number): best.parameters for number, best in self.found.items()}
        result = BacktestResult(verdict, rows, self.folder, found)
        result.write(self.options.parquet)
        return result
