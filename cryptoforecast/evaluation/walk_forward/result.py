"""The result of a backtest: forecast rows of all folds and seeds, their scores and the claim."""

import html
import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from cryptoforecast.atomic import write_atomically
from cryptoforecast.evaluation.distribution.adaptive import adaptation_of
from cryptoforecast.evaluation.forecasts import to_csv
from cryptoforecast.evaluation.quantity import with_quantity_column
from cryptoforecast.evaluation.user_metrics import USERS
from cryptoforecast.evaluation.walk_forward.scores import BacktestVerdict
from cryptoforecast.evaluation.walk_forward.table import print_backtest, table_of_folds
from cryptoforecast.terminal import printed


@dataclass(frozen=True, repr=False)
class BacktestResult:
    """The rows, the verdict and the folder of a backtest.

    Args:
        verdict: the scores by fold and seed, and what may be claimed.
        rows: the forecast rows of all folds, with a further column ``seed``; baselines have none.
        folder: where the rows, the scores and a folder for each fit lie.
        found: what a search has found best in each fold, by the fold's number and the name of the option.
    """

    verdict: BacktestVerdict
    rows: pd.DataFrame = field(compare=False)
    folder: Path
    found: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def skill(self) -> float:
        """The model's skill on the targets of all folds: one minus its RMSE over the random walk's, mean over seeds."""
        return self.verdict.skill["mean"]

    @property
    def sentence(self) -> str:
        """The claim in words."""
        return self.verdict.sentence

    def table(self) -> pd.DataFrame:
        """A row for each fold and one for all: ``fold, first, last, targets``; of the skill ``mean, std, min, max``."""
        return table_of_folds(self.verdict)

    def write(self, parquet: bool = False) -> None:
        """Write ``forecasts.csv`` and ``scores.json`` into the folder.

        Args:
            parquet: whether to write ``forecasts.parquet`` too.
        """
        text = to_csv(self.rows)
        assert text is not None
        write_atomically(self.folder / "forecasts.csv", lambda file: file.write(text.encode()))
        scores = self.verdict.to_json()
        further: dict[str, Any] = {USERS: self.rows.attrs[USERS]} if USERS in self.rows.attrs else {}
        if self.found:
            further["found"] = {number: dict(best) for number, best in self.found.items()}
        if (adaptation := adaptation_of(self.rows)) is not None:
            further["adaptive"] = adaptation._asdict()
        if further:
            scores = json.dumps({**json.loads(scores), **further}, indent=2) + "\n"
        write_atomically(self.folder / "scores.json", lambda file: file.write(scores.encode()))
        if not parquet:
            return
        rows = with_quantity_column(self.rows)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            write_atomically(self.folder / "forecasts.parquet", lambda file: rows.to_parquet(file, index=False))

    def __repr__(self) -> str:
        return printed(lambda console: print_backtest(self.verdict, console))

    def _repr_html_(self) -> str:
        return f"{self.table().to_html(index=False)}<p>{html.escape(self.sentence)}</p>"
