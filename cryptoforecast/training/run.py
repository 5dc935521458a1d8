"""A finished fit: its folder, its checkpoint, and the verdicts on it."""

from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.verdict import Verdict
from cryptoforecast.models.checkpoints.file import read_checkpoint
from cryptoforecast.training.checkpoint_of_run import checkpoint_of_run
from cryptoforecast.training.console import quiet_libraries
from cryptoforecast.training.judge import judge_words, test, validate
from cryptoforecast.training.predict import predict
from cryptoforecast.training.run_folder import run_folder_of


class Run:
    """A finished fit, as :func:`cryptoforecast.fit` returns it, or opened from its folder.

    Args:
        folder: the run's; None where nothing was logged.
        checkpoint: the best one; None where none was kept.
        val: the verdict on the validation targets; by default it is found out when it is asked for.

    >>> run = Run.open("runs/btc/version_3")  # doctest: +SKIP
    >>> run.name, run.checkpoint, run.val.skill, run.test().sentence  # doctest: +SKIP
    """

    def __init__(self, folder: Path | None, checkpoint: Path | None, val: Verdict | None = None) -> None:
        self.folder, self.checkpoint = folder, checkpoint
        self._verdicts = {} if val is None else {"val": val}

    @classmethod
    def open(cls, path: Any) -> "Run":
        """The run of a folder or a checkpoint.

        Raises:
            UserError: if there is no such checkpoint, or none in the folder.
        """
        checkpoint = checkpoint_of_run(path)
        given = Path(str(path)).expanduser()
        return cls(given if given.is_dir() else run_folder_of(read_checkpoint(checkpoint)), checkpoint)

    @property
    def name(self) -> str:
        """The name of the runs that it is a version of: of ``runs/btc/version_3`` it is ``btc``."""
        return "" if self.folder is None else self.folder.absolute().parent.name

    @property
    def is_judged(self) -> bool:
        """Whether the verdict on the validation targets is known already."""
        return "val" in self._verdicts

    @property
    def val(self) -> Verdict:
        """The verdict on the validation targets; nothing is written."""
        if "val" not in self._verdicts:
            with quiet_libraries():
                words = ["validate", f"--ckpt_path={self._kept()}"]
                self._verdicts["val"] = judge_words(words, write=False).verdict
        return self._verdicts["val"]

    def rows(self, split: str = "test") -> pd.DataFrame:
        """The forecast rows of the best checkpoint and the baselines.

        Args:
            split: ``val`` or ``test``; for the latter the run is tested, unless it has been, and enters the ledger.
        """
        if split not in ("val", "test"):
            raise UserError(f"split is {split!r}; it is one of val, test.")
        verdict = self.val if split == "val" else self._verdicts.get("test") or self.test()
        return verdict.rows

    def validate(self, **options: Any) -> Verdict:
        """The verdict on the validation targets, written into the run folder; :func:`cryptoforecast.validate`."""
        return validate(self._kept(), **options)

    def test(self, **options: Any) -> Verdict:
        """The verdict on the test targets, written into the run folder; :func:`cryptoforecast.test`."""
        verdict = test(self._kept(), **options)
        if not options:
            self._verdicts["test"] = verdict
        return verdict

    def predict(self, **options: Any) -> pd.DataFrame:
        """The forecast closes after the last bar that is over; :func:`cryptoforecast.predict`."""
        return predict(self._kept(), **options)

    def _kept(self) -> Path:
        if self.checkpoint is None:
            raise UserError("the fit has kept no checkpoint; it does with trainer.logger or enable_checkpointing.")
        return self.checkpoint

    def __repr__(self) -> str:
        where = self.folder or self.checkpoint or "without a folder"
        known = f"\n{self.val!r}" if self.is_judged else ""
        return f"Run {where}{known}"

    def _repr_html_(self) -> str:
        head = f"<p>Run <code>{escape(str(self.folder or self.checkpoint or 'without a folder'))}</code></p>"
        return head + "".join(verdict._repr_html_() for verdict in self._verdicts.values())
